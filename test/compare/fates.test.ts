import { describe, expect, it } from 'vitest';
import { ACK, FIN } from '../../src/decode/segment.js';
import { clientSide, compared, fatesOf, pathLog, rawClient, rawServer, scratchCaptures, serverSide } from './pairs.js';
import { RawCapture, type RawFrame, TcpHeader, withTcp } from './rewrite.js';

const NAMES = [
  'accept-queue-overflow',
  'fin-blackholed',
  'handshake-ack-lost',
  'injected-reset',
  'last-ack-lost',
  'normal-close',
  'simultaneous-open',
  'syn-blackholed',
  'transfer-loss',
] as const;

const scratch = scratchCaptures();

describe.each(NAMES)('%s', (name) => {
  it('tells what the path says that it lost and put in', async () => {
    const { flows } = await compared(clientSide(name), serverSide(name));
    expect(fatesOf(flows)).toEqual(pathLog(name));
  });

  it('tells the same whatever the clocks say', async () => {
    for (const [offset, drift] of [
      [3600, 0],
      [-0.75, 80],
    ]) {
      const server = scratch(`${name}-${offset}`, rawServer(name).shiftClock(offset, drift));
      const { flows } = await compared(clientSide(name), server);
      expect(fatesOf(flows)).toEqual(pathLog(name));
      for (const { flowClock } of flows) {
        if (flowClock === null) continue;
        expect(Math.abs(flowClock.offset - offset)).toBeLessThanOrEqual(flowClock.uncertainty + 1e-4);
      }
    }
  });

  it('tells the same with the captures the other way round', async () => {
    const { flows } = await compared(serverSide(name), clientSide(name));
    const known = flows.filter((flow) => flow.flowClock !== null);
    expect(fatesOf(known).lost).toEqual(name === 'syn-blackholed' ? [] : pathLog(name).lost);
    for (const flow of known)
      expect(flow.reference).toBe(/^(10\.17\.|fd17)/.test(flow.client.address) ? 'server' : 'client');
  });
});

