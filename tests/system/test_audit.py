# SPDX-License-Identifier: MIT
"""The audit: an entry for every transfer, search and refusal, whatever is killed in the middle of it."""
import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import threading
import time
from collections import namedtuple

import corpus
import harness
import pytest
from downloads import STUDY, Slow, in_time, vault  # noqa: F401
from fcgi import answer, request

ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/dicom+json'
Entry = namedtuple('Entry', 'who client act resource content requests bytes status outcome')


class Audited:
    def __init__(self, pg, folder):
        self.site = harness.Site(pg, f'audit_{os.getpid()}_{id(self)}', {'vault': folder}, audit='1').migrate()
        assert self.site.index().code == 0
        self.server = harness.front_end('lighttpd-socket', self.site, workers=3).start()

    def remove(self):
        self.server.remove()
        self.site.remove()

    def entries(self):
        rows = self.site.sql('SELECT who, client, act, resource, content, requests, bytes, status, outcome FROM wadozip.audit'
                             ' ORDER BY at, id')
        return [Entry(*row[:5], *map(int, row[5:8]), row[8]) for row in rows]

    def clear(self):
        self.site.sql('DELETE FROM wadozip.audit')

    def become(self, *expected):
        """Wait until the entries are these: an entry is made after the last byte."""
        assert in_time(10, lambda: len(self.entries()) == len(expected) and all(
            all(getattr(e, k) == v for k, v in want.items()) for e, want in zip(self.entries(), expected))), self.entries()

    def spooled(self):
        files = list(self.server.site.folder.glob('spool/*.audit'))
        return files[0].read_text().splitlines()[1:] if files else []


@pytest.fixture(scope='module')
def audited(pg, vault):  # noqa: F811
    made = Audited(pg, vault)
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def empty(audited):
    audited.clear()


def test_what_is_recorded(audited):
    get = audited.server.get
    whole = get(f'/studies/{STUDY}', accept=ZIP)
    assert get(f'/studies/{STUDY}', accept=CSV).status == 200
    assert get('/studies?PatientName=Secret^Name', accept=JSON).status in (200, 204)
    assert get('/studies/1.2.3', accept=ZIP).status == 404
    for quiet in ({'method': 'HEAD'}, {'method': 'OPTIONS'}, {'headers': {'If-None-Match': whole.headers['etag']}}):
        get(f'/studies/{STUDY}', accept=ZIP, **quiet)
    get('/nothing', accept=ZIP)
    one = {'who': '-', 'client': '127.0.0.1'}
    audited.become({**one, 'act': 'retrieve', 'resource': f'study {STUDY}', 'content': 'archive', 'requests': 1, 'status': 200,
                    'bytes': whole.length, 'outcome': 'complete'},
                   {'act': 'retrieve', 'content': 'table', 'status': 200, 'outcome': 'complete'},
                   {'act': 'search', 'resource': 'search studies', 'content': 'search'},
                   {'act': 'retrieve', 'resource': 'study 1.2.3', 'status': 404, 'outcome': 'refused', 'bytes': 0})
    assert 'Secret' not in str(audited.site.sql('SELECT * FROM wadozip.audit'))


def test_names_are_kept(audited):
    for user in ('ann', 'a"b\\c\'', 'x' * 200):
        assert answer(audited.server.pool.socket, request(
            REQUEST_METHOD='GET', REQUEST_URI=f'/studies/{STUDY}', HTTP_ACCEPT=CSV, REMOTE_USER=user, REMOTE_ADDR='::1'))[1]
    audited.become(*({'who': user[:60], 'client': '::1'} for user in ('ann', 'a"b\\c\'', 'x' * 200)))


