# SPDX-License-Identifier: MIT
"""Downloads that are held: clients that take the first bytes and no more."""
import socket
import time
from contextlib import contextmanager

LIMIT = 30  # seconds that a first byte is waited for


class Client:
    """first_ms: to the first byte; status and head of the answer; None before."""

    def __init__(self, port, path):
        self.began, self.first_ms, self.status, self.head = time.monotonic(), None, None, None
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=LIMIT)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/zip\r\n'
                            'Connection: close\r\n\r\n'.encode())

    def wait(self, seconds=LIMIT):
        """Waits for the first bytes; False when none came."""
        self.socket.settimeout(seconds)
        try:
            head = self.socket.recv(1024)
        except TimeoutError:
            return False
        self.first_ms = (time.monotonic() - self.began) * 1e3
        self.status, self.head = int(head.split()[1]), head.decode('latin-1').lower()
        return True

    def close(self):
        self.socket.close()


@contextmanager
def held(server, path, count):
    """That many downloads, one after the other, each when the one before has its first byte."""
    clients = []
    try:
        for _ in range(count):
            clients.append(Client(server.port, path))
            if not clients[-1].wait() or clients[-1].status != 200:
                raise RuntimeError(f'download {len(clients)}: {clients[-1].status}\n{server.log()[-2000:]}')
        yield clients
    finally:
        for client in clients:
            client.close()
