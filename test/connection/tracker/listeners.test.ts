import { describe, expect, it } from 'vitest';
import type { TcpState } from '../../../src/index.js';
import { captureOf, type Line, read, type Setting, scenario } from '../../support/scenario.js';

const V4 = { client: '10.0.0.1', server: '10.0.0.2' } as const;
type Hosts = Readonly<Record<'client' | 'server', string>>;

/** To a full accept queue: what the server holds of its ACKs, nothing shows before the next SYN+ACK is due at 3 s. */
const STUCK: readonly Line[] = [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK', { ignored: true }],
  [1.02, 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK'],
];
const open = (at: number): readonly Line[] => [
  [at, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK'],
];

/** The state of the stuck connection’s server, where another connection shows this. */
async function stateBeside(lines: readonly Line[], hosts: Hosts, other: Hosts = hosts, port = 8080): Promise<TcpState> {
  const ends = ({ client, server }: Hosts, clientPort: number, serverPort: number): Setting => ({
    client: `${client}:${clientPort}`,
    server: `${server}:${serverPort}`,
    until: 3,
  });
  const found = await read(
    captureOf(
      'server',
      scenario({ client: '10.0.5.5:5000' }, [[0, 'client', 'SYN']]),
      scenario(ends(hosts, 40_112, 8080), STUCK),
      scenario(ends(other, 50_000, port), lines),
    ),
  );
  const stuck = found.find((flow) => flow.client.port === 40_112);
  if (stuck === undefined) throw new Error('the stuck connection is not told');
  return stuck.serverState;
}

describe.each<[what: string, hosts: Hosts]>([
  ['with the higher address', V4],
  ['with the lower address', { client: '10.0.0.9', server: '10.0.0.2' }],
  ['of IPv6', { client: '2001:db8::1', server: '2001:db8::2' }],
  ['of IPv6, with the lower address', { client: '2001:db8::9', server: '2001:db8::2' }],
])('a listener %s whose accept queue was full', (_, plain) => {
  const hosts = plain.client.includes(':') ? { client: `[${plain.client}]`, server: `[${plain.server}]` } : plain;

  it.each<[what: string, lines: readonly Line[]]>([
    ['sends data', [...open(1.3), [1.8, 'server', 'PSH ACK 100']]],
    ['closes', [...open(1.3), [1.8, 'server', 'FIN ACK']]],
  ])('has run accept() again where it %s on another connection', async (_what, lines) => {
    expect(await stateBeside(lines, hosts)).toBe('ESTABLISHED');
  });

  it.each<[what: string, lines: readonly Line[]]>([
    ['is opened', open(1.3)],
    ['hears from its client', [...open(1.3), [1.8, 'client', 'PSH ACK 100'], ['+30us', 'server', 'ACK']]],
    ['hears that its client closes', [...open(1.3), [1.8, 'client', 'FIN ACK'], ['+30us', 'server', 'ACK']]],
  ])('shows nothing by a connection that %s: that is the work of its kernel', async (_what, lines) => {
    expect(await stateBeside(lines, hosts)).toBe('SYN_RECV');
  });

  it('shows nothing by the connection of another port', async () => {
    expect(await stateBeside([...open(1.3), [1.8, 'server', 'PSH ACK 100']], hosts, hosts, 8081)).toBe('SYN_RECV');
  });
});

it.each<[what: string, hosts: Hosts, other: Hosts]>([
  ['another address', V4, { ...V4, server: '10.0.0.3' }],
  [
    'another address below the client’s',
    { client: '10.0.0.9', server: '10.0.0.2' },
    { client: '10.0.0.9', server: '10.0.0.3' },
  ],
  ...['2001:db9::2', '2001:db8:1::2', '2001:db8::1:0:0:2', '2001:db8::1:0:2'].map((server): [string, Hosts, Hosts] => [
    `the address ${server}`,
    { client: '[2001:db8::1]', server: '[2001:db8::2]' },
    { client: '[2001:db8::1]', server: `[${server}]` },
  ]),
])('nothing is shown by a listener of %s', async (_, hosts, other) => {
  expect(await stateBeside([...open(1.3), [1.8, 'server', 'PSH ACK 100']], hosts, other)).toBe('SYN_RECV');
});
