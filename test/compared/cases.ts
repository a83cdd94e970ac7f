import { captureOf, EXCHANGE, HANDSHAKE, type Line, type Story, scenario, type Tap } from '../support/scenario.js';

/** A connection whose story other tools are known to misread, and the tap it is read from. */
export interface Case {
  /** Of the capture, without `.pcap`. */
  readonly name: string;
  readonly tap: Tap;
  readonly story: Story;
}

/** Linux's SYN+ACK timer: 1, 3, 7, 15, 31 s, and never early. */
const SYN_ACK_TIMES = [1.02, 3.04, 7.1, 15.3, 31.4] as const;

/** SYN+ACK of a handshake that the client's ACKs do not complete: each is answered, and none of the answers arrives. */
const stuckInSynRecv: readonly Line[] = [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK', { lost: true }],
  ...SYN_ACK_TIMES.flatMap((time): Line[] => [
    [time, 'server', 'SYN ACK'],
    ['+30us', 'client', 'ACK', { lost: true }],
  ]),
];

export const CASES: readonly Case[] = [
  {
    // SYN, then SYN+ACK six times: the server is stuck in SYN_RECV.
    name: 'syn-ack-unanswered',
    tap: 'server',
    // The SYN's sender was forged: nobody is there to answer, not even with RST.
    story: scenario({ until: 70 }, [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { lost: true }],
      ...SYN_ACK_TIMES.map((time): Line => [time, 'server', 'SYN ACK', { lost: true }]),
    ]),
  },
  {
    // The client ACKs each repeated SYN+ACK, RST at the end: client ESTABLISHED, server SYN_RECV.
    name: 'handshake-acks-lost',
    tap: 'client',
    // The client waits for a greeting. Its keep-alive (after a minute of silence) finds a server that has given up at 64 s.
    story: scenario({ until: 95 }, [
      ...stuckInSynRecv,
      [91.5, 'client', 'ACK', { seq: 0 }],
      ['+30us', 'server', 'RST'],
    ]),
  },
  {
    // Accept queue full: data and SYN+ACK repeated, then RST.
    name: 'accept-queue-full',
    tap: 'server',
    story: scenario({ until: 120 }, [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      // Sent once, probed for, then repeated by the RTO of 224 ms and its doubles.
      ...[0.0205, 0.245, 0.473, 0.931].map((time): Line => [time, 'client', 'PSH ACK 120', { seq: 1, ignored: true }]),
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [1.847, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [3.04, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [3.681, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [7.1, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [7.35, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [14.68, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [15.3, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [29.4, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [31.4, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [58.8, 'client', 'PSH ACK 120', { seq: 1, ignored: true }],
      [117.6, 'client', 'PSH ACK 120', { seq: 1 }],
      ['+30us', 'server', 'RST'],
    ]),
  },
  {
    // The server's FIN only, then the capture ends: the client is in CLOSE_WAIT.
    name: 'one-fin-only',
    tap: 'client',
    story: scenario({ until: 30 }, [...HANDSHAKE, ...EXCHANGE, [0.5, 'server', 'FIN ACK'], ['+40ms', 'client', 'ACK']]),
  },
  {
    // FIN, one hour, FIN, RST: the server was in CLOSE_WAIT for an hour.
    name: 'close-wait-for-an-hour',
    tap: 'server',
    story: scenario({}, [
      ...HANDSHAKE,
      ...EXCHANGE,
      [0.5, 'client', 'FIN ACK'],
      ['+40ms', 'server', 'ACK'],
      [3600.5, 'server', 'FIN ACK'],
      ['+30us', 'client', 'RST'],
    ]),
  },
  {
    // The last ACK is lost, FIN seven times: the server is stuck in LAST_ACK.
    name: 'last-ack-lost',
    tap: 'server',
    story: scenario({ until: 10 }, [
      ...HANDSHAKE,
      [0.3, 'client', 'FIN ACK'],
      ['+40ms', 'server', 'ACK'],
      [0.4, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK', { lost: true }],
      // The tail-loss probe, then the RTO and its doubles.
      ...[0.625, 0.853, 1.313, 2.245, 4.1, 7.8].flatMap((time): Line[] => [
        [time, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
      ]),
    ]),
  },
  {
    // Simultaneous open.
    name: 'simultaneous-open',
    tap: 'client',
    story: scenario({ rtt: '80ms' }, [
      [0, 'client', 'SYN'],
      [0.01, 'server', 'SYN'],
      [0.04003, 'server', 'SYN ACK'],
      [0.05003, 'client', 'SYN ACK'],
      [0.08006, 'client', 'ACK', { sack: [[0, 1]] }],
      [0.09006, 'server', 'ACK', { sack: [[0, 1]] }],
      [0.2, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ]),
  },
  {
    // Simultaneous close.
    name: 'simultaneous-close',
    tap: 'client',
    story: scenario({ rtt: '80ms' }, [
      ...HANDSHAKE,
      ...EXCHANGE,
      [0.5, 'client', 'FIN ACK'],
      [0.51, 'server', 'FIN ACK'],
      [0.54003, 'server', 'ACK'],
      [0.55003, 'client', 'ACK'],
    ]),
  },
  {
    // RST in the window but not exact, answered by a challenge ACK: still ESTABLISHED.
    name: 'reset-challenged',
    tap: 'client',
    // A forged RST: the server's keep-alives go on as if nothing had happened.
    story: scenario({}, [
      ...HANDSHAKE,
      [5, 'server', 'RST', { seq: 1001 }],
      ['+30us', 'client', 'ACK'],
      [60.02, 'server', 'ACK', { seq: 0 }],
      ['+30us', 'client', 'ACK'],
    ]),
  },
  {
    // SYN into TIME_WAIT, ACK, RST, SYN, SYN+ACK.
    name: 'time-wait-refuses',
    tap: 'client',
    // Without timestamps (as Windows is by default) TIME_WAIT takes a SYN only where its sequence number is higher.
    story: scenario({ without: ['timestamps'] }, [
      ...HANDSHAKE,
      [0.3, 'server', 'FIN ACK'],
      ['+100us', 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [20, 'client', 'SYN', { isn: 900_000 }],
      ['+30us', 'server', 'ACK'],
      ['+30us', 'client', 'RST'],
      [21.01, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
      ['+30us', 'client', 'ACK'],
    ]),
  },
  {
    // Keep-alive death after 7,875 s.
    name: 'keepalive-death',
    tap: 'client',
    story: scenario({}, [
      ...HANDSHAKE,
      // tcp_keepalive_time 7200, then tcp_keepalive_probes 9 at tcp_keepalive_intvl 75.
      ...Array.from({ length: 9 }, (_, i): Line => [7200.1 + 75 * i, 'client', 'ACK', { seq: 0, lost: true }]),
      [7875.1, 'client', 'RST ACK', { lost: true }],
    ]),
  },
  {
    // SYN answered by ICMP administratively prohibited.
    name: 'administratively-prohibited',
    tap: 'client',
    story: scenario({ until: 10 }, [
      [0, 'client', 'SYN', { lost: true }],
      [0.005, 'router', 'ICMP 3/13'],
    ]),
  },
];

/** The bytes of a case's capture. */
export const captureOfCase = ({ tap, story }: Case): Uint8Array => captureOf(tap, story);

/** A case by its name. */
export function caseOf(name: string): Case {
  const found = CASES.find((c) => c.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}
