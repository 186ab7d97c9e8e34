# SPDX-License-Identifier: MIT
"""wadozip migrate: the schema, its versions and its roles."""
import os
import re
import shutil
import subprocess

import corpus
import harness
from operator_site import cases, small, write  # noqa: F401  (small is a fixture)

VERSION = int(re.search(r'#define CATALOG_SCHEMA (\d+)',
                        (harness.REPO / 'src/db/schema.h').read_text()).group(1))


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
    command = [site.bin / 'wadozip', '--config', site.config, 'migrate']
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    results = [p.communicate() for p in running]
    assert [p.returncode for p in running] == [0] * 4, results
    assert sum(out.count(b'applied ') for out, _ in results) == VERSION
    site.remove()


def test_a_migration_that_fails_leaves_nothing(pg, tmp_path):
    site = bare(pg, tmp_path, 'fails')
    site.migrate_to(3)
    site.sql('CREATE TABLE wadozip.digest (in_the_way int)')
    result = site.cli('migrate')
    assert result.code == 2 and 'relation "digest" already exists' in result.err
    assert site.sql('SELECT max(version) FROM wadozip.schema_version') == [['3']]
    site.sql('DROP TABLE wadozip.digest')
    result = site.cli('migrate')
    assert result.code == 0 and result.out.count('applied ') == VERSION - 3, result
    site.remove()


def test_a_newer_schema_is_refused(small):
    site, _ = small
    site.sql('INSERT INTO wadozip.schema_version (version, name, checksum)'
             f" VALUES ({VERSION + 1}, 'x', repeat('0', 64))")
    for command in (['index', *site.roots.values()], ['zip', corpus.uid('study'), '-o', '-'], ['forget', '1.2.3']):
        result = site.cli(*command)
        assert result.code == 2 and 'install a newer wadozip' in result.err, command
    assert site.cli('migrate').code == 2


def test_an_altered_migration_is_noticed(small):
    site, _ = small
    site.sql("UPDATE wadozip.schema_version SET checksum = repeat('0', 64) WHERE version = 2")
    result = site.cli('migrate')
    assert result.code == 2 and 'migration 002_index.sql of the database is not 002_index.sql' in result.err


def test_the_program_needs_no_files(pg, tmp_path):
    """It may be copied to wherever a host lets it run."""
    site = bare(pg, tmp_path, 'alone')
    shutil.copy(harness.program('wadozip'), tmp_path / 'wadozip')
    traced = harness.run('strace', '-f', '-e', 'trace=openat', tmp_path / 'wadozip', '--config', site.config, 'migrate')
    assert traced.code == 0 and 'applied 001_catalogue.sql' in traced.out, traced
    assert '.sql"' not in traced.err and 'share/wadozip' not in traced.err
    site.remove()


def test_migrations_are_numbered_without_a_gap():
    """Or the program is not built."""
    files = sorted((harness.REPO / 'sql').glob('[0-9]*.sql'))
    result = harness.run('awk', '-f', harness.REPO / 'sql' / 'embed.awk', *files[:1], *files[2:])
    assert result.code == 1 and f'{files[2].name} should be number 2' in result.err


def test_roles_have_exactly_their_rights(small):
    site, _ = small
    reader, writer = f'{site.name}_reader', f'{site.name}_writer'
    tables = ('root', 'study', 'series', 'instance', 'other_file', 'conflict', 'conversion', 'digest', 'gone',
              'schema_version', 'collection', 'collection_series', 'collection_archive', 'grant_', 'link', 'audit',
              'audit_batch')
    written = set(tables) - {'conflict', 'schema_version', 'audit', 'audit_batch'}
    wanted = {reader: {'conversion': 'SELECT INSERT UPDATE', 'digest': 'SELECT INSERT UPDATE'},
              writer: {t: 'SELECT INSERT UPDATE DELETE' for t in written}}
    for role, more in wanted.items():
        for table in tables:
            for right in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER'):
                has = site.sql(f"SELECT has_table_privilege('{role}', 'wadozip.{table}', '{right}')")[0][0]
                assert (has == 't') == (right in more.get(table, 'SELECT').split()), (role, table, right)
    learned = {'instance': ['default_codec_version', 'default_size', 'deflated_by', 'deflated_size', 'mtime_ns',
                            'pixel_deflated_size'],
              'link': ['archive_etag', 'archive_sha256', 'downloads', 'wrong_tries']}
    for table, names in learned.items():
        columns = site.sql(f"SELECT attname FROM pg_attribute WHERE attrelid = 'wadozip.{table}'::regclass AND attnum > 0"
                           f" AND has_column_privilege('{reader}', attrelid, attname, 'UPDATE')")
        assert sorted(columns) == [[name] for name in names]
    for role, may in ((reader, 'f'), (writer, 't'), ('public', 'f')):
        rights = dict(site.sql(f"SELECT proname, has_function_privilege('{role}', oid, 'EXECUTE') FROM pg_proc"
                               " WHERE pronamespace = 'wadozip'::regnamespace"))
        for name in ('fold', 'reached', 'reached_series', 'reached_gone', 'collection_create', 'audit_add', 'share_link',
                     'unshare_link'):
            assert rights.pop(name) == ('f' if role == 'public' else 't')
        assert set(rights.values()) == {may}, role


