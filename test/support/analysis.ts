import { CaptureError } from '../../src/capture/error.js';
import type { Analysis, CaptureSummary } from '../../src/findings/analysis.js';
import { CLOCK, seconds } from './flow-builder.js';
import { closeWait, rstAfterRetries } from './flows.js';

export const CAPTURE: CaptureSummary = {
  path: 'dump.pcap',
  format: 'pcap',
  compression: null,
  linkType: 'Ethernet',
  interfaces: [],
  fragments: { packets: 0, reassembled: 0, overlapping: 0 },
  frames: 1_284_113,
  tcpSegments: 1_281_990,
  skipped: { 'not-ip': 2123, truncated: 0 },
  complete: true,
  error: null,
  clock: CLOCK,
  firstFrameAt: seconds(0),
  lastFrameAt: seconds(467),
};

export const BROKEN: CaptureSummary = {
  ...CAPTURE,
  path: 'evil\x1b[2J.pcap',
  complete: false,
  error: new CaptureError('truncated-record', 'evil\x1b[2J.pcap', 4096, 31, '74 bytes', '12 bytes'),
};

export const ANALYSIS: Analysis = {
  captures: [CAPTURE],
  flows: 41_207,
  givenUp: 0,
  outcomes: { 'closed in order': 39_911, reset: 812, 'still open': 391, 'never opened': 93 },
  statesAtEnd: {
    client: { TIME_WAIT: 2204, ESTABLISHED: 391, CLOSED: 38_612 },
    server: { ESTABLISHED: 388, CLOSE_WAIT: 312, SYN_RECV: 3, CLOSED: 40_504 },
  },
  findings: [
    {
      kind: 'close-wait-at-end-of-capture',
      severity: 'error',
      flows: 312,
      examples: [12, 31],
      clock: CLOCK,
      firstAt: seconds(8),
      where: '10.0.3.7:8080',
      message: '10.0.3.7:8080 got FIN and has not closed for 7 min 31 s',
      advice: 'on 10.0.3.7: ss -tnp state close-wait (the program holds sockets that its peers closed)',
    },
    {
      kind: 'synack-retries-exhausted',
      severity: 'error',
      flows: 3,
      examples: [7],
      clock: CLOCK,
      firstAt: seconds(171),
      where: '[2001:db8:85a3:1111:2222:8a2e:370:7334]:8080',
      message: 'client ESTABLISHED, server SYN_RECV: ACKs arrived and were ignored',
      advice: 'on the server: nstat -az TcpExtListenOverflows; backlog of listen(), net.core.somaxconn',
    },
    {
      kind: 'fast-open',
      severity: 'info',
      flows: 5,
      examples: [3],
      clock: CLOCK,
      firstAt: seconds(60),
      where: null,
      message: 'data came with the SYN',
      advice: '',
    },
  ],
  acrossFlows: [
    {
      kind: 'close-wait-accumulation',
      severity: 'warning',
      subject: '10.0.3.7:8080',
      clock: CLOCK,
      at: seconds(20),
      flows: 312,
      examples: [12, 31],
      message: 'sockets in CLOSE_WAIT grew from 0 to 312 and none was closed',
      advice: 'on 10.0.3.7: ls /proc/PID/fd | wc -l',
    },
  ],
  tap: 'server',
  tapRtt: 0.00006,
  worst: [rstAfterRetries(), closeWait()],
};
