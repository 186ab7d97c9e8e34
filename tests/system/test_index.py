"""wadozip index: every file accounted for, every change noticed, nothing harmed by what goes wrong."""
import os
import random
import re
import shutil
import signal
import subprocess
import time

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
    out = harness.run('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', 'SET search_path = wadozip, pg_temp', '-f', CHECKS,
                      site.pg.conninfo(site.name), check=True).out
    assert out == ''


def write(path, *, study='a', series='b', sop='c', number=1, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = more.pop('pixels', b'\1\0')
    path.write_bytes(corpus.header(corpus.uid(study), corpus.uid(study, series), corpus.uid(sop), number,
                                   pixel_bytes=len(pixels), **more) + pixels)
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


def test_every_file_of_the_collection_is_accounted_for(make_site, dicom):
    site = make_site('all', {'sample': dicom})
    first = site.index()
    assert first.code in (0, 1), first
    check(site)
    counts = tally(first)
    assert counts['files'] == sum(len(files) for _, _, files in os.walk(dicom))
    assert counts['indexed'] == int(site.sql(EMPTY_ROW)[0][0]) > 50
    named = [line for line in first.err.splitlines() if line.startswith(('refused: sample:', 'conflict: sample:'))]
    assert len(named) == counts.get('refused', 0) + counts.get('conflicts', 0)

    second = site.index()
    assert second.code == first.code
    again = tally(second)
    assert again.pop('unchanged') == counts.pop('indexed')
    assert again == counts
    assert ' 0 files read' in second.out
    assert sorted(second.err.splitlines()) == sorted(first.err.splitlines())


def test_what_the_manifest_says_is_what_the_catalogue_holds(site, full_source):
    rows = {path: (sop, series, study, syntax) for sop, series, study, syntax, path in site.sql(
        "SELECT i.uid, se.uid, st.uid, i.transfer_syntax, encode(i.path, 'escape') FROM wadozip.instance i"
        ' JOIN wadozip.series se ON se.id = i.series_id JOIN wadozip.study st ON st.id = se.study_id')}
    lines = (full_source / 'MANIFEST.tsv').read_text(errors='replace').splitlines()
    head = lines[0].split('\t')
    compared = 0
    for line in lines[1:]:
        row = dict(zip(head, line.split('\t')))
        if row['path'] in rows and not row['note']:
            sop, series, study, syntax = rows[row['path']]
            assert (sop, series, study) == (row['sop_uid'], row['series_uid'], row['study_uid']), row['path']
            assert syntax == row['transfer_syntax'], row['path']
            compared += 1
    assert compared > 150


def test_a_file_that_kills_the_helper_is_named_and_the_rest_goes_on(tree, full_source):
    site, folder = tree
    for name in ('nested-sq-1000.dcm', 'deflated-bomb-128m.dcm', 'zero-byte.dcm'):
        shutil.copyfile(full_source / 'derived-malformed' / name, folder / name)
    for i in range(30):
        write(folder / f'{i:02}.dcm', sop=i)
    site.write_config(helper_memory='64M', helper_seconds='5')
    result = site.index()
    counts = tally(result)
    assert counts['files'] == 33 and counts['indexed'] >= 30, result
    assert len(re.findall(r'^refused: ', result.err, re.M)) == counts.get('refused', 0)
    check(site)


def test_same_uid_same_content_is_a_copy(tree):
    site, folder = tree
    shutil.copyfile(write(folder / 'a.dcm'), folder / 'b.dcm')
    assert index(site) == {'files': 2, 'indexed': 1, 'copies': 1}
    assert index(site) == {'files': 2, 'unchanged': 1, 'copies': 1}
    assert list(instances(site).values()) == ['a.dcm']


def test_same_uid_other_content_is_a_conflict_and_never_a_swap(tree):
    site, folder = tree
    write(folder / 'b.dcm')
    index(site)
    write(folder / 'a.dcm', pixels=b'\2\0')
    result = site.index()
    assert result.code == 1
    assert tally(result) == {'files': 2, 'unchanged': 1, 'conflicts': 1}
    assert 'conflict: r:a.dcm: has the SOP Instance UID of r:b.dcm, but other content' in result.err
    assert list(instances(site).values()) == ['b.dcm']
    assert site.sql("SELECT encode(kept_path, 'escape'), encode(path, 'escape') FROM wadozip.conflict") == [['b.dcm', 'a.dcm']]
    assert index(site, code=1) == {'files': 2, 'unchanged': 1, 'conflicts': 1}


def test_a_series_uid_in_two_studies_is_two_series(tree):
    site, folder = tree
    data = write(folder / 'a.dcm').read_bytes()
    other = data.replace(corpus.uid('a').encode(), b'9' * len(corpus.uid('a'))).replace(corpus.uid('c').encode(),
                                                                                      b'8' * len(corpus.uid('c')))
    (folder / 'b.dcm').write_bytes(other)
    assert index(site) == {'files': 2, 'indexed': 2}
    assert site.sql('SELECT count(*), count(DISTINCT uid) FROM wadozip.series') == [['2', '1']]


def test_touched_changed_and_copies_judged_again(tree):
    site, folder = tree
    first = write(folder / 'a.dcm')
    shutil.copyfile(first, folder / 'b.dcm')
    index(site)
    before = site.sql('SELECT updated FROM wadozip.instance')
    os.utime(first, ns=(1, 1))
    assert index(site) == {'files': 2, 'touched': 1, 'copies': 1}
    assert site.sql('SELECT updated, mtime_ns FROM wadozip.instance') == [[before[0][0], '1']]
    write(first, pixels=b'\7\0')
    assert index(site) == {'files': 2, 'changed': 1, 'copies': 1}, 'b was looked up before a was read'
    assert index(site, code=1) == {'files': 2, 'unchanged': 1, 'conflicts': 1}
    assert site.sql('SELECT updated FROM wadozip.instance') > before
    write(folder / 'b.dcm', pixels=b'\7\0')
    assert index(site) == {'files': 2, 'unchanged': 1, 'copies': 1}


def test_a_changed_file_may_move_to_another_study(tree):
    site, folder = tree
    write(folder / 'a.dcm', study='one', description='old')
    index(site)
    write(folder / 'a.dcm', study='two', description='newer')
    assert index(site) == {'files': 1, 'changed': 1}
    assert site.sql('SELECT uid FROM wadozip.study') == [[corpus.uid('two')]]
    assert site.sql('SELECT description FROM wadozip.series') == [['newer']]


def test_another_instance_in_the_same_file(tree):
    site, folder = tree
    write(folder / 'a.dcm', sop='old')
    index(site)
    write(folder / 'a.dcm', sop='new')
    assert index(site) == {'files': 1, 'indexed': 1}
    assert instances(site) == {corpus.uid('new'): 'a.dcm'}
    assert site.sql('SELECT sop_uid FROM wadozip.gone') == [[corpus.uid('old')]]
    write(folder / 'b.dcm', sop='old')
    assert index(site) == {'files': 2, 'indexed': 1, 'unchanged': 1}
    assert site.sql('SELECT count(*) FROM wadozip.gone') == [['0']]


def test_an_instance_that_is_overwritten_lives_on_in_its_copy(tree):
    site, folder = tree
    shutil.copyfile(write(folder / 'a.dcm', sop='old'), folder / 'b.dcm')
    index(site)
    (folder / 'a.dcm').write_text('no longer an image')
    assert index(site) == {'files': 2, 'not DICOM': 1, 'copies': 1}
    assert instances(site) == {corpus.uid('old'): 'b.dcm'}
    assert index(site) == {'files': 2, 'not DICOM': 1, 'unchanged': 1}


def test_prune(tree):
    site, folder = tree
    for name in 'abcd':
        write(folder / f'{name}.dcm', sop=name)
    shutil.copyfile(folder / 'a.dcm', folder / 'a2.dcm')
    write(folder / 'b2.dcm', sop='b', pixels=b'\3\0')
    (folder / 'notes.txt').write_text('none')
    index(site, code=1)
    for name in ('a.dcm', 'b.dcm', 'c.dcm', 'notes.txt'):
        (folder / name).unlink()
    unpruned = index(site, code=1)
    assert unpruned == {'files': 3, 'unchanged': 1, 'copies': 1, 'conflicts': 1}
    assert index(site, prune=True, code=1) == {**unpruned, 'gone': 2, 'moved to a copy': 1, 'others forgotten': 1}
    assert instances(site) == {corpus.uid('a'): 'a2.dcm', corpus.uid('d'): 'd.dcm'}
    assert {r[0] for r in site.sql('SELECT sop_uid FROM wadozip.gone')} == {corpus.uid('b'), corpus.uid('c')}
    assert index(site) == {'files': 3, 'unchanged': 2, 'indexed': 1}, 'what was in conflict with b is taken now'
    assert instances(site)[corpus.uid('b')] == 'b2.dcm'


def test_prune_of_a_folder_leaves_the_others_alone(tree):
    site, folder = tree
    for name in ('x/a', 'x-/b', 'x.c', 'x0', 'y/d'):
        write(folder / f'{name}.dcm', sop=name)
    index(site)
    for name in ('x', 'x-', 'y'):
        shutil.rmtree(folder / name)
    assert index(site, folder / 'x', prune=True) == {'files': 0, 'gone': 1}
    assert sorted(instances(site).values()) == ['x-/b.dcm', 'x.c.dcm', 'x0.dcm', 'y/d.dcm']
    assert site.index(folder / 'x').code == 2, 'without --prune a PATH that is not there is an error'


def test_prune_of_more_files_than_one_page(tree):
    site, folder = tree
    for i in range(2300):
        write(folder / f'{i % 7}' / f'{i}.dcm', sop=i, series=i % 7)
    index(site)
    for i in range(0, 2300, 2):
        (folder / f'{i % 7}' / f'{i}.dcm').unlink()
    assert index(site, prune=True) == {'files': 1150, 'unchanged': 1150, 'gone': 1150}


@pytest.mark.parametrize('how', ['empty', 'missing', 'below'])
def test_an_unmounted_disk_empties_nothing(tree, how):
    site, folder = tree
    write(folder / 'disk' / 'a.dcm')
    if how == 'below':
        write(folder / 'b.dcm', sop='b')
    index(site)
    path = folder / 'disk' if how == 'below' else folder
    shutil.rmtree(folder / 'disk')
    if how == 'missing':
        folder.rmdir()
    if how == 'below':
        path.mkdir()
    known = site.sql(EMPTY_ROW)
    result = site.index(path, prune=True)
    assert result.code == 2 and ('mounted' in result.err or 'cannot be opened' in result.err), result
    assert site.sql(EMPTY_ROW) == known
    if how != 'missing':
        assert index(site, path, prune=True, force=True)['gone'] == 1


def test_names_that_are_no_text(tree):
    site, folder = tree
    names = [b'caf\xe9.dcm', b'two words.dcm', b'line\nbreak.dcm', b'back\\slash.dcm', 'Zo\u00eb/\u6f22.dcm'.encode(), b'-n', b'\xff\xff']
    for i, name in enumerate(names):
        write(harness.Path(os.fsdecode(os.fsencode(folder) + b'/' + name)), sop=i)
    assert index(site) == {'files': 7, 'indexed': 7}
    assert index(site) == {'files': 7, 'unchanged': 7}
    paths = {bytes.fromhex(r[0]) for r in site.sql("SELECT encode(path, 'hex') FROM wadozip.instance")}
    assert paths == set(names)
    shutil.copyfile(folder / os.fsdecode(names[2]), folder / 'z.dcm')
    with open(folder / 'z.dcm', 'ab') as f:
        f.write(corpus.element(0x7fe1, 0x10, 'LO', 'other'))
    result = site.index()
    assert 'r:line\\x0abreak.dcm' in result.err and result.err.count('\n') == 1
    os.unlink(os.fsencode(folder) + b'/' + names[6])
    assert index(site, prune=True, code=1)['gone'] == 1


def test_links_and_special_files_are_counted_not_followed(tree, tmp_path):
    site, folder = tree
    outside = write(tmp_path / 'outside' / 'x.dcm')
    write(folder / 'a.dcm', sop='a')
    (folder / 'link.dcm').symlink_to(outside)
    (folder / 'folder').symlink_to(outside.parent)
    (folder / 'dangling').symlink_to('nowhere')
    os.mkfifo(folder / 'pipe')
    assert index(site) == {'files': 5, 'indexed': 1, 'links': 3, 'special files': 1}


def test_paths_outside_the_roots(tree, tmp_path):
    site, folder = tree
    write(tmp_path / 'outside' / 'x.dcm')
    (folder / 'way-out').symlink_to(tmp_path / 'outside')
    for path in (tmp_path / 'outside', tmp_path / 'outside' / 'x.dcm', folder / 'way-out', folder / '..' / 'outside', '/'):
        result = site.index(path)
        assert result.code == 2 and 'beneath no root' in result.err, path
    assert site.sql(EMPTY_ROW) == [['0']]


def test_a_path_may_be_a_file_and_is_not_walked_twice(tree):
    site, folder = tree
    write(folder / 'x' / 'a.dcm', sop='a')
    write(folder / 'x' / 'b.dcm', sop='b')
    assert index(site, folder / 'x' / 'a.dcm') == {'files': 1, 'indexed': 1}
    assert index(site, folder / 'x', folder / 'x' / 'b.dcm', folder / 'x') == {'files': 2, 'indexed': 1, 'unchanged': 1}


def test_deep_folders_end_somewhere(tree):
    site, folder = tree
    write(folder.joinpath(*['d'] * 120) / 'a.dcm', sop='a')
    write(folder.joinpath(*['e'] * 200) / 'b.dcm', sop='b')
    result = site.index()
    assert result.code == 1 and tally(result) == {'files': 2, 'indexed': 1, 'refused': 1}
    assert 'too many folders within folders' in result.err


def test_a_file_that_grows_while_it_is_read_is_refused(tree):
    site, folder = tree
    path = write(folder / 'a.dcm', pixels=bytes(300_000_000))
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
    return subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), 'index', *args, *map(str, site.roots.values())],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


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
    results = [harness.Result(p.wait(), *(s.decode() for s in (out, err))) for p in running for out, err in [p.communicate()]]
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
    seen = set()
    for _ in range(5):
        process = start(site)
        time.sleep(rng.uniform(0.02, 0.25))
        process.kill()
        process.communicate()
        check(site)
        seen.add(int(site.sql(EMPTY_ROW)[0][0]))
    assert max(seen) > 0
    counts = index(site, code=1)
    assert counts['files'] == 3120
    assert site.sql(EMPTY_ROW) == [['3000']]
    assert counts['copies'] == counts['conflicts'] == 60


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tree, how):
    site, folder = tree
    site.write_config(index_batch='20')
    many(folder, 3000)
    process = start(site)
    harness.wait_for('a first batch', lambda: site.sql(EMPTY_ROW) != [['0']], alive=process)
    process.send_signal(how)
    out, err = (s.decode() for s in process.communicate(timeout=20))
    assert process.returncode == 130, (out, err)
    counts = tally(harness.Result(0, out, err))
    assert counts['indexed'] == int(site.sql(EMPTY_ROW)[0][0]) < 3000
    assert 'refused' not in err
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
    assert tally(result) == {'files': 1, 'not dealt with': 1}
    assert site.sql(EMPTY_ROW) == [['0']]


def test_again_reads_what_was_refused(tree):
    site, folder = tree
    write(folder / 'a.dcm', sop='a')
    (folder / 'b.txt').write_text('none')
    index(site)
    assert ' 0 files read' in site.index().out
    assert ' 1 files read' in site.index(again=True).out
