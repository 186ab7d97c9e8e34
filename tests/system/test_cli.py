# SPDX-License-Identifier: MIT
"""wadozip: settings, doctor, forget, progress, and what it says when it is used wrongly."""
import hashlib
import os
import pty
import re
import shutil
import subprocess

import corpus
import harness
from operator_site import cases, small, write  # noqa: F401  (small is a fixture)


def test_settings_can_be_read_back(small, tmp_path):
    site, _ = small
    shown = site.cli('settings')
    assert shown.code == 0
    (tmp_path / 'again.conf').write_text(shown.out)
    again = harness.run(site.bin / 'wadozip', '--config', tmp_path / 'again.conf', 'settings')
    assert again == shown
    for key in ('database', 'max_bytes', 'root.r'):
        assert re.search(rf'^# .+\n{re.escape(key)} = ', shown.out, re.M), key


def test_settings_name_the_compressor(small):
    """The one whose name the catalogue has beside the sizes that it gave."""
    site, folder = small
    write(folder / 'smooth.dcm', 77, pixels=bytes(100_000))
    site.index()
    shown = site.cli('settings').out
    name, = site.sql('SELECT DISTINCT deflated_by FROM wadozip.instance')[0]
    assert f'bear the name {name}\n' in shown
    library, version, level, _, fingerprint = name.rsplit('-', 4)
    title = {'isal': 'ISA-L igzip', 'zlib': 'zlib'}[library]
    assert f' {title} {version}, level {level}, blocks of 1024 KiB, fingerprint {fingerprint}\n' in shown


@cases('args, why', [
    ([], 'a command is missing'), (['fly'], 'unknown command "fly"'),
    (['index', '--watch', '--prepare'], 'does not combine'),
    (['index', '--jobs', '0', '/x'], 'does not take "0"'), (['index', '--fast', '/x'], 'index: unknown option --fast'),
    (['zip', '1.2.3'], '-o FILE'), (['zip', '-o', 'x'], 'give one STUDY'),
    (['zip', '1.2.3/../x', '-o', 'x'], 'give one STUDY'),
    (['zip', '1.2.3', '--names', 'patient', '-o', 'x'], 'does not take "patient"'),
    (['zip', '1.2.3', '--transfer-syntax', 'jpeg', '-o', 'x'], 'does not take "jpeg"'),
    (['forget', 'x'], '"x" is not a Study Instance UID'), (['settings', 'x'], 'no arguments'),
    (['--nothing'], 'unknown option --nothing'),
    (['-x', 'index'], 'unknown option -x'), (['--config'], '--config needs a value'),
    (['index', '--quiet=1', '/x'], '--quiet=1 takes no value'), (['zip', '1.2.3', '-o'], '-o needs a value')])
def test_wrong_usage(small, args, why):
    result = small[0].cli(*args)
    assert result.code == 2 and why in result.err and result.err.count('\n') == 1 and result.out == ''


@cases('args, why', [
    (['--nonsense'], 'unknown option --nonsense; see wadozip-fcgi --help'), (['--listen'], 'option --listen needs a value'),
    (['--check=1'], 'option --check=1 takes no value'), (['-x'], 'unknown option -x'), (['x'], '"x" is not expected here')])
def test_wrong_usage_of_the_responder(small, args, why):
    result = harness.run(small[0].bin / 'wadozip-fcgi', *args)
    assert result.code == 2 and why in result.err and result.err.count('\n') == 1 and result.out == ''


@cases('database', ['dbname=w password=geheim', 'postgresql://anna:geheim@localhost/w',
                                      'postgresql://localhost/w?password=geheim', 'password=geheim nonsense'])
def test_settings_hide_passwords(small, database):
    result = small[0].cli('settings', env={'WADOZIP_DATABASE': database})
    assert result.code == 0 and '***' in result.out and 'geheim' not in result.out + result.err, result
    assert 'database = dbname=plain\n' in small[0].cli('settings', env={'WADOZIP_DATABASE': 'dbname=plain'}).out


def test_help_and_version(small):
    site, _ = small
    usage = site.cli('--help')
    assert usage.code == 0
    for command in ('migrate', 'index', 'verify', 'zip', 'search', 'forget', 'settings', 'doctor'):
        assert f'\n  {command} ' in usage.out
        assert site.cli(command, '--help').out.startswith(f'usage: wadozip {command} ')
    assert re.match(r'wadozip \d+\.\d+\.\d+\n', site.cli('--version').out)


