# SPDX-License-Identifier: MIT
"""pgbouncer in transaction mode: every transaction of a client may come to another connection of the server."""
import concurrent.futures
import itertools

import corpus
import harness
import pytest
from bouncer import Bouncer
from client import curl
from operator_site import write

WORKERS, REQUESTS = 8, 240


@pytest.fixture(scope='module')
def bouncer(pg):
    one = Bouncer(pg).start()
    yield one
    one.stop()


@pytest.fixture(scope='module')
def pooled(bouncer, dicom):
    """The sample site, made and indexed through the pooler."""
    site = harness.Site(bouncer, 'pooled', {'sample': dicom}).migrate()
    result = site.index()
    assert result.code in (0, 1), result
    yield site
    site.remove()


def wanted(site):
    """Addresses below the base, with the status that each must have."""
    rows = site.sql('SELECT DISTINCT ON (st.uid) st.uid, se.uid, i.uid FROM wadozip.study st'
                    ' JOIN wadozip.series se ON se.study_id = st.id JOIN wadozip.instance i ON i.series_id = se.id'
                    " WHERE i.transfer_syntax = '1.2.840.10008.1.2.1' AND i.part10 ORDER BY st.uid, se.uid, i.uid")
    for study, series, instance in rows:
        for path in f'/studies/{study}', f'/studies/{study}/series/{series}', \
                    f'/studies/{study}/series/{series}/instances/{instance}':
            yield f'{path}?accept=application/zip;transfer-syntax=*', 200
            yield f'{path}?accept=application/zip;transfer-syntax=*&manifest=sha256', 200
        yield f'/studies/{study}/metadata', 200
        yield '/studies/1.2.3/metadata', 404


def test_requests_side_by_side_never_fail(pooled, bouncer):
    server = harness.front_end('lighttpd-socket', pooled, workers=WORKERS).start()
    try:
        cases = list(itertools.islice(itertools.cycle(wanted(pooled)), REQUESTS))

        def get(case):
            path, status = case
            headers = {'Accept': 'application/dicom+json'} if 'metadata' in path else {}
            answer = curl(server.url(path), folder=server.folder, headers=headers)
            answer.body.unlink(missing_ok=True)
            return (answer.exit, answer.status) == (0, status) or (path, answer)
        with concurrent.futures.ThreadPoolExecutor(2 * WORKERS) as many:
            failed = [r for r in many.map(get, cases) if r is not True]
        assert not failed, (len(failed), failed[:3], server.log()[-3000:])
        log = server.log()
        assert 'away:' not in log and 'the database' not in log, log[-3000:]
    finally:
        server.remove()
    held = bouncer.pg.query('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = 'pooled'")
    assert 1 <= int(held[0][0]) <= 2 * 3  # so many of each account


def test_the_operators_commands(bouncer, tmp_path):
    folder = tmp_path / 'root'
    for i in range(5):
        write(folder / f'{i}.dcm', i)
    site = harness.Site(bouncer, 'commands', {'r': folder})
    site.migrate()
    assert site.cli('migrate').out == 'the schema was up to date\n'
    assert site.index().code == 0
    (folder / '0.dcm').unlink()
    assert site.index(prune=True, prepare=True).code == 0
    assert site.cli('verify').code == 0
    doctor = site.cli('doctor')
    assert 'bad  database' not in doctor.out and 'what must hold does hold' in doctor.out, doctor
    assert site.zip(corpus.uid('study'), tmp_path / 'x.zip').code == 0
    assert site.cli('forget', corpus.uid('study')).code == 0
    site.remove()


def test_nothing_stays_on_a_connection_of_the_server(bouncer, pooled, tmp_path):
    """Neither a setting, nor a prepared statement, nor a lock, for the next client to find."""
    study = next(wanted(pooled))[0].split('/')[2].split('?')[0]
    assert pooled.zip(study, tmp_path / 'x.zip').code == 0
    query = ("SELECT current_setting('search_path'), current_setting('enable_seqscan'),"
             " current_setting('statement_timeout'), (SELECT count(*) FROM pg_prepared_statements),"
             " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')")
    for _ in range(6):
        seen = harness.run('psql', '-XAtqc', query, bouncer.conninfo('pooled'), check=True).out.strip()
        assert seen == '"$user", public|on|0|0|0'
