# SPDX-License-Identifier: MIT
"""Malformed and unfinished FastCGI requests straight at the pool's socket: no worker dies of one, or waits for long."""
import random
import socket
import time

import harness
import pytest
from downloads import STUDY, in_time, vault, vault_site  # noqa: F401
from fcgi import ABORT, BEGIN, PARAMS, STDIN, answer, begin, pairs, record, request

CSV = request(REQUEST_METHOD='GET', REQUEST_URI=f'/studies/{STUDY}', HTTP_ACCEPT='text/csv')
VARIABLES = pairs({'REQUEST_METHOD': 'GET', 'REQUEST_URI': f'/studies/{STUDY}', 'HTTP_ACCEPT': 'text/csv'})

MALFORMED = {
    'a name of 2 GiB': begin() + record(PARAMS, b'\xff\xff\xff\xff\x01A') + record(PARAMS) + record(STDIN),
    'a value of 2 GiB': begin() + record(PARAMS, b'\x01\xff\xff\xff\xffA') + record(PARAMS) + record(STDIN),
    'both': begin() + record(PARAMS, b'\xff' * 8) + record(PARAMS),
    'a value that is cut': begin() + record(PARAMS, VARIABLES[:-3]) + record(PARAMS),
    'another version': record(BEGIN, bytes(8), version=9) + CSV,
    'a short begin': record(BEGIN, b'\0\1') + CSV,
    'request 0': begin(ident=0) + CSV,
    'another role': begin(role=2) + record(PARAMS) + record(STDIN),
    'two requests': begin() + begin(ident=2),
    'input first': begin() + record(STDIN, b'x'),
    'aborted': begin() + record(ABORT),
    'too many variables': begin() + record(PARAMS, b'\1\0N' * 20000) + record(PARAMS),
    'too long variables': begin() + record(PARAMS, bytes(65000)) * 20,
    'nothing but records of others': begin() + record(PARAMS, bytes(65000), ident=9) * 40,
    'noise': random.Random(5).randbytes(4000),
    'a request of HTTP': b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
}


@pytest.fixture(scope='module')
def pool(vault_site):
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    assert answer(server.pool.socket, CSV)[1]  # so that the worker runs, and the check before it has ended
    yield server.pool
    log = server.log()
    server.remove()
    assert 'killed by signal' not in log, log


@pytest.mark.parametrize('kind', MALFORMED)
def test_malformed(pool, kind):
    before = pool.workers()
    assert answer(pool.socket, MALFORMED[kind]) == (b'', False)
    out, ended = answer(pool.socket, CSV)
    assert out.startswith(b'Status: 200') and ended
    assert pool.workers() == before


def test_records_in_any_pieces(pool):
    """One byte a packet."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(str(pool.socket))
        for i in range(len(CSV)):
            s.sendall(CSV[i:i + 1])
        assert b'Status: 200' in s.recv(65536)


def test_half_a_request_does_not_hold_the_worker(pool):
    """The only worker there is gives up on those who begin and send no more."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(pool.socket))
        s.sendall(begin() + record(PARAMS, VARIABLES))
        assert answer(pool.socket, CSV)[0].startswith(b'Status: 200')


def test_unfinished_bodies_hold_nothing(pool):
    """They are answered at once, and so is the next one: far more of them than workers, all still open."""
    open_ones = []
    began = time.monotonic()
    for _ in range(40):
        assert answer(pool.socket, CSV)[0].startswith(b'Status: 200')
    finished = time.monotonic() - began
    began = time.monotonic()
    for _ in range(40):
        s = socket.socket(socket.AF_UNIX)
        open_ones.append(s)
        s.settimeout(60)
        s.connect(str(pool.socket))
        s.sendall(begin() + record(PARAMS, VARIABLES) + record(PARAMS) + record(STDIN, b'x' * 100))
        assert b'Status: 200' in s.recv(65536)
    assert answer(pool.socket, CSV)[0].startswith(b'Status: 200')
    # Were each waited for, as libfcgi does, it would be 80 s more.
    assert time.monotonic() - began < 40 + 5 * finished
    for s in open_ones:
        s.close()


def test_a_body_that_comes_late_is_no_harm(pool):
    """The answer is complete, and the web server may go on sending for a while: no broken pipe."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(str(pool.socket))
        s.sendall(begin() + record(PARAMS, VARIABLES) + record(PARAMS))
        assert b'Status: 200' in s.recv(65536)
        for _ in range(20):
            s.sendall(record(STDIN, b'x' * 60000))
        s.sendall(record(STDIN))
    assert in_time(10, lambda: answer(pool.socket, CSV)[1])
