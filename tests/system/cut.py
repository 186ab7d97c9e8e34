"""A TCP relay that cuts connections: to see what clients make of downloads that break off."""
import select
import socket
import struct
import threading

RESET = struct.pack('ii', 1, 0)  # SO_LINGER: a close resets, as when a cable is pulled; nothing looks like an end


class Cut:
    """Listens on a port of its own and passes connections on. The first ones break after as many bytes of the answer
    as `limits` says, one each (None: never); later ones are whole. `used` counts connections."""

    def __init__(self, port, limits):
        self.target, self.limits, self.used = port, list(limits), 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            limit = self.limits[self.used] if self.used < len(self.limits) else None
            self.used += 1
            threading.Thread(target=self._relay, args=(client, limit), daemon=True).start()

    def _relay(self, client, limit):
        """Both directions in one thread: a close takes effect only when nobody else waits for the socket."""
        sent = 0
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            try:
                while limit is None or sent < limit:
                    ready, _, _ = select.select([client, server], [], [], 60)
                    if client in ready:
                        server.sendall(client.recv(65536) or self._gone())
                    if server in ready:
                        data = server.recv(65536 if limit is None else min(65536, limit - sent))
                        if not data:
                            return
                        client.sendall(data)
                        sent += len(data)
            except OSError:
                pass
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    @staticmethod
    def _gone():
        raise ConnectionResetError