def account(site, name, *roles):
    """The connection string of an account of this test alone, with roles."""
    user = f'{name}_{site.name}'[:63]
    site.sql(f'CREATE ROLE "{user}" LOGIN')
    for role in roles:
        site.sql(f'GRANT "{role}" TO "{user}"')
    return site.pg.conninfo(site.name, user)


def test_writer_and_reader_accounts_suffice(small, tmp_path):
    site, folder = small
    write(folder / 'more.dcm', 7)
    (folder / '0.dcm').unlink()
    site.write_config(database=account(site, 'r', f'{site.name}_reader'))
    one = f'{corpus.uid("study")}/{corpus.uid("series")}/{corpus.uid(1)}'
    assert site.zip(one, tmp_path / 'x.zip').code == 0
    refused = site.index()
    assert refused.code == 2 and 'permission denied' in refused.err
    doctor = site.cli('doctor')
    assert f'GRANT "{site.name}_writer" TO it' in doctor.out and 'this account may serve' in doctor.out
    site.write_config(database=account(site, 'w', f'{site.name}_writer'))
    assert site.index(prune=True).code == 0
    assert site.cli('forget', corpus.uid('study')).code == 0


def test_an_account_without_rights_learns_what_it_lacks(small, tmp_path):
    """Not that there was no catalogue: `wadozip migrate` would not help it."""
    site, _ = small
    says = f'GRANT "{site.name}_reader" or "{site.name}_writer" TO it'
    site.write_config(database=account(site, 'stranger'))
    for result in (site.index(), site.zip(corpus.uid('study'), tmp_path / 'x.zip'), site.cli('verify')):
        assert result.code == 2 and says in result.err, result
    assert says in site.cli('doctor').out


def test_the_reader_of_one_database_reads_no_other(small, tmp_path, make_site):
    """Roles belong to the whole cluster, where a host may have the databases of several customers."""
    site, folder = small
    other = make_site('other', {'r': folder})
    for kind in 'reader', 'writer':
        visitor = account(other, kind[0], f'{other.name}_{kind}')
        site.write_config(database=visitor.replace(f'dbname={other.name}', f'dbname={site.name}'))
        result = site.zip(corpus.uid('study'), tmp_path / 'x.zip')
        assert result.code == 2 and 'may not see the catalogue' in result.err, result


def test_the_database_of_a_host_that_lets_nobody_create_roles(pg, tmp_path):
    """One account, which owns the database and does everything."""
    folder = tmp_path / 'root'
    write(folder / '0.dcm', 0)
    site = harness.Site(pg, f'hosted_{os.getpid()}', {'r': folder})
    user = account(site, 'owner')
    name = f'owner_{site.name}'
    site.sql(f'ALTER DATABASE "{site.name}" OWNER TO "{name}"')
    site.write_config(database=user)
    first, again = site.cli('migrate'), site.cli('migrate')
    assert (first.code, again.code) == (0, 0), (first, again)
    for role in f'{site.name}_reader', f'{site.name}_writer':
        assert f'note role {role} does not exist' in first.out and f'CREATE ROLE "{role}"' in again.out
    assert site.index().code == 0
    doctor = site.cli('doctor')
    assert 'this account may serve' in doctor.out and 'this account may index' in doctor.out, doctor
    assert site.zip(corpus.uid('study'), tmp_path / 'x.zip').code == 0
    site.sql(f'CREATE ROLE "{site.name}_reader"')
    third = site.cli('migrate')
    assert third.code == 0 and '_reader' not in third.out and f'{site.name}_writer does not exist' in third.out, third
    site.write_config(database=account(site, 'r', f'{site.name}_reader'))
    assert site.zip(corpus.uid('study'), tmp_path / 'x.zip').code == 0
    site.remove()


