#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hostile clients against every front end while a polite one downloads and HEAD is answered; bounded in number and time.

A hundred connections from one address: some read slowly, some never, some send half a request, some a body without end.
Each comes again when it is cut off. `make fault` runs this; tests/system/test_hostile.py runs a short part.
"""
import contextlib
import selectors
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'system'), str(HERE.parent / 'data')]

import harness  # noqa: E402
from client import curl  # noqa: E402
from downloads import STUDY, make_vault  # noqa: E402
from servers import FRONT_ENDS  # noqa: E402

COUNT = 100
WORKERS = 8
PATH = f'/dicom-web/studies/{STUDY}?compression=none&accept=application/zip'
HEAD = f'GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n'.encode()
POST = HEAD.replace(b'GET', b'POST', 1)
KINDS = {
    'slow reader': HEAD + b'\r\n',
    'never reads': HEAD + b'\r\n',
    'half a request': HEAD + b'X-Half: ',
    'unfinished chunked body': HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'unfinished body': POST + b'Content-Length: 100000\r\n\r\nhello',
}


class Client:
    """One hostile connection at a time."""

    def __init__(self, port, kind, address):
        self.port, self.kind, self.address = port, kind, address
        self.connections, self.socket, self.due = 0, None, 0.0

    def connect(self, selector):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind((self.address, 0))
        self.socket.connect_ex(('127.0.0.1', self.port))
        self.connections += 1
        selector.register(self.socket, selectors.EVENT_WRITE, self)

    def act(self, selector, events):
        """Sends the request, or reads a little; a connection that has ended is begun again a moment later."""
        try:
            if events & selectors.EVENT_WRITE:
                self.socket.sendall(KINDS[self.kind])
                reads = selectors.EVENT_READ if self.kind != 'never reads' else 0
                selector.unregister(self.socket)
                if reads:
                    selector.register(self.socket, reads, self)
            elif not self.socket.recv(512):
                self.close(selector)
            elif self.kind == 'slow reader':
                selector.unregister(self.socket)
                self.due = time.monotonic() + 0.5
        except (BlockingIOError, OSError):
            self.close(selector)

    def close(self, selector):
        with contextlib.suppress(KeyError, ValueError):
            selector.unregister(self.socket)
        self.socket.close()
        self.socket, self.due = None, time.monotonic() + 0.5

    def again(self, selector, now):
        if self.due and now >= self.due:
            self.due = 0.0
            if self.socket:
                selector.register(self.socket, selectors.EVENT_READ, self)
            else:
                self.connect(selector)


class Crowd:
    """with Crowd(port): hostile clients at work, until the end of the block."""

    def __init__(self, port, count=COUNT, address='127.0.0.66'):
        kinds = list(KINDS)
        self.clients = [Client(port, kinds[i % len(kinds)], address) for i in range(count)]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                client.connect(selector)
            while not self.over.is_set():
                for key, events in selector.select(0.05):
                    key.data.act(selector, events)
                now = time.monotonic()
                for client in self.clients:
                    client.again(selector, now)
            for client in self.clients:
                if client.socket:
                    client.close(selector)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def connections(self):
        return sum(c.connections for c in self.clients)


class Polite:
    """Downloads the study from an address of its own while HEAD is asked for; what went wrong is in `faults`."""

    def __init__(self, server, wanted):
        self.server, self.wanted, self.faults = server, wanted, []
        self.heads, self.again, self.seconds = 0, 0, 0.0

    def ask(self, *args, **options):
        return curl(self.server.study(STUDY, '?compression=none'), '--interface', '127.0.0.5', *args,
                    accept='application/zip', folder=self.server.folder, **options)

    def head(self):
        """Asks again after a 503: mod_fcgid has one for a client that finds no process for 2 s, as while it starts them."""
        for _ in range(4):
            answer = self.ask('--max-time', '120', method='HEAD')
            if answer.status != 503:
                break
            self.again += 1
            time.sleep(1)
        self.heads += 1
        if (answer.exit, answer.status) != (0, 200) or answer.headers['content-length'] != str(self.wanted):
            self.faults.append(f'HEAD: {answer}')

    def download(self):
        began = time.monotonic()
        answer = self.ask('--max-time', '300')
        self.seconds = time.monotonic() - began
        if (answer.exit, answer.status, answer.body.stat().st_size) != (0, 200, self.wanted):
            self.faults.append(f'GET: {answer}')
        answer.body.unlink(missing_ok=True)

    def visit(self):
        other = self.ask('--max-time', '120', headers={'If-Match': '"other"'})
        if other.status != 412:
            self.faults.append(f'an error: {other}')
        thread = threading.Thread(target=self.download)
        thread.start()
        while thread.is_alive():
            self.head()
        thread.join()
        self.head()


def try_front(kind, site, seconds, count=COUNT):
    """Faults, and a line about the trial. The site limits nothing but by default."""
    server = harness.front_end(kind, site, workers=WORKERS).start()
    try:
        wanted = int(curl(server.study(STUDY, '?compression=none'), accept='application/zip', method='HEAD',
                          folder=server.folder).headers['content-length'])
        polite, visits, end = Polite(server, wanted), 0, time.monotonic() + seconds
        with Crowd(server.port, count) as crowd:
            harness.wait_for('a refusal of the crowd', lambda: ' 429 ' in server.log())
            while not visits or time.monotonic() < end:
                polite.visit()
                visits += 1
        log = server.log()
        cut = log.count(' cut off: ')
        reported = (f'{kind}: {crowd.connections()} hostile connections, {visits} polite downloads of {wanted} bytes, '
                    f'the last in {polite.seconds:.1f} s, {polite.heads} HEAD '
                    f'and {polite.again} again, {cut} cut off, {len(polite.faults)} faults')
        return polite.faults, cut, reported
    finally:
        server.remove()


@contextlib.contextmanager
def hostile_site(pg, **settings):
    folder = make_vault()
    site = harness.Site(pg, f'hostile_{time.monotonic_ns()}', {'vault': folder}, max_downloads='auto',
                        max_downloads_per_client='auto', **settings).migrate()
    assert site.index().code == 0
    try:
        yield site
    finally:
        site.remove()
        shutil.rmtree(folder)


def main():
    failed = 0
    pg = harness.Postgres().start()
    try:
        with hostile_site(pg, idle_timeout='5') as site:
            for kind in FRONT_ENDS:
                faults, cut, reported = try_front(kind, site, seconds=45)
                print(reported, *faults[:5], sep='\n  ')
                failed += bool(faults) or not cut
    finally:
        pg.remove()
    print(f'{len(FRONT_ENDS) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
