# SPDX-License-Identifier: MIT
"""A relay before a server that stops an answer after so many bytes until it is let go: whatever happens meanwhile
happens in the middle of a download, however fast the client is. A close is passed on as a close, a reset as a reset."""
import select
import socket
import threading

from cut import RESET, Relay

# Towards the server: what it has sent and nobody has read stays small. Linux gives a sender room for ten segments, which
# on loopback have 64 KiB.
BUFFER, SEGMENT = 8192, 1400


class Moment:
    """One held answer. asked: the request has passed; reached: so many bytes of the answer have; go: it may go on."""

    def __init__(self, limit):
        self.limit, self.passed = limit, 0
        self.asked, self.reached, self.go = threading.Event(), threading.Event(), threading.Event()

    def room(self):
        """Bytes of the answer that may pass now; None: any number."""
        return None if self.go.is_set() else self.limit - self.passed

    def count(self, size):
        self.passed += size
        if self.passed >= self.limit:
            self.reached.set()


class Hold(Relay):
    """Listens on a port of its own; passes connections on to `port` of 127.0.0.1."""

    def __init__(self, port):
        self.target, self._next = port, None
        self.listen(socket.create_server(('127.0.0.1', 0), backlog=64))
        self.port = self.listener.getsockname()[1]

    def hold(self, limit):
        """The Moment of the request that comes next, on a new connection or one that is kept."""
        self._next = Moment(limit)
        return self._next

    def _relay(self, client):
        with client, socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            try:
                server.connect(('127.0.0.1', self.target))
                self._pass(client, server)
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _pass(self, client, server):
        moment = None
        while True:
            room = moment.room() if moment else None
            held = room is not None and room <= 0
            ready, _, _ = select.select([client] if held else [client, server], [], [], 0.01 if held else 60)
            if client in ready:
                data = client.recv(65536)
                if not data:
                    return
                server.sendall(data)
                if self._next:
                    moment, self._next = self._next, None
                    moment.asked.set()
            if server in ready:
                data = server.recv(65536 if room is None else min(65536, room))
                if not data:
                    return
                client.sendall(data)
                if moment:
                    moment.count(len(data))
