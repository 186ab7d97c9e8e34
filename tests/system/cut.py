# SPDX-License-Identifier: MIT
"""Relays of connections, and one over TCP that cuts them: to see what clients make of downloads that break off."""
import select
import socket
import struct
import threading

RESET = struct.pack('ii', 1, 0)  # SO_LINGER: a close resets, as when a cable is pulled; nothing looks like an end


class Relay:
    """Passes what comes to a listening socket on, a thread a connection; `_relay(client)` is to be defined."""

    def listen(self, listener):
        self.listener = listener
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()


class Cut(Relay):
    """Listens on a port of its own and passes connections on. The first ones that something is asked over break after
    as many bytes of the answer as `limits` says, one each (None: never); later ones are whole. `used` counts them,
    `asked` holds what clients have sent, `passed` how many bytes they got. `stall`: cut only when `go` is set, until
    when nothing more comes."""

    def __init__(self, port, limits, stall=False):
        self.target, self.limits, self.used = port, list(limits), 0
        self.asked, self.passed, self.go = [], [], threading.Event()
        if not stall:
            self.go.set()
        self.listen(socket.create_server(('127.0.0.1', 0)))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go.set()
        self.close()

    def _limit(self):
        """Of a connection over which the first request comes; browsers open some without need."""
        self.used += 1
        return self.limits[self.used - 1] if self.used <= len(self.limits) else None

    def _relay(self, client):
        """Both directions in one thread: a close takes effect only when nobody else waits for the socket."""
        sent, asked, limit = 0, False, None
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            try:
                while limit is None or sent < limit:
                    ready, _, _ = select.select([client, server], [], [], 60)
                    if client in ready:
                        self.asked.append(client.recv(65536) or self._gone())
                        limit, asked = limit if asked else self._limit(), True
                        server.sendall(self.asked[-1])
                    if server in ready:
                        data = server.recv(65536 if limit is None else min(65536, limit - sent))
                        if not data:
                            return
                        client.sendall(data)
                        self.passed.append(len(data))
                        sent += len(data)
                self.go.wait()
            except OSError:
                pass
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    @staticmethod
    def _gone():
        raise ConnectionResetError
