# SPDX-License-Identifier: MIT
"""Several `wadozip index` at once: new files wait for writers of their own studies only, and nothing is lost or doubled."""
import re
import subprocess
from contextlib import contextmanager

import harness
import pytest
from corpus import uid
from downloads import in_time
from trees import instances, locked, write

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = '{}'"


@pytest.fixture
def roots(make_site):
    """A site with two empty roots; SHA-256 is learned, so that a lock on wadozip.digest stops a batch at its end."""
    base = harness.temporary('wzparallel-')
    places = {name: base / name for name in ('one', 'two')}
    for place in places.values():
        place.mkdir()
    yield make_site('parallel', places, index_sha256='1', index_batch='20'), places
    harness.run('rm', '-r', base)


def start(site, *paths):
    return subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'index', *paths], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def done(process):
    out = process.communicate(timeout=100)[0]
    return process.returncode, out


def waits(site, process, kind, count=1):
    """Until `count` transactions wait for a lock of this kind."""
    assert in_time(60, lambda: int(site.sql(WAITING.format(kind))[0][0]) == count or process.poll() is not None)
    assert process.poll() is None, done(process)


@contextmanager
def writing(site, study):
    """Another indexer is in the middle of a batch of the study."""
    with subprocess.Popen(['psql', '-XAtq', site.pg.conninfo(site.name)], stdin=subprocess.PIPE, text=True) as psql:
        try:
            psql.stdin.write("BEGIN; SELECT pg_advisory_xact_lock_shared(20521, 1);"
                             f"SELECT pg_advisory_xact_lock(20522, hashtext('{uid(study)}') & 1023);\n")
            psql.stdin.flush()
            held = "SELECT 1 FROM pg_locks WHERE granted AND locktype = 'advisory' AND classid = 20522"
            harness.wait_for('the lock', lambda: site.sql(held), alive=psql)
            yield
        finally:
            psql.stdin.close()


def other_study(site, study):
    """The name of a study that does not share the other's lock by chance."""
    names = (f'other {i}' for i in range(100))
    return next(n for n in names if site.sql(f"SELECT (hashtext('{uid(n)}') & 1023) <> (hashtext('{uid(study)}') & 1023)")
                == [['t']])


def test_other_studies_do_not_wait(roots):
    site, places = roots
    write(places['one'] / 'a.dcm', study='a', sop='a')
    write(places['two'] / 'b.dcm', study=other_study(site, 'a'), sop='b')
    (places['two'] / 'notes.txt').write_text('not DICOM')
    with writing(site, 'a'):
        assert site.index(places['two']).code == 0 and instances(site).keys() == {uid('b')}
        first = start(site, places['one'])
        waits(site, first, 'advisory')
    assert done(first)[0] == 0 and instances(site).keys() == {uid('a'), uid('b')}


def test_changed_files_wait_for_all(roots):
    """They may take studies away that they do not name."""
    site, places = roots
    path = write(places['two'] / 'b.dcm', study=other_study(site, 'a'), sop='b')
    assert site.index().code == 0
    write(path, study=other_study(site, 'a'), sop='b', pixels=b'\2\0')
    with writing(site, 'a'):
        second = start(site, places['two'])
        waits(site, second, 'advisory')
    code, out = done(second)
    assert code == 0 and re.search(r'\b1 changed', out), out


@pytest.mark.parametrize('study', ['a', 'c'])
def test_the_same_instance_by_two(roots, study):
    """In one study, and in two: one is indexed, the other is the conflict that it would be one after the other."""
    site, places = roots
    write(places['one'] / 'a.dcm', study='a', sop='same')
    write(places['two'] / 'b.dcm', study=study, sop='same', pixels=b'\3\0')
    with locked(site, 'wadozip.digest'):
        first = start(site, places['one'])
        waits(site, first, 'relation')
        second = start(site, places['two'])
        waits(site, second, 'advisory' if study == 'a' else 'transactionid')
    (one, _), (two, out) = done(first), done(second)
    assert one == 0 and two == 1 and 'conflict: two:b.dcm' in out, out
    assert list(instances(site)) == [uid('same')] and site.sql('SELECT count(*) FROM wadozip.study') == [['1']]


def test_one_tree_by_three(roots):
    site, places = roots
    for i in range(150):
        write(places['one'] / f'{i % 7}' / f'{i}.dcm', study=f's{i % 7}', sop=f'i{i}', number=i)
    running = [start(site, places['one']) for _ in range(3)]
    results = [done(p) for p in running]
    assert [code for code, _ in results] == [0, 0, 0], results
    assert sum(int(re.search(r'(\d+) indexed', out)[1]) for _, out in results) == 150
    assert len(instances(site)) == 150
    assert site.sql('SELECT DISTINCT se.instances = (SELECT count(*) FROM wadozip.instance i WHERE i.series_id = se.id)'
                    ' FROM wadozip.series se') == [['t']]
    assert site.cli('verify').code == 0
