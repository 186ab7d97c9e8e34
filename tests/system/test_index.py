# SPDX-License-Identifier: MIT
"""wadozip index: every file accounted for, every change noticed."""
import os
import shutil

import corpus
import harness
from trees import EMPTY_ROW, check, index, instances, tally, tree, write  # noqa: F401  (tree is a fixture)


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
    conflicts = site.sql("SELECT encode(kept_path, 'escape'), encode(path, 'escape') FROM wadozip.conflict")
    assert conflicts == [['b.dcm', 'a.dcm']]
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


def test_names_that_are_no_text(tree):
    site, folder = tree
    names = [b'caf\xe9.dcm', b'two words.dcm', b'line\nbreak.dcm', b'back\\slash.dcm',
             'Zo\u00eb/\u6f22.dcm'.encode(), b'-n', b'\xff\xff']
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
    assert 'r:line\\x0abreak.dcm' in result.err and result.err.count('\n') == 2
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
    outside = tmp_path / 'outside'
    for path in (outside, outside / 'x.dcm', folder / 'way-out', folder / '..' / 'outside', '/'):
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


def test_again_reads_what_was_refused(tree):
    site, folder = tree
    write(folder / 'a.dcm', sop='a')
    (folder / 'b.txt').write_text('none')
    index(site)
    assert ' 0 files read' in site.index().out
    assert ' 1 files read' in site.index(again=True).out
