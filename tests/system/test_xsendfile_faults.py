# SPDX-License-Identifier: MIT
"""sendfile = lighttpd where something is amiss: rights, settings, other web servers, killed workers, visitors that wait."""
import os
import re
import signal
import socket
import struct
import time
import urllib.parse

import harness
import pytest
from corpus import uid
from downloads import in_time
from xsendfile import HAND, SETTLED, ZIP, cleared, ended, ends, get, hand_site, left, streaming, write  # noqa: F401
from servers import Apache, Lighttpd, Pool


class AnotherAccount(Pool):
    """A pool of an account that may read what the web server may not."""

    def start(self, env=None):
        before, harness.ROOT_USER = harness.ROOT_USER, False
        try:
            super().start(env)
        finally:
            harness.ROOT_USER = before
        self.socket.chmod(0o666)
        return self


@pytest.mark.skipif(not harness.ROOT_USER, reason='needs root, which has two accounts')
def test_web_server_that_may_not_read(hand_site, streaming):
    """A whole archive, streamed, and a word in the log: neither half an archive nor an error."""
    hand_site.write_config(sendfile='lighttpd')
    spool = hand_site.folder / 'spool'
    server = Lighttpd(hand_site, 'socket')
    server.pool = AnotherAccount(hand_site, workers=1)
    server.start()
    folder = hand_site.roots['h'] / 'grün'
    file = folder / '4.dcm'
    data = get(streaming, HAND).data
    mode = spool.stat()
    try:
        for place, closed, opened in (spool, 0o700, 0o2750), (file, 0o600, 0o644), (folder, 0o750, 0o755), \
                (hand_site.roots['h'], 0o700, 0o755):
            os.chown(spool, 0, mode.st_gid)
            spool.chmod(0o2750)
            place.chmod(closed)
            time.sleep(SETTLED)
            before = len(ends(server))
            answer = get(server, HAND)
            assert (answer.exit, answer.data == data) == (0, True), (place, answer)
            assert ended(server, before + 1) == 'complete', place
            assert 'warn: ' in server.log() and re.search(r'the web server (may|could) not read ', server.log())
            place.chmod(opened)
        time.sleep(SETTLED)
        assert get(server, HAND).data == data and ended(server, 5) == 'handed to the web server'
    finally:
        server.remove()
        os.chown(spool, mode.st_uid, mode.st_gid)
        spool.chmod(0o755)
        hand_site.write_config(sendfile=None)


def test_lighttpd_without_the_setting(hand_site, streaming):
    """The field means nothing to it: a length without a body shows."""
    server = Lighttpd(hand_site, 'spawned', workers=1).start()
    server.stop()
    hand_site.write_config(sendfile='lighttpd')
    try:
        server.launch('/usr/sbin/lighttpd', '-D', '-f', server.folder / 'lighttpd.conf')
        answer = get(server, HAND)
        assert answer.exit != 0 and answer.data == b'', answer
    finally:
        server.remove()
        hand_site.write_config(sendfile=None)


@pytest.mark.parametrize('mode', ['fcgid', 'proxy_fcgi'])
def test_other_web_servers_are_streamed_to(hand_site, streaming, mode):
    hand_site.write_config(sendfile='lighttpd')
    server = Apache(hand_site, mode, workers=1).start()
    try:
        assert get(server, HAND).data == get(streaming, HAND).data
        assert ended(server, 1) == 'complete'
    finally:
        server.remove()
        hand_site.write_config(sendfile=None)


def record(kind, content=b''):
    return struct.pack('>BBHHBB', 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    return struct.pack('>BI', len(name), 0x80000000 | len(value)) + name.encode() + value.encode()


class Asker:
    """A web server that takes its time: it reads an answer and leaves the connection open."""

    def __init__(self, pool):
        values = {'REQUEST_METHOD': 'GET', 'REQUEST_URI': f'/studies/{HAND}', 'HTTP_ACCEPT': ZIP,
                  'SERVER_SOFTWARE': 'lighttpd/1.4.69', 'REMOTE_ADDR': '127.0.0.1'}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(harness.PATIENCE)
        self.socket.connect(str(pool.socket))
        params = b''.join(pair(k, v) for k, v in values.items())
        self.socket.sendall(record(1, b'\0\1\0\0\0\0\0\0') + record(4, params) + record(4) + record(5))
        self.answer = b''
        while True:
            kind, _, length, padding = struct.unpack('>xBHHBx', self._take(8))
            content = self._take(length + padding)[:length]
            if kind == 3:
                break
            self.answer += content

    def _take(self, count):
        data = b''
        while len(data) < count:
            data += self.socket.recv(count - len(data)) or pytest.fail('broken off')
        return data

    def pieces(self):
        """What the field names, laid end to end."""
        value = re.search(rb'X-Sendfile2: (.*)\r\n', self.answer)[1].decode('ascii')
        for piece in value.split(','):
            path, first, last = re.fullmatch(r'(\S+) (\d+)-(\d+)', piece).groups()
            with open(urllib.parse.unquote_to_bytes(path), 'rb') as f:
                f.seek(int(first))
                yield f.read(int(last) - int(first) + 1)


def test_files_of_killed_workers_are_removed(hand_site, streaming):
    """The file with what stands around the members is there as long as the connection; and no longer than its worker."""
    hand_site.write_config(sendfile='lighttpd')
    time.sleep(SETTLED)
    other = hand_site.folder / 'spool' / 'wz-0123456789abcdef'
    pool = Pool(hand_site, workers=1).start()
    try:
        asker = Asker(pool)
        assert b''.join(asker.pieces()) == get(streaming, HAND).data
        assert len(left(hand_site)) == 1
        asker.socket.close()
        assert cleared(hand_site)
        # A file of somebody else's, and one that is no worker's, stay.
        other.touch()
        asker, (busy,) = Asker(pool), pool.workers()
        pool.process.send_signal(signal.SIGHUP)  # another worker starts and finds it in use
        assert in_time(5, lambda: len(pool.workers()) == 2)
        assert len(left(hand_site)) == 2
        os.kill(busy, signal.SIGKILL)
        assert in_time(5, lambda: not harness.alive(busy))  # its locks have gone with it
        pool.process.send_signal(signal.SIGHUP)
        assert in_time(10, lambda: left(hand_site) == [other.name]), left(hand_site) + [pool.log()]
    finally:
        pool.remove()
        for name in left(hand_site):
            (hand_site.folder / 'spool' / name).unlink()
        hand_site.write_config(sendfile=None)


def test_worker_is_free_at_once(hand_site, streaming):
    """One worker, and a visitor who does not read: the next one is served."""
    hand_site.write_config(sendfile='lighttpd')
    big = hand_site.roots['h'] / 'big.dcm'
    study = uid('handover', 'big')
    write(big, study, 1, bytes(40_000_000))
    assert hand_site.index().code == 0
    time.sleep(SETTLED)
    server = Lighttpd(hand_site, 'spawned', workers=1).start()
    try:
        with socket.create_connection(('127.0.0.1', server.port)) as s:
            s.sendall(f'GET /dicom-web/studies/{study} HTTP/1.1\r\nHost: x\r\nAccept: {ZIP}\r\n\r\n'.encode())
            assert s.recv(100).startswith(b'HTTP/1.1 200')
            assert get(server, HAND).exit == 0
        assert cleared(hand_site)
    finally:
        server.remove()
        hand_site.write_config(sendfile=None)
