import type { Scenario, Side, SocketStep, Step } from './scenario.js';

/** The server's port, and the client's first. The client's are given: a traced change has no port that the kernel chose. */
const PORT = 8080;
const FROM = 40_000;

type Options = Readonly<Record<string, number>>;

const step =
  (name: SocketStep['do']) =>
  (on: Side, fields: SocketStep['fields'] = {}, fails?: string): SocketStep => {
    const { socket = 'main', ...others } = fields;
    return { do: name, on, socket: String(socket), fields: others, ...(fails === undefined ? {} : { fails }) };
  };

const send = (on: Side, bytes: number, socket = 'main') => step('send')(on, { socket, bytes });
const receive = (on: Side, bytes: number, socket = 'main') => step('receive')(on, { socket, bytes });
const atEnd = (on: Side, socket = 'main') => step('receive')(on, { socket, bytes: null });
const close = (on: Side, socket = 'main') => step('close')(on, { socket });
const shutdown = step('shutdown');
const abort = step('abort');
const vanish = step('vanish');

const listen = (backlog = 16, options: Options = {}) =>
  step('listen')('server', { socket: 'listener', port: PORT, backlog, options });
const accept = (socket = 'main') => step('accept')('server', { socket, listener: 'listener' });

interface Connect {
  readonly socket?: string;
  readonly from?: number;
  readonly options?: Options;
  readonly wait?: boolean;
  readonly data?: number;
  readonly fails?: string;
}

const connect = ({ fails, ...fields }: Connect = {}) =>
  step('connect')('client', { from: FROM, to: PORT, ...fields }, fails);

const wait = (seconds: number): Step => ({ do: 'wait', seconds });
const together = (...steps: SocketStep[]): Step => ({ do: 'together', steps });
const restore: Step = { do: 'restore' };
const drop = (toward: Side, match: string, times?: number): Step => ({
  do: 'drop',
  toward,
  match,
  ...(times === undefined ? {} : { times }),
});

/** What a rule matches, in nftables' words. */
const SYN = 'tcp flags & (syn | ack) == syn';
const SYN_ACK = 'tcp flags & (syn | ack) == (syn | ack)';
const PURE_ACK = 'tcp flags == ack ip length < 72'; // 20 of IP and at most 32 of TCP leave no room for data of 20
const FIN = 'tcp flags & fin == fin';
const RST = 'tcp flags & rst == rst';
const EVERYTHING = '';

const established: readonly Step[] = [listen(), connect(), accept()];
const exchange: readonly Step[] = [
  send('client', 100),
  receive('server', 100),
  send('server', 1000),
  receive('client', 1000),
];
/** Time for what is under way to arrive. */
const settle = wait(0.1);

/** `on` closes, and the other end does when it sees that. */
const closedBy = (on: Side): readonly Step[] =>
  on === 'client'
    ? [close('client'), atEnd('server'), close('server'), settle]
    : [close('server'), atEnd('client'), close('client'), settle];

/** Six clients for an accept queue of four. A SYN that finds it full is dropped, so three handshakes are begun before it is. */
const crowd: readonly Step[] = [
  listen(3),
  ...[0, 1, 2].map((n) => connect({ socket: `c${n}`, from: FROM + n })),
  together(...[3, 4, 5].map((n) => connect({ socket: `c${n}`, from: FROM + n, wait: false }))),
];

