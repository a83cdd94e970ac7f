import { styleText } from 'node:util';
import type { TcpState } from '../connection/state.js';
import type { Severity } from '../findings/finding.js';

/** What a piece of text is, for whoever chooses its colour. */
export type Look = 'quiet' | 'strong' | 'failed' | 'repeated' | Severity | TcpState;

/** Paints a piece of text without changing its width. */
export type Style = (look: Look, text: string) => string;

/** For pipes, files and whoever does not want colour. */
export const PLAIN: Style = (_look, text) => text;

/** For terminals: red is kept for what failed. */
export const COLOURED: Style = (look, text) =>
  text === '' ? text : styleText(FORMATS[look], text, { validateStream: false });

export const SEVERITY_MARK: Readonly<Record<Severity, string>> = { error: '✖', warning: '▲', notice: '●', info: '·' };

type Format = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>;

const FORMATS: Readonly<Record<Look, Format>> = {
  quiet: 'gray',
  strong: 'bold',
  failed: 'red',
  repeated: 'yellow',
  error: 'red',
  warning: 'yellow',
  notice: 'cyan',
  info: 'gray',
  CLOSED: 'gray',
  LISTEN: 'white',
  SYN_SENT: 'yellow',
  SYN_RECV: 'magenta',
  ESTABLISHED: 'green',
  FIN_WAIT1: 'cyan',
  FIN_WAIT2: 'cyanBright',
  CLOSING: 'blueBright',
  TIME_WAIT: 'blue',
  CLOSE_WAIT: 'yellowBright',
  LAST_ACK: 'magentaBright',
};