def test_ranges_of_a_download_are_one_transfer(audited):
    size = audited.server.get(f'/studies/{STUDY}', method='HEAD', accept=ZIP).length
    step = size // 7 + 1
    for first in range(0, size, step):
        last = min(first + step, size) - 1
        assert audited.server.get(f'/studies/{STUDY}', '--range', f'{first}-{last}', accept=ZIP).status == 206
    audited.become({'requests': 7, 'bytes': size, 'outcome': 'complete', 'status': 206})
    assert audited.server.get(f'/studies/{STUDY}', '--range', '0-99', '--interface', '127.0.0.9', accept=ZIP).status == 206
    audited.become({'requests': 7}, {'requests': 1, 'bytes': 100, 'outcome': 'partial', 'client': '127.0.0.9'})
    assert audited.server.get(f'/studies/{STUDY}', accept=ZIP).status == 200  # a new transfer
    audited.become({'requests': 7}, {'requests': 1}, {'requests': 1, 'bytes': size, 'outcome': 'complete'})


def test_a_part_of_a_small_response(audited):
    """It is not announced, so its only entry has the outcome."""
    assert audited.server.get(f'/studies/{STUDY}', '--range', '0-9', accept=CSV).status == 206
    audited.become({'content': 'table', 'requests': 1, 'bytes': 10, 'outcome': 'partial', 'status': 206})


def add(audited, *entries):
    """Entries as a worker sends them."""
    standard = {'at': time.time(), 'begun': False, 'announced': False, 'who': 'ann', 'client': '10.0.0.1', 'act': 'retrieve',
                'resource': 'study 1.2', 'content': 'archive', 'tag': 't', 'length': 10, 'bytes': 10, 'status': 200,
                'outcome': 'complete', 'study': '1.2', 'profile': '', 'again': False}
    text = json.dumps([{**standard, **e} for e in entries]).replace("'", "''")
    audited.site.sql(f"SELECT wadozip.audit_add(NULL, '{text}', 0)")


def begin(request, **more):
    return {'request': request, 'begun': True, 'outcome': 'begun', 'bytes': 0, **more}


def end(request, **more):
    return {'request': request, 'announced': True, **more}


def test_two_downloads_of_the_same_at_once(audited):
    """Each end belongs to its own beginning."""
    add(audited, begin('a'), begin('b'), end('a', bytes=4, outcome='aborted'), end('b'))
    audited.become({'outcome': 'aborted', 'bytes': 4, 'requests': 1}, {'outcome': 'complete', 'bytes': 10, 'requests': 1})
    audited.clear()
    add(audited, begin('a'), begin('b'), end('b'), end('a', bytes=4, outcome='aborted'))
    audited.become({'outcome': 'aborted', 'bytes': 4, 'requests': 1}, {'outcome': 'complete', 'bytes': 10, 'requests': 1})


def test_a_download_of_hours_is_one_record(audited):
    add(audited, begin('a', at=time.time() - 9000), end('a'))
    audited.become({'outcome': 'complete', 'requests': 1, 'bytes': 10})
    add(audited, end('c', at=time.time() + 9000, announced=False, status=206, bytes=1, outcome='partial'))
    audited.become({'requests': 1}, {'outcome': 'partial', 'requests': 1})


def test_an_entry_whose_answer_was_lost(audited):
    """The worker cannot know whether it was recorded, and says so when it sends it again."""
    add(audited, begin('a'))
    add(audited, begin('a', again=True), end('a'))
    add(audited, end('a', again=True), end('z', again=True, announced=False, tag=''))
    audited.become({'outcome': 'complete', 'requests': 1, 'bytes': 10}, {'outcome': 'complete', 'requests': 1, 'bytes': 10})


def come_back(pg):
    """Start the database, and wait until no worker spools its entries any more without trying (AWAY_SECONDS)."""
    pg.start()
    time.sleep(6)


def held(audited):
    """A download that has begun and does not go on: uncompressed, larger than all buffers."""
    return Slow(audited.server, rate='100M')


def test_a_worker_that_is_killed_leaves_its_entry(audited):
    with held(audited) as slow:
        slow.wait_for_bytes()
        slow.hold()
        audited.become({'outcome': 'begun', 'bytes': 0, 'content': 'archive'})
        for pid in audited.server.pool.workers():
            os.kill(pid, signal.SIGKILL)
        slow.go_on()
        slow.exit_code()
    audited.become({'outcome': 'begun'})


