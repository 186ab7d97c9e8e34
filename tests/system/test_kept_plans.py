# SPDX-License-Identifier: MIT
"""The plan of a collection is kept for later requests: found by all workers, void after any change, worthless if damaged."""
import itertools
import os

import harness
import pytest
from collections_site import as_user, ask, create, members
from searches import ROOT, generated

COLLECTION = '\n'.join(f'{ROOT}.{n}' for n in range(1, 7))
NUMBERS = itertools.count()


@pytest.fixture
def archive(pg):
    made = generated(pg, f'kept_{next(NUMBERS)}', studies=8)
    made.id = create(made.site, COLLECTION)
    made.path = f'/collections/{made.id}'
    yield made
    made.site.remove()


@pytest.fixture
def server(archive):
    front = harness.front_end('lighttpd-socket', archive.site, workers=2).start()
    yield front
    front.remove()


def entries(site):
    """Files that are kept, each at least as large as a plan."""
    spool = site.folder / 'spool'
    return sorted(p for folder in spool.glob('wadozip-*-cache') for p in folder.glob('*-s') if p.stat().st_size > 512)


def without_rows(site):
    """From now on, planning from the catalogue fails."""
    site.sql(f'REVOKE SELECT ON wadozip.instance FROM "{site.name}_reader"')


def expect_range(server, archive, whole, first, last, **headers):
    answer = ask(server, archive.path, Range=f'bytes={first}-{last}', **headers)
    assert answer.status == 206 and answer.body == whole.body[first:last + 1], answer
    assert answer.headers['etag'] == whole.headers['etag']