export const scenarios: readonly Scenario[] = [
  {
    name: 'normal-client-close',
    about: 'A request, a response; the client closes first.',
    steps: [...established, ...exchange, ...closedBy('client')],
    findings: [],
  },
  {
    name: 'normal-server-close',
    about: 'A request, a response; the server closes first.',
    steps: [...established, ...exchange, ...closedBy('server')],
    findings: [],
  },
  {
    name: 'refused',
    about: 'Nothing listens on the port.',
    steps: [connect({ fails: 'ECONNREFUSED' }), settle],
    findings: ['connection-refused'],
  },
  {
    name: 'syn-timeout',
    about: 'Every SYN is lost, and the client gives up.',
    settings: { tcp_syn_retries: 1, tcp_syn_linear_timeouts: 0 },
    steps: [listen(), drop('server', SYN), connect({ fails: 'ETIMEDOUT' }), settle],
    findings: { client: ['syn-timeout', 'syn-retransmitted'], server: [] },
  },
  {
    name: 'connect-aborted',
    about: 'The SYNs are lost, and the client closes before any answer.',
    steps: [listen(), drop('server', SYN), connect({ wait: false }), wait(1.5), close('client'), settle],
    findings: { client: ['syn-timeout', 'syn-retransmitted'], server: [] },
  },
  {
    name: 'connect-aborted-late-answer',
    about: 'The client closes while the SYN+ACK is under way, and answers that with a RST.',
    steps: [listen(), drop('client', SYN_ACK, 1), connect({ wait: false }), wait(0.5), close('client'), wait(1)],
    findings: { client: ['connect-aborted'], server: ['connect-aborted', 'syn-ack-retransmitted'] },
    explained: {
      client: 'one SYN+ACK, a second after the SYN: a repeated one, or a slow path; no segment tells which',
    },
  },
  {
    name: 'syn-lost',
    about: 'The first SYN is lost.',
    steps: [listen(), drop('server', SYN, 1), connect(), accept(), ...exchange, ...closedBy('client')],
    findings: { client: ['syn-retransmitted'], server: [] },
  },
  {
    name: 'syn-ack-lost',
    about: 'The first SYN+ACK is lost.',
    steps: [listen(), drop('client', SYN_ACK, 1), connect(), accept(), ...exchange, ...closedBy('client')],
    findings: { client: ['syn-retransmitted'], server: ['syn-retransmitted', 'syn-ack-retransmitted'] },
    maybe: ['syn-ack-retransmitted'],
  },
  {
    name: 'final-ack-lost',
    about: 'The ACK of the handshake is lost; the repeated SYN+ACK draws another.',
    steps: [listen(), drop('server', PURE_ACK, 1), connect(), accept(), ...exchange, ...closedBy('client')],
    findings: { client: ['handshake-ack-lost'], server: ['syn-ack-retransmitted'] },
  },
  {
    name: 'final-ack-lost-data-follows',
    about: 'The ACK of the handshake is lost, and the request that follows completes it.',
    steps: [
      listen(),
      drop('server', PURE_ACK, 1),
      connect(),
      wait(0.4),
      send('client', 100),
      accept(),
      receive('server', 100),
      ...closedBy('client'),
    ],
    findings: [],
    explained: {
      client: 'the ACK was lost behind this tap, and no SYN+ACK was repeated before the data completed the handshake',
    },
  },
  {
    name: 'final-acks-all-lost',
    about: 'No ACK of the handshake arrives, the server gives up, and the client learns it when it sends data.',
    settings: { tcp_synack_retries: 1 },
    steps: [listen(), drop('server', PURE_ACK), connect(), wait(4), send('client', 100), wait(0.5)],
    findings: ['synack-retries-exhausted', 'rst-after-synack-retries'],
  },
  {
    name: 'accept-queue-overflow',
    about: 'Six clients come, the last three at once, to a listener with room for four that does not accept at first.',
    settings: { tcp_abort_on_overflow: 0 },
    steps: [...crowd, wait(2), ...[0, 1, 2, 3, 4, 5].map((n) => accept(`s${n}`)), settle],
    findings: { client: ['handshake-ack-lost'], server: ['accept-queue-overflow'] },
    explained: {
      server: 'the capture ends before another SYN+ACK would be due: nothing tells whether the last ACK was taken',
    },
  },
  {
    name: 'accept-queue-overflow-abort',
    about: 'The same, where tcp_abort_on_overflow answers those who do not fit with a RST.',
    settings: { tcp_abort_on_overflow: 1 },
    steps: [...crowd, wait(0.5)],
    findings: ['accept-queue-overflow'],
  },
  {
    name: 'defer-accept-data',
    about: 'A listener with TCP_DEFER_ACCEPT stays in SYN_RECV until the request comes.',
    steps: [
      listen(16, { TCP_DEFER_ACCEPT: 10 }),
      connect(),
      wait(0.5),
      send('client', 100),
      accept(),
      receive('server', 100),
      ...closedBy('client'),
    ],
    findings: [],
    explained: {
      client: 'an ACK that is put off looks like one that was taken',
      server: 'an ACK that is put off looks like one that was taken',
    },
  },
  {
    name: 'defer-accept-ends',
    about: 'A listener with TCP_DEFER_ACCEPT repeats its SYN+ACK when its patience ends, and takes the ACK of that.',
    steps: [listen(16, { TCP_DEFER_ACCEPT: 3 }), connect(), accept(), ...exchange, ...closedBy('client')],
    findings: ['defer-accept'],
  },
  {
    name: 'fast-open',
    about: 'The second connection carries its request in the SYN.',
    settings: { tcp_fastopen: 3 },
    steps: [
      listen(16, { TCP_FASTOPEN: 16 }),
      connect({ data: 100 }),
      accept(),
      receive('server', 100),
      ...closedBy('client'),
      connect({ data: 100, from: FROM + 1 }),
      accept(),
      receive('server', 100),
      send('server', 100),
      receive('client', 100),
      ...closedBy('client'),
    ],
    findings: ['fast-open'],
  },
  {
    name: 'simultaneous-open',
    about: 'Both ends connect to each other at once, and their SYNs cross.',
    steps: [
      together(connect(), step('connect')('server', { from: PORT, to: FROM })),
      ...exchange,
      ...closedBy('client'),
    ],
    findings: ['simultaneous-open'],
  },
  {
    name: 'fin-lost',
    about: "The client's FIN is lost once.",
    steps: [...established, ...exchange, drop('server', FIN, 1), ...closedBy('client'), wait(0.5)],
    findings: { client: ['fin-retransmitted'], server: [] },
  },
  {
    name: 'fin-ack-lost',
    about: "The ACK of the client's FIN is lost; the server closes a second later.",
    steps: [
      ...established,
      ...exchange,
      drop('client', PURE_ACK, 1),
      close('client'),
      atEnd('server'),
      wait(0.8),
      close('server'),
      settle,
    ],
    findings: ['fin-retransmitted'],
  },
  {
    name: 'fin-never-acknowledged',
    about: 'From the FIN on nothing of the client arrives: FIN_WAIT1 until it gives up.',
    settings: { tcp_orphan_retries: 3 },
    steps: [...established, ...exchange, settle, drop('server', EVERYTHING), close('client'), wait(6)],
    findings: { client: ['fin-wait1-stuck', 'fin-retransmitted'], server: [] },
  },
  {
    name: 'last-ack-lost',
    about: 'The last ACK is lost once; the repeated FIN draws another from TIME_WAIT.',
    steps: [
      ...established,
      ...exchange,
      close('client'),
      atEnd('server'),
      settle,
      drop('server', PURE_ACK, 1),
      close('server'),
      wait(0.8),
    ],
    findings: { client: ['last-ack-lost'], server: ['fin-retransmitted'] },
  },
  {
    name: 'last-acks-all-lost',
    about: 'Every last ACK is lost: LAST_ACK until the server gives up.',
    settings: { tcp_orphan_retries: 3 },
    steps: [
      ...established,
      ...exchange,
      close('client'),
      atEnd('server'),
      settle,
      drop('server', PURE_ACK),
      close('server'),
      wait(6),
    ],
    findings: { client: ['last-ack-lost', 'last-ack-stuck'], server: ['fin-retransmitted', 'last-ack-stuck'] },
  },
  {
    name: 'half-close',
    about: 'The client ends its direction, the server goes on sending for a while.',
    steps: [
      ...established,
      ...exchange,
      shutdown('client'),
      atEnd('server'),
      ...[1, 2, 3].flatMap(() => [wait(0.3), send('server', 5000), receive('client', 5000)]),
      ...closedBy('server'),
    ],
    findings: ['half-close'],
  },
  {
    name: 'close-wait-held',
    about: 'The server takes two seconds to close after the client did.',
    steps: [...established, ...exchange, close('client'), atEnd('server'), wait(2), close('server'), settle],
    findings: ['close-wait-long'],
  },
  {
    name: 'close-wait-at-end',
    about: 'The client ends its direction, and the server never closes.',
    steps: [...established, ...exchange, shutdown('client'), atEnd('server'), wait(2)],
    findings: ['close-wait-at-end-of-capture'],
  },
  {
    name: 'fin-wait2-timeout',
    about: 'The client gives FIN_WAIT2 up after tcp_fin_timeout; the FIN of the late close draws a RST.',
    settings: { tcp_fin_timeout: 3 },
    steps: [...established, ...exchange, close('client'), atEnd('server'), wait(5), close('server'), settle],
    findings: ['close-wait-long', 'fin-wait2-timeout'],
  },
  {
    name: 'simultaneous-close',
    about: 'Both ends close at once, and their FINs cross.',
    steps: [...established, ...exchange, settle, together(close('client'), close('server')), wait(0.3)],
    findings: ['simultaneous-close'],
  },
  {
    name: 'abort-client',
    about: 'The client aborts with SO_LINGER 0.',
    steps: [...established, ...exchange, settle, abort('client'), settle],
    findings: ['abortive-close'],
  },
  {
    name: 'abort-server',
    about: 'The server aborts with SO_LINGER 0.',
    steps: [...established, ...exchange, settle, abort('server'), settle],
    findings: ['abortive-close'],
  },
  {
    name: 'close-unread',
    about: 'The server closes while a request is unread.',
    steps: [...established, ...exchange, send('client', 500), settle, close('server'), settle],
    findings: ['unread-data-reset'],
  },
  {
    name: 'half-open-killed',
    about: "The client's socket is destroyed with ss -K and the RST is lost; the server learns it when it sends data.",
    steps: [
      ...established,
      ...exchange,
      settle,
      drop('server', RST, 1),
      { do: 'kill', on: 'client', port: FROM },
      wait(0.5),
      send('server', 100),
      settle,
    ],
    findings: { client: ['abortive-close', 'half-open-reset'], server: ['half-open-reset'] },
  },
  {
    name: 'half-open-vanished',
    about: "The client's socket disappears without a word; the server learns it when it sends data.",
    steps: [...established, ...exchange, settle, vanish('client'), wait(0.5), send('server', 100), settle],
    findings: ['half-open-reset'],
  },
  {
    name: 'keep-alive-death',
    about: 'The path dies under an idle connection, and keep-alive probes find out.',
    steps: [
      ...established,
      ...exchange,
      step('set')('client', { options: { SO_KEEPALIVE: 1, TCP_KEEPIDLE: 1, TCP_KEEPINTVL: 1, TCP_KEEPCNT: 3 } }),
      settle,
      drop('server', EVERYTHING),
      drop('client', EVERYTHING),
      wait(5),
    ],
    findings: { client: ['keepalive-timeout'], server: [] },
  },
  {
    name: 'user-timeout',
    about:
      'The path dies under data, and TCP_USER_TIMEOUT ends the connection; the data that the server sends later draws a RST.',
    steps: [
      ...established,
      ...exchange,
      step('set')('client', { options: { TCP_USER_TIMEOUT: 2000 } }),
      settle,
      drop('server', EVERYTHING),
      send('client', 100),
      wait(4),
      restore,
      send('server', 100),
      settle,
    ],
    findings: { client: ['retransmission-timeout', 'half-open-reset'], server: ['half-open-reset'] },
  },
  {
    name: 'zero-window',
    about: 'The server does not read for two seconds: its window closes and the client probes it.',
    steps: [
      listen(16, { SO_RCVBUF: 8192 }),
      connect({ options: { SO_SNDBUF: 16_384 } }),
      accept(),
      step('fill')('client'),
      wait(2),
      shutdown('client'),
      atEnd('server'),
      close('server'),
      atEnd('client'),
      close('client'),
      settle,
    ],
    findings: ['zero-window-stall'],
  },
  {
    name: 'time-wait-reuse',
    about: 'The server closed first; the client comes again from the same port while the server is in TIME_WAIT.',
    steps: [
      ...established,
      ...exchange,
      ...closedBy('server'),
      wait(1.2),
      connect(),
      accept(),
      ...exchange,
      ...closedBy('server'),
    ],
    findings: ['time-wait-reuse'],
  },
];
