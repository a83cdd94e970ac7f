/** What a run of the command on one capture gave. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Done, and a capture that could not be read or only in part. */
const DOCUMENTED = [0, 3];
/** What a terminal would obey: all control characters but the end of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for.
const CONTROL = /[\0-\x09\x0b-\x1f\x7f-\x9f]/;

/** What is wrong with how the command took a damaged capture; null where nothing is. */
export function faultOf({ status, out, err }: Outcome): string | null {
  if (!DOCUMENTED.includes(status)) return `exit status ${status}: ${err.trim().split('\n')[0]}`;
  if (/^\s+at /m.test(err)) return 'a stack trace';
  if ((status === 3) !== (err !== ''))
    return `exit status ${status}, with ${err === '' ? 'nothing' : 'something'} said`;
  if (CONTROL.test(out) || CONTROL.test(err)) return 'control characters in the output';
  return null;
}
