"""A TCP relay that cuts connections: to see what clients make of downloads that break off."""
import socket
import struct
import threading


class Cut:
    """Listens on a port of its own and passes connections on. The first ones break after as many bytes of the answer as
    `limits` says, one each (None: never); later ones are whole. `used` counts connections."""

    def __init__(self, port, limits):
        self.target, self.limits, self.used = port, list(limits), 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
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
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
            sent = 0
            try:
                while data := server.recv(65536 if limit is None else min(65536, limit - sent) or 1):
                    if limit is not None and sent >= limit:
                        break
                    client.sendall(data)
                    sent += len(data)
                else:
                    client.shutdown(socket.SHUT_WR)
                    return
            except OSError:
                pass
            # Reset, as when a cable is pulled: nothing that looks like an end.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
