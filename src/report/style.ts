import { styleText } from 'node:util';
import type { Look, Style } from './look.js';

export { type Look, PLAIN, SEVERITY_MARK, type Style } from './look.js';

/** For terminals: red is kept for what failed. */
export const COLOURED: Style = (look, text) =>
  text === '' ? text : styleText(FORMATS[look], text, { validateStream: false });

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
