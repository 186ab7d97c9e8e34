# SPDX-License-Identifier: MIT
"""wadozip verify: what is not as the catalogue says is reported, once, and nothing is changed."""
import os
import re
import shutil
import signal
import subprocess
import time
import zlib

import corpus
import harness
from operator_site import cases
from test_cli import on_a_terminal
from trees import check, index, tree, write  # noqa: F401  (tree is a fixture)

KINDS = ('good', 'touched', 'changed', 'damaged', 'missing', 'unreadable', 'new')


def tally(result):
    line = next(x for x in result.out.splitlines() if re.match(r'\d+ files: ', x))
    total, parts = re.fullmatch(r'(\d+) files: (.*)', line).groups()
    found = {name: int(n) for n, name in re.findall(r'(\d+) (\w+)', parts)}
    assert tuple(found) == KINDS and sum(found.values()) == int(total), line
    return {k: v for k, v in found.items() if v}


def lines(result):
    """Lines about files: (kind, path) in the order in which they came."""
    return [tuple(re.match(r'(\w+): \w+:(.*?): ', x).groups()) for x in result.out.splitlines()
            if re.match(r'\w+: ', x)]


def verify(site, *args, code=0):
    result = site.cli('verify', *args)
    assert result.code == code, result
    return result


def fill(folder, n, **more):
    for i in range(n):
        write(folder / f'{i % 7}' / f'{i:05}.dcm', sop=f's{i}', number=i, **more)