def test_a_client_that_leaves(audited):
    with held(audited) as slow:
        slow.wait_for_bytes()
        slow.hold()
        slow.close()
    audited.become({'outcome': 'aborted', 'requests': 1})
    assert 0 < audited.entries()[0].bytes < 20 * 10 * (1 << 20)


def test_the_command_and_retention(audited):
    cli = audited.site.cli
    assert audited.server.get(f'/studies/{STUDY}', accept=CSV).status == 200
    assert audited.server.get('/studies/1.2.3', accept=CSV).status == 404
    audited.become({'status': 200}, {'status': 404})
    lines = cli('audit').out.splitlines()
    assert len(lines) == 3 and lines[0].split()[:4] == ['time', 'who', 'client', 'act']
    rows = list(csv.DictReader(io.StringIO(cli('audit', '--csv').out)))
    assert [r['resource'] for r in rows] == [f'study {STUDY}', 'study 1.2.3']
    assert len(cli('audit', '--resource', 'study 1.2.3').out.splitlines()) == 2
    assert len(cli('audit', '--who', 'nobody').out.splitlines()) == 1
    made = cli('link', 'create', STUDY)
    assert made.code == 0 and cli('link', 'revoke', made.err.split()[2].rstrip(';')).code == 0
    links = [r for r in csv.DictReader(io.StringIO(cli('audit', '--csv').out)) if r['act'] == 'link']
    assert [r['content'] for r in links] == ['created', 'revoked'] and links[0]['who'].startswith('operator:')
    assert cli('audit', '--expire').code == 2
    audited.site.sql("UPDATE wadozip.audit SET last = now() - interval '40 days' WHERE status = 404")
    done = cli('audit', '--expire', env={'WADOZIP_AUDIT_DAYS': '30'})
    assert done.out == '1 entries deleted\n'
    assert len(cli('audit').out.splitlines()) == 4
    assert cli('audit', 'x').code == cli('audit', '--since', 'x').code == 2


def test_too_many_requests(audited):
    """A user who is refused is recorded once for each request that was let in before."""
    audited.site.write_config(max_requests_per_user=2)
    pool = harness.Pool(audited.site, workers=2).start()

    def status(uri, accept):
        text = answer(pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=uri, HTTP_ACCEPT=accept, HTTP_HOST='h',
                                           REMOTE_USER='ann', REMOTE_ADDR='10.0.0.1'))[0]
        return int(text.split(b'Status: ')[1][:3])
    try:
        asked = [('/studies', JSON) if n % 2 else (f'/studies/{STUDY}', CSV) for n in range(9)]
        seen = [status(*a) for a in asked]
    finally:
        pool.remove()
        audited.site.write_config(max_requests_per_user=None)
    assert seen[:2] == [200, 200] and 429 in seen
    audited.become(*({'who': 'ann', 'client': '10.0.0.1', 'status': s, 'outcome': 'refused' if s == 429 else 'complete',
                      'act': 'search' if path == '/studies' else 'retrieve',
                      'resource': 'search studies' if path == '/studies' else f'study {STUDY}'}
                     for before, s, (path, _) in zip([200, *seen], seen, asked) if 200 in (before, s)))


def test_links_are_named(audited):
    path = audited.site.cli('link', 'create', STUDY).out.strip()
    audited.clear()
    page = harness.curl(audited.server.base + path, folder=audited.server.folder)
    assert page.status == 200
    assert harness.curl(f'{audited.server.base}{path}/archive.zip', folder=audited.server.folder).status == 200
    number = audited.site.sql('SELECT max(id) FROM wadozip.link')[0][0]
    audited.become({'who': f'link:{number}', 'outcome': 'complete', 'content': 'archive'})


