"""The cable between two hosts: carries every frame between two interfaces, each one DELAY seconds late.

usage: wire.py INTERFACE INTERFACE DELAY

netem would do the same, but many kernels are built without it. Frames keep their order. What is to be lost is dropped by
nftables at the egress of the two interfaces, after the delay. Runs before all ordinary programs, so that a busy machine
does not make it slow. Prints "ready" once frames are carried.
"""

import collections
import errno
import os
import select
import socket
import sys
import time

ETH_P_ALL = 3


def open_end(interface):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.bind((interface, 0))
    return end


def pass_on(end, frame):
    try:
        end.send(frame)
    except OSError as error:
        if error.errno != errno.ENOBUFS:  # so the kernel reports a frame that a rule dropped
            raise


def carry(first, second, delay):
    other = {first: second, second: first}
    under_way = collections.deque()  # (when it is due, the end it leaves by, the frame)
    while True:
        timeout = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for end in select.select([first, second], [], [], timeout)[0]:
            frame, origin = end.recvfrom(65535)
            if origin[2] != socket.PACKET_OUTGOING:
                under_way.append((time.monotonic() + delay, other[end], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, frame = under_way.popleft()
            pass_on(end, frame)


if __name__ == "__main__":
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    ends = [open_end(interface) for interface in sys.argv[1:3]]
    print("ready", flush=True)
    try:
        carry(*ends, float(sys.argv[3]))
    except KeyboardInterrupt:
        pass