describe('what lies between the taps', () => {
  it('matches through address translation, and names it', async () => {
    const translated = rawServer('last-ack-lost').map((frame) =>
      withTcp(frame, (tcp) => {
        const fromServer = tcp.sourcePort === 80;
        tcp.setEndpoint(fromServer ? 'destination' : 'source', [203, 0, 113, 7], 61_000);
      }),
    );
    const { flows } = await compared(clientSide('last-ack-lost'), scratch('translated', translated));
    expect(flows).toHaveLength(1);
    expect(flows[0].rewritten.join()).toMatch(/the client's address translated: 10\.17\..*203\.0\.113\.7:61000/);
    expect(fatesOf(flows)).toEqual(pathLog('last-ack-lost'));
    expect(flows[0].taps.server?.client).toBe('203.0.113.7:61000');
  });

  describe('address translation of a connection that was open before', () => {
    /** Without the frames until the handshake is complete, and `more`. */
    const open = (capture: RawCapture, more = 0): RawCapture => {
      let from = 0;
      capture.frames.forEach(({ bytes }, index) => {
        if (new TcpHeader(bytes).isSyn) from = index + 1;
      });
      return new RawCapture(capture.nano, capture.frames.slice(from + more));
    };
    const translate = (capture: RawCapture, address: readonly number[], port: number): RawCapture =>
      capture.map((frame) =>
        withTcp(frame, (tcp) => tcp.setEndpoint(tcp.sourcePort === 80 ? 'destination' : 'source', address, port)),
      );
    const NEAR = [203, 0, 113, 7];
    /** Below the server's: the ends are the other way round there. */
    const LOW = [1, 2, 3, 4];

    it.each([
      ['above', NEAR, 0],
      ['below', LOW, 0],
      ['above, an hour ahead', NEAR, 3600],
      ['below, with the capture of one side beginning later', LOW, -0.75],
    ] as const)('%s: matched by what follows', async (_, address, offset) => {
      const client = scratch('open', open(rawClient('last-ack-lost')));
      const server = translate(open(rawServer('last-ack-lost')), address, 61_000).shiftClock(offset);
      const { flows } = await compared(client, scratch('open-translated', server));
      expect(flows).toHaveLength(1);
      const [{ fates, taps, rewritten, timeline }] = flows;
      expect(taps.server?.client).toBe(`${address.join('.')}:61000`);
      expect(rewritten.join()).toContain("the client's address translated");
      // The path lost the last ACK, and nothing else.
      expect(fatesOf(flows)).toEqual(pathLog('last-ack-lost'));
      expect(fates?.serverToClient.lost).toEqual([]);
      expect(timeline.map(({ endpoint, to }) => `${endpoint} ${to}`)).toEqual([
        'client ESTABLISHED',
        'server ESTABLISHED',
        'client FIN_WAIT1',
        'server CLOSE_WAIT',
        'client FIN_WAIT2',
        'server LAST_ACK',
        'client TIME_WAIT',
        'server CLOSED',
      ]);
    });

    it('the same with the sides named the other way round', async () => {
      const client = scratch('open-2', open(rawClient('last-ack-lost')));
      const server = scratch('open-translated-2', translate(open(rawServer('last-ack-lost')), LOW, 61_000));
      const { flows } = await compared(server, client);
      expect(flows).toHaveLength(1);
      expect(fatesOf(flows).lost).toHaveLength(1);
      expect(flows[0].taps.client && flows[0].taps.server).not.toBeNull();
    });

    it('not where another connection at that side has the same segments: nothing tells which of them it is', async () => {
      const client = scratch('one', open(rawClient('last-ack-lost')));
      const server = open(rawServer('last-ack-lost'));
      const twice = new RawCapture(
        server.nano,
        server.frames.flatMap((frame) => [
          ...translate(new RawCapture(server.nano, [frame]), NEAR, 61_000).frames,
          ...translate(new RawCapture(server.nano, [{ ...frame, time: frame.time + 1000n }]), NEAR, 62_000).frames,
        ]),
      );
      const { flows } = await compared(client, scratch('two', twice));
      expect(flows).toHaveLength(3);
      for (const { taps } of flows) expect(taps.client === null || taps.server === null).toBe(true);
    });

    it('not where only a single segment agrees', async () => {
      const client = open(rawClient('last-ack-lost'));
      const server = translate(open(rawServer('last-ack-lost')), NEAR, 61_000);
      let kept = 0;
      const foreign = server.map((frame) =>
        withTcp(frame, (tcp) => {
          if (kept++ === 2) return;
          tcp.addSeq(1_000_000);
          tcp.addAck(2_000_000);
        }),
      );
      const { flows } = await compared(scratch('single', client), scratch('foreign', foreign));
      expect(flows).toHaveLength(2);
    });
  });

  it('recognises rewritten sequence numbers and a clamped MSS', async () => {
    const rewritten = rawServer('last-ack-lost').map((frame) =>
      withTcp(frame, (tcp) => {
        const fromServer = tcp.sourcePort === 80;
        if (!fromServer) tcp.addSeq(123_456_789);
        else if ((tcp.flags & ACK) !== 0) tcp.addAck(123_456_789);
        if (tcp.isSyn && !fromServer) tcp.setMss(1380);
      }),
    );
    const { flows } = await compared(clientSide('last-ack-lost'), scratch('rewritten', rewritten));
    expect(flows).toHaveLength(1);
    expect(flows[0].rewritten).toEqual([
      'sequence numbers rewritten',
      expect.stringMatching(/^MSS \d+ at one tap, 1380 at the other$/),
    ]);
    expect(fatesOf(flows)).toEqual(pathLog('last-ack-lost'));
  });

  it.each(['client', 'server'] as const)(
    'finds the bytes again that the %s side has in smaller segments',
    async (side) => {
      const raw = side === 'client' ? rawClient('normal-close') : rawServer('normal-close');
      let cuts = 0;
      const cut = raw.map((frame) => {
        const { payload } = new TcpHeader(frame.bytes);
        if (payload < 50) return frame;
        cuts++;
        const part = payload >> 1;
        const first = withTcp(frame, (tcp) => tcp.setLength(part));
        const second = withTcp(frame, (tcp) => {
          tcp.addSeq(part);
          tcp.setLength(payload - part);
        });
        return [first, { ...second, time: frame.time + 1000n }];
      });
      expect(cuts).toBeGreaterThan(0);
      const path = scratch(`cut-${side}`, cut);
      const { flows } = await (side === 'client'
        ? compared(path, serverSide('normal-close'))
        : compared(clientSide('normal-close'), path));
      expect(fatesOf(flows)).toEqual({ lost: [], injected: [] });
      expect(flows[0].fates?.serverToClient.delivered).toBeGreaterThan(3);
    },
  );

  it('does not call lost what the capture missed and the receiver acknowledged', async () => {
    const data = (frame: RawFrame): boolean => new TcpHeader(frame.bytes).payload > 0;
    const gappy = rawServer('normal-close').map((frame) =>
      data(frame) && new TcpHeader(frame.bytes).sourcePort !== 80 ? [] : frame,
    );
    const { flows } = await compared(clientSide('normal-close'), scratch('gappy', gappy));
    expect(fatesOf(flows).lost).toEqual([]);
    expect(flows[0].fates?.clientToServer.missed).toBe(1);
  });

  it('tells on which side of a third tap segments were lost', async () => {
    // In the middle of the path: half its delay from either end, with a loss before it and one behind it.
    const before = rawClient('fin-blackholed').frames.filter((frame) => (new TcpHeader(frame.bytes).flags & FIN) !== 0);
    const passed = before.slice(0, 3).map((frame) => ({ ...frame, time: frame.time + 5_000_000n }));
    const fromServer = (frame: RawFrame): boolean => new TcpHeader(frame.bytes).sourcePort === 8080;
    const server = rawServer('fin-blackholed').map((frame) => ({
      ...frame,
      time: frame.time + (fromServer(frame) ? 5_000_000n : -5_000_000n),
    }));
    const frames = [...server.frames, ...passed].sort((a, b) => (a.time < b.time ? -1 : 1));
    const middle = { name: 'router', files: scratch('middle', new RawCapture(true, frames)) };
    const { flows } = await compared(clientSide('fin-blackholed'), serverSide('fin-blackholed'), { middle });
    expect(flows[0].fates?.clientToServer.lost.map((s) => s.where)).toEqual([
      ...Array(3).fill("between router and the server's side"),
      ...Array(4).fill("between the client's side and router"),
    ]);
  });

  it('tells copies that the path made from what its sender repeats', async () => {
    const doubled = rawServer('normal-close').map((frame) => {
      const { payload, sourcePort } = new TcpHeader(frame.bytes);
      return payload > 0 && sourcePort !== 80 ? [frame, { ...frame, time: frame.time + 40_000n }] : frame;
    });
    const { flows } = await compared(clientSide('normal-close'), scratch('doubled', doubled));
    expect(fatesOf(flows)).toEqual({ lost: [], injected: [] });
    expect(flows[0].fates?.clientToServer.duplicated).toBe(1);
    expect(flows[0].fates?.serverToClient.duplicated).toBe(0);
  });
});

describe('how far the captures overlap', () => {
  it('calls nothing lost that the other capture does not cover', async () => {
    const whole = rawServer('transfer-loss');
    const until = whole.frames[Math.floor(whole.frames.length / 2)].time;
    const half = whole.map((frame) => (frame.time <= until ? frame : []));
    const { flows } = await compared(clientSide('transfer-loss'), scratch('half', half));
    const { lost, injected } = fatesOf(flows);
    expect(injected).toEqual([]);
    for (const line of lost) expect(pathLog('transfer-loss').lost).toContain(line);
    const { clientToServer, serverToClient } = flows[0].fates ?? {};
    expect((clientToServer?.uncovered ?? 0) + (serverToClient?.uncovered ?? 0)).toBeGreaterThan(20);
  });

  it('calls nothing lost before the other capture begins', async () => {
    const whole = rawServer('transfer-loss');
    const from = whole.frames[Math.floor(whole.frames.length / 2)].time;
    const half = whole.map((frame) => (frame.time >= from ? frame : []));
    const { flows } = await compared(clientSide('transfer-loss'), scratch('late', half));
    const { lost, injected } = fatesOf(flows);
    expect(injected).toEqual([]);
    for (const line of lost) expect(pathLog('transfer-loss').lost).toContain(line);
  });

  it('says that captures share nothing', async () => {
    const { flows, comparison } = await compared(clientSide('normal-close'), serverSide('last-ack-lost'));
    expect(comparison.overlap.kind).toBe('nothing');
    expect(comparison.flows).toEqual({ both: 0, first: 1, second: 1 });
    for (const flow of flows) expect(flow.fates).toBeNull();
  });

  it('says that both are one recording', async () => {
    const { flows, comparison } = await compared(clientSide('normal-close'), clientSide('normal-close'));
    expect(comparison.overlap.kind).toBe('same-recording');
    expect(fatesOf(flows)).toEqual({ lost: [], injected: [] });
  });

  it('reads the files of one side in the order of their frames', async () => {
    const whole = rawServer('transfer-loss');
    const middle = Math.floor(whole.frames.length / 2);
    const early = scratch(
      'ring-9',
      whole.map((frame, i) => (i < middle ? frame : [])),
    );
    const late = scratch(
      'ring-10',
      whole.map((frame, i) => (i >= middle ? frame : [])),
    );
    const { flows } = await compared(clientSide('transfer-loss'), [late, early]);
    expect(flows).toHaveLength(1);
    expect(fatesOf(flows)).toEqual(pathLog('transfer-loss'));
  });

  it('tells of a capture that cannot be read, with what the other one has', async () => {
    const { flows, comparison } = await compared(clientSide('normal-close'), '/does/not/exist.pcap');
    expect(comparison.captures[1][0].error?.code).toBe('not-found');
    expect(flows).toHaveLength(1);
  });
});
