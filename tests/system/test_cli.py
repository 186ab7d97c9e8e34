"""wadozip: migrate, settings, doctor, zip, forget, and what it says when it is used wrongly."""
import hashlib
import io
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import zipfile

import corpus
import harness
import pytest

VERSION = int(re.search(r'#define CATALOG_SCHEMA (\d+)',
                        (harness.REPO / 'src/catalog/catalog.h').read_text()).group(1))


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


def bare(pg, tmp_path, name):
    """A site whose database is still empty."""
    return harness.Site(pg, f'bare_{os.getpid()}_{name}', {'r': tmp_path})


# migrate

def test_migrate_from_nothing_and_again(pg, tmp_path):
    site = bare(pg, tmp_path, 'again')
    before = site.index()
    assert before.code == 2 and 'run `wadozip migrate`' in before.err
    first = site.cli('migrate')
    assert first.code == 0 and first.out.count('applied ') == VERSION
    assert site.cli('migrate').out == 'the schema was up to date\n'
    assert site.sql('SELECT max(version) FROM wadozip.schema_version') == [[str(VERSION)]]
    site.remove()


def test_two_migrations_at_once(pg, tmp_path):
    site = bare(pg, tmp_path, 'twice')
    command = [site.bin / 'wadozip', '--config', site.config, 'migrate', '--sql', harness.REPO / 'sql']
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    results = [p.communicate() for p in running]
    assert [p.returncode for p in running] == [0] * 4, results
    assert sum(out.count(b'applied ') for out, _ in results) == VERSION
    site.remove()


def test_a_migration_that_fails_leaves_nothing(pg, tmp_path):
    site = bare(pg, tmp_path, 'fails')
    folder = tmp_path / 'sql'
    shutil.copytree(harness.REPO / 'sql', folder)
    (folder / f'{VERSION + 1:03}_broken.sql').write_text('CREATE TABLE half (a int); SELECT 1/0;')
    result = site.cli('migrate', '--sql', folder)
    assert result.code == 2 and 'division by zero' in result.err
    assert site.sql("SELECT to_regclass('wadozip.half'), max(version) FROM wadozip.schema_version") == [['', str(VERSION)]]
    site.remove()


def test_a_newer_schema_is_refused(small):
    site, _ = small
    site.sql(f"INSERT INTO wadozip.schema_version (version, name, checksum) VALUES ({VERSION + 1}, 'x', repeat('0', 64))")
    for command in (['index', *site.roots.values()], ['zip', corpus.uid('study'), '-o', '-'], ['forget', '1.2.3']):
        result = site.cli(*command)
        assert result.code == 2 and 'install a newer wadozip' in result.err, command
    assert site.cli('migrate').code == 2


def test_an_altered_migration_is_noticed(small, tmp_path):
    site, _ = small
    shutil.copytree(harness.REPO / 'sql', tmp_path / 'sql')
    with open(tmp_path / 'sql' / '001_catalogue.sql', 'a') as f:
        f.write('-- altered\n')
    result = site.cli('migrate', '--sql', tmp_path / 'sql')
    assert result.code == 2 and 'is not what was applied' in result.err


@cases('names, why', [
    (['001_a.sql', '001_b.sql'], 'has both'), (['002_a.sql'], 'has no migration 001'), ([], 'holds no migrations')])
def test_folders_that_are_no_migrations(small, tmp_path, names, why):
    folder = tmp_path / 'sql'
    folder.mkdir()
    for name in names:
        (folder / name).write_text('SELECT 1')
    result = small[0].cli('migrate', '--sql', folder)
    assert result.code == 2 and why in result.err


# roles

def test_roles_have_exactly_their_rights(small):
    site, _ = small
    tables = ('root', 'study', 'series', 'instance', 'other_file', 'conflict', 'form', 'gone', 'schema_version')
    wanted = {'wadozip_reader': {'form': 'SELECT INSERT UPDATE'},
              'wadozip_writer': {t: 'SELECT INSERT UPDATE DELETE' for t in tables if t not in ('conflict', 'schema_version')}}
    for role, more in wanted.items():
        for table in tables:
            for right in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER'):
                has = site.sql(f"SELECT has_table_privilege('{role}', 'wadozip.{table}', '{right}')")[0][0]
                assert (has == 't') == (right in more.get(table, 'SELECT').split()), (role, table, right)
    columns = site.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'wadozip.instance'::regclass AND attnum > 0"
                       " AND has_column_privilege('wadozip_reader', attrelid, attname, 'UPDATE')")
    assert columns == [['mtime_ns']]
    for role, may in (('wadozip_reader', 'f'), ('wadozip_writer', 't'), ('public', 'f')):
        assert {r[0] for r in site.sql(f"SELECT has_function_privilege('{role}', oid, 'EXECUTE') FROM pg_proc"
                                       " WHERE pronamespace = 'wadozip'::regnamespace")} == {may}, role