def flip(path, keep_time=True):
    """One bit of the last byte."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    put(path, bytes(data), keep_time)


def put(path, data, keep_time=True):
    before = path.stat()
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def dump(site):
    """All rows with the transactions that wrote them."""
    return [sorted(site.sql(f'SELECT xmin, * FROM wadozip.{t}')) for t in
            ('root', 'study', 'series', 'instance', 'other_file', 'conversion', 'gone')]


def test_all_good_is_exit_0(tree):
    site, folder = tree
    fill(folder, 20)
    shutil.copyfile(folder / '0' / '00000.dcm', folder / 'copy.dcm')
    (folder / 'note.txt').write_text('no image')
    index(site)
    for args in ((), (folder,), (folder, folder / '1'), (folder / '1', folder)):
        result = verify(site, *args)
        assert tally(result) == {'good': 21} and lines(result) == [] and result.err == ''


def test_each_kind_of_trouble(tree):
    site, folder = tree
    fill(folder, 30)
    (folder / 'note.txt').write_text('no image')
    index(site)
    at = {i: folder / f'{i % 7}' / f'{i:05}.dcm' for i in range(30)}
    before = dump(site)
    flip(at[0])
    flip(at[1], keep_time=False)
    put(at[2], at[2].read_bytes() + b'\0\0')
    os.utime(at[3])
    at[4].unlink()
    at[5].unlink()
    at[5].symlink_to(at[6])
    write(folder / '6' / 'new.dcm', sop='another')
    (folder / 'note.txt').write_text('something else')
    result = verify(site, code=1)
    assert tally(result) == {'good': 24, 'damaged': 1, 'changed': 3, 'touched': 1, 'missing': 1, 'unreadable': 1,
                             'new': 1}
    assert lines(result) == [('damaged', '0/00000.dcm'), ('changed', '1/00001.dcm'), ('changed', '2/00002.dcm'),
                             ('touched', '3/00003.dcm'), ('missing', '4/00004.dcm'), ('unreadable', '5/00005.dcm'),
                             ('new', '6/new.dcm'), ('changed', 'note.txt')]
    assert 'CRC-32' in result.out and 'bytes, recorded' in result.out
    assert dump(site) == before
    check(site)


def test_uids_that_are_not_the_catalogues(tree):
    site, folder = tree
    fill(folder, 3)
    index(site)
    site.sql("UPDATE wadozip.instance SET uid = '1.2.3.4' WHERE uid = (SELECT min(uid) FROM wadozip.instance)")
    result = verify(site, code=1)
    assert tally(result) == {'good': 2, 'damaged': 1} and 'other UIDs' in result.out
    result = verify(site, corpus.uid('a'), code=1)
    assert tally(result) == {'good': 2, 'damaged': 1}


def test_a_file_that_is_no_instance_any_more(tree):
    """CRC, size and time as recorded, so that only what it is tells."""
    site, folder = tree
    path = write(folder / 'a.dcm')
    index(site)
    data = b'x' * path.stat().st_size
    put(path, data)
    site.sql(f'UPDATE wadozip.instance SET crc32 = {zlib.crc32(data)}')
    result = verify(site, code=1)
    assert tally(result) == {'damaged': 1} and 'cannot be read as one' in result.out


def test_only_what_was_asked_for(tree):
    site, folder = tree
    fill(folder, 21)
    write(folder / '1-1' / 'x.dcm', sop='x', study='other', series='t')
    write(folder / '1' / 'y.dcm', sop='y', study='other', series='t')
    index(site)
    for name in ('1-1/new', '1/new', '2/new'):
        (folder / name).write_bytes(b'new')
    assert lines(verify(site, folder / '1', code=1)) == [('new', '1/new')]
    assert tally(verify(site, folder / '1', code=1)) == {'good': 4, 'new': 1}
    assert tally(verify(site, folder / '1' / 'y.dcm')) == {'good': 1}
    assert tally(verify(site, corpus.uid('other'))) == {'good': 2}
    assert tally(verify(site, corpus.uid('other'), folder / '2', code=1)) == {'good': 5, 'new': 1}
    shutil.rmtree(folder / '1')
    assert tally(verify(site, folder / '1', code=1)) == {'missing': 4}
    assert tally(verify(site, corpus.uid('other'), code=1)) == {'missing': 1, 'good': 1}


def test_pages_in_the_order_of_paths(tree):
    """More files than are kept at once, names of any bytes."""
    site, folder = tree
    fill(folder, 2050, pixels=b'\1\0' * 3)
    odd = os.fsencode(folder) + b'/3/\xff\n\\.dcm'
    os.rename(folder / '3' / '00003.dcm', odd)
    index(site)
    for path in folder.rglob('*0.dcm'):
        flip(path)
    os.unlink(odd)
    result = verify(site, code=1)
    assert tally(result) == {'good': 1844, 'damaged': 205, 'missing': 1}
    paths = [p for _, p in lines(result)]
    assert paths == sorted(paths) and '3/\\xff\\x0a\\x5c.dcm' in paths
    study = verify(site, corpus.uid('a'), code=1)
    assert study.out.split('\n')[:-2] == result.out.split('\n')[:-2]


def test_the_rate_is_kept(tree):
    site, folder = tree
    fill(folder, 20, pixels=bytes(100_000))
    index(site)
    begun = time.monotonic()
    assert tally(verify(site, '--rate', '1M')) == {'good': 20}
    assert 1.6 < time.monotonic() - begun


def test_a_reader_is_enough_and_does_not_write(tree, pg):
    site, folder = tree
    fill(folder, 3)
    index(site)
    with pg.statements_logged() as logged:
        result = harness.run(site.bin / 'wadozip', '--config', site.web_config, 'verify')
    assert result.code == 0 and tally(result) == {'good': 3}
    assert 'transaction_read_only = on' in logged()


def begin(site, *args):
    return subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), 'verify', *map(str, args)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def files_done(state):
    """Files that a state counts."""
    found = re.search(r'(?m)^done \d+ \d+ (\d+)', state.read_text()) if state.exists() else None
    return int(found.group(1)) if found else 0


def test_interrupted_and_resumed(tree, tmp_path):
    site, folder = tree
    fill(folder, 60, pixels=bytes(100_000))
    index(site)
    flip(folder / '0' / '00000.dcm')
    flip(folder / '6' / '00055.dcm')
    (folder / '6' / 'new').write_text('new')
    state = tmp_path / 'state'
    reported = []
    for turn in range(3):
        before = files_done(state)
        process = begin(site, '--rate', '100K' if turn < 2 else '1G', '--resume', state)
        if turn:
            assert process.stderr.readline().startswith('resumed behind ')
        if turn < 2:
            harness.wait_for('progress', lambda: files_done(state) > before, alive=process)  # noqa: B023
            process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()
        assert process.returncode == (130 if turn < 2 else 1), (turn, out)
        assert state.exists() == (turn < 2)
        reported += re.findall(r'^\w+: r:\S+(?=: )', out, re.M)
    assert reported == ['damaged: r:0/00000.dcm', 'damaged: r:6/00055.dcm', 'new: r:6/new']
    assert '61 files: 58 good, 0 touched, 0 changed, 2 damaged, 0 missing, 0 unreadable, 1 new\n' in out


def test_killed_and_resumed(tree, tmp_path):
    """Without a word: what was reported since the state was written is reported again, nothing is left out."""
    site, folder = tree
    fill(folder, 60, pixels=bytes(1_000_000))
    index(site)
    flip(folder / '6' / '00055.dcm')
    process = begin(site, '--rate', '2M', '--resume', tmp_path / 'state')
    harness.wait_for('a state behind some files', lambda: (tmp_path / 'state').exists() and
                     re.search('done 0 0 [1-9]', (tmp_path / 'state').read_text()), alive=process)
    process.kill()
    process.communicate()
    result = verify(site, '--resume', tmp_path / 'state', code=1)
    assert re.search(r'resumed behind [1-9]\d* files', result.err)
    assert tally(result) == {'good': 59, 'damaged': 1} and lines(result) == [('damaged', '6/00055.dcm')]


@cases('change, why', [
    (lambda text: text.replace('beneath r:', 'beneath r:other'), 'not of a verification with these arguments'),
    (lambda text: text.replace('done 0', 'done 7'), 'is damaged'), (lambda text: text[:-1], 'is damaged'),
    (lambda text: text.replace('done 0 0', 'done 0 2'), 'is damaged'), (lambda text: '', 'not of a verification'),
    (lambda text: text.replace('behind', 'before'), 'is damaged'),
    (lambda text: re.sub('done.*', 'done 0 0 99999999999999999999 0 0 0 0 0 0 0', text), 'is damaged')])
def test_a_state_that_cannot_be_used(tree, tmp_path, change, why):
    site, folder = tree
    fill(folder, 30, pixels=bytes(100_000))
    index(site)
    process = begin(site, '--rate', '100K', '--resume', tmp_path / 'state')
    harness.wait_for('a state', (tmp_path / 'state').exists, alive=process)
    process.terminate()
    process.communicate()
    assert process.returncode == 130
    (tmp_path / 'state').write_text(change((tmp_path / 'state').read_text()))
    result = verify(site, '--resume', tmp_path / 'state', code=2)
    assert why in result.err and result.out == ''


def test_no_state_beneath_a_root(tree):
    site, folder = tree
    fill(folder, 1)
    index(site)
    assert 'beneath a root' in verify(site, '--resume', folder / 'state', code=2).err
    assert not (folder / 'state').exists()


@cases('args, why', [(['/nowhere'], 'beneath no root'), (['1.2.3.4.5'], 'no study 1.2.3.4.5'),
                     (['--rate', '0'], 'does not take "0"'), (['--rate', 'x'], 'does not take "x"'),
                     (['--jobs', '0'], 'does not take "0"'), (['--resume', '-'], 'does not take "-"')])
def test_wrong_arguments(tree, args, why):
    site, folder = tree
    fill(folder, 1)
    index(site)
    assert why in verify(site, *args, code=2).err
    assert 'nor does the catalogue' in verify(site, folder / 'nowhere', code=2).err


def test_a_root_that_is_away(tree):
    site, folder = tree
    fill(folder, 3)
    index(site)
    folder.rename(folder.with_name('elsewhere'))
    assert 'cannot be opened' in verify(site, code=2).err
    assert 'cannot be opened' in verify(site, corpus.uid('a'), code=2).err


def test_progress(tree):
    site, folder = tree
    fill(folder, 30, pixels=bytes(100_000))
    index(site)
    code, seen = on_a_terminal(site, 'verify', '--rate', '3M')
    assert code == 0 and seen.endswith('\r\033[K')
    assert re.search(r'\r\d+ of 30 files, [\d.]+ MB/s, 0 not good', seen)


def test_the_real_files(site):
    result = verify(site)
    assert tally(result) == {'good': int(site.sql(
        'SELECT (SELECT count(*) FROM wadozip.instance) + (SELECT count(*) FROM wadozip.other_file WHERE sop_uid'
        ' IS NOT NULL)')[0][0])}
