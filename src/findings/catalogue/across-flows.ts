import { entries } from './entries.js';

export const ACROSS_FLOWS = entries('across-flows', {
  'syn-scan': {
    severity: 'notice',
    title: 'One address tried many ports or hosts',
    meaning:
      'One source opened connections to many ports or addresses, most of which were refused, never answered, or reset by the source as soon as SYN+ACK came. ' +
      'The targets went to SYN_RECV and back, where a port was open.',
    causes: [
      'A port scan: attack, audit or inventory.',
      'Monitoring or service discovery that probes many hosts.',
      'A client with a stale list of backends.',
    ],
    checks: [
      {
        host: 'server',
        command: 'nstat -az TcpExtEmbryonicRsts TcpOutRsts',
        why: 'requests reset by the source; RSTs from closed ports',
      },
      {
        host: 'path',
        command: "tcpdump -ni any 'tcp[tcpflags] == tcp-syn and src host SOURCE'",
        why: 'is it still going on?',
      },
    ],
    settings: [],
    references: ['RFC 9293, section 3.5.2'],
  },
  'syn-flood': {
    severity: 'warning',
    title: 'More SYNs than the listener can remember',
    meaning:
      'Very many SYNs came whose handshakes were never completed. The server keeps a request in SYN_RECV for each, up to 63 s; when the queue is full, Linux turns to SYN cookies and keeps none at all. ' +
      'Clients served by a cookie look ESTABLISHED while the server holds no state; if their ACK is lost, nobody repeats anything.',
    causes: [
      'An attack from spoofed addresses.',
      'A flood of real clients after an outage, with the SYN+ACKs or ACKs lost.',
      'One-way routing: the SYN+ACKs never reach the clients.',
    ],
    checks: [
      {
        host: 'server',
        command:
          'nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed TcpExtTCPReqQFullDoCookies TcpExtTCPReqQFullDrop',
        why: 'cookies sent, returned and wrong; SYNs dropped',
      },
      { host: 'server', command: 'journalctl -k --grep "SYN flooding"', why: 'the kernel names the port' },
      { host: 'server', command: "ss -tan state syn-recv 'sport = :PORT' | wc -l", why: 'requests held now' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_syncookies',
        effect:
          '1, the default, sends cookies when the queue is full; 0 drops SYNs instead; 2 always sends them, for tests.',
      },
      {
        name: 'net.ipv4.tcp_max_syn_backlog',
        effect:
          "Matters only with tcp_syncookies 0. The queue's limit is the backlog of listen(), capped by net.core.somaxconn.",
      },
      { name: 'net.core.somaxconn', effect: 'Upper bound of that backlog: 4096 since Linux 5.4.' },
    ],
    references: ['RFC 4987', 'net/ipv4/tcp_input.c: tcp_conn_request(), tcp_syn_flood_action()'],
  },
  'time-wait-accumulation': {
    severity: 'notice',
    title: 'Many endpoints of one host in TIME_WAIT',
    meaning:
      'A host held very many sockets in TIME_WAIT at once: it closes many short connections first, and each stays 60 s. They cost little memory and no file descriptor. ' +
      'They hurt only where they use up the ports to one destination.',
    causes: [
      'Short connections at a high rate, without keep-alive or pooling.',
      'The end that closes first is the one that gathers them: HTTP servers with a small limit of requests per connection.',
    ],
    checks: [
      { host: 'both', command: 'ss -s', why: 'timewait: how many there are' },
      {
        host: 'both',
        command: 'nstat -az TcpExtTW TcpExtTCPTimeWaitOverflow',
        why: 'TIME_WAITs that ended, and those cut short for exceeding the limit',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_max_tw_buckets',
        effect: 'Beyond it a socket is closed without TIME_WAIT, and a warning is logged. A guard, not a tuning knob.',
      },
      {
        name: 'net.ipv4.tcp_tw_reuse',
        effect:
          '1 lets connect() take a port in TIME_WAIT over a second old when timestamps are on. It helps the connecting end only.',
      },
      {
        name: 'net.ipv4.tcp_fin_timeout',
        effect: 'Does not change TIME_WAIT, whatever old guides say: Linux compiles in its 60 s.',
      },
    ],
    references: [
      'RFC 9293, section 3.6',
      'include/net/tcp.h: TCP_TIMEWAIT_LEN',
      'net/ipv4/tcp_minisocks.c: tcp_time_wait()',
    ],
  },
  'close-wait-accumulation': {
    severity: 'error',
    title: 'Endpoints of one host pile up in CLOSE_WAIT',
    meaning:
      'A host went on gathering sockets in CLOSE_WAIT: its peers close, its program does not. Each holds a file descriptor and whatever the program ties to it, until accept() fails with EMFILE. ' +
      'No kernel setting ends CLOSE_WAIT.',
    causes: [
      'A leak in the program: an error path without close().',
      'A deadlock or an exhausted thread pool: nobody reads the end of file.',
      'A connection pool that never looks at its idle connections.',
    ],
    checks: [
      { host: 'both', command: 'ss -tnp state close-wait', why: 'which program, which peers' },
      {
        host: 'both',
        command: 'ls /proc/PID/fd | wc -l; grep "open files" /proc/PID/limits',
        why: 'how near its limit of descriptors it is',
      },
      {
        host: 'both',
        command: 'gdb -p PID -batch -ex "thread apply all bt"',
        why: 'what its threads wait for (jstack, py-spy or a goroutine dump where they apply)',
      },
    ],
    settings: [],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_input.c: tcp_fin()'],
  },
  'timestamp-drop-suspected': {
    severity: 'warning',
    title: 'SYNs with older timestamps stay unanswered',
    meaning:
      'From one address, SYNs whose timestamp is lower than that of another recent connection stay unanswered, while those with higher ones succeed. This is how a server behaves that remembers one timestamp per address although several clients share it. ' +
      'The clients stay in SYN_SENT; the server takes no notice.',
    causes: [
      'A server older than Linux 4.12 with net.ipv4.tcp_tw_recycle set, and clients behind one NAT. That setting was removed in Linux 4.12.',
      'A firewall or load balancer that checks timestamps per address.',
      'Chance: loss that happened to meet those SYNs.',
    ],
    checks: [
      {
        host: 'server',
        command: 'uname -r; sysctl net.ipv4.tcp_tw_recycle',
        why: 'if the key exists at all, it must be 0',
      },
      {
        host: 'server',
        command: 'netstat -s | grep -i "because of time stamp"',
        why: 'passive connections rejected: counted by those old kernels only',
      },
      { host: 'server', command: 'nstat -az TcpExtPAWSEstab TcpExtPAWSActive', why: 'other rejections by timestamp' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_tw_recycle',
        effect:
          'Removed in Linux 4.12. Where it still exists it must stay 0: it drops clients behind NAT, and all clients whose timestamps start at a random offset per connection, as those of Linux 4.10 do.',
      },
    ],
    references: ['RFC 7323, section 5', 'RFC 6191', 'RFC 1323, appendix B.2', 'tcp(7): tcp_tw_recycle'],
  },
  'port-exhaustion': {
    severity: 'warning',
    title: 'Source ports to one server are nearly used up',
    meaning:
      'One client address used nearly all of its ephemeral ports to one server address and port within the time that TIME_WAIT holds them. ' +
      'When none is left, connect() fails with EADDRNOTAVAIL (errno 99) before any packet is sent: failures that no capture shows.',
    causes: [
      'A proxy or client that opens a connection per request to one backend.',
      'Many clients behind one NAT address.',
      'Connections that leak on the client.',
    ],
    checks: [
      {
        host: 'client',
        command: "ss -tan 'dst SERVER and dport = :PORT' | awk '{++n[$1]} END {for (s in n) print s, n[s]}'",
        why: 'which states hold the ports',
      },
      {
        host: 'client',
        command: 'sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports',
        why: 'how many there are',
      },
      { host: 'path', command: 'conntrack -S', why: 'insert_failed: a NAT found no free port' },
    ],
    settings: [
      {
        name: 'net.ipv4.ip_local_port_range',
        effect: '32768 to 60999 by default: 28,232 ports to one destination from one source address.',
      },
      {
        name: 'net.ipv4.tcp_tw_reuse',
        effect:
          '1 lets connect() take a port in TIME_WAIT over a second old when both ends use timestamps; 2, the default, over loopback only.',
      },
    ],
    references: [
      'RFC 6056',
      'connect(2): EADDRNOTAVAIL',
      'ip(7): IP_BIND_ADDRESS_NO_PORT',
      'net/ipv4/inet_hashtables.c: __inet_hash_connect()',
    ],
  },
});
