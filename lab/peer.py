"""One host's application: does with TCP sockets what it is told.

Every line of standard input is a step, a JSON object: {"id": 1, "do": "connect", "socket": "main", ...}. Steps run side by
side, so that one may block while another goes on. Each is reported when done, as
{"id": 1, "error": null or the errno's name, "bytes": sent or received}.

step       fields beside "socket", the name that later steps know it by
listen     address, port, backlog, options
accept     listener
connect    from: {address, port}, to: {address, port}, options; data: bytes to send in the SYN (Fast Open);
           wait: false to return before the handshake is over
send       bytes
fill       -            sends until the kernel takes no more
receive    bytes (null: until the other end closes)
set        options
shutdown   -            closes the sending direction
close      -
abort      -            closes with a RST (SO_LINGER 0)
vanish     -            closes without a word, as a crash would (TCP_REPAIR)

A step with "when" (seconds since 1970) waits for that time: so steps on two hosts can be taken at once.
Options are named as in <sys/socket.h> and <netinet/tcp.h>: {"TCP_USER_TIMEOUT": 3000}.
"""

import errno
import json
import socket
import struct
import sys
import threading
import time

PATIENCE = 20.0  # seconds; no step of the lab blocks longer
TCP_REPAIR = 19
sockets = {}
speaking = threading.Lock()  # lines of two threads must not mix


def set_options(sock, options):
    for name, value in options.items():
        level = socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP
        sock.setsockopt(level, getattr(socket, name), value)


def new_socket(step):
    sock = socket.socket()
    sock.settimeout(PATIENCE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    set_options(sock, step.get("options", {}))
    sockets[step["socket"]] = sock
    return sock


def address_of(end):
    return end["address"], end["port"]


def listen(step):
    sock = new_socket(step)
    sock.bind(address_of(step))
    sock.listen(step["backlog"])


def accept(step):
    sockets[step["socket"]], _ = sockets[step["listener"]].accept()
    sockets[step["socket"]].settimeout(PATIENCE)


def connect(step):
    sock = new_socket(step)
    sock.bind(address_of(step["from"]))
    if "data" in step:
        sock.settimeout(None)  # Python's timeout makes it non-blocking, and without a cookie yet that sends no data
        sent = sock.sendto(bytes(step["data"]), socket.MSG_FASTOPEN, address_of(step["to"]))
        sock.settimeout(PATIENCE)
        return sent
    if not step.get("wait", True):
        sock.setblocking(False)
        code = sock.connect_ex(address_of(step["to"]))
        if code != errno.EINPROGRESS:
            raise OSError(code, "connect")
        sock.settimeout(PATIENCE)
    else:
        sock.connect(address_of(step["to"]))


def send(step):
    sockets[step["socket"]].sendall(bytes(step["bytes"]))
    return step["bytes"]


def fill(step):
    sock, sent = sockets[step["socket"]], 0
    sock.settimeout(1.0)  # long enough for what is under way to arrive
    try:
        while True:
            sent += sock.send(bytes(65536))
    except TimeoutError:
        sock.settimeout(PATIENCE)
        return sent


def receive(step):
    sock, wanted, got = sockets[step["socket"]], step.get("bytes"), 0
    while wanted is None or got < wanted:
        count = len(sock.recv(65536 if wanted is None else min(65536, wanted - got)))
        if count == 0:
            break
        got += count
    return got


def set_(step):
    set_options(sockets[step["socket"]], step["options"])


def shutdown(step):
    sockets[step["socket"]].shutdown(socket.SHUT_WR)


def close(step):
    sockets.pop(step["socket"]).close()


def abort(step):
    sock = sockets.pop(step["socket"])
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def vanish(step):
    sock = sockets.pop(step["socket"])
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.close()


STEPS = {
    "listen": listen, "accept": accept, "connect": connect, "send": send, "fill": fill, "receive": receive, "set": set_,
    "shutdown": shutdown, "close": close, "abort": abort, "vanish": vanish,
}  # fmt: skip


def take(step):
    error, count = None, None
    time.sleep(max(0.0, step.get("when", 0.0) - time.time()))
    try:
        count = STEPS[step["do"]](step)
    except TimeoutError as failure:
        error = errno.errorcode.get(failure.errno, "EAGAIN") if failure.errno else "EAGAIN"
    except OSError as failure:
        error = errno.errorcode.get(failure.errno, str(failure))
    report = json.dumps({"id": step["id"], "error": error, "bytes": count})
    with speaking:
        print(report, flush=True)


if __name__ == "__main__":
    try:
        for line in sys.stdin:
            threading.Thread(target=take, args=(json.loads(line),), daemon=True).start()
    except KeyboardInterrupt:
        pass
