import { describe, expect, it } from 'vitest';
import type { Flow, Options } from '../../../src/index.js';
import { bytes } from '../../support/frames.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  read,
  type Setting,
  type Story,
  scenario,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const HOSTS: readonly Setting[] = [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }];

describe.each(HOSTS)('which end is which, the client at %j', (setting) => {
  it('in runs', async () => {
    const talk = Array.from({ length: 10 }, (): Line[] => [
      ['+1ms', 'client', 'PSH ACK 100'],
      ['+1ms', 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'PSH ACK 50'],
    ]).flat();
    const lines = [...OPENED, ...talk, ...CLOSE];
    const flow = await flowOf(scenario(setting, lines), 'client');
    const run = flow.segments.find((s) => s.run !== null)?.run;
    const alone = flow.segments.filter((s) => s.run === null);
    for (const side of ['client', 'server'] as const) {
      const own = alone.filter((s) => s.from === side);
      expect(run?.segments[side]).toBe(lines.filter(([, from]) => from === side).length - own.length);
      const bytesAlone = own.reduce((sum, s) => sum + s.length, 0);
      expect(run?.bytes[side]).toBe((side === 'client' ? 2120 : 900) - bytesAlone);
    }
  });

  it.each<[what: string, client: number | null, server: number | null, windows: readonly [number, number]]>([
    ['both have shifts', 7, 7, [64_256, 64_256]],
    ['the client has one', 7, null, [502, 502]],
    ['the server has one', null, 7, [502, 502]],
    ['the client’s is of no bit', 0, 7, [502, 64_256]],
    ['the server’s is of no bit', 7, 0, [64_256, 502]],
    ['they differ', 3, 9, [4016, 257_024]],
  ])('in windows: %s', async (_, client, server, windows) => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN', { windowScale: client }],
      ['+30us', 'server', 'SYN ACK', { windowScale: server }],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ];
    const { segments } = await flowOf(scenario(setting, lines), 'client', { detail: 'full' });
    // The window of a SYN is never scaled (RFC 7323, section 2.2).
    expect(segments.slice(0, 5).map((s) => s.window)).toEqual([64_240, 65_160, windows[0], windows[0], windows[1]]);
  });
});

it('both addresses of IPv6 are told, whichever word they differ in', async () => {
  for (const [client, server] of [
    ['2001:db8::1', '2001:db9::2'],
    ['2001:db8:0:1::1', '2001:db8::1'],
    ['2001:db8::9:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::9:0:1', '2001:db8::1'],
  ]) {
    for (const lines of [OPENED, [...OPENED, [1, 'client', 'PSH ACK 10', { window: 0 }] as Line]]) {
      const flow = await flowOf(scenario({ client: `[${client}]:40112`, server: `[${server}]:8080` }, lines), 'client');
      expect([flow.client.address, flow.server.address]).toEqual([client, server]);
    }
  }
});

describe('networks', () => {
  const tagged = (story: Story, vlan: number): Story => {
    const tag = [0x81, 0, vlan >> 8, vlan & 0xff];
    return (tap) =>
      story(tap).map(({ at, data }) => ({ at, data: bytes(data.subarray(0, 12), tag, data.subarray(12)) }));
  };
  /** An open connection in the first network, and a refused one between the same hosts, which tells no distance of its own. */
  const told = async (vlan: number, options: Options, between: Setting): Promise<Flow[]> => {
    const refused = scenario({ ...between, client: (between.client ?? '10.0.0.1:40112').replace(/\d+$/, '40114') }, [
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'RST ACK refused'],
    ]);
    return read(captureOf('middle', tagged(scenario(between, OPENED), 10), tagged(refused, vlan)), options);
  };

  it.each<[what: string, between: Setting]>([
    ['IPv4', {}],
    ['IPv6', { client: '[2001:db8::1]:40112', server: '[2001:db8::2]:8080' }],
  ])('hosts of one address in several are several: %s', async (_, between) => {
    const distances = async (vlan: number, options: Options): Promise<unknown> =>
      (await told(vlan, options, between)).map((flow) => flow.roundTrips.client !== null);
    expect(await distances(10, { key: ['vlan'] })).toEqual([true, true]);
    expect(await distances(20, { key: ['vlan'] })).toEqual([true, false]);
    expect(await distances(20, {})).toEqual([true, true]);
  });

  it('are told where they are part of the key', async () => {
    const networks = async (options: Options): Promise<unknown> =>
      (await told(20, options, {})).map((flow) => ('network' in flow ? flow.network : 'none'));
    expect(await networks({ key: ['vlan'] })).toEqual([{ vlan: [10] }, { vlan: [20] }]);
    expect(await networks({})).toEqual(['none', 'none']);
  });
});

describe('roles of segments', () => {
  const rolesOf = async (lines: readonly Line[]): Promise<string[]> =>
    (await flowOf(scenario({}, lines), 'client', { detail: 'full' })).segments.map((s) => s.role);

  it('a frame that was captured twice does not move the numbers', async () => {
    const roles = await rolesOf([
      ...OPENED,
      [1, 'client', 'PSH ACK 10', { copied: '20us' }],
      ['+30us', 'server', 'ACK'],
      [60, 'client', 'ACK', { seq: 130 }],
      ['+30us', 'server', 'ACK'],
    ]);
    expect(roles.slice(-2)).toEqual(['keep-alive', 'keep-alive-ack']);
  });
  it('a bare ACK below what was sent is no duplicate', async () => {
    expect((await rolesOf([...OPENED, [1, 'client', 'ACK', { seq: 100 }]])).at(-1)).toBe('segment');
  });
  it('of one direction alone', async () => {
    const roles = await rolesOf([
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { unseen: true }],
      ['+30us', 'client', 'ACK'],
      [1, 'client', 'ACK'],
    ]);
    expect(roles).toEqual(['segment', 'segment', 'duplicate-ack']);
  });
});
