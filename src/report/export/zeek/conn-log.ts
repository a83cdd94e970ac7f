import { createHash } from 'node:crypto';
import type { Clock, Endpoint, Time } from '../../../connection/model.js';
import type { Flow } from '../../../findings/finding.js';
import { communityId } from '../../community-id.js';
import { toJson } from '../../escape.js';
import type { ZeekConn } from './connection.js';

/** A connection, and what Zeek's conn.log would say of it. */
export interface ZeekFlow {
  readonly flow: Flow;
  readonly conn: ZeekConn;
  /** As Zeek takes the roles, which may not be how the flow has them. */
  readonly originator: Endpoint;
  readonly responder: Endpoint;
}

/** Null where Zeek leaves a field unset. */
type Value = string | number | null;
type Column = readonly [name: string, type: string, of: (flow: ZeekFlow) => Value];

const COLUMNS: readonly Column[] = [
  ['ts', 'time', ({ flow, conn }) => epoch(conn.start, flow.clock)],
  ['uid', 'string', uid],
  ['id.orig_h', 'addr', ({ originator }) => originator.address],
  ['id.orig_p', 'port', ({ originator }) => originator.port],
  ['id.resp_h', 'addr', ({ responder }) => responder.address],
  ['id.resp_p', 'port', ({ responder }) => responder.port],
  ['proto', 'enum', () => 'tcp'],
  // What the payload is, nobody looks at here.
  ['service', 'string', () => null],
  ['duration', 'interval', lasting(({ conn }) => (conn.duration / 1e9).toFixed(6))],
  ['orig_bytes', 'count', lasting(({ conn }) => conn.originatorBytes)],
  ['resp_bytes', 'count', lasting(({ conn }) => conn.responderBytes)],
  ['conn_state', 'string', ({ conn }) => conn.connState],
  // Which networks are local, Zeek is told by its configuration.
  ['local_orig', 'bool', () => null],
  ['local_resp', 'bool', () => null],
  ['missed_bytes', 'count', ({ conn }) => conn.missedBytes],
  ['history', 'string', ({ conn }) => conn.history || null],
  ['orig_pkts', 'count', ({ conn }) => conn.originatorPackets],
  ['orig_ip_bytes', 'count', ({ conn }) => conn.originatorIpBytes],
  ['resp_pkts', 'count', ({ conn }) => conn.responderPackets],
  ['resp_ip_bytes', 'count', ({ conn }) => conn.responderIpBytes],
  ['tunnel_parents', 'set[string]', () => null],
  ['community_id', 'string', ({ flow }) => communityId(flow.client, flow.server)],
];

/** Types that JSON has as numbers. */
const NUMBERS: ReadonlySet<string> = new Set(['time', 'interval', 'port', 'count']);

/** Lines before the first connection. `opened` is when the log says that it was opened. */
export function connLogHeader(opened: Date): string {
  return [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tconn',
    `#open\t${logTime(opened)}`,
    `#fields\t${COLUMNS.map(([name]) => name).join('\t')}`,
    `#types\t${COLUMNS.map(([, type]) => type).join('\t')}`,
    '',
  ].join('\n');
}

/** A connection as a line of conn.log. */
export const connLogRow = (flow: ZeekFlow): string => `${COLUMNS.map(([, , of]) => of(flow) ?? '-').join('\t')}\n`;

/** The line after the last connection. */
export const connLogFooter = (closed: Date): string => `#close\t${logTime(closed)}\n`;

/** A connection as Zeek's JSON logs have it: a line, without the fields that are unset. */
export function connLogJson(flow: ZeekFlow): string {
  const fields = COLUMNS.map(([name, type, of]): [string, Value] => {
    const value = of(flow);
    return [name, value !== null && NUMBERS.has(type) ? Number(value) : value];
  });
  return `${toJson(Object.fromEntries(fields.filter(([, value]) => value !== null)))}\n`;
}

/** Zeek says neither duration nor sizes of what lasted no time. */
function lasting(of: (flow: ZeekFlow) => Value): (flow: ZeekFlow) => Value {
  return (flow) => (flow.conn.duration > 0 ? of(flow) : null);
}

function epoch(time: Time, { epochSeconds }: Clock): string {
  const seconds = Math.floor(time / 1e9);
  const micros = Math.floor((time - seconds * 1e9) / 1000);
  return `${epochSeconds + seconds}.${String(micros).padStart(6, '0')}`;
}

const logTime = (date: Date): string => date.toISOString().slice(0, 19).replace(/[T:]/g, '-');

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** As long as Zeek's (`C` and up to 17 digits in base 62), but the same each time. */
function uid({ flow, conn }: ZeekFlow): string {
  const text = `${flow.capture} ${flow.flow} ${communityId(flow.client, flow.server)} ${epoch(conn.start, flow.clock)}`;
  const hash = createHash('sha256').update(text).digest();
  return `C${[...hash.subarray(0, 17)].map((byte) => BASE62[byte % 62]).join('')}`;
}
