"""wadozip migrate: the schema, its versions and its roles."""
import os
import re
import shutil
import subprocess

import corpus
import harness
from operator_site import cases, small, write  # noqa: F401  (small is a fixture)

VERSION = int(re.search(r'#define CATALOG_SCHEMA (\d+)',
                        (harness.REPO / 'src/catalog/catalog.h').read_text()).group(1))


def bare(pg, tmp_path, name):
    """A site whose database is still empty."""
    return harness.Site(pg, f'bare_{os.getpid()}_{name}', {'r': tmp_path})


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
    state = site.sql("SELECT to_regclass('wadozip.half'), max(version) FROM wadozip.schema_version")
    assert state == [['', str(VERSION)]]
    site.remove()


def test_a_newer_schema_is_refused(small):
    site, _ = small
    site.sql('INSERT INTO wadozip.schema_version (version, name, checksum)'
             f" VALUES ({VERSION + 1}, 'x', repeat('0', 64))")
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



def test_roles_have_exactly_their_rights(small):
    site, _ = small
    tables = ('root', 'study', 'series', 'instance', 'other_file', 'conflict', 'form', 'digest', 'gone', 'schema_version')
    written = set(tables) - {'conflict', 'schema_version'}
    wanted = {'wadozip_reader': {'form': 'SELECT INSERT UPDATE', 'digest': 'SELECT INSERT UPDATE'},
              'wadozip_writer': {t: 'SELECT INSERT UPDATE DELETE' for t in written}}
    for role, more in wanted.items():
        for table in tables:
            for right in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER'):
                has = site.sql(f"SELECT has_table_privilege('{role}', 'wadozip.{table}', '{right}')")[0][0]
                assert (has == 't') == (right in more.get(table, 'SELECT').split()), (role, table, right)
    columns = site.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'wadozip.instance'::regclass AND attnum > 0"
                       " AND has_column_privilege('wadozip_reader', attrelid, attname, 'UPDATE')")
    assert sorted(columns) == [['deflated_by'], ['deflated_size'], ['mtime_ns']]
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
    one = f'{corpus.uid("study")}/{corpus.uid("series")}/{corpus.uid(1)}'
    assert site.zip(one, tmp_path / 'x.zip').code == 0
    refused = site.index()
    assert refused.code == 2 and 'permission denied' in refused.err
    site.write_config(database=pg.conninfo(site.name, 'only_writer'))
    assert site.index(prune=True).code == 0
    assert site.cli('forget', corpus.uid('study')).code == 0


def test_an_account_without_rights_is_told_what_it_lacks(pg, small, tmp_path):
    """Not that there was no catalogue: `wadozip migrate` would not help it."""
    site, _ = small
    site.sql("DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    site.write_config(database=pg.conninfo(site.name, 'stranger'))
    for result in (site.index(), site.zip(corpus.uid('study'), tmp_path / 'x.zip'), site.cli('verify')):
        assert result.code == 2 and 'GRANT wadozip_reader or wadozip_writer TO it' in result.err, result
    assert 'GRANT wadozip_reader or wadozip_writer TO it' in site.cli('doctor').out


def test_images_have_no_keys_of_directory_records(pg, tmp_path):
    """Version 3: what was indexed before it and is no image is read again by the next index run, images are not."""
    site, folder = bare(pg, tmp_path, 'keys'), tmp_path / 'sql'
    shutil.copytree(harness.REPO / 'sql', folder, ignore=lambda _, names: [n for n in names if '003' <= n < '100'])
    assert site.cli('migrate', '--sql', folder).out.count('applied ') == 2
    classes = {'1.2.840.10008.5.1.4.1.1.2': '\\x', '1.2.840.10008.5.1.4.1.1.481.24': '\\x', '1.2.840.10008.5.1.4.1.1.88.11': '',
               '1.2.840.10008.5.1.4.1.1.66': '', '1.2.3.4': ''}
    site.sql('SET search_path = wadozip, pg_temp; INSERT INTO root VALUES (\'r\');'
             "INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time,"
             " dicom_id, accession, description) VALUES ('1.2', '', '', '', '', '', '', '', '', '');"
             "INSERT INTO series (study_id, uid, modality, number, description) SELECT id, '1.2.3', '', 1, '' FROM study;")
    for n, sop_class in enumerate(classes):
        site.sql('SET search_path = wadozip, pg_temp;'
                 'INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits,'
                 ' samples, lossy, part10, root, path, size, mtime_ns, crc32, acquired)'
                 f" SELECT id, '1.2.3.{n}', 1, '{sop_class}', '1.2.840.10008.1.2.1', 1, 1, 1, 8,"
                 f" 1, false, true, 'r', '{n}', 1, 1, 1, 0 FROM series")
    assert site.cli('migrate').code == 0
    assert dict(site.sql('SELECT sop_class, record_keys FROM wadozip.instance')) == classes
    assert site.sql('SELECT sop_class, record_keys IS NULL FROM wadozip.instance ORDER BY uid') == [
        [c, 'f' if k else 't'] for c, k in classes.items()]
    site.remove()
