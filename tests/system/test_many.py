# SPDX-License-Identifier: MIT
"""Many visitors who take nothing: what each of them costs, and what the next one receives, through every web server."""
import os
import re
import socket
from pathlib import Path

import harness
import pytest
from client import curl
from downloads import STUDY, busy, in_time, vault, vault_site  # noqa: F401
from servers import FRONT_ENDS

ZIP = 'application/zip'
HELD = 20
WORKERS = HELD + 2
MEMORY = 16 << 20  # of a worker, at most, ever
WAITING = 64 << 20  # bytes of all answers together that a web server may put aside


class Idle:
    """A visitor who has read the first bytes of an archive and reads no more."""

    def __init__(self, server):
        self.socket = socket.create_connection(('127.0.0.1', server.port), timeout=harness.PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.sendall(f'GET /dicom-web/studies/{STUDY}?compression=none HTTP/1.1\r\nHost: 127.0.0.1\r\n'
                            f'Accept: {ZIP}\r\n\r\n'.encode())

    def status(self):
        """Waits for the answer to begin."""
        return int(self.socket.recv(1024).split()[1])

    def close(self):
        self.socket.close()


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def crowd(request, vault_site):
    """A server and HELD visitors, each of them with a worker of his own in the middle of an archive."""
    vault_site.write_config(max_downloads=HELD)
    server = harness.front_end(request.param, vault_site, workers=WORKERS).start()
    visitors = [Idle(server) for _ in range(HELD)]
    assert [v.status() for v in visitors] == [200] * HELD
    # Each has sent as much as lies between a worker and a visitor, and waits.
    assert in_time(20, lambda: len(waiting(server)) == HELD), (waiting(server), server.log()[-2000:])
    yield server, visitors
    for visitor in visitors:
        visitor.close()
    server.remove()
    vault_site.write_config(max_downloads=0)


def waiting(server):
    return busy(server, server.site.roots['vault'])


def part(server):
    return curl(server.study(STUDY), folder=server.folder, accept=ZIP, headers={'Range': 'bytes=0-99'})


def activity(server):
    """State of each connection to the site's database, and whether a transaction is open on it."""
    return server.site.pg.query('postgres', 'SELECT state, xact_start IS NOT NULL, backend_xid IS NOT NULL FROM '
                                f"pg_stat_activity WHERE datname = '{server.site.name}' AND "
                                "backend_type = 'client backend'")


def test_database(crowd):
    """A connection a worker at most, and no transaction on any."""
    server, _ = crowd
    assert in_time(10, lambda: all(row == ['idle', 'f', 'f'] for row in activity(server))), activity(server)
    assert HELD <= len(activity(server)) <= WORKERS
    # Nothing is locked: the catalogue's tables can be had alone while everybody downloads.
    server.site.sql("SET lock_timeout = '60s'; LOCK TABLE wadozip.instance, wadozip.series IN ACCESS EXCLUSIVE MODE")


def test_memory_of_workers(crowd):
    server, _ = crowd
    if os.environ.get('WADOZIP_SANITIZED'):
        pytest.skip('a sanitizer build has memory of its own')
    peaks = [int(re.search(r'VmHWM:\s+(\d+) kB', Path(f'/proc/{pid}/status').read_text())[1]) << 10
             for pid in waiting(server)]
    assert len(peaks) == HELD and max(peaks) <= MEMORY, peaks


def test_web_server_puts_little_aside(crowd):
    """Each archive is 200 MB: it stays where it is until somebody reads it."""
    server, _ = crowd
    aside = 0
    for pid in [server.process.pid, *harness.children(server.process.pid)]:
        for fd in Path(f'/proc/{pid}/fd').glob('*'):
            try:
                if str(server.folder) in os.readlink(fd):
                    aside += fd.stat().st_size
            except OSError:
                continue
    assert aside <= WAITING


def test_next_one_is_reported(crowd):
    """While all the others hold on, and again and again; and goes in when one of them leaves."""
    server, visitors = crowd
    for _ in range(5):
        answer = part(server)
        assert answer.status == 503 and int(answer.headers['retry-after']) > 0, answer
        assert f'{HELD} downloads are under way' in answer.text
    assert curl(server.study(STUDY), folder=server.folder, accept=ZIP, method='HEAD').status == 200
    visitors.pop().close()
    assert in_time(10, lambda: part(server).status == 206)
    visitors.append(Idle(server))
    assert visitors[-1].status() == 200 and part(server).status == 503


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'apache-proxy'])
def test_without_a_spare_worker_the_next_one_waits(vault_site, kind):
    """In the socket, until somebody leaves."""
    server = harness.front_end(kind, vault_site, workers=2).start()
    visitors = [Idle(server) for _ in range(2)]
    try:
        assert [v.status() for v in visitors] == [200, 200]
        late = Idle(server)
        late.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            late.status()
        late.socket.settimeout(harness.PATIENCE)
        visitors.pop().close()
        assert late.status() == 200
        late.close()
    finally:
        for visitor in visitors:
            visitor.close()
        server.remove()
