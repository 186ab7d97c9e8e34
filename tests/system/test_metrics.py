# SPDX-License-Identifier: MIT
"""/health and /metrics: what they say, and that nobody from outside sees them. Log lines in JSON."""
import json
import os
import re
import signal

import harness
import pytest
from downloads import STUDY, in_time, vault, vault_site  # noqa: F401
from fcgi import answer, request
from servers import FRONT_ENDS

ZIP = 'application/zip'


def metrics(server):
    got = server.get('/metrics', accept='*/*')
    assert got.status == 200 and got.headers['content-type'].startswith('text/plain; version=0.0.4'), got
    lines = [line for line in got.text.splitlines() if not line.startswith('#')]
    values = {}
    for line in lines:
        name, value = re.fullmatch(r'(wadozip_\w+(?:\{(?:\w+="[^"]*",?)+\})?) ([0-9.e+]+)', line).groups()
        assert name not in values
        values[name] = float(value)
    described = set(re.findall(r'^# TYPE (\w+) (?:counter|gauge|histogram)$', got.text, re.M))
    assert {re.sub(r'(_bucket|_sum|_count)?(\{.*)?$', '', n) for n in values} <= described
    return values


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, vault_site):  # noqa: F811
    server = harness.front_end(request.param, vault_site, workers=2).start()
    yield server
    server.remove()


def test_counts(door):
    before = metrics(door)
    got = door.get(f'/studies/{STUDY}', accept=ZIP)
    assert got.status == 200
    assert door.get('/studies/1.2.3', accept=ZIP).status == 404
    assert door.get('/studies', accept='application/dicom+json').status == 200
    names = [f'wadozip_requests_total{{form="{f}",status="{s}"}}' for f, s in
             (('archive', 200), ('other', 404), ('search', 200))]

    def difference():
        now = metrics(door)
        return [now.get(n, 0) - before.get(n, 0) for n in [*names[:1], *names[2:]]] + [
            sum(v for n, v in now.items() if 'status="404"' in n) - sum(v for n, v in before.items() if 'status="404"' in n)]
    assert in_time(5, lambda: difference() == [1, 1, 1]), difference()
    now = metrics(door)
    sent = 'wadozip_response_bytes_total{form="archive"}'
    assert now[sent] - before.get(sent, 0) >= got.length
    assert now['wadozip_request_seconds_bucket{le="+Inf"}'] == now['wadozip_request_seconds_count']
    assert now['wadozip_workers'] >= 1 and 1 <= now['wadozip_busy_workers'] <= now['wadozip_workers']


def test_health(door):
    got = door.get('/health', accept='*/*')
    assert (got.status, got.text) == (200, 'ok\n')
    head = door.get('/health', method='HEAD')
    assert head.status == 200 and head.length == 3


@pytest.mark.parametrize('page', ['/health', '/metrics'])
def test_nobody_from_outside_sees_them(door, page):
    """Neither another address, nor one that a proxy on this machine names."""
    assert door.get(page, '--interface', '127.0.0.9', accept='*/*').status == 404
    for name, value in (('X-Forwarded-For', '192.0.2.1'), ('X-Forwarded-For', '192.0.2.1, 127.0.0.1'),
                        ('Forwarded', 'for=192.0.2.1'), ('Forwarded', 'for=127.0.0.1')):
        got = door.get(page, accept='*/*', headers={name: value})
        replaced = door.name == 'caddy' and name == 'X-Forwarded-For'  # by what Caddy knows itself
        assert got.status == (200 if replaced else 404), (name, value, got)


def test_not_below_studies(door):
    assert door.get('/studies/1.2.3/metrics', accept='*/*').status == 404
    assert 'wadozip_' not in door.get('/studies/1.2.3/metrics', accept='*/*').text


def test_health_without_a_database(make_site, tmp_path):
    site = make_site('health', {'a': tmp_path})
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    try:
        assert server.get('/health', accept='*/*').status == 200
        site.sql('INSERT INTO wadozip.schema_version VALUES (9999, \'later\', repeat(\'0\', 64))')
        got = server.get('/health', accept='*/*')
        assert got.status == 503 and site.name not in got.text
        assert server.get('/metrics', accept='*/*').status == 200
    finally:
        server.remove()


def test_a_killed_worker_keeps_its_counts(vault_site):  # noqa: F811
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    try:
        name = 'wadozip_requests_total{form="archive",status="200"}'
        assert server.get(f'/studies/{STUDY}', accept=ZIP).status == 200
        assert in_time(5, lambda: metrics(server).get(name) == 1)
        old = server.pool.workers()
        os.kill(old[0], signal.SIGKILL)
        assert in_time(5, lambda: not harness.alive(old[0]))  # its slot is free
        harness.wait_for('a new worker', lambda: server.pool.workers() not in ([], old))
        now = metrics(server)
        assert now[name] == 1 and now['wadozip_workers'] == now['wadozip_busy_workers'] == 1
    finally:
        server.remove()


def test_lines_in_json(vault_site):  # noqa: F811
    vault_site.write_config(log_format='json')
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    vault_site.write_config(log_format=None)
    try:
        user = 'a"b\\c\n\u202e'
        assert answer(server.pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=f'/studies/{STUDY}', REMOTE_USER=user,
                                                  REMOTE_ADDR='192.0.2.9', HTTP_ACCEPT='text/csv'))[1]
        assert in_time(5, lambda: '"status":200' in server.pool.log()), server.pool.log()
        lines = [json.loads(line) for line in server.pool.log().splitlines() if line.startswith('{')]
        last = next(line for line in reversed(lines) if 'status' in line)
        assert {k: last[k] for k in ('level', 'method', 'resource', 'uid', 'status', 'outcome', 'client')} == {
            'level': 'info', 'method': 'GET', 'resource': 'study', 'uid': STUDY, 'status': 200, 'outcome': 'complete',
            'client': '192.0.2.9'}
        assert last['user'] == 'a"b\\c?\\u202e' and re.fullmatch(r'[0-9a-f]{16}', last['request'])
        assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', last['time']) and last['pid'] in server.workers()
    finally:
        server.remove()