def test_ranges_need_no_rows(archive, server):
    """In another pool, too; the head, the whole and any range are those of the first answer."""
    whole = ask(server, archive.path)
    assert whole.status == 200 and len(entries(archive.site)) == 1
    other = harness.front_end('lighttpd-socket', archive.site, workers=1).start()
    without_rows(archive.site)
    try:
        assert ask(server, archive.path, accept='text/csv').status >= 500, 'rows can be read'
        size = len(whole.body)
        for front in server, other:
            for first, last in (0, 0), (0, size - 1), (size // 2, size // 2 + 99), (size - 30, size - 1):
                expect_range(front, archive, whole, first, last, **{'If-Range': whole.headers['etag']})
            assert ask(front, archive.path).body == whole.body
            assert ask(front, archive.path, method='HEAD').headers['content-length'] == str(size)
    finally:
        other.remove()


@pytest.mark.parametrize('query', ['?names=uid', '?compression=none', '?part_bytes=3000&part=1', '?manifest=sha256'])
def test_other_archives_have_other_plans(archive, server, query):
    whole = ask(server, archive.path)
    other = ask(server, archive.path + query)
    assert other.status == 200 and other.body != whole.body
    if 'manifest' in query:  # kept once all its digests are known, which are recorded after the answer
        count = [str(len(members(whole)))]
        harness.wait_for('digests', lambda: archive.site.sql('SELECT count(*) FROM wadozip.digest')[0] == count)
        assert ask(server, archive.path + query).body == other.body
    without_rows(archive.site)
    assert ask(server, archive.path).body == whole.body
    assert ask(server, archive.path + query).body == other.body


def test_void_after_a_removal(archive, server):
    assert ask(server, archive.path).status == 200
    archive.site.cli('forget', f'{ROOT}.3', check=True)
    for headers in {}, {'Range': 'bytes=0-9'}:
        answer = ask(server, archive.path, **headers)
        assert answer.status == 410 and f'{ROOT}.3'.encode() in answer.body


def test_void_after_a_move_and_a_change(archive, server):
    """The same bytes from the new place; 410 for other content."""
    whole = ask(server, archive.path)
    old = archive.site.roots['search'] / '2-1-1.dcm'
    new = old.with_name('moved.dcm')
    old.rename(new)
    assert archive.site.cli('index', '--prune').code == 0
    assert archive.site.sql("SELECT count(*) FROM wadozip.instance WHERE path = 'moved.dcm'")[0][0] == '1'
    expect_range(server, archive, whole, 0, len(whole.body) - 1)
    data = bytearray(new.read_bytes())
    data[-1] ^= 1
    new.write_bytes(data)
    archive.site.index()
    answer = ask(server, archive.path, Range='bytes=0-9')
    assert answer.status == 410 and f'{ROOT}.2'.encode() in answer.body


def test_void_after_it_was_made_again(archive, server):
    """Also if its files have moved in between, which nothing counted."""
    whole = ask(server, archive.path)
    archive.site.cli('collection', 'delete', archive.id, check=True)
    assert ask(server, archive.path).status == 404
    old = archive.site.roots['search'] / '2-1-1.dcm'
    old.rename(old.with_name('moved.dcm'))
    assert archive.site.cli('index', '--prune').code == 0
    assert create(archive.site, COLLECTION) == archive.id
    assert ask(server, archive.path).body == whole.body


@pytest.mark.parametrize('damage', ['empty', 'cut', 'byte', 'other'])
def test_a_damaged_entry_is_made_again(archive, server, damage):
    whole = ask(server, archive.path)
    entry, = entries(archive.site)
    sound = entry.read_bytes()
    torn = {'empty': b'', 'cut': sound[:len(sound) // 2], 'byte': sound[:99] + bytes([sound[99] ^ 1]) + sound[100:],
            'other': os.urandom(len(sound))}[damage]
    with open(entry, 'r+b') as f:
        f.truncate(0)
        f.write(torn)
    expect_range(server, archive, whole, 7, 77)
    assert entries(archive.site) == [entry] and entry.read_bytes() == sound


def test_files_are_checked_all_the_same(archive, server):
    """A missing file breaks the ranges that have bytes of it, not the others; a touched one is compared."""
    archive.path = path = f'{archive.path}?compression=none'
    whole = ask(server, path)
    names = sorted(archive.site.roots['search'].iterdir())
    first = next(p for p in names if whole.body.find(p.read_bytes()[-40:]) > 0 and p.name.startswith('1-1'))
    kept, at = first.read_bytes(), whole.body.find(first.read_bytes()[-40:])
    os.utime(first, ns=(1, 1))
    expect_range(server, archive, whole, at, at + 9)
    first.unlink()
    assert ask(server, path, Range=f'bytes={at}-{at + 9}').status == 500
    assert ask(server, path).status == 500
    away = 0 if at > len(whole.body) // 2 else len(whole.body) - 9
    expect_range(server, archive, whole, away, away + 8)
    first.write_bytes(kept)
    first.chmod(0o644)
    expect_range(server, archive, whole, at, at + 9)


def test_nothing_is_kept_without_space(archive):
    archive.site.write_config(spool_cache_size='0')
    front = harness.front_end('lighttpd-socket', archive.site, workers=1).start()
    try:
        whole = ask(front, archive.path)
        expect_range(front, archive, whole, 5, 50)
        assert entries(archive.site) == []
        without_rows(archive.site)
        assert ask(front, archive.path, Range='bytes=0-9').status >= 500
    finally:
        front.remove()


def test_a_grant_is_asked_each_time(archive):
    """The kept plan is not for those who may not see all of the collection."""
    archive.site.write_config(access='grants')
    for study in COLLECTION.split():
        archive.site.cli('grant', '--study', study, 'user:bob', check=True)
    archive.site.cli('grant', '--study', f'{ROOT}.1', 'user:ann', check=True)
    pool = harness.Pool(archive.site, workers=1).start()
    try:
        whole = as_user(pool, 'bob', f'{archive.path}.zip')
        assert whole.status == 200 and len(entries(archive.site)) == 1
        assert as_user(pool, 'ann', f'{archive.path}.zip').status == 404
        assert as_user(pool, 'bob', f'{archive.path}.zip', HTTP_RANGE='bytes=3-9').body == whole.body[3:10]
        archive.site.sql("DELETE FROM wadozip.grant_ WHERE who = 'user:bob'")
        assert as_user(pool, 'bob', f'{archive.path}.zip', HTTP_RANGE='bytes=3-9').status == 404
    finally:
        pool.remove()
