# SPDX-License-Identifier: MIT
"""Trees of small DICOM files, and the index runs over them."""
import re
import subprocess
from contextlib import contextmanager

import corpus
import harness
import pytest

CHECKS = harness.REPO / 'sql' / 'checks.sql'
EMPTY_ROW = 'SELECT count(*) FROM wadozip.instance'


def tally(result):
    """The summary as a dictionary; its parts must add up."""
    line = next(x for x in result.out.splitlines() if re.match(r'\d+ files: ', x))
    counted, _, pruned = line.partition('; ')
    total, parts = re.match(r'(\d+) files: (.*)', counted).groups()
    found = {name: int(n) for n, name in re.findall(r'(\d+) ([^,]+)', parts)}
    assert sum(found.values()) == int(total), line
    found.update({name: int(n) for n, name in re.findall(r'(\d+) ([^,]+)', pruned)})
    return {'files': int(total), **{k: v for k, v in found.items() if v}}


def check(site):
    """The invariants hold."""
    out = harness.run('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', 'SET search_path = wadozip, pg_temp',
                      '-f', CHECKS, site.pg.conninfo(site.name), check=True).out
    assert out == ''


@contextmanager
def locked(site, table):
    """Nobody else writes to the table within."""
    with subprocess.Popen(['psql', '-XAtq', site.pg.conninfo(site.name)], stdin=subprocess.PIPE, text=True) as psql:
        try:
            psql.stdin.write(f'BEGIN; LOCK TABLE {table} IN SHARE MODE;\n')
            psql.stdin.flush()
            held = f"SELECT 1 FROM pg_locks WHERE granted AND mode = 'ShareLock' AND relation = '{table}'::regclass"
            harness.wait_for('the lock', lambda: site.sql(held), alive=psql)
            yield
        finally:
            psql.stdin.close()


def write(path, *, study='a', series='b', sop='c', number=1, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = more.pop('pixels', b'\1\0')
    more.setdefault('pixel_bytes', len(pixels))
    path.write_bytes(corpus.header(corpus.uid(study), corpus.uid(study, series), corpus.uid(sop), number, **more) + pixels)
    return path


def instances(site):
    """SOP Instance UID -> path."""
    return {uid: path for uid, path in site.sql("SELECT uid, encode(path, 'escape') FROM wadozip.instance")}


def index(site, *paths, code=0, **options):
    result = site.index(*paths, **options)
    assert result.code == code, result
    check(site)
    return tally(result)


@pytest.fixture
def tree(tmp_path, make_site):
    """A site with one empty root."""
    folder = tmp_path / 'root'
    folder.mkdir()
    site = make_site('index', {'r': folder})
    return site, folder
