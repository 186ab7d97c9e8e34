# SPDX-License-Identifier: MIT
"""wadozip index when something goes wrong, or is going on beside it."""
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import harness
import pytest
from trees import EMPTY_ROW, check, index, locked, tally, tree, write  # noqa: F401  (tree is a fixture)


def test_a_file_that_kills_the_helper_is_named_and_the_rest_goes_on(tree, full_source):
    site, folder = tree
    for name in ('nested-sq-1000.dcm', 'deflated-bomb-128m.dcm', 'zero-byte.dcm'):
        shutil.copyfile(full_source / 'derived-malformed' / name, folder / name)
    for i in range(30):
        write(folder / f'{i:02}.dcm', sop=i)
    site.write_config(helper_memory='64M', helper_seconds='60')
    result = site.index()
    counts = tally(result)
    assert counts['files'] == 33 and counts['indexed'] >= 30, result
    assert len(re.findall(r'^refused: ', result.err, re.M)) == counts.get('refused', 0)
    check(site)


def test_many_processes_have_descriptors_enough(tree):
    """As eighty would have with the usual limit of 1024, which is the lower one of two."""
    site, folder = tree
    for i in range(400):
        (folder / str(i)).write_text(str(i))
    limited = ['sh', '-c', 'ulimit -S -n 64; exec "$@"', 'sh', site.bin / 'wadozip', '--config', site.config]
    done = subprocess.run([*limited, 'index', '--jobs', '16', folder], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0 and b'400 not DICOM' in done.stdout, done


def test_a_file_that_cannot_be_read_is_reported_as_that(make_site):
    """The kernel has files that tell a size and then an error: as a disk with a bad sector does."""
    folder = pathlib.Path('/sys/devices/virtual/net/lo')
    site = make_site('broken', {'r': folder})
    result = site.index(folder / 'speed')
    assert result.code == 1 and 'refused: r:speed: it cannot be read: Invalid argument\n' in result.err, result
    assert site.sql('SELECT count(*) FROM wadozip.other_file') == [['0']], 'the next run tries again'


LARGE = 1_000_000_000  # bytes, none on the disk, that take a while to read


def test_a_file_that_grows_while_it_is_read_is_refused(tree):
    site, folder = tree
    path = write(folder / 'a.dcm', pixel_bytes=LARGE, pixels=b'')
    os.truncate(path, path.stat().st_size + LARGE)
    with open(path, 'ab') as f, subprocess.Popen(
            [str(site.bin / 'wadozip'), '--config', str(site.config), 'index', str(folder)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            f.write(bytes(2))
            f.flush()
        out, err = (s.decode() for s in (process.stdout.read(), process.stderr.read()))
    assert process.returncode == 1 and 'changed while it was read' in err, (out, err)
    assert site.sql('SELECT count(*) FROM wadozip.other_file') == [['0']], 'the next run looks again'


def start(site, *args):
    return subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), 'index', *args,
                             *map(str, site.roots.values())], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def many(folder, count=3000):
    for i in range(count):
        write(folder / f'{i % 10}' / f'{i}.dcm', sop=i, series=i % 10, study=i % 3)
        if i % 50 == 0:
            shutil.copyfile(folder / f'{i % 10}' / f'{i}.dcm', folder / f'{i % 10}' / f'{i}.dcm.copy')
            write(folder / f'{i % 10}' / f'{i}.dcm.other', sop=i, series=i % 10, study=i % 3, pixels=b'\5\0')


def test_two_indexers_at_once(tree):
    site, folder = tree
    site.write_config(index_batch='50')
    many(folder, 1500)
    running = [start(site) for _ in range(3)]
    outputs = [p.communicate() for p in running]
    results = [harness.Result(p.wait(), out.decode(), err.decode()) for p, (out, err) in zip(running, outputs)]
    for result in results:
        assert result.code == 1, result
        counts = tally(result)
        assert counts['files'] == 1560 and counts['copies'] == counts['conflicts'] == 30
    assert sum(tally(r).get('indexed', 0) for r in results) == 1500
    check(site)


def test_killed_at_any_moment(tree):
    site, folder = tree
    site.write_config(index_batch='20')
    many(folder, 3000)
    rng = random.Random(5)
    begun = time.monotonic()
    process = start(site)
    harness.wait_for('a first batch', lambda: site.sql(EMPTY_ROW) != [['0']], alive=process)
    first = time.monotonic() - begun  # seconds until there is one: moments before and after that are looked for
    for moment in (0, *(rng.uniform(0.1, 2) * first for _ in range(5))):
        time.sleep(moment)
        process.kill()
        process.communicate()
        check(site)
        process = start(site)
    process.kill()
    process.communicate()
    counts = index(site, code=1)
    assert counts['files'] == 3120
    assert site.sql(EMPTY_ROW) == [['3000']]
    assert counts['copies'] == counts['conflicts'] == 60


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tree, how):
    """The database takes the first batch only when the signal has come."""
    site, folder = tree
    site.write_config(index_batch='20')
    many(folder, 3000)
    with locked(site, 'wadozip.instance'):
        process = start(site)
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'wadozip.instance'::regclass"
        harness.wait_for('a first batch', lambda: site.sql(waiting), alive=process)
        process.send_signal(how)
    out, err = (s.decode() for s in process.communicate())
    assert process.returncode == 130, (out, err)
    counts = tally(harness.Result(0, out, err))
    assert counts['indexed'] == int(site.sql(EMPTY_ROW)[0][0]) < 3000
    assert not [line for line in err.splitlines() if line.startswith('refused')]
    check(site)


def test_no_database(tree):
    site, folder = tree
    write(folder / 'a.dcm')
    site.write_config(database='host=/nowhere dbname=none')
    result = site.index()
    assert result.code == 2 and 'cannot reach the database' in result.err and result.err.count('\n') == 1


def test_no_helper(tree):
    site, folder = tree
    write(folder / 'a.dcm')
    site.write_config(helper='/nowhere/wadozip-dicom')
    result = site.index()
    assert result.code == 2 and '/nowhere/wadozip-dicom' in result.err
    assert site.sql(EMPTY_ROW) == [['0']]


def test_no_helper_for_unchanged_files(tree):
    site, folder = tree
    write(folder / 'a.dcm')
    assert index(site) == {'files': 1, 'indexed': 1}
    site.write_config(helper='/nowhere/wadozip-dicom')
    assert index(site) == {'files': 1, 'unchanged': 1}
    write(folder / 'b.dcm')
    result = site.index()
    assert result.code == 2 and '/nowhere/wadozip-dicom' in result.err
