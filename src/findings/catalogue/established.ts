import { entries } from './entries.js';

export const ESTABLISHED = entries('established', {
  'half-open-reset': {
    severity: 'error',
    title: 'One end no longer knew the connection: RST',
    meaning:
      "A segment on an open connection was answered by a RST whose sequence number is the segment's acknowledgement: the mark of a host that has no such connection. " +
      'One end was ESTABLISHED, the other CLOSED, for a time that cannot be seen. The sender gets ECONNRESET (errno 104) or EPIPE (32).',
    causes: [
      'The other host, its container or its program was restarted or killed, or gave up earlier and its RST was lost.',
      'A load balancer or NAT forgot the idle connection and sent the segment to another backend, or answers itself.',
      'The address moved to another host: failover, a recycled pod address.',
      'The other end gave up by keep-alive or retransmission timeout.',
    ],
    checks: [
      { host: 'both', command: 'uptime; journalctl -k --since -1h', why: 'restarts, out-of-memory kills' },
      {
        host: 'path',
        command: 'conntrack -L -p tcp --dport PORT',
        why: 'does the middlebox still know the connection?',
      },
      { host: 'server', command: 'nstat -az TcpOutRsts TcpEstabResets', why: 'how often, over the whole host' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_keepalive_time',
        effect:
          'Idle seconds before the first probe on sockets with SO_KEEPALIVE, 7200 by default. Below the idle limit of the middleboxes, it keeps their state alive.',
      },
      {
        name: 'net.netfilter.nf_conntrack_tcp_timeout_established',
        effect:
          'Seconds after which Linux connection tracking forgets an idle connection: 432000 (five days) by default.',
      },
    ],
    references: ['RFC 9293, sections 3.5.1 and 3.5.2', 'RFC 5382, REQ-5', 'net/ipv4/tcp_ipv4.c: tcp_v4_send_reset()'],
  },
  'abortive-close': {
    severity: 'notice',
    title: 'One end closed with RST instead of FIN',
    meaning:
      'An end sent a RST of its own accord, not in answer to anything. Both ends went to CLOSED at once, without TIME_WAIT. ' +
      'Data still unsent or unacknowledged is gone, and the other end gets ECONNRESET (errno 104).',
    causes: [
      'The program set SO_LINGER with a time of 0 before close(): load balancers and health checks do so to avoid TIME_WAIT.',
      'The program was killed, or exited, with data unread.',
      'A proxy or firewall ended the connection for both sides: idle limit, policy.',
      'Too many orphaned sockets, or no memory for TCP.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose TcpExtTCPAbortOnMemory',
        why: 'which of the reasons the kernel counted',
      },
      {
        host: 'both',
        command: 'strace -f -e trace=setsockopt,close,shutdown -p PID',
        why: 'SO_LINGER with l_linger=0',
      },
      {
        host: 'path',
        command: "tcpdump -vni any 'tcp[tcpflags] & tcp-rst != 0'",
        why: "a TTL that is not the host's: a middlebox sent it",
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_max_orphans',
        effect: 'Orphaned sockets allowed; more are reset and logged as "too many orphaned sockets".',
      },
    ],
    references: ['RFC 9293, section 3.10.5', 'socket(7): SO_LINGER', 'net/ipv4/tcp.c: __tcp_close()'],
  },
  'unread-data-reset': {
    severity: 'warning',
    title: 'Closed with data unread: RST',
    meaning:
      'A program closed its socket while data lay unread in it, or data came after it had closed. The kernel then sends a RST in place of a FIN, or in answer to the data, so that the sender learns that its data was lost. ' +
      'Both ends are CLOSED; an answer already sent may be discarded by the receiver of the RST.',
    causes: [
      'The server answered and closed without reading the whole request: an upload refused early, an HTTP 413.',
      'The client took what it wanted and closed while the server was still sending.',
      'The program crashed or was killed.',
      'A protocol that does not say which end closes first.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData',
        why: 'closed with data unread; data that came after the close',
      },
      {
        host: 'both',
        command: 'strace -f -tt -e trace=read,recvfrom,shutdown,close -p PID',
        why: 'is everything read before close()?',
      },
    ],
    settings: [],
    references: [
      'RFC 9293, section 3.6.1',
      'RFC 2525, section 2.17',
      'RFC 9112, section 9.6',
      'net/ipv4/tcp.c: __tcp_close()',
    ],
  },
  'injected-reset-suspected': {
    severity: 'error',
    title: 'A RST that its supposed sender may not have sent',
    meaning:
      'A RST came in the name of an end that afterwards went on as if the connection lived, or its sequence number, TTL or options do not fit that end. ' +
      'Its receiver closed if the RST was acceptable; the end it was said to come from was still ESTABLISHED.',
    causes: [
      'A firewall, intrusion-prevention system or censor ended the connection by forging RSTs.',
      'A middlebox with an idle limit resets both ends in the name of each other.',
      'Segments under way overtook the RST: reordering, which timestamps can exclude.',
      'A third party guessed ports and sequence number.',
    ],
    checks: [
      {
        host: 'both',
        command: "tcpdump -vni any 'tcp[tcpflags] & tcp-rst != 0 and host PEER'",
        why: "compare TTL and IP id with the peer's other packets; was it sent there at all?",
      },
      { host: 'path', command: 'traceroute -n -T -p PORT SERVER', why: 'devices at the distance that the TTL tells' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_challenge_ack_limit',
        effect: 'Challenge ACKs a second for the whole host; unlimited by default since Linux 6.0.',
      },
    ],
    references: ['RFC 5961, section 3', 'RFC 4953', 'RFC 3360'],
  },
  'challenge-ack': {
    severity: 'notice',
    title: 'A RST or SYN was challenged, not obeyed',
    meaning:
      'A RST inside the window but not at the exact next number, or a SYN on an open connection, was answered by an ACK. The state did not change. ' +
      'A genuine sender answers the challenge with a RST that fits; a forged one has failed.',
    causes: [
      'The peer lost the connection and opens a new one with the same ports: its SYN is challenged, its RST clears the old connection, its next SYN succeeds.',
      'A RST overtook data, or data was lost before it.',
      'A middlebox sent a RST with an approximate sequence number.',
      'A blind attack.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPChallengeACK TcpExtTCPSYNChallenge TcpExtTCPACKSkippedChallenge',
        why: 'challenges sent, those for a SYN, and those suppressed by the rate limit',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_challenge_ack_limit',
        effect:
          'Challenge ACKs a second for the whole host; unlimited by default since Linux 6.0, 1000 from 4.7 on, 100 before.',
      },
      {
        name: 'net.ipv4.tcp_invalid_ratelimit',
        effect: 'Milliseconds between two answers of one connection to invalid segments, 500 by default.',
      },
    ],
    references: [
      'RFC 5961, sections 3.2 and 4.2',
      'RFC 9293, section 3.10.7.4',
      'net/ipv4/tcp_input.c: tcp_send_challenge_ack()',
    ],
  },
  'retransmission-timeout': {
    severity: 'error',
    title: 'Data repeated in vain until the sender gave up',
    meaning:
      'An end repeated the same data with growing pauses and got no acknowledgement. When its limit is reached, Linux closes the socket in silence, without a RST: the application gets ETIMEDOUT (errno 110), or the error of an ICMP message received meanwhile. ' +
      'The other end knows nothing of it and stays ESTABLISHED.',
    causes: [
      'The path broke: link down, route changed, tunnel gone.',
      'The other host died without a word: power, kernel panic, virtual machine paused.',
      'A firewall or NAT forgot the connection and now drops it.',
      'Only large segments vanish: a path-MTU black hole.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPTimeouts TcpExtTCPAbortOnTimeout',
        why: 'timer retransmissions, and connections given up',
      },
      {
        host: 'both',
        command: "ss -tnoi 'dport = :PORT'",
        why: 'timer:(on,...), backoff and retrans of connections still trying',
      },
      { host: 'path', command: 'ping -M do -s 1472 PEER', why: 'fails where the path takes less than 1500 bytes' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_retries2',
        effect:
          '15 by default: a time of 924.6 s modelled on an RTO of 200 ms, not a count. TCP_USER_TIMEOUT sets a time for one socket.',
      },
      {
        name: 'net.ipv4.tcp_rto_max_ms',
        effect:
          'Longest pause between retransmissions, 120000 by default, since Linux 6.15. Lowering it shortens the time until giving up.',
      },
      {
        name: 'net.ipv4.tcp_mtu_probing',
        effect: '1 finds a smaller segment size once a black hole shows; 0 by default.',
      },
    ],
    references: [
      'RFC 9293, section 3.8.3',
      'RFC 6298, section 5',
      'net/ipv4/tcp_timer.c: tcp_write_timeout(), tcp_model_timeout()',
      'tcp(7): TCP_USER_TIMEOUT',
    ],
  },
  'keepalive-timeout': {
    severity: 'error',
    title: 'Keep-alive probes went unanswered: connection dropped',
    meaning:
      'An idle end probed its peer and got no answer to any probe. It closed, the application gets ETIMEDOUT (errno 110), and Linux sends a RST in farewell. ' +
      'The peer, if it lives, may never have seen the probes, and is still ESTABLISHED unless that RST arrives.',
    causes: [
      'The peer or the path to it died while the connection was idle.',
      'A firewall or NAT forgot the idle connection before the first probe.',
      'A laptop or phone went to sleep or changed networks.',
    ],
    checks: [
      {
        host: 'both',
        command: "ss -tno 'dport = :PORT'",
        why: 'timer:(keepalive,...) shows when the next probe is due',
      },
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPKeepAlive TcpExtTCPAbortOnTimeout',
        why: 'probes sent, and connections given up',
      },
      {
        host: 'path',
        command: 'conntrack -L -p tcp --dport PORT',
        why: 'does the middlebox still know the connection?',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_keepalive_time',
        effect:
          'Idle seconds before the first probe, 7200 by default. It matters only where the program sets SO_KEEPALIVE; TCP_KEEPIDLE sets it for one socket.',
      },
      { name: 'net.ipv4.tcp_keepalive_intvl', effect: 'Seconds between probes, 75 by default.' },
      { name: 'net.ipv4.tcp_keepalive_probes', effect: 'Probes before giving up, 9 by default: 7875 s in all.' },
    ],
    references: ['RFC 9293, section 3.8.4', 'net/ipv4/tcp_timer.c: tcp_keepalive_timer()', 'tcp(7): SO_KEEPALIVE'],
  },
  'zero-window-stall': {
    severity: 'warning',
    title: 'The receiver closed its window: transfer stalled',
    meaning:
      'An end advertised a window of zero: its receive buffer was full, because its program did not read. The sender had data waiting and probed until the window opened again. ' +
      'No packet was lost; both ends stayed in their states. As long as probes are answered, the sender waits without limit.',
    causes: [
      'The receiving program is slow or blocked: CPU, disk, a lock, garbage collection.',
      'It has stopped reading on purpose: back-pressure of a proxy or a queue.',
      'The receive buffer is small for the rate, or memory for TCP ran short.',
    ],
    checks: [
      {
        host: 'both',
        command: "ss -tmnp 'sport = :PORT or dport = :PORT'",
        why: 'Recv-Q near rb in skmem: that program does not read',
      },
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPToZeroWindowAdv TcpExtTCPFromZeroWindowAdv TcpExtTCPWinProbe',
        why: 'windows closed and opened again by the receiver; probes sent by the sender',
      },
      { host: 'both', command: 'top -H -p PID', why: 'what the program that does not read is doing' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_rmem',
        effect:
          'Least, initial and greatest receive buffer. A larger one delays the stall; it does not make the program read.',
      },
      {
        name: 'net.ipv4.tcp_moderate_rcvbuf',
        effect: '1, the default, lets the buffer grow up to that maximum; SO_RCVBUF on the socket switches it off.',
      },
    ],
    references: ['RFC 9293, section 3.8.6.1', 'RFC 6429', 'net/ipv4/tcp_output.c: tcp_send_probe0()'],
  },
  'idle-too-long': {
    severity: 'notice',
    title: 'Open and silent longer than middleboxes remember',
    meaning:
      'Nothing passed for longer than firewalls, NATs and load balancers commonly keep an idle connection. TCP has no such limit: both ends are rightly ESTABLISHED. ' +
      'The next segment may be dropped, or answered by RST.',
    causes: [
      'A connection pool that keeps spare connections without probing them.',
      'A long query or computation while both ends wait.',
      'A program that forgot the connection: a leak.',
    ],
    checks: [
      {
        host: 'both',
        command: "ss -tnoi 'dport = :PORT'",
        why: 'is a keep-alive timer set? lastsnd and lastrcv are milliseconds',
      },
      {
        host: 'path',
        command: 'sysctl net.netfilter.nf_conntrack_tcp_timeout_established',
        why: 'how long a Linux firewall remembers',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_keepalive_time',
        effect:
          'Idle seconds before the first probe where SO_KEEPALIVE is set; the default of 7200 is longer than most middleboxes wait (AWS NAT gateway 350 s, Azure Load Balancer 4 minutes).',
      },
    ],
    references: ['RFC 9293, section 3.8.4', 'RFC 5382, REQ-5'],
  },
});