def test_the_database_goes_away_in_the_middle(audited, pg):
    """The end of the download is kept in the spool, in order with what was before, and recorded once."""
    with held(audited) as slow:
        slow.wait_for_bytes()
        slow.hold()
        audited.become({'outcome': 'begun'})
        pg.stop()
        slow.go_on()
        assert slow.exit_code() == 0
    try:
        assert in_time(10, lambda: len(audited.spooled()) == 1), audited.server.log()
        assert '"again":true' in audited.spooled()[0]  # the connection broke when it was sent
        assert audited.server.get(f'/studies/{STUDY}', accept=CSV).status == 503
        assert in_time(10, lambda: len(audited.spooled()) == 2)
    finally:
        come_back(pg)
    harness.wait_for('the database', lambda: audited.server.get('/studies/1.2.4', accept=CSV).status == 404)
    # The worker that found the database away asks it again after a few seconds.
    harness.wait_for('replay', lambda: audited.server.get('/studies/1.2.4', accept=CSV).status == 404 and not audited.spooled())
    rows = audited.entries()
    assert (rows[0].outcome, rows[0].requests) == ('complete', 1)
    assert [(r.status, r.outcome) for r in rows[1:2]] == [(503, 'refused')]
    assert {r.resource for r in rows[2:]} == {'study 1.2.4'}


def kill_at_once(audited, pg, first):
    """All workers and all processes of the database, one signal after the other."""
    workers, database = audited.server.pool.workers(), [pg.process.pid, *harness.children(pg.process.pid)]
    for pid in workers + database if first == 'workers' else database + workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    pg.stop(signal.SIGKILL)


def spool_a_refusal(audited, study):
    """The database is away: the entry of this answer goes to the spool. A web server's own 503 has no Retry-After."""
    def refused():
        r = audited.server.get(f'/studies/{study}', accept=CSV)
        return r.status == 503 and 'retry-after' in r.headers
    before = len(audited.spooled())
    harness.wait_for('an answer', refused)
    assert in_time(10, lambda: len(audited.spooled()) == before + 1), audited.server.log()


@pytest.mark.parametrize('first', ['workers', 'database'])
def test_workers_and_database_are_killed_at_once(audited, pg, first):
    """Record by record: a finished transfer, two in the middle, refusals meanwhile by workers that are killed as well."""
    assert audited.server.get(f'/studies/{STUDY}', accept=CSV).status == 200
    audited.become({'outcome': 'complete'})
    with held(audited) as one, Slow(audited.server, rate='100M', address='127.0.0.2') as other:
        for slow in one, other:
            slow.wait_for_bytes()
            slow.hold()
        assert in_time(10, lambda: [e.outcome for e in audited.entries()].count('begun') == 2), audited.entries()
        kill_at_once(audited, pg, first)
        try:
            for slow in one, other:
                slow.go_on()
                assert slow.exit_code() != 0 and slow.size() < slow.length()
            spool_a_refusal(audited, '1.2.7')
            for pid in audited.server.pool.workers():
                os.kill(pid, signal.SIGKILL)
            spool_a_refusal(audited, '1.2.7')
        finally:
            come_back(pg)
        harness.wait_for('replay', lambda: audited.server.get('/studies/1.2.8', accept=CSV).status == 404
                         and not audited.spooled())
        rows = audited.entries()
        assert [(e.content, e.outcome, e.requests) for e in rows[:3]] == [
            ('table', 'complete', 1), ('archive', 'begun', 1), ('archive', 'begun', 1)]
        assert {e.client for e in rows[1:3]} == {'127.0.0.1', '127.0.0.2'}
        assert len([e for e in rows if e.resource == 'study 1.2.7']) == 2
        assert {(e.status, e.outcome) for e in rows[3:]} <= {(503, 'refused'), (404, 'refused')}
        # The rest belongs to the same record.
        size, rest = one.length(), one.size()
    part = audited.server.get(f'/studies/{STUDY}?compression=none', '--range', f'{rest}-', accept=ZIP)
    assert part.status == 206
    assert in_time(10, lambda: [e for e in audited.entries() if e.client == '127.0.0.1' and e.outcome == 'partial'])
    [resumed] = [e for e in audited.entries() if e.client == '127.0.0.1' and e.content == 'archive']
    assert (resumed.requests, resumed.bytes) == (2, size - rest)


