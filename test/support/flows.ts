import type { Flow } from '../../src/findings/finding.js';
import { FlowBuilder, seconds } from './flow-builder.js';

/** Client on the tap, the server 20 ms away. */
function opened(): FlowBuilder {
  return new FlowBuilder()
    .segment(0, 'client', 'S', 0, 0)
    .state('client', 'CLOSED', 'SYN_SENT', { earliest: null })
    .state('server', 'LISTEN', 'SYN_RECV', { at: 0.010072, earliest: 0, latest: 0.020144, confirmedBy: 2 })
    .segment(0.020144, 'server', 'SA', 0, 1)
    .state('client', 'SYN_SENT', 'ESTABLISHED', { latest: 0.020272, confirmedBy: 3 });
}

/** Opened, one question, a long answer, closed in order by the client. */
export function normalClose(): Flow {
  const builder = opened()
    .segment(0.020272, 'client', 'A', 1, 1)
    .state('server', 'SYN_RECV', 'ESTABLISHED', { at: 0.030272, earliest: 0.020272, latest: 0.041, confirmedBy: 5 })
    .segment(0.0205, 'client', 'PA', 1, 1, { length: 412 });
  for (let i = 0; i < 20; i++) {
    builder.segment(0.041 + i * 0.001, 'server', 'A', 1 + i * 1448, 413, { length: 1448 });
    if (i % 2) builder.segment(0.0411 + i * 0.001, 'client', 'A', 413, 1 + (i + 1) * 1448);
  }
  return builder
    .segment(0.2, 'client', 'FA', 413, 28961)
    .state('client', 'ESTABLISHED', 'FIN_WAIT1')
    .state('server', 'ESTABLISHED', 'CLOSE_WAIT', { at: 0.21, earliest: 0.2, latest: 0.2201 })
    .segment(0.2201, 'server', 'FA', 28961, 414)
    .state('server', 'CLOSE_WAIT', 'LAST_ACK', { at: 0.2101, earliest: 0.2, latest: 0.2201 })
    .state('client', 'FIN_WAIT1', 'FIN_WAIT2', { basis: 'inferred' })
    .state('client', 'FIN_WAIT2', 'TIME_WAIT', { basis: 'inferred' })
    .segment(0.2202, 'client', 'A', 414, 28962, { fate: 'presumed' })
    .state('server', 'LAST_ACK', 'CLOSED', { at: 0.2302, earliest: 0.2202, latest: null })
    .build();
}

/** The server never hears the handshake's ACK, gives up, and answers the first data with RST. */
export function rstAfterRetries(): Flow {
  return opened()
    .segment(0.020272, 'client', 'A', 1, 1, { fate: 'unheeded' })
    .segment(1.03731, 'server', 'SA', 0, 1, { retransmission: true })
    .segment(1.037402, 'client', 'A', 1, 1, { fate: 'unheeded', role: 'duplicate-ack' })
    .segment(3.053021, 'server', 'SA', 0, 1, { retransmission: true })
    .segment(3.05311, 'client', 'A', 1, 1, { fate: 'unheeded', role: 'duplicate-ack' })
    .finding(
      'handshake-ack-lost',
      'warning',
      'server',
      3.05311,
      [2, 4, 6],
      'client ESTABLISHED, server stuck in SYN_RECV for 7.2 s: the server repeated its SYN+ACK after each of 3 ACKs',
      'on 10.0.3.7: nstat -az TcpExtListenOverflows; compare with a capture taken there',
    )
    .state('server', 'SYN_RECV', 'CLOSED', {
      at: 7.2,
      earliest: 7.1,
      latest: 7.3,
      basis: 'timer',
      reason: 'tcp_synack_retries ran out.',
    })
    .segment(7.40221, 'client', 'PA', 1, 1, { length: 18 })
    .segment(7.42239, 'server', 'R', 1, 0)
    .state('client', 'ESTABLISHED', 'CLOSED', {
      basis: 'inferred',
      reason: 'A RST with the exact sequence number reached it.',
    })
    .finding(
      'rst-after-synack-retries',
      'error',
      'client',
      7.42239,
      [8, 9],
      'the server no longer knew the connection that the client believed in since 0.020 s',
      'on 10.0.3.7: sysctl net.ipv4.tcp_synack_retries',
    )
    .build();
}

/** The handshake's ACK is lost once; the answer to the repeated SYN+ACK arrives. */
export function handshakeAckLost(): Flow {
  return opened()
    .segment(0.020272, 'client', 'A', 1, 1, { fate: 'unheeded' })
    .segment(1.03731, 'server', 'SA', 0, 1, { retransmission: true })
    .finding(
      'handshake-ack-lost',
      'warning',
      'server',
      1.03731,
      [3, 4],
      'client ESTABLISHED, server in SYN_RECV for another 1.0 s: its SYN+ACK came again after the ACK',
      'look for loss between the tap and 10.0.3.7',
    )
    .segment(1.037402, 'client', 'A', 1, 1, { role: 'duplicate-ack' })
    .state('server', 'SYN_RECV', 'ESTABLISHED', {
      at: 1.0474,
      earliest: 1.037402,
      latest: 1.0579,
      confirmedBy: 7,
      revoked: [3],
    })
    .segment(1.0377, 'client', 'PA', 1, 1, { length: 18 })
    .segment(1.0579, 'server', 'A', 1, 19)
    .build({ followedUntil: seconds(12) });
}

/** The server's program never closes what its peer has closed; the client's end forgets after a minute. */
export function closeWait(): Flow {
  return opened()
    .segment(0.020272, 'client', 'A', 1, 1)
    .state('server', 'SYN_RECV', 'ESTABLISHED', { at: 0.030272, earliest: 0.020272, latest: 0.0402 })
    .segment(0.02035, 'client', 'PA', 1, 1, { length: 120 })
    .segment(0.0402, 'server', 'PA', 1, 121, { length: 2048 })
    .segment(0.0403, 'client', 'A', 121, 2049)
    .segment(0.0405, 'client', 'FA', 121, 2049)
    .state('client', 'ESTABLISHED', 'FIN_WAIT1')
    .state('server', 'ESTABLISHED', 'CLOSE_WAIT', { at: 0.0505, earliest: 0.0405, latest: 0.0606, confirmedBy: 8 })
    .segment(0.0606, 'server', 'A', 2049, 122)
    .state('client', 'FIN_WAIT1', 'FIN_WAIT2', { basis: 'inferred' })
    .state('client', 'FIN_WAIT2', 'CLOSED', { at: 60.06, earliest: 60.0405, latest: 62.0606, basis: 'timer' })
    .finding(
      'close-wait-at-end-of-capture',
      'error',
      'server',
      0.0505,
      [7, 8],
      '10.0.3.7:5432 got FIN and has not closed for 7 min 31 s; no data flowed',
      'on 10.0.3.7: ss -tnp state close-wait',
    )
    .build({ followedUntil: seconds(451.2) });
}
