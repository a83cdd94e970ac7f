import { entries } from './entries.js';

export const OPENING = entries('opening', {
  'syn-timeout': {
    severity: 'error',
    title: 'SYN never answered, connect() timed out',
    meaning:
      'The client repeated its SYN until its retries ran out, and nothing came back: no SYN+ACK, no RST, no ICMP error. ' +
      'The client went from SYN_SENT to CLOSED, and connect() failed with ETIMEDOUT (errno 110). ' +
      'Whether the server ever saw the SYN, only a capture on the server can tell.',
    causes: [
      'A firewall or security group drops the SYN in silence.',
      'Wrong address, or the host is down, behind a router that sends no ICMP error.',
      'The way back is broken: the SYN+ACK leaves the server by another path and is dropped there.',
      "The listener's accept queue is full: Linux then drops new SYNs too.",
      'Reverse-path filtering on a server with several interfaces (rp_filter).',
    ],
    checks: [
      {
        host: 'server',
        command: "tcpdump -ni any 'tcp port PORT and host CLIENT'",
        why: 'does the SYN arrive, and is it answered?',
      },
      { host: 'server', command: "ss -ltn 'sport = :PORT'", why: 'Recv-Q above Send-Q: the accept queue is full' },
      {
        host: 'server',
        command: 'nstat -az TcpExtListenDrops TcpExtTCPReqQFullDrop TcpExtIPReversePathFilter',
        why: 'SYNs that arrived and were dropped, by reason',
      },
      { host: 'path', command: 'mtr --tcp --port PORT SERVER', why: 'the last hop that answers' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_syn_retries',
        effect: 'SYNs repeated with doubling intervals, 6 by default. TCP_SYNCNT sets it for one socket.',
      },
      {
        name: 'net.ipv4.tcp_syn_linear_timeouts',
        effect:
          'SYNs repeated every second before those, 4 by default since Linux 6.5: SYNs at 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, gone at 131 s instead of 127 s.',
      },
    ],
    references: ['RFC 9293, section 3.8.3', 'net/ipv4/tcp_timer.c: tcp_write_timeout()', 'tcp(7): tcp_syn_retries'],
  },
  'connection-refused': {
    severity: 'error',
    title: 'The port answered RST: connection refused',
    meaning:
      'The SYN was answered by a RST that acknowledges it. The client went from SYN_SENT to CLOSED, and connect() failed with ECONNREFUSED (errno 111). ' +
      'The host is reachable; nothing accepted this connection.',
    causes: [
      'No program listens on that address and port: not started, crashed, restarting, or bound to another address (127.0.0.1, IPv6 only).',
      'A firewall rejects with a RST in the name of the host.',
      'A load balancer has no healthy backend.',
      "A Windows listener's backlog is full: Windows refuses where Linux drops.",
    ],
    checks: [
      { host: 'server', command: "ss -ltnp 'sport = :PORT'", why: 'is anything listening, and on which address?' },
      { host: 'server', command: 'nft list ruleset', why: 'a rule with "reject with tcp reset"' },
      {
        host: 'path',
        command: "tcpdump -vni any 'tcp[tcpflags] & tcp-rst != 0 and port PORT'",
        why: "a TTL unlike the server's other packets: a middlebox answered",
      },
    ],
    settings: [],
    references: ['RFC 9293, sections 3.5.2 and 3.10.7.1', 'connect(2): ECONNREFUSED'],
  },
  'connection-unreachable': {
    severity: 'error',
    title: 'ICMP answered the SYN: destination unreachable',
    meaning:
      'An ICMP error that quotes this SYN came back. Linux ends a connection attempt at once on it: SYN_SENT to CLOSED, connect() failed with EHOSTUNREACH (113), ENETUNREACH (101) or ECONNREFUSED (111), by the code. ' +
      'The address that sent the ICMP error names the device that refused.',
    causes: [
      'Administratively prohibited: a firewall or router rejects by policy.',
      'Host unreachable: the last router got no answer to ARP or neighbour discovery; the host is down or the address is wrong.',
      'Network unreachable: a router has no route.',
      'Port unreachable: a firewall with a plain "reject" rule.',
    ],
    checks: [
      { host: 'client', command: 'ip route get SERVER', why: 'which way and with which source address the SYN leaves' },
      {
        host: 'path',
        command: 'traceroute -n -T -p PORT SERVER',
        why: 'where it ends; !X, !H and !N name the ICMP code',
      },
      { host: 'server', command: 'nft list ruleset', why: 'reject rules, if the server itself sent the ICMP error' },
    ],
    settings: [
      {
        name: 'net.ipv4.icmp_ratelimit',
        effect:
          'Linux routers and hosts send ICMP errors to one destination at most once in so many milliseconds, 1000 by default: a missing one proves nothing.',
      },
    ],
    references: [
      'RFC 9293, section 3.9.2.2',
      'RFC 5461',
      'net/ipv4/tcp_ipv4.c: tcp_v4_err()',
      'net/ipv4/icmp.c: icmp_err_convert',
    ],
  },
  'connect-aborted': {
    severity: 'warning',
    title: 'The client gave up while the connection was opening',
    meaning:
      'The client left before the handshake was over: it sent a RST, or answered the SYN+ACK with one. ' +
      'The server went from SYN_RECV back to LISTEN; its application never heard of the connection.',
    causes: [
      "The application's own connect timeout ended before the handshake did.",
      'Happy Eyeballs: IPv4 and IPv6 were tried at once, and the other one won.',
      'A half-open scan (SYN, then RST).',
      'The SYN+ACK came to a host that had sent no SYN: a spoofed or reused source address.',
    ],
    checks: [
      {
        host: 'client',
        command: 'strace -f -tt -e trace=connect,poll,close -p PID',
        why: 'which timeout closed the socket',
      },
      {
        host: 'server',
        command: 'nstat -az TcpExtEmbryonicRsts TcpAttemptFails',
        why: 'how many requests ended by RST',
      },
    ],
    settings: [],
    references: ['RFC 9293, section 3.10.7.4', 'RFC 8305', 'net/ipv4/tcp_minisocks.c: tcp_check_req()'],
  },
  'syn-retransmitted': {
    severity: 'warning',
    title: 'The SYN had to be repeated',
    meaning:
      'The client sent its SYN more than once before it was answered. The attempt succeeded in the end, at the cost of a second or more: the first repetition comes after 1 s. ' +
      'The client stayed in SYN_SENT all that time.',
    causes: [
      'The SYN or the SYN+ACK was lost.',
      "The listener's accept queue was full: Linux drops new SYNs then.",
      'The request queue was full and SYN cookies are off.',
      'A firewall or load balancer was at its limit of new connections.',
      'The server answers later than 1 s: a sleeping radio link, or ARP on the way.',
    ],
    checks: [
      {
        host: 'server',
        command: 'nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop',
        why: 'SYNs dropped by the listener',
      },
      { host: 'client', command: 'nstat -az TcpExtTCPSynRetrans', why: 'how often, over all connections' },
      { host: 'path', command: 'ethtool -S IFACE', why: 'drops on the interfaces along the way' },
    ],
    settings: [
      {
        name: 'net.core.somaxconn',
        effect: 'Upper bound of the backlog that a program gives to listen(); 4096 since Linux 5.4, 128 before.',
      },
      { name: 'net.ipv4.tcp_syn_linear_timeouts', effect: 'SYNs repeated every second before the intervals double.' },
    ],
    references: [
      'RFC 6298, section 2',
      'net/ipv4/tcp_timer.c: tcp_retransmit_timer()',
      'net/ipv4/tcp_input.c: tcp_conn_request()',
    ],
  },
  'syn-ack-retransmitted': {
    severity: 'warning',
    title: 'The SYN+ACK had to be repeated',
    meaning:
      'The server sent its SYN+ACK more than once before the client answered, and the connection opened. ' +
      'The server stayed in SYN_RECV, the client in SYN_SENT, until one got through. An extra SYN+ACK that merely answers a repeated SYN is not counted.',
    causes: [
      'The SYN+ACK was lost on the way to the client.',
      'The round trip is longer than the 1 s after which Linux repeats.',
      'The client was suspended or badly overloaded.',
    ],
    checks: [
      {
        host: 'client',
        command: "tcpdump -ni any 'tcp port PORT and host SERVER'",
        why: 'does the first SYN+ACK arrive?',
      },
      { host: 'server', command: 'nstat -az TcpExtTCPSynRetrans', why: 'repeated SYNs and SYN+ACKs of the whole host' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_synack_retries',
        effect:
          'SYN+ACKs repeated, 5 by default: at 1, 3, 7, 15, 31 s, gone at 63 s. A request queue over half full lowers it, to 2 at the least.',
      },
    ],
    references: ['RFC 9293, section 3.8.3', 'net/ipv4/inet_connection_sock.c: reqsk_timer_handler()'],
  },
  'handshake-ack-lost': {
    severity: 'warning',
    title: 'Client ESTABLISHED, server stuck in SYN_RECV for a while',
    meaning:
      'The client answered the SYN+ACK and was ESTABLISHED. The server went on repeating the SYN+ACK, later than one still under way could explain: it was still in SYN_RECV. ' +
      'A later ACK or data got through, and both ends were ESTABLISHED in the end.',
    causes: [
      "The handshake's ACK was lost between the tap and the server.",
      'The accept queue was full and the host dropped the ACK; the capture shows it arriving if it was taken on the server.',
      'A stateful firewall on the way dropped the ACK.',
    ],
    checks: [
      {
        host: 'server',
        command: 'nstat -az TcpExtListenOverflows TcpExtTCPDeferAcceptDrop',
        why: 'ACKs that arrived and were not heeded',
      },
      {
        host: 'server',
        command: "ss -tno state syn-recv 'sport = :PORT'",
        why: 'requests that still wait, and their timers',
      },
      { host: 'server', command: "tcpdump -ni any 'tcp port PORT and host CLIENT'", why: 'does the ACK arrive?' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_synack_retries',
        effect: 'How often the server repeats the SYN+ACK before it forgets the request.',
      },
      {
        name: 'net.ipv4.tcp_abort_on_overflow',
        effect: '0 drops the ACK that finds the accept queue full, so that a later one can succeed; 1 answers RST.',
      },
    ],
    references: ['RFC 9293, section 3.10.7.4', 'net/ipv4/tcp_minisocks.c: tcp_check_req()'],
  },
  'synack-retries-exhausted': {
    severity: 'error',
    title: 'Client ESTABLISHED, server gave up in SYN_RECV',
    meaning:
      'The client believed the connection open; the server repeated its SYN+ACK until its retries ran out and forgot the request. ' +
      'It does so in silence, without a RST. The client learns of it only when it sends data, which is answered by RST, or when its own timers end.',
    causes: [
      "Every one of the client's ACKs was lost between the tap and the server, or dropped by a firewall.",
      'The accept queue stayed full: the program has stopped calling accept().',
      'The client was never there: spoofed SYNs, whose SYN+ACKs nobody answers.',
    ],
    checks: [
      { host: 'server', command: "ss -ltn 'sport = :PORT'", why: 'Recv-Q above Send-Q: the accept queue is full' },
      { host: 'server', command: 'nstat -az TcpExtListenOverflows', why: 'ACKs dropped because it was full' },
      { host: 'client', command: "ss -tno 'dport = :PORT'", why: 'connections that only the client believes in' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_synack_retries',
        effect: '5 by default: the request is gone 63 s after the first SYN+ACK.',
      },
      { name: 'net.core.somaxconn', effect: 'Upper bound of the backlog given to listen().' },
    ],
    references: ['RFC 9293, section 3.5.1', 'net/ipv4/inet_connection_sock.c: reqsk_timer_handler()'],
  },
  'rst-after-synack-retries': {
    severity: 'error',
    title: 'Server had given up in SYN_RECV, then answered RST',
    meaning:
      "The server repeated its SYN+ACK in vain and forgot the request, while the client was ESTABLISHED. The client's next segment met a server that no longer knew the connection, and was answered by RST. " +
      'The RST is the end of a half-open connection, not a crash.',
    causes: [
      "The client's ACKs were lost between the tap and the server.",
      'The accept queue was full until the retries ran out.',
      'The client says nothing for over a minute after connecting: a pool that opens connections in advance.',
    ],
    checks: [
      {
        host: 'server',
        command: 'nstat -az TcpExtListenOverflows TcpOutRsts',
        why: 'ACKs dropped for a full accept queue, and RSTs sent',
      },
      { host: 'server', command: "ss -ltn 'sport = :PORT'", why: 'how full the accept queue is now' },
      {
        host: 'client',
        command: "tcpdump -ni any 'tcp port PORT and host SERVER'",
        why: 'repeated SYN+ACKs after the ACK',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_synack_retries',
        effect: 'How long the server remembers a request whose ACK does not come: 63 s with 5.',
      },
    ],
    references: ['RFC 9293, sections 3.5.1 and 3.5.2', 'net/ipv4/inet_connection_sock.c: reqsk_timer_handler()'],
  },
  'accept-queue-overflow': {
    severity: 'error',
    title: "The listener's accept queue was full",
    meaning:
      'The ACK of the handshake reached the server, and the server went on repeating its SYN+ACK: the accept queue had no room, so Linux dropped the ACK, and data with it. ' +
      'The client is ESTABLISHED, the server still in SYN_RECV, until accept() makes room or the retries run out. All connections of that listener suffer at once, and new SYNs are dropped too.',
    causes: [
      'The program does not call accept() fast enough: blocked, out of threads, out of file descriptors, in a long garbage collection.',
      'The backlog is too small for the bursts: listen() was given little, or net.core.somaxconn caps it.',
      'A burst of reconnecting clients after an outage.',
    ],
    checks: [
      {
        host: 'server',
        command: "ss -ltn 'sport = :PORT'",
        why: 'Recv-Q is the queue, Send-Q its limit: full when Recv-Q is greater',
      },
      { host: 'server', command: 'nstat -az TcpExtListenOverflows TcpExtListenDrops', why: 'how often it was full' },
      {
        host: 'server',
        command: 'strace -f -e trace=accept,accept4 -p PID',
        why: 'is it accepting, or failing with EMFILE?',
      },
    ],
    settings: [
      {
        name: 'net.core.somaxconn',
        effect:
          "Upper bound of the backlog; the smaller of it and listen()'s argument counts. 4096 since Linux 5.4, 128 before. Takes effect at the next listen().",
      },
      {
        name: 'net.ipv4.tcp_abort_on_overflow',
        effect:
          '0, the default, drops the ACK and lets a later one succeed; 1 sends a RST, so that clients fail at once. Enlarging the queue or accepting faster is the cure.',
      },
    ],
    references: [
      'listen(2)',
      'net/ipv4/tcp_ipv4.c: tcp_v4_syn_recv_sock()',
      'Documentation/networking/ip-sysctl.rst: tcp_abort_on_overflow',
    ],
  },
  'defer-accept': {
    severity: 'info',
    title: 'The server waits for data before it accepts',
    meaning:
      'The listener uses TCP_DEFER_ACCEPT: it ignores the bare ACK of the handshake on purpose and stays in SYN_RECV until data comes. No SYN+ACK is repeated until the deferral ends; the first data establishes the connection. ' +
      'The client has been ESTABLISHED since its ACK.',
    causes: [
      'The server program sets TCP_DEFER_ACCEPT: httpd (AcceptFilter), nginx (listen ... deferred), HAProxy (defer-accept).',
    ],
    checks: [
      { host: 'server', command: 'nstat -az TcpExtTCPDeferAcceptDrop', why: 'ACKs ignored for this reason' },
      { host: 'server', command: "ss -tno state syn-recv 'sport = :PORT'", why: 'connections that wait for data' },
    ],
    settings: [],
    references: [
      'tcp(7): TCP_DEFER_ACCEPT',
      'net/ipv4/tcp_minisocks.c: tcp_check_req()',
      'net/ipv4/inet_connection_sock.c: syn_ack_recalc()',
    ],
  },
  'simultaneous-open': {
    severity: 'info',
    title: 'Both ends sent a SYN: simultaneous open',
    meaning:
      'Each end sent a SYN to the other before it had received one. Both went through SYN_SENT and SYN_RECV to ESTABLISHED: one connection, no listener, legal since the first TCP. ' +
      'Which end is called the client is a convention: the one whose SYN passed the tap first.',
    causes: [
      'NAT traversal by hole punching.',
      'BGP or another protocol in which both ends connect from fixed ports.',
      'A program that connects to its own ephemeral port over loopback and meets itself.',
    ],
    checks: [{ host: 'both', command: "ss -tnp 'dport = :PORT'", why: 'which program opened it, on each end' }],
    settings: [],
    references: ['RFC 9293, section 3.5', 'RFC 5128, section 3.4'],
  },
  'fast-open': {
    severity: 'info',
    title: 'Data travelled in the SYN: TCP Fast Open',
    meaning:
      'The SYN carried data or a Fast Open cookie request. With a valid cookie the server hands the data to its application and may answer while it is still in SYN_RECV, which saves a round trip. ' +
      'Data that the SYN+ACK does not acknowledge is sent again after the handshake.',
    causes: ['Client and server both enabled Fast Open.'],
    checks: [
      {
        host: 'client',
        command: 'nstat -az TcpExtTCPFastOpenActive TcpExtTCPFastOpenActiveFail TcpExtTCPFastOpenBlackhole',
        why: 'used, failed, and switched off after a black hole',
      },
      {
        host: 'server',
        command: 'nstat -az TcpExtTCPFastOpenPassive TcpExtTCPFastOpenPassiveFail TcpExtTCPFastOpenListenOverflow',
        why: "accepted, refused, and over the queue's limit",
      },
    ],
    settings: [
      { name: 'net.ipv4.tcp_fastopen', effect: 'Bits: 1 client (the default), 2 server, 4 client without a cookie.' },
      {
        name: 'net.ipv4.tcp_fastopen_blackhole_timeout_sec',
        effect:
          'How long a client stops using it after a middlebox swallowed such a connection; 0, the default since Linux 5.14, never stops.',
      },
    ],
    references: ['RFC 7413', 'tcp(7): TCP_FASTOPEN', 'net/ipv4/tcp_fastopen.c'],
  },
  'slow-handshake': {
    severity: 'notice',
    title: 'The handshake was slow without a retransmission',
    meaning:
      'The three segments of the handshake were each sent once, and yet it took long. The time went by on the path or in a host; the part before the tap and the part behind it tell which. ' +
      'No state is wrong.',
    causes: [
      'A long path, or queues on it.',
      'A proxy or load balancer that connects to its backend before it answers.',
      'A host too busy to handle its network interrupts, or a virtual machine not scheduled.',
      'ARP or neighbour discovery before the first packet.',
    ],
    checks: [
      { host: 'path', command: 'mtr --tcp --port PORT SERVER', why: 'where the delay begins' },
      { host: 'server', command: 'mpstat -P ALL 1', why: 'a CPU saturated by %soft, or %steal on a virtual machine' },
      { host: 'client', command: "ss -ti 'dport = :PORT'", why: 'minrtt and rtt of the connections that exist' },
    ],
    settings: [],
    references: ['RFC 6298, section 2'],
  },
  'handshake-incomplete-at-end-of-capture': {
    severity: 'notice',
    title: 'The capture ended before the handshake did',
    meaning:
      'When the capture ended, at least one end was still in SYN_SENT or SYN_RECV and its retries had not run out. ' +
      'Nothing says that it would have failed.',
    causes: [
      'The capture was stopped in the middle of a handshake.',
      'A handshake in trouble whose outcome was not captured.',
    ],
    checks: [
      {
        host: 'client',
        command: 'ss -tno state syn-sent',
        why: 'attempts still under way, with the timer of the next SYN',
      },
      { host: 'server', command: 'ss -tno state syn-recv', why: 'requests that wait for their ACK' },
    ],
    settings: [],
    references: ['RFC 9293, section 3.3.2'],
  },
});
