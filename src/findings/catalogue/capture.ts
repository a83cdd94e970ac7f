import { entries } from './entries.js';

export const CAPTURE = entries('capture', {
  'mid-stream': {
    severity: 'info',
    title: 'The connection was older than the capture',
    meaning:
      'No SYN was seen: the connection was already there when the capture began. Its first states are assumed from its first segments, and so is which end is the client. ' +
      'Window scaling is unknown: windows are as written in the segments.',
    causes: [
      'The capture was started while the connection was open.',
      'The SYNs were lost to the capture, or excluded by its filter.',
    ],
    checks: [
      {
        host: 'both',
        command: "tcpdump -ni any -s 128 -w FILE 'tcp port PORT'",
        why: 'started before the program connects, it sees the handshake',
      },
    ],
    settings: [],
    references: ['RFC 7323, section 2.2'],
  },
  'one-sided': {
    severity: 'notice',
    title: 'Only one direction was captured',
    meaning:
      'Segments of one end only were seen, although its acknowledgements prove that the other end sent too. States of the unseen end are inferred from what acknowledges it. ' +
      'What it did last cannot be known.',
    causes: [
      'Asymmetric routing: the other direction takes another path.',
      'A mirror port or tap that copies one direction only.',
      'A capture filter with src or dst.',
      'Load balancing over several interfaces of which one was captured.',
    ],
    checks: [
      { host: 'path', command: 'ip route get PEER', why: 'on each host: the interface of each direction' },
      {
        host: 'both',
        command: "tcpdump -ni any 'tcp port PORT and host PEER'",
        why: 'every interface, both directions',
      },
    ],
    settings: [],
    references: ['pcap-filter(7)', 'tcpdump(1): -Q'],
  },
  'capture-gap': {
    severity: 'notice',
    title: 'The capture misses segments that were exchanged',
    meaning:
      'An end acknowledged data that the capture does not contain. The connection is sound there; the capture has a hole. ' +
      'States are known less certainly around it.',
    causes: [
      'The capture dropped packets: the disk or CPU could not keep up.',
      'A mirror port was oversubscribed.',
      'Some segments took another path.',
    ],
    checks: [
      {
        host: 'both',
        command: 'tcpdump -ni IFACE -B 65536 -s 128 -w FILE',
        why: 'larger buffer, shorter frames; "packets dropped by kernel" at the end should be 0',
      },
      { host: 'path', command: 'ethtool -S IFACE', why: 'drops on the mirror port' },
    ],
    settings: [],
    references: ['tcpdump(1): -B, packets "dropped by kernel"', 'packet(7): PACKET_STATISTICS'],
  },
  'duplicate-frames': {
    severity: 'info',
    title: 'The same packets were captured more than once',
    meaning:
      'Frames occur twice with the same IP id and content: copies made by the capture, not retransmissions. They are recognised and not counted. ' +
      'No state depends on them.',
    causes: [
      'The "any" device sees a packet on several interfaces: bridge, bond, VLAN, container.',
      'A mirror port copies both the entering and the leaving packet.',
      'Captures of several points were merged.',
    ],
    checks: [
      { host: 'both', command: 'ip -br link', why: 'capture on one interface instead of any' },
      { host: 'path', command: 'editcap -d FILE OUT', why: 'removes copies' },
    ],
    settings: [],
    references: ['tcpdump(1): -i any', 'editcap(1): -d'],
  },
  'reordered-frames': {
    severity: 'info',
    title: 'Frames stand in the capture out of order',
    meaning:
      'Timestamps run backwards, or segments stand in an order in which their sender cannot have sent them. ' +
      'Each is judged by its sequence numbers and TCP timestamps, not by its place in the file.',
    causes: [
      'A network card with several receive queues, or several CPUs writing.',
      'Captures merged without sorting.',
      'Real reordering on the path before the tap.',
      'The clock of the capturing host was set back.',
    ],
    checks: [
      { host: 'path', command: 'reordercap FILE OUT', why: 'sorts a capture by timestamp' },
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPSACKReorder TcpExtTCPTSReorder TcpExtTCPOFOQueue',
        why: 'reordering seen by the hosts themselves',
      },
    ],
    settings: [],
    references: ['reordercap(1)', 'RFC 5236'],
  },
  'truncated-capture': {
    severity: 'notice',
    title: 'The capture breaks off in the middle of a record',
    meaning:
      'The file ends before its last record does. Everything before is reported; what came after is unknown. ' +
      'States are as of the last whole record.',
    causes: [
      'The capture is still being written, or was copied meanwhile.',
      'tcpdump was killed, or the disk was full.',
      'The transfer of the file broke off.',
    ],
    checks: [
      { host: 'path', command: 'capinfos FILE', why: 'says where the file is cut short' },
      { host: 'both', command: 'tcpdump -U -ni IFACE -w FILE', why: '-U writes each packet as it comes' },
    ],
    settings: [],
    references: ['tcpdump(1): -U', 'capinfos(1)'],
  },
});
