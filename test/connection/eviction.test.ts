import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { annotate, extract } from '../../src/index.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, pathOf, read, scenario } from '../support/scenario.js';

/** A connection of its own that begins at that second. */
function from(client: string, begin: number, lines: readonly Line[]) {
  const [[, , syn], ...rest] = lines;
  return scenario({ client: `${client}:40000`, until: 10 }, [[begin, 'client', syn as 'SYN'], ...rest]);
}

const CLOSED = from('10.0.0.1', 0.1, [...HANDSHAKE, ...EXCHANGE, ...CLOSE]);
const OPEN = from('10.0.0.2', 0.5, [...HANDSHAKE, ...EXCHANGE, [9, 'client', 'PSH ACK 10']]);
const SYN: readonly Line[] = [[0, 'client', 'SYN']];
const unanswered = (host: number) => from(`10.0.1.${host}`, 1 + host / 10, SYN);

async function followed(maxFlows: number, syns: number) {
  let givenUp = 0;
  const capture = captureOf(
    'client',
    CLOSED,
    OPEN,
    ...Array.from({ length: syns }, (_, index) => unanswered(index + 1)),
  );
  const flows = await read(capture, {
    maxFlows,
    onGivenUp: (connections) => {
      givenUp += connections;
    },
  });
  return { hosts: flows.map((flow) => flow.client.address), flows, givenUp };
}

it('gives nothing up while there is room', async () => {
  const { hosts, givenUp } = await followed(4, 2);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2']);
  expect(givenUp).toBe(0);
});

it('lets closed connections leave first, with their whole story', async () => {
  const { hosts, flows, givenUp } = await followed(4, 3);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2', '10.0.1.3']);
  expect(givenUp).toBe(0);
  expect(pathOf(flows[0], 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED');
  expect(flows[0].clientState).toBe('TIME_WAIT');
});

it('then gives up those that never came to be open, the longest silent first, and keeps the open one', async () => {
  const { hosts, flows, givenUp } = await followed(4, 9);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.7', '10.0.1.8', '10.0.1.9']);
  expect(givenUp).toBe(6);
  expect(flows[1].packets.client).toBe(5);
  expect(flows[1].clientState).toBe('ESTABLISHED');
});

it('gives up open ones where there is nothing else', async () => {
  const others = Array.from({ length: 3 }, (_, index) =>
    from(`10.0.2.${index + 1}`, 2 + index, [...HANDSHAKE, ...EXCHANGE]),
  );
  let givenUp = 0;
  const flows = await read(captureOf('client', ...others), {
    maxFlows: 2,
    onGivenUp: (connections) => {
      givenUp = connections;
    },
  });
  expect(flows.map((flow) => flow.client.address)).toEqual(['10.0.2.2', '10.0.2.3']);
  expect(givenUp).toBe(1);
});

it.each([
  ['extract', extract],
  ['annotate', annotate],
] as const)('%s, which reads twice, tells of it once', async (_, command) => {
  const soak = fileURLToPath(new URL('../../captures/soak.pcap', import.meta.url));
  const told: number[] = [];
  const written: Uint8Array[] = [];
  const keep = async (bytes: Uint8Array): Promise<void> => void written.push(bytes.slice());
  await command(soak, keep, {
    maxFlows: 10,
    onGivenUp: (connections) => void told.push(connections),
    select: { kinds: new Set(['abortive-close']) },
  });
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(0);
  if (command === annotate)
    expect(Buffer.concat(written).toString('latin1')).toContain(`${told[0]} connections were given up`);
});
