# SPDX-License-Identifier: MIT
"""A new version over an old one while the service runs, and the way back, which is refused in words."""
import corpus
import harness
import pytest
from downloads import STUDY, Slow, vault, vault_site  # noqa: F401
from operator_site import write
from test_migrate import VERSION, bare

ZIP = 'application/zip'
NEWER = ('BEGIN; ALTER TABLE wadozip.instance ADD COLUMN later int;'
         ' INSERT INTO wadozip.schema_version (version, name, checksum)'
         f" VALUES ({VERSION + 1}, '{VERSION + 1:03}_later.sql', repeat('0', 64)); COMMIT")
OLDER = ('BEGIN; ALTER TABLE wadozip.instance DROP COLUMN later;'
         f' DELETE FROM wadozip.schema_version WHERE version = {VERSION + 1}; COMMIT')


@pytest.fixture
def server(vault_site, request):  # noqa: F811
    one = harness.front_end('lighttpd-socket', vault_site, workers=3)
    request.addfinalizer(one.remove)
    return one.start()


def test_a_migration_under_a_download(server, vault_site):  # noqa: F811
    """It waits for no download, no download for it: nothing is locked while an archive is sent."""
    with Slow(server, rate='100M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        try:
            vault_site.sql(f"SET lock_timeout = '60s'; {NEWER}")
            slow.go_on()
            assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
            server.pool.stop()
            server.pool.start()
            answer = server.get(f'/studies/{STUDY}', '--range', '0-9', accept=ZIP)
            assert answer.status == 500
            assert f'the catalogue is of version {VERSION + 1}, this program knows {VERSION}: install a newer wadozip' \
                in server.log()
            for command in ('migrate',), ('index', *vault_site.roots.values()), ('zip', STUDY, '-o', '/dev/null'):
                result = vault_site.cli(*command)
                assert result.code == 2 and 'install a newer wadozip' in result.err, result
            assert 'install a newer wadozip' in vault_site.cli('doctor').out
        finally:
            vault_site.sql(OLDER)
    assert server.get(f'/studies/{STUDY}', '--range', '0-9', accept=ZIP).status == 206


def test_a_new_program_before_its_migration(pg, tmp_path):
    """It says what to run, and goes on by itself afterwards."""
    folder = harness.temporary('wzupgrade-')
    write(folder / '0.dcm', 0)
    site = bare(pg, folder, 'before')
    site.migrate_to(VERSION - 1)
    reader = f'"{site.name}_reader"'
    site.sql(f'CREATE ROLE {reader}; GRANT {reader} TO {pg.WEB_ROLE}; GRANT USAGE ON SCHEMA wadozip TO {reader};'
             f' GRANT SELECT ON wadozip.schema_version TO {reader}')
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    try:
        path = f'/studies/{corpus.uid("study")}'
        assert server.get(path, accept=ZIP).status == 500
        assert f'is of version {VERSION - 1}, this program needs {VERSION}: run `wadozip migrate`' in server.log()
        assert site.index().code == 2
        for _ in range(2):
            assert site.cli('migrate').code == 0
        assert site.index().code == 0
        assert server.get(path, accept=ZIP).status == 200, server.log()
    finally:
        server.remove()
        site.remove()
