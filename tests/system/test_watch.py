# SPDX-License-Identifier: MIT
"""wadozip index --watch: what comes, changes and goes is in the catalogue within seconds."""
import shutil
import signal
import subprocess

import harness
import pytest
from operator_site import small, write  # noqa: F401


class Watcher:
    def __init__(self, site, *options):
        self.site = site
        self.out = open(site.folder / 'watch', 'w+b')  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), 'index', '--watch',
                                         *options], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out)
        harness.wait_for('first index', lambda: 'files:' in self.said(), alive=self.process)

    def said(self):
        return (self.site.folder / 'watch').read_text()

    def knows(self, count, what='instance'):
        rows = f'SELECT count(*) FROM wadozip.{what}'
        harness.wait_for(f'{count} in {what}', lambda: self.site.sql(rows) == [[str(count)]], alive=self.process)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(harness.PATIENCE)
        self.out.close()
        return code


@pytest.fixture
def watcher(small):  # noqa: F811
    made = Watcher(small[0], '--prune')
    yield made
    if made.process.poll() is None:
        made.end()


def test_new_changed_moved_and_removed_files(watcher, small):  # noqa: F811
    site, folder = small
    watcher.knows(3)
    write(folder / 'new' / 'deep' / '10.dcm', 10)
    watcher.knows(4)
    write(folder / '11.dcm', 11)
    watcher.knows(5)
    (folder / 'new').rename(folder / 'moved')
    harness.wait_for('new path', lambda: site.sql("SELECT count(*) FROM wadozip.instance WHERE path = 'moved/deep/10.dcm'")
                     == [['1']], alive=watcher.process)
    watcher.knows(5)
    write(folder / 'moved' / 'deep' / '12.dcm', 12)
    watcher.knows(6)
    shutil.rmtree(folder / 'moved')
    watcher.knows(4)
    assert not site.sql("SELECT 1 FROM wadozip.instance WHERE path LIKE 'new/%' OR path LIKE 'moved/%'")
    assert watcher.end() == 0


def test_a_study_that_arrives_file_by_file(watcher, small):  # noqa: F811
    """Hidden while it is written, named when complete, as storage servers do; all is there, and equal to a full index."""
    site, folder = small
    (folder / 'study').mkdir()
    for i in range(100, 300):
        path = write(folder / 'study' / f'.{i}.part', i, pixels=bytes(2000 + i))
        path.rename(folder / 'study' / f'{i}.dcm')
    watcher.knows(203)
    watcher.knows(0, 'other_file')
    before = site.sql('SELECT uid, path, size, crc32 FROM wadozip.instance ORDER BY uid')
    assert watcher.end() == 0
    result = site.index(prune=True)
    assert result.code == 0 and '203 unchanged' in result.out, result
    assert site.sql('SELECT uid, path, size, crc32 FROM wadozip.instance ORDER BY uid') == before


def paths(site):
    return [row[0] for row in site.sql("SELECT convert_from(path, 'UTF8') FROM wadozip.instance")]


def test_files_that_were_indexed_under_a_hidden_name(watcher, small):  # noqa: F811
    """Many names of one folder are gone at once, so the folder is given for all of them."""
    site, folder = small
    (folder / 'study').mkdir()
    names = range(100, 140)
    for i in names:
        write(folder / 'study' / f'.{i}.part', i)
    watcher.knows(43)
    for i in names:
        (folder / 'study' / f'.{i}.part').rename(folder / 'study' / f'{i}.dcm')
    harness.wait_for('new names', lambda: set(paths(site)) >= {f'study/{i}.dcm' for i in names}, alive=watcher.process)
    watcher.knows(0, 'other_file')
    watcher.knows(43)
    assert watcher.end() == 0


def test_many_files_of_a_folder_are_removed(watcher, small):  # noqa: F811
    site, folder = small
    for i in range(100, 140):
        write(folder / 'study' / f'{i}.dcm', i)
    watcher.knows(43)
    for i in range(100, 139):
        (folder / 'study' / f'{i}.dcm').unlink()
    watcher.knows(4)
    assert 'study/139.dcm' in paths(site)
    assert watcher.end() == 0


def test_a_folder_in_place_of_another(watcher, small):  # noqa: F811
    site, folder = small
    (folder / 'study').mkdir()
    write(folder / 'study' / '100.dcm', 100)
    watcher.knows(4)
    write(folder.parent / 'elsewhere' / '101.dcm', 101)
    (folder / 'study').rename(folder.parent / 'away')
    (folder.parent / 'elsewhere').rename(folder / 'study')
    harness.wait_for('its file', lambda: 'study/101.dcm' in paths(site), alive=watcher.process)
    watcher.knows(4)
    assert 'study/100.dcm' not in paths(site)
    assert watcher.end() == 0


def test_without_paths_all_roots_are_indexed(small):  # noqa: F811
    site, folder = small
    write(folder / '20.dcm', 20)
    result = site.cli('index')
    assert result.code == 0 and '4 files: 1 indexed, 3 unchanged' in result.out, result
    site.write_config(**{f'root.{name}': None for name in site.roots})
    site.roots = {}
    site.write_config()
    result = site.cli('index')
    assert result.code == 2 and 'no root is set' in result.err, result


def test_failure_ends_it_and_the_next_start_misses_nothing(small):  # noqa: F811
    site, folder = small
    watcher = Watcher(site)
    site.sql('ALTER SCHEMA wadozip RENAME TO away')
    write(folder / '30.dcm', 30)
    assert watcher.process.wait(harness.PATIENCE) == 2
    assert 'wadozip: ' in watcher.said()
    site.sql('ALTER SCHEMA away RENAME TO wadozip')
    watcher = Watcher(site)
    watcher.knows(4)
    assert watcher.end() == 0
