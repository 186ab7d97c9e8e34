# SPDX-License-Identifier: MIT
"""wadozip zip: the same archive without a web server."""
import io
import os
import shutil
import signal
import subprocess
import zipfile

import corpus
import pytest
from operator_site import cases, small, write  # noqa: F401  (small is a fixture)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        return {n: z.read(n) for n in z.namelist()}


@pytest.mark.parametrize('level', [1, 2, 3])
def test_zip_holds_what_was_indexed(small, tmp_path, level):
    site, folder = small
    what = '/'.join([corpus.uid('study'), corpus.uid('series'), corpus.uid(1)][:level])
    result = site.zip(what, tmp_path / 'out.zip')
    assert result.code == 0 and result.out == '', result
    wanted = sorted(p.read_bytes() for p in folder.iterdir()) if level < 3 else [(folder / '1.dcm').read_bytes()]
    assert sorted(members((tmp_path / 'out.zip').read_bytes()).values()) == wanted
    assert [p.name for p in tmp_path.iterdir() if 'part' in p.name] == []
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / 'out.zip').stat().st_mode & 0o777 == 0o666 & ~mask


def test_zip_to_standard_output_is_the_same(small, tmp_path):
    site, _ = small
    site.zip(corpus.uid('study'), tmp_path / 'out.zip')
    done = subprocess.run([site.bin / 'wadozip', '--config', site.config, 'zip', corpus.uid('study'), '-o', '-',
                           '--quiet'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    assert done.stdout == (tmp_path / 'out.zip').read_bytes() and done.stderr == b''


def test_zip_names(small, tmp_path):
    site, _ = small
    site.zip(corpus.uid('study'), tmp_path / 'uid.zip', names='uid')
    wanted = {f'{corpus.uid("series")}/{corpus.uid(i)}.dcm' for i in range(3)}
    assert set(members((tmp_path / 'uid.zip').read_bytes())) == wanted


def test_zip_of_files_with_odd_names(small, tmp_path):
    """Whatever bytes a name has, it comes back from the catalogue as it went in."""
    site, folder = small
    odd = [b'a b\tc\nd', b'\\', b'\\\\x41\\101', b'\xff\x80', 'grün'.encode(), b'\\N', b'"\'$1;--', b'\r\v\f\b\x7f',
           b' ', b'-', b'\xc3' * 255]
    for i, name in enumerate(odd):
        write(folder / 'x', 10 + i)
        os.makedirs(os.fsencode(folder) + b'/' + name)
        os.rename(folder / 'x', os.fsencode(folder) + b'/' + name + b'/' + name)
    assert site.index().code == 0
    result = site.zip(corpus.uid('study'), tmp_path / 'out.zip', names='uid')
    assert result.code == 0, result
    assert len(members((tmp_path / 'out.zip').read_bytes())) == 3 + len(odd)


@cases('summary, uid', [("'x'", '?'), ("''", '?'), ("'1.2.3 x'", '1.2.3'), ("repeat('1', 20000)", '?'),
                      ("replace(summary, ' 1.', ' .')||'\\'", corpus.uid(0))])
def test_zip_of_a_malformed_summary(small, tmp_path, summary, uid):
    site, _ = small
    site.sql('ALTER TABLE wadozip.instance ALTER summary DROP EXPRESSION')
    site.sql(f'UPDATE wadozip.instance SET summary = {summary}')
    result = site.zip(corpus.uid('study'), tmp_path / 'out.zip')
    assert result.code == 2 and f"row of instance {uid} is out of bounds" in result.err, result
    assert not (tmp_path / 'out.zip').exists()


@cases('what, why', [('1.2.3', 'there is no such study'), ('study/1.2.3', 'there is no such study')])
def test_zip_of_nothing(small, tmp_path, what, why):
    result = small[0].zip(what.replace('study', corpus.uid('study')), tmp_path / 'out.zip')
    assert result.code == 2 and why in result.err
    assert not (tmp_path / 'out.zip').exists()


def test_zip_of_what_is_gone(small, tmp_path):
    site, folder = small
    shutil.copyfile(folder / '0.dcm', tmp_path / 'kept')
    for i in range(3):
        (folder / f'{i}.dcm').unlink()
    (folder / 'note').write_text('so that the root is not empty')
    site.index(prune=True)
    result = site.zip(corpus.uid('study'), tmp_path / 'out.zip')
    assert result.code == 2 and 'has been removed' in result.err
    shutil.copyfile(tmp_path / 'kept', folder / '0.dcm')
    site.index()
    assert site.zip(corpus.uid('study'), tmp_path / 'out.zip').code == 0


@pytest.mark.parametrize('how', ['missing', 'changed', 'cut', 'link'])
def test_zip_of_files_that_are_not_as_they_were(small, tmp_path, how):
    site, folder = small
    (tmp_path / 'out.zip').write_text('of yesterday')
    path = folder / '1.dcm'
    data = path.read_bytes()
    path.unlink()
    if how == 'changed':
        path.write_bytes(data[:-1] + b'x')
    elif how == 'cut':
        path.write_bytes(data[:-1])
    elif how == 'link':
        (tmp_path / 'elsewhere').write_bytes(data)
        path.symlink_to(tmp_path / 'elsewhere')
    result = site.zip(corpus.uid('study'), tmp_path / 'out.zip')
    assert result.code == 2 and 'r:1.dcm' in result.err, result
    assert (tmp_path / 'out.zip').read_text() == 'of yesterday'
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith('.')) == []


def test_zip_never_writes_beneath_a_root(small):
    site, folder = small
    before = sorted(folder.iterdir())
    result = site.zip(corpus.uid('study'), folder / 'out.zip')
    assert result.code == 2 and 'beneath a root' in result.err
    assert sorted(folder.iterdir()) == before


def test_zip_to_a_device_leaves_it_a_device(small):
    assert small[0].zip(corpus.uid('study'), '/dev/null').code == 0
    assert not os.path.isfile('/dev/null')
    full = small[0].zip(corpus.uid('study'), '/dev/full')
    assert full.code == 2 and 'No space left' in full.err


def test_zip_interrupted(small, tmp_path):
    site, folder = small
    write(folder / 'large.dcm', 9, pixels=bytes(50_000_000))
    site.index()
    os.mkfifo(tmp_path / 'pipe')
    process = subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'zip', corpus.uid('study'),
                                '--compression', 'none', '-o', tmp_path / 'pipe'], stderr=subprocess.PIPE)
    with open(tmp_path / 'pipe', 'rb') as reader:
        reader.read(1_000_000)
        process.send_signal(signal.SIGTERM)
        rest = reader.read()
    process.communicate()
    assert process.returncode == 130 and b'PK\5\6' not in rest