def test_writer_and_reader_accounts_suffice(pg, small, tmp_path):
    site, folder = small
    for role in ('reader', 'writer'):
        site.sql(f"DO $$ BEGIN CREATE ROLE only_{role} LOGIN IN ROLE wadozip_{role};"
                 ' EXCEPTION WHEN duplicate_object THEN NULL; END $$')
    write(folder / 'more.dcm', 7)
    (folder / '0.dcm').unlink()
    site.write_config(database=pg.conninfo(site.name, 'only_reader'))
    assert site.cli('zip', f'{corpus.uid("study")}/{corpus.uid("series")}/{corpus.uid(1)}', '-o', tmp_path / 'x.zip').code == 0
    refused = site.index()
    assert refused.code == 2 and 'permission denied' in refused.err
    site.write_config(database=pg.conninfo(site.name, 'only_writer'))
    assert site.index(prune=True).code == 0
    assert site.cli('forget', corpus.uid('study')).code == 0


# settings, usage

def test_settings_can_be_read_back(small, tmp_path):
    site, _ = small
    shown = site.cli('settings')
    assert shown.code == 0
    (tmp_path / 'again.conf').write_text(shown.out)
    again = harness.run(site.bin / 'wadozip', '--config', tmp_path / 'again.conf', 'settings')
    assert again == shown
    for key in ('database', 'max_bytes', 'root.r'):
        assert re.search(rf'^# .+\n{re.escape(key)} = ', shown.out, re.M), key


@cases('args, why', [
    ([], 'a command is missing'), (['fly'], 'there is no command "fly"'), (['index'], 'which PATHs'),
    (['index', '--jobs', '0', '/x'], 'does not take "0"'), (['index', '--fast', '/x'], '--fast is no option'),
    (['zip', '1.2.3'], '-o FILE'), (['zip', '-o', 'x'], 'give one STUDY'), (['zip', '1.2.3/../x', '-o', 'x'], 'give one STUDY'),
    (['zip', '1.2.3', '--names', 'patient', '-o', 'x'], 'does not take "patient"'),
    (['zip', '1.2.3', '--transfer-syntax', 'jpeg', '-o', 'x'], 'does not take "jpeg"'),
    (['forget', 'x'], 'no Study Instance UID'), (['settings', 'x'], 'no arguments'), (['--nothing'], 'no option')])
def test_wrong_usage(small, args, why):
    result = small[0].cli(*args)
    assert result.code == 2 and why in result.err and result.err.count('\n') == 1 and result.out == ''


def test_help_and_version(small):
    site, _ = small
    usage = site.cli('--help')
    assert usage.code == 0
    for command in ('migrate', 'index', 'zip', 'forget', 'settings', 'doctor'):
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


# doctor

def test_doctor_is_content(small):
    result = small[0].cli('doctor')
    assert result.code == 0 and 'bad' not in result.out, result
    assert 'what must hold does hold' in result.out


@cases('setting, value, why', [
    ('helper', '/nowhere/x', 'helper: /nowhere/x'), ('spool', '/nowhere', 'spool: '),
    ('database', 'host=/nowhere', 'cannot reach the database'), ('root.gone', '/nowhere', 'root.gone: /nowhere cannot be opened')])
def test_doctor_finds(small, setting, value, why):
    site, _ = small
    site.write_config(**{setting: value})
    result = site.cli('doctor')
    assert result.code == 1
    assert [line for line in result.out.splitlines() if line.startswith('bad ')][0].find(why) > 0, result


def test_doctor_finds_a_broken_catalogue(small):
    site, _ = small
    site.sql("INSERT INTO wadozip.gone SELECT uid, '1', '1' FROM wadozip.instance LIMIT 1")
    result = site.cli('doctor')
    assert result.code == 1 and 'bad  catalogue: a UID that is gone and is there' in result.out


# zip

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
    done = subprocess.run([site.bin / 'wadozip', '--config', site.config, 'zip', corpus.uid('study'), '-o', '-', '--quiet'],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    assert done.stdout == (tmp_path / 'out.zip').read_bytes() and done.stderr == b''


def test_zip_names(small, tmp_path):
    site, _ = small
    site.zip(corpus.uid('study'), tmp_path / 'uid.zip', names='uid')
    assert set(members((tmp_path / 'uid.zip').read_bytes())) == {f'{corpus.uid("series")}/{corpus.uid(i)}.dcm' for i in range(3)}


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
    process = subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'zip', corpus.uid('study'), '-o', tmp_path / 'pipe'],
                               stderr=subprocess.PIPE)
    with open(tmp_path / 'pipe', 'rb') as reader:
        reader.read(1_000_000)
        process.send_signal(signal.SIGTERM)
        rest = reader.read()
    process.communicate(timeout=20)
    assert process.returncode == 130 and b'PK\5\6' not in rest


def on_a_terminal(site, *args):
    """What a person would see."""
    master, slave = pty.openpty()
    process = subprocess.Popen([str(site.bin / 'wadozip'), '--config', str(site.config), *map(str, args)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen, end = b'', time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
        elif process.poll() is not None:
            break
    os.close(master)
    process.communicate(timeout=60)
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


# forget

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
