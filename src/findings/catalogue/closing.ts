import { entries } from './entries.js';

export const CLOSING = entries('closing', {
  'close-wait-long': {
    severity: 'warning',
    title: 'Slow to close after the peer did: long CLOSE_WAIT',
    meaning:
      "An end received its peer's FIN and was in CLOSE_WAIT for a long time without sending data, then closed. TCP has no timer for CLOSE_WAIT: it lasts until the program calls close(). " +
      'The peer waited in FIN_WAIT2, or, on Linux after 60 s without an owner, was gone.',
    causes: [
      'The program did not notice the end of file: it reads only when it wants to write, or a pool checks connections only when it lends them.',
      'The program is blocked elsewhere, or out of worker threads.',
      'Only a garbage collector or an idle sweep closes the socket in the end.',
    ],
    checks: [
      {
        host: 'both',
        command: 'ss -tnp state close-wait',
        why: 'which program holds sockets that its peers have closed; Recv-Q counts what it has not read',
      },
      {
        host: 'both',
        command: 'strace -f -e trace=read,recvfrom,close,shutdown -p PID',
        why: 'a read that returned 0 and no close() after it',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_fin_timeout',
        effect: "Does nothing here: it ends the peer's orphaned FIN_WAIT2, not CLOSE_WAIT.",
      },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_input.c: tcp_fin()'],
  },
  'close-wait-at-end-of-capture': {
    severity: 'error',
    title: 'Got FIN and never closed: CLOSE_WAIT to the end',
    meaning:
      "An end received its peer's FIN and had neither closed nor sent anything more when the capture ended. It is in CLOSE_WAIT and will stay there, holding a file descriptor, until its program closes the socket or exits. " +
      'The peer is in FIN_WAIT2, or has left it.',
    causes: [
      'The program leaks the socket: an error path that does not close it.',
      'The program is deadlocked, or its worker is stuck on something else.',
      'A connection pool keeps connections whose peers have closed them.',
      'A child process inherited the descriptor and keeps it open.',
    ],
    checks: [
      { host: 'both', command: 'ss -tnp state close-wait', why: 'the program that holds them, and how many' },
      {
        host: 'both',
        command: 'ls /proc/PID/fd | wc -l; grep "open files" /proc/PID/limits',
        why: 'how near its limit of descriptors it is',
      },
      { host: 'both', command: 'strace -f -e trace=close,shutdown -p PID', why: 'does it ever close?' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_keepalive_time',
        effect:
          'With SO_KEEPALIVE set, ends CLOSE_WAIT once the peer is gone. It hides the leak; the cure is in the program.',
      },
      {
        name: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
        effect: 'Concerns firewalls only: connection tracking forgets a half-closed connection after 60 s.',
      },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_input.c: tcp_fin()'],
  },
  'fin-wait1-stuck': {
    severity: 'error',
    title: 'FIN never acknowledged: stuck in FIN_WAIT1',
    meaning:
      'An end closed and repeated its FIN, or the data before it, without any acknowledgement: it stayed in FIN_WAIT1 until it gave up, or the capture ended. ' +
      'The peer has not heard of the close; if it lives, it believes the connection open.',
    causes: [
      'The peer or the path died.',
      'A firewall forgot the connection and drops the FIN.',
      "The peer's window is zero: data waits before the FIN, and a FIN cannot overtake it.",
    ],
    checks: [
      {
        host: 'both',
        command: 'ss -tno state fin-wait-1',
        why: 'Send-Q above 1: data waits before the FIN; timer:(on) repeats, timer:(persist) probes a zero window',
      },
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPAbortOnTimeout TcpExtTCPAbortOnMemory',
        why: 'connections given up, or killed for too many orphans',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_orphan_retries',
        effect:
          'How long an orphan repeats its FIN: 0, the default, means 8, that is 102.2 s after the first repetition, to the next timer.',
      },
      { name: 'net.ipv4.tcp_max_orphans', effect: 'Orphaned sockets allowed; more are reset.' },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_timer.c: tcp_orphan_retries()', 'RFC 6429'],
  },
  'fin-wait2-long': {
    severity: 'notice',
    title: 'Waited long for the peer to close: FIN_WAIT2',
    meaning:
      'An end closed first, had its FIN acknowledged and waited long in FIN_WAIT2 for the FIN of its peer, which was in CLOSE_WAIT. ' +
      'The question is for the peer: why did it not close?',
    causes: [
      "The peer's program was slow to notice the end of file.",
      'The peer still had data to send: a half-close in use.',
      "The peer's FIN was lost and repeated.",
    ],
    checks: [
      {
        host: 'both',
        command: 'ss -tno state fin-wait-2',
        why: 'timer:(timewait,...): an orphan, with what is left of its time',
      },
      { host: 'both', command: 'ss -tnp state close-wait', why: 'on the other host: the program that does not close' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_fin_timeout',
        effect:
          'Seconds that an orphan stays in FIN_WAIT2, 60 by default. A socket that its program still holds, after shutdown(), has no limit.',
      },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_input.c: tcp_rcv_state_process()'],
  },
  'fin-wait2-timeout': {
    severity: 'warning',
    title: 'FIN_WAIT2 ran out before the peer closed',
    meaning:
      'An end closed first and waited in FIN_WAIT2 for longer than Linux lets a socket without an owner wait; it went to CLOSED without the FIN of its peer. ' +
      'What the peer sends later is answered by RST: its last data, or its FIN, is lost on a connection it believed half open.',
    causes: [
      'The peer leaks the socket in CLOSE_WAIT, or closes it late.',
      'The peer had more to send than 60 s allow, to a program that had called close() rather than shutdown().',
    ],
    checks: [
      { host: 'both', command: 'ss -tnp state close-wait', why: 'on the peer: the program that does not close' },
      { host: 'both', command: 'ss -tno state fin-wait-2', why: 'orphans that wait now, with the time left' },
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnLinger',
        why: 'data that came after close(); FIN_WAIT2 skipped for a negative TCP_LINGER2',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_fin_timeout',
        effect:
          'Least time of an orphan in FIN_WAIT2, 60 s by default, counted from the acknowledgement of the FIN, or from close() where that came later. It does not touch TIME_WAIT.',
      },
    ],
    references: [
      'RFC 9293, section 3.6',
      'tcp(7): tcp_fin_timeout, TCP_LINGER2',
      'net/ipv4/tcp_input.c: tcp_rcv_state_process()',
    ],
  },
  'fin-retransmitted': {
    severity: 'warning',
    title: 'The FIN had to be repeated',
    meaning:
      'An end sent its FIN more than once before it was acknowledged. It stayed in FIN_WAIT1 or LAST_ACK meanwhile; the connection closed in order afterwards. ' +
      'Evidence that the first one had arrived (an old TSecr, a DSACK) makes the repetition a needless one.',
    causes: [
      'The FIN, or the ACK of it, was lost.',
      'A tail-loss probe: Linux repeats the last segment early, after about two round trips.',
      'The peer was slow to acknowledge.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpRetransSegs TcpExtTCPLossProbes TcpExtTCPDSACKRecv',
        why: 'retransmissions, probes among them, and those the peer called needless',
      },
      { host: 'path', command: 'ethtool -S IFACE', why: 'drops on the interfaces along the way' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_early_retrans',
        effect: '3, the default, sends tail-loss probes; 0 leaves the last segment to the retransmission timer.',
      },
    ],
    references: ['RFC 9293, section 3.6', 'RFC 8985, section 7'],
  },
  'last-ack-lost': {
    severity: 'warning',
    title: 'The last ACK was lost and sent again',
    meaning:
      "The ACK of the second FIN did not arrive: that FIN's sender stayed in LAST_ACK and repeated it. Its peer, in TIME_WAIT, acknowledged again and started TIME_WAIT anew. This is what TIME_WAIT exists for. " +
      'The connection closed in the end.',
    causes: [
      'The ACK was lost on the way.',
      'A firewall deletes its state at the first FIN or at the last one, and drops the ACK.',
    ],
    checks: [
      { host: 'both', command: 'ss -tno state last-ack', why: 'many at once: a device on the way drops last ACKs' },
      {
        host: 'path',
        command: 'conntrack -S',
        why: 'invalid and drop: packets that connection tracking did not accept',
      },
    ],
    settings: [
      {
        name: 'net.netfilter.nf_conntrack_tcp_timeout_last_ack',
        effect: 'Seconds that connection tracking waits for the last ACK, 30 by default.',
      },
      {
        name: 'net.netfilter.nf_conntrack_tcp_be_liberal',
        effect: '1 marks only RSTs outside the window invalid; 0 by default.',
      },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_minisocks.c: tcp_timewait_state_process()'],
  },
  'last-ack-stuck': {
    severity: 'error',
    title: 'The last ACK never came: stuck in LAST_ACK',
    meaning:
      'The end that closed second repeated its FIN and got no acknowledgement until it gave up, or the capture ended. It stayed in LAST_ACK. ' +
      'Its peer is in TIME_WAIT, or long past it. No data is at stake unless it was unacknowledged too.',
    causes: [
      'A firewall or NAT dropped its state for the connection, and now drops the FINs or their ACKs.',
      'The peer is gone, without a RST that gets through.',
      'The peer left FIN_WAIT2 by timeout, and its RST is dropped on the way.',
    ],
    checks: [
      { host: 'both', command: 'ss -tno state last-ack', why: 'how many, and when their timers fire' },
      { host: 'both', command: 'nstat -az TcpExtTCPAbortOnTimeout', why: 'sockets given up' },
      {
        host: 'path',
        command: 'conntrack -L -p tcp --dport PORT',
        why: 'does the middlebox still know the connection?',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_orphan_retries',
        effect:
          'How long an orphan repeats its FIN: 0, the default, means 8, that is 102.2 s after the first repetition, to the next timer.',
      },
    ],
    references: ['RFC 9293, section 3.6', 'net/ipv4/tcp_timer.c: tcp_orphan_retries()'],
  },
  'half-close': {
    severity: 'info',
    title: "Half-closed: data went on after one end's FIN",
    meaning:
      'One end sent its FIN and the other went on sending data. The first was in FIN_WAIT2, the second in CLOSE_WAIT, both rightly: shutdown(SHUT_WR) says "no more from me", not "go away". ' +
      'A middlebox may cut such a connection short.',
    causes: [
      'A protocol that marks the end of a request by FIN: rsh, some proxies, nc -N.',
      'One end closed while the answer was still being sent.',
    ],
    checks: [
      { host: 'both', command: 'strace -f -e trace=shutdown,close -p PID', why: 'shutdown(SHUT_WR), or close()?' },
      {
        host: 'path',
        command:
          'sysctl net.netfilter.nf_conntrack_tcp_timeout_fin_wait net.netfilter.nf_conntrack_tcp_timeout_close_wait',
        why: 'how long a Linux firewall lets it be silent',
      },
    ],
    settings: [
      {
        name: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
        effect: 'Connection tracking forgets a half-closed, silent connection after 60 s by default.',
      },
    ],
    references: ['RFC 9293, section 3.6.1', 'shutdown(2)'],
  },
  'simultaneous-close': {
    severity: 'info',
    title: 'Both ends closed at once',
    meaning:
      "Each end sent its FIN before it had received the other's. Both went from FIN_WAIT1 through CLOSING to TIME_WAIT. " +
      'Both hold their port in TIME_WAIT afterwards, not just one.',
    causes: [
      'Both programs ended the session at the same moment: a protocol with a closing message, or equal idle limits on both ends.',
    ],
    checks: [
      {
        host: 'both',
        command: 'ss -tan state closing',
        why: 'CLOSING lasts a round trip; one that lasts longer has lost an ACK',
      },
    ],
    settings: [],
    references: ['RFC 9293, section 3.6'],
  },
  'reset-while-closing': {
    severity: 'notice',
    title: 'A RST ended a close that had begun with FIN',
    meaning:
      'At least one FIN had been sent when a RST ended the connection. Both ends are CLOSED and no TIME_WAIT is left. ' +
      'Where all data had been acknowledged before, nothing was lost but the order.',
    causes: [
      'An end called close() with data unread, or data reached it after close().',
      'The end that closed first was gone from FIN_WAIT2 when the peer at last sent data or FIN.',
      'A program that sends FIN and then aborts to avoid TIME_WAIT.',
      'TLS: one end closed without reading the close_notify of the other.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData',
        why: 'closed with data unread; data that came after the close',
      },
      {
        host: 'both',
        command: 'strace -f -e trace=read,shutdown,setsockopt,close -p PID',
        why: 'is everything read before close()? is SO_LINGER set?',
      },
    ],
    settings: [],
    references: ['RFC 9293, sections 3.5.3 and 3.6.1', 'RFC 2525, section 2.17'],
  },
  'port-reused': {
    severity: 'notice',
    title: 'The same ports were used again soon',
    meaning:
      'A new connection used the addresses and ports of one that had ended a short while before. It is a connection of its own, with its own sequence numbers and its own flow here. ' +
      'Harmless in itself; at a high rate it says that ports are scarce.',
    causes: [
      'The client binds a fixed source port.',
      'Many connections to one server port from one address: the ephemeral ports come round quickly.',
      'A NAT or load balancer with few source ports.',
    ],
    checks: [
      {
        host: 'client',
        command: 'sysctl net.ipv4.ip_local_port_range',
        why: 'how many ports there are to one destination',
      },
      {
        host: 'client',
        command: "ss -tan 'dport = :PORT' | wc -l",
        why: 'how many of them are taken, TIME_WAIT included',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.ip_local_port_range',
        effect: '32768 to 60999 by default: 28,232 connections to one server address and port from one source address.',
      },
    ],
    references: ['RFC 6056', 'RFC 9293, section 3.4.1'],
  },
  'time-wait-reuse': {
    severity: 'info',
    title: 'A new SYN ended TIME_WAIT early, as it may',
    meaning:
      'A SYN came to an end in TIME_WAIT with a sequence number or timestamp higher than anything of the old connection, and was accepted. The old connection went from TIME_WAIT to CLOSED; a new one began. ' +
      'The order of numbers protects it from old segments.',
    causes: [
      'The client uses the same source port again within 60 s.',
      'net.ipv4.tcp_tw_reuse on the client, where the client was the one in TIME_WAIT.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTWRecycled TcpExtTW',
        why: 'TIME_WAITs reused for outgoing connections; TIME_WAITs that ran their course',
      },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_tw_reuse',
        effect:
          'Lets connect() take a port in TIME_WAIT when timestamps are on: 0 no, 1 always, 2 (the default since Linux 4.19) over loopback only.',
      },
      {
        name: 'net.ipv4.tcp_timestamps',
        effect: 'Needed for tcp_tw_reuse; 1, the default, adds a random offset for each pair of addresses.',
      },
    ],
    references: [
      'RFC 6191, section 2',
      'RFC 9293, section 3.6.1',
      'net/ipv4/tcp_minisocks.c: tcp_timewait_state_process()',
    ],
  },
  'time-wait-refused': {
    severity: 'warning',
    title: 'A SYN met TIME_WAIT and was answered by an ACK',
    meaning:
      'A SYN used the ports of a connection whose end was still in TIME_WAIT, with neither a higher sequence number nor a newer timestamp. It was taken for an old copy and answered by the last ACK. The client answers that with RST, which ends TIME_WAIT, and its next SYN, a second later, succeeds. ' +
      'Where the RST is dropped or ignored, the attempt fails.',
    causes: [
      'Clients behind one NAT share an address; the NAT gave the port of one to another.',
      'The old connection carried data faster than initial sequence numbers advance.',
      'The client draws its initial sequence numbers at random, or was restarted.',
    ],
    checks: [
      {
        host: 'server',
        command: "ss -tan state time-wait 'sport = :PORT' | wc -l",
        why: 'TIME_WAIT on the server: it closes first',
      },
      {
        host: 'server',
        command: 'nstat -az TcpExtTCPACKSkippedTimeWait',
        why: 'such ACKs suppressed by the rate limit',
      },
      { host: 'path', command: 'conntrack -L -p tcp --dport PORT', why: 'how soon the NAT uses a port again' },
    ],
    settings: [
      {
        name: 'net.ipv4.tcp_rfc1337',
        effect: '0, the default, lets the RST end TIME_WAIT; 1 ignores it, and the client must wait.',
      },
      {
        name: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait',
        effect: 'Seconds before a NAT gives the port to somebody else, 120 by default.',
      },
    ],
    references: [
      'RFC 9293, sections 3.5.1 and 3.10.7.3',
      'RFC 6191',
      'net/ipv4/tcp_minisocks.c: tcp_timewait_state_process()',
    ],
  },
  'time-wait-assassination': {
    severity: 'notice',
    title: 'A RST ended TIME_WAIT',
    meaning:
      'An end in TIME_WAIT answered an old segment with an ACK; its peer no longer knew the connection and sent RST, which ended TIME_WAIT at once. ' +
      'The protection against old segments is gone; harm needs the same ports and matching sequence numbers soon after.',
    causes: [
      'A delayed or duplicated segment of the old connection arrived.',
      'A bare ACK was overtaken by the FIN after it: reordering.',
      'A new SYN that TIME_WAIT refused: the RST is how it gets its way.',
    ],
    checks: [
      {
        host: 'both',
        command: 'nstat -az TcpExtTCPACKSkippedTimeWait TcpExtPAWSTimewait',
        why: 'old segments that reached TIME_WAIT',
      },
    ],
    settings: [{ name: 'net.ipv4.tcp_rfc1337', effect: '1 ignores a RST in TIME_WAIT; 0, the default, obeys it.' }],
    references: ['RFC 1337', 'net/ipv4/tcp_minisocks.c: tcp_timewait_state_process()'],
  },
});
