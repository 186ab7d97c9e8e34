# SPDX-License-Identifier: MIT
"""wadozip index --prune: what is no longer there is taken out, and nothing else."""
import shutil

import corpus
import pytest
from trees import EMPTY_ROW, index, instances, tree, write  # noqa: F401  (tree is a fixture)


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
