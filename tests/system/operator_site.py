# SPDX-License-Identifier: MIT
"""A site with one small study, for the tests of the operator's command."""
import corpus
import pytest


def cases(names, rows):
    """Numbered, not named after their values: a site's database bears the name of the test."""
    return pytest.mark.parametrize(names, rows, ids=map(str, range(len(rows))))


def write(path, sop, pixels=b'\1\0', **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(corpus.header(corpus.uid('study'), corpus.uid('series'), corpus.uid(sop), sop + 1,
                                   pixel_bytes=len(pixels), **more) + pixels)
    return path


@pytest.fixture
def small(tmp_path, make_site):
    """A site with a study of three instances; and the folder of its root."""
    folder = tmp_path / 'root'
    for i in range(3):
        write(folder / f'{i}.dcm', i, pixels=bytes(1000 + i))
    site = make_site('cli', {'r': folder})
    assert site.index().code == 0
    return site, folder