def test_roles_cannot_be_named_after_a_long_name(pg, tmp_path):
    site = harness.Site(pg, 'x' * 57, {'r': tmp_path})
    result = site.cli('migrate')
    assert result.code == 2 and 'more than 56 bytes' in result.err
    site.remove()


def add_series(site):
    site.sql('SET search_path = wadozip, pg_temp; INSERT INTO root VALUES (\'r\');'
             "INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time,"
             " dicom_id, accession, description) VALUES ('1.2', '', '', '', '', '', '', '', '', '');"
             "INSERT INTO series (study_id, uid, modality, number, description) SELECT id, '1.2.3', '', 1, '' FROM study;")


def add_instance(site, number, sop_class):
    """Instance 1.2.3.number of that series, as every version of the schema takes it."""
    site.sql('SET search_path = wadozip, pg_temp;'
             'INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits,'
             ' samples, lossy, part10, root, path, size, mtime_ns, crc32, acquired)'
             f" SELECT id, '1.2.3.{number}', 1, '{sop_class}', '1.2.840.10008.1.2.1', 1, 1, 1, 8,"
             f" 1, false, true, 'r', '{number}', 1, 1, 1, 0 FROM series")


def test_images_have_no_keys_of_directory_records(pg, tmp_path):
    """Version 3: what was indexed before it and is no image is read again by the next index run, images are not."""
    site = bare(pg, tmp_path, 'keys')
    site.migrate_to(2)
    classes = {'1.2.840.10008.5.1.4.1.1.2': '\\x', '1.2.840.10008.5.1.4.1.1.481.24': '\\x', '1.2.840.10008.5.1.4.1.1.88.11': '',
               '1.2.840.10008.5.1.4.1.1.66': '', '1.2.3.4': ''}
    add_series(site)
    for n, sop_class in enumerate(classes):
        add_instance(site, n, sop_class)
    assert site.cli('migrate').code == 0
    assert dict(site.sql('SELECT sop_class, record_keys FROM wadozip.instance')) == classes
    assert site.sql('SELECT sop_class, record_keys IS NULL FROM wadozip.instance ORDER BY uid') == [
        [c, 'f' if k else 't'] for c, k in classes.items()]
    site.remove()


def test_old_names_are_renamed_everywhere(pg, tmp_path):
    """Version 8: in tables, constraints, indexes and functions; no table is written again."""
    site = bare(pg, tmp_path, 'names')
    site.migrate_to(7)
    add_series(site)
    add_instance(site, 1, '1.2.840.10008.5.1.4.1.1.2')
    site.sql("INSERT INTO wadozip.form SELECT id, '1.2.840.10008.1.2.1', 7, 5, 4, NULL, 1 FROM wadozip.instance")
    written = "SELECT pg_relation_filenode('wadozip.{}'), pg_relation_filenode('wadozip.instance')"
    before, summary = site.sql(written.format('form')), site.sql('SELECT card FROM wadozip.instance')
    assert site.cli('migrate').code == 0
    assert site.sql(written.format('conversion')) == before
    assert site.sql('SELECT summary FROM wadozip.instance') == summary
    assert site.sql('SELECT codec_version, size FROM wadozip.conversion') == [['7', '5']]
    inside = "'wadozip'::regnamespace"
    for names in (f'SELECT relname FROM pg_class WHERE relnamespace = {inside}',
                  'SELECT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid'
                  f" WHERE relnamespace = {inside} AND relkind <> 'i'",
                  f'SELECT conname FROM pg_constraint WHERE connamespace = {inside}',
                  f'SELECT prosrc FROM pg_proc WHERE pronamespace = {inside}'):
        assert site.sql(f"SELECT n FROM ({names}) x (n) WHERE n::text ~ '\\m(form|card)(\\M|_)|recipe'") == []
    assert site.sql(f"SELECT conname FROM pg_constraint WHERE conrelid = 'wadozip.conversion'::regclass AND contype = 'p'") == \
        [['conversion_pkey']]
    site.remove()