def test_the_configuration_may_come_from_the_environment(small):
    site, _ = small
    result = harness.run(site.bin / 'wadozip', 'settings', env={**os.environ, 'WADOZIP_CONFIG': str(site.config)})
    assert f'root.r = {site.roots["r"]}' in result.out


def test_output_that_cannot_be_written(small):
    with open('/dev/full', 'w') as full:
        done = subprocess.run([small[0].bin / 'wadozip', '--config', small[0].config, 'settings'], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2 and b'standard output' in done.stderr


def test_doctor_is_content(small):
    result = small[0].cli('doctor')
    assert result.code == 0 and 'bad' not in result.out, result
    assert 'what must hold does hold' in result.out


@cases('setting, value, why', [
    ('helper', '/nowhere/x', 'helper: /nowhere/x'), ('spool', '/nowhere', 'spool: '),
    ('database', 'host=/nowhere', 'cannot reach the database'),
    ('root.gone', '/nowhere', 'root.gone: /nowhere cannot be read')])
def test_doctor_finds(small, setting, value, why):
    site, _ = small
    site.write_config(**{setting: value})
    result = site.cli('doctor')
    assert result.code == 1
    assert [line for line in result.out.splitlines() if line.startswith('bad ')][0].find(why) > 0, result


def test_doctor_notes_limits_without_effect(small):
    site, _ = small
    for most, noted in ('8', True), ('7', False), ('0', False):
        site.write_config(max_downloads=most, workers='8')
        result = site.cli('doctor')
        assert (result.code, 'note max_downloads: 8, with 8 workers' in result.out) == (0, noted), result


def test_doctor_finds_a_broken_catalogue(small):
    site, _ = small
    site.sql("INSERT INTO wadozip.gone SELECT uid, '1', '1' FROM wadozip.instance LIMIT 1")
    result = site.cli('doctor')
    assert result.code == 1 and 'bad  catalogue: a UID that is gone and is there' in result.out


def on_a_terminal(site, *args):
    """What a person would see."""
    master, slave = pty.openpty()
    process = subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), *map(str, args)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen = b''
    try:
        while data := os.read(master, 65536):
            seen += data
    except OSError:  # how the end of a terminal is reported
        pass
    os.close(master)
    process.communicate()
    return process.returncode, seen.decode()


def test_progress_on_a_terminal(small, tmp_path):
    site, folder = small
    for i in range(10, 400):
        write(folder / f'{i}.dcm', i, pixels=bytes(200_000))
    code, seen = on_a_terminal(site, 'index', folder)
    assert code == 0
    assert re.search(r'\r\d+ of (at least )?\d+ files, \d+ files/s, [\d.]+ MB/s', seen) and seen.endswith('\r\033[K')
    code, seen = on_a_terminal(site, 'zip', corpus.uid('study'), '-o', tmp_path / 'x.zip')
    assert code == 0 and re.search(r'\r\[#* *\] +\d+ %  [\d.]+ of [\d.]+ MB', seen)
    assert on_a_terminal(site, 'index', '--quiet', folder)[1] == ''


def test_forget_and_index_again(small, tmp_path):
    site, folder = small
    shutil.copyfile(folder / '0.dcm', folder / 'copy.dcm')
    site.index()
    assert site.cli('forget', corpus.uid('study')).out == f'{corpus.uid("study")}: 3 instances forgotten\n'
    assert 'has been removed' in site.zip(corpus.uid('study'), tmp_path / 'x.zip').err
    assert site.cli('forget', corpus.uid('study')).code == 1
    assert site.cli('doctor').code == 0
    assert '3 indexed, 0 unchanged, 1 copies' in site.index().out


def test_forgotten_by_digest(small, tmp_path):
    """What comes back after forget is byte for byte what was there."""
    site, _ = small
    site.zip(corpus.uid('study'), tmp_path / 'a.zip')
    site.cli('forget', corpus.uid('study'), check=True)
    site.index()
    site.zip(corpus.uid('study'), tmp_path / 'b.zip')
    digests = {hashlib.sha256((tmp_path / n).read_bytes()).digest() for n in ('a.zip', 'b.zip')}
    assert len(digests) == 1
