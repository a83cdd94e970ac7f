import { isFile } from './capture/file-bytes.js';
import type { CaptureSummary } from './findings/analysis.js';
import type { Flow } from './findings/finding.js';
import { Follower, type FrameObserver, type OnOrdinary } from './follower.js';
import { type Options, Settings } from './options.js';
import { type Read, readHere } from './reading.js';

/** Flows in the order in which they end, and what was in the captures: complete when the iteration is done. */
export interface FlowStream<T = Flow> extends AsyncIterable<T> {
  readonly captures: readonly CaptureSummary[];
}

/**
 * Reads captures as one stream in time order, and yields every connection with its diagnosis.
 * A capture that cannot be read is told of by its summary's `error`, with all that was read before it.
 * @throws FilterError, SysctlError (at once) where an option cannot be understood
 */
export function flows(captures: string | readonly string[], options: Options = {}): FlowStream {
  const summaries: CaptureSummary[] = [];
  const paths = typeof captures === 'string' ? [captures] : captures;
  const settings = new Settings(options);
  const iterate = isReadTwice(paths, options)
    ? followChosen(paths, options, summaries)
    : followAll<never>(paths, settings, summaries, null);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/**
 * What was found in a connection is known at its end, when it is too late to keep its ordinary segments: of files, those that
 * are asked for are found out first, in a fraction of the time that it takes to keep those of all.
 */
function isReadTwice(paths: readonly string[], { detail, select }: Options): boolean {
  const isByFinding = select?.kinds !== undefined && select.flows === undefined && select.frames === undefined;
  return detail === 'full' && isByFinding && paths.every(isFile);
}

async function* followChosen(
  paths: readonly string[],
  options: Options,
  summaries: CaptureSummary[],
): AsyncGenerator<Flow> {
  const numbers = new Set<number>();
  const { onGivenUp: _later, ...choosing } = options;
  for await (const flow of flows(paths, { ...choosing, detail: 'summary' })) numbers.add(flow.flow);
  const chosen = { ...options, select: { ...options.select, flows: numbers } };
  yield* followAll<never>(paths, new Settings(chosen), summaries, null);
}

/**
 * As `flows`, for who needs no post-mortem of connections without incident: they are handed to `ordinary` instead of being
 * yielded.
 *
 * @param read reads the captures; frames are not observed where it does so on another thread
 */
export function flowsOrOrdinary<T>(
  captures: string | readonly string[],
  options: Options,
  ordinary: OnOrdinary<T>,
  read?: Read,
): FlowStream<Flow | T> {
  const summaries: CaptureSummary[] = [];
  const paths = typeof captures === 'string' ? [captures] : captures;
  const readsElsewhere = options.select?.frames === undefined ? read : undefined;
  const iterate = followAll(paths, new Settings(options), summaries, ordinary, null, readsElsewhere);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

/** As `flows`, with all frames shown to `observer` on the way. */
export function observeFlows(
  captures: string | readonly string[],
  options: Options,
  observer: FrameObserver,
): FlowStream {
  const summaries: CaptureSummary[] = [];
  const paths = typeof captures === 'string' ? [captures] : captures;
  const iterate = followAll<never>(paths, new Settings(options), summaries, null, observer);
  return { captures: summaries, [Symbol.asyncIterator]: () => iterate };
}

async function* followAll<T>(
  paths: readonly string[],
  settings: Settings,
  summaries: CaptureSummary[],
  ordinary: OnOrdinary<T> | null,
  observer: FrameObserver | null = null,
  read: Read = readHere,
): AsyncGenerator<Flow | T> {
  const follower = new Follower(paths, settings, ordinary, observer);
  const reading = read(paths, settings.options, follower, follower.frameNames);
  try {
    yield* follower.run(reading);
  } finally {
    await reading.close();
    follower.close();
  }
  summaries.push(...reading.summaries(follower.clock));
}
