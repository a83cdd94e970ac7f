"""Watches the TCP sockets of one network namespace, and prints their states whenever one has changed.

usage: sockets.py INTERVAL

Asks the kernel (netlink sock_diag, what `ss -tan` uses) every INTERVAL seconds. This shows what the tracepoint
sock:inet_sock_set_state does not: request sockets (SYN_RECV) and TIME_WAIT. Every line is a JSON object, times in seconds
since 1970. The first tells how far CLOCK_TAI is ahead: {"taiAhead": 37.0}. The others:
{"previous": start of the poll before, "start": of this one, "end": of this one,
 "sockets": {"10.0.0.1:40000>10.0.0.2:8080": "SYN_RECV"}}
"""

import json
import socket
import struct
import sys
import time

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
REQUEST_AND_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
LISTEN = 10
ALL_BUT_LISTEN = 0xFFFFFFFF & ~(1 << LISTEN)
STATES = {
    1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 8: "CLOSE_WAIT",
    9: "LAST_ACK", 11: "CLOSING", 12: "SYN_RECV",
}  # fmt: skip

# struct nlmsghdr, then struct inet_diag_req_v2 with an empty socket id
QUERY = struct.pack("=IHHII", 72, SOCK_DIAG_BY_FAMILY, REQUEST_AND_DUMP, 1, 0) + struct.pack(
    "=BBBBI48s", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, ALL_BUT_LISTEN, b""
)


def socket_of(message):
    """One struct inet_diag_msg, as (4-tuple, state)."""
    state = message[1]
    sport, dport = struct.unpack_from(">HH", message, 4)
    source, destination = (socket.inet_ntoa(message[at : at + 4]) for at in (8, 24))
    return f"{source}:{sport}>{destination}:{dport}", STATES.get(state)


def poll(netlink):
    """The states of all sockets that have one, by 4-tuple."""
    netlink.send(QUERY)
    found = {}
    while True:
        answer = netlink.recv(1 << 18)
        at = 0
        while at < len(answer):
            length, kind = struct.unpack_from("=IH", answer, at)
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", answer, at + 16)[0], "sock_diag refused the query")
            if kind == NLMSG_DONE:
                return found
            name, state = socket_of(answer[at + 16 : at + length])
            if state:
                found[name] = state
            at += (length + 3) & ~3


def report(record):
    print(json.dumps(record), flush=True)


def watch(interval):
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    report({"taiAhead": time.clock_gettime(time.CLOCK_TAI) - time.clock_gettime(time.CLOCK_REALTIME)})
    known, previous = {}, time.time()
    while True:
        start = time.time()
        found = poll(netlink)
        if found != known:
            report({"previous": previous, "start": start, "end": time.time(), "sockets": found})
        known, previous = found, start
        time.sleep(interval)


if __name__ == "__main__":
    try:
        watch(float(sys.argv[1]))
    except KeyboardInterrupt:
        pass
