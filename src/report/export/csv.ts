import type { Side } from '../../connection/state.js';
import type { Flow } from '../../findings/finding.js';
import { csvCell } from '../escape.js';
import { type FlowJson, flowJson } from '../flow-json.js';

type Column = readonly [name: string, of: (flow: FlowJson) => string | number];

/** The states that one end went through, in order. */
const path = (side: Side) => (flow: FlowJson) => {
  const changes = flow.timeline.filter(({ endpoint }) => endpoint === side);
  return [changes[0]?.from, ...changes.map(({ to }) => to)].filter((state) => state != null).join(' ');
};

const perSide = (name: string, of: (flow: FlowJson, side: Side) => string | number): Column[] =>
  (['client', 'server'] as const).map((side): Column => [`${side}${name}`, (flow) => of(flow, side)]);

const COLUMNS: readonly Column[] = [
  ['flow', (f) => f.flow],
  ['tcpStream', (f) => f.tcpStream],
  ['communityId', (f) => f.communityId],
  ['capture', (f) => f.capture],
  ...perSide('Address', (f, side) => f[side].address),
  ...perSide('Port', (f, side) => f[side].port),
  ['roles', (f) => f.roles],
  ['tap', (f) => f.tap],
  ['start', (f) => f.start],
  ['end', (f) => f.end],
  ['clientState', (f) => f.clientState],
  ['serverState', (f) => f.serverState],
  ['clientPath', path('client')],
  ['serverPath', path('server')],
  ['severity', (f) => f.findings[0]?.severity ?? ''],
  ['findings', (f) => f.findings.map(({ kind }) => kind).join(' ')],
  ...perSide('Packets', (f, side) => f.packets[side]),
  ...perSide('Bytes', (f, side) => f.bytes[side]),
  ...perSide('Retransmissions', (f, side) => f.retransmissions[side]),
  ['handshakeRtt', (f) => f.handshakeRtt ?? ''],
];

/** The first line of the CSV file (RFC 4180, but with line feeds). */
export const csvHeader = (): string => `${COLUMNS.map(([name]) => name).join(',')}\n`;

/** A connection as a line. States and kinds of finding are separated by spaces, the worst finding first. */
export function csvRow(flow: Flow): string {
  const json = flowJson(flow);
  return `${COLUMNS.map(([, of]) => csvCell(of(json))).join(',')}\n`;
}