def test_both_are_killed_while_the_end_is_recorded(audited, pg):
    """The client does not wait for the record. It was announced, so that it is there."""
    with held(audited) as slow:
        slow.wait_for_bytes()
        slow.hold()
        audited.become({'outcome': 'begun'})
        holder = subprocess.Popen(['psql', '-XAtq', pg.conninfo(audited.site.name)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        holder.stdin.write(b'BEGIN; LOCK TABLE wadozip.audit IN EXCLUSIVE MODE;\n\\echo held\n')
        holder.stdin.flush()
        assert b'held\n' in iter(holder.stdout.readline, b'')
        slow.go_on()
        assert slow.exit_code() == 0 and slow.size() == slow.length()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%audit_add%'"
        harness.wait_for('the record', lambda: audited.site.sql(waits) == [['1']])
        kill_at_once(audited, pg, 'workers')
        holder.communicate()
    pg.start()
    assert [(e.outcome, e.requests, e.bytes) for e in audited.entries()] == [('begun', 1, 0)]


def test_many_workers_and_an_interrupted_replay(audited):
    """Entries of parallel requests are recorded once each, also if a process ended between the commit and the file's end."""
    spool = next(audited.site.folder.glob('spool/*.audit'))
    line = ('{"at":%d.5,"begun":false,"announced":false,"length":0,"bytes":%d,"status":200,"who":"w","client":"c",'
            '"act":"retrieve","resource":"study 1.%d","content":"table","tag":"","outcome":"complete"}\n')
    lines = [line % (1700000000 + n, n, n) for n in range(50)]
    spool.write_text('batch-of-this-test\n' + ''.join(lines[:30]))
    threads = [threading.Thread(target=audited.server.get, args=('/studies/1.2.5',), kwargs={'accept': CSV}) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert in_time(10, lambda: len(audited.entries()) == 42 and spool.stat().st_size == 0), len(audited.entries())
    # As if it had not been emptied, and others had gone on writing; the last line was cut off.
    spool.write_text('batch-of-this-test\n' + ''.join(lines) + lines[0][:40])
    audited.server.get('/studies/1.2.5', accept=CSV)
    assert in_time(10, lambda: len(audited.entries()) == 63), len(audited.entries())
    assert len({e.resource for e in audited.entries()}) == 51 and spool.stat().st_size == 0


def test_an_entry_after_a_line_that_was_cut_off(audited, pg):
    """A crash in the middle of a line costs this entry alone."""
    spool = next(audited.site.folder.glob('spool/*.audit'))
    pg.stop()
    try:
        spool.write_text('batch-with-a-cut\n{"at":1700000000.5,"begun":fal')
        assert audited.server.get('/studies/1.2.6', accept=CSV).status == 503
        assert in_time(10, lambda: spool.read_text().endswith('}\n')), audited.server.log()
    finally:
        come_back(pg)
    harness.wait_for('replay', lambda: audited.server.get('/studies/1.2.6', accept=CSV).status == 404 and not audited.spooled())
    assert audited.entries()[0].status == 503


def test_readers_cannot_change_it(audited, pg):
    conninfo = pg.conninfo(audited.site.name, pg.WEB_ROLE)
    for statement in ('DELETE FROM wadozip.audit', 'UPDATE wadozip.audit SET who = 1', 'SELECT wadozip.audit_expire(1)',
                      "INSERT INTO wadozip.audit_batch VALUES ('x', 1)"):
        assert 'permission denied' in harness.run('psql', '-XAtqc', statement, conninfo).err, statement


def test_off_by_default(make_site, tmp_path):
    corpus_file = tmp_path / '1.dcm'
    corpus_file.write_bytes(corpus.header(corpus.uid('a'), corpus.uid('b'), corpus.uid('c'), 1) + b'\1\2')
    site = make_site('audit', {'r': tmp_path})
    assert site.index().code == 0
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    try:
        assert server.get(f'/studies/{corpus.uid("a")}', accept=CSV).status == 200
        assert server.get('/metrics', accept='*/*').status == 200  # the request before has ended
        assert site.sql('SELECT count(*) FROM wadozip.audit') == [['0']]
    finally:
        server.remove()
