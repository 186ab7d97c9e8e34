# SPDX-License-Identifier: MIT
"""A database on another machine: TLS, SCRAM, an account for each task, and a connection that is lost at any moment."""
import zipfile

import corpus
import harness
import pytest
from cut import Cut
from operator_site import write
from remote_pg import Remote

ACCOUNTS = {'far_owner': 'CREATEROLE', 'far_index': '', 'far_serve': ''}
FILES = 40
ZIP = 'application/zip'


@pytest.fixture(scope='module')
def far():
    pg = Remote().start()
    for name, right in ACCOUNTS.items():
        pg.query('postgres', f"CREATE ROLE {name} LOGIN {right} PASSWORD 'word of {name}'")
    yield pg
    pg.remove()


def line(far, user, database='far', **more):
    return far.remote(database, user, f"'word of {user}'", **more)


@pytest.fixture(scope='module')
def site(far):
    """Made by the owner, filled by another account, served by a third."""
    folder = harness.temporary('wzfar-')
    for i in range(FILES):
        write(folder / f'{i}.dcm', i, pixels=bytes(500))
    site = harness.Site(far, 'far', {'r': folder})
    site.sql('ALTER DATABASE far OWNER TO far_owner')
    site.write_config(database=line(far, 'far_owner'))
    site.cli('migrate', check=True)
    site.sql('GRANT far_writer TO far_index; GRANT far_reader TO far_serve')
    site.write_config(database=line(far, 'far_index'))
    assert site.index().code == 0
    site.write_config(database=line(far, 'far_serve'))
    yield site
    site.remove()


def test_each_account_may_do_its_own_task_and_no_other(far, site, tmp_path):
    study = corpus.uid('study')
    assert site.zip(study, tmp_path / 'x.zip').code == 0
    for command in ('index', *site.roots.values()), ('forget', study):
        result = site.cli(*command)
        assert result.code == 2 and ('permission denied' in result.err or 'must be owner' in result.err), (command, result)
    for user in 'far_index', 'far_serve':
        result = site.cli('migrate', env={'WADOZIP_DATABASE': line(far, user)})
        assert result.code == 2 and 'run it as far_owner, who owns the schema' in result.err, result


def test_the_responder_talks_tls(far, site, monkeypatch):
    monkeypatch.setenv('HOME', '/nonexistent')  # root's, where libpq looks for keys, is closed to the workers
    server = harness.front_end('lighttpd-socket', site, workers=3).start()
    try:
        answer = server.get(f'/studies/{corpus.uid("study")}', accept=ZIP)
        assert answer.status == 200, server.log()
        seen = site.sql("SELECT DISTINCT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                        " WHERE usename LIKE 'far%'")
        assert seen == [['far_serve', 't']]
        far.restart()
        answer = server.get(f'/studies/{corpus.uid("study")}', accept=ZIP)
        assert answer.status == 200, (answer, server.log())
    finally:
        server.remove()


@pytest.mark.parametrize('database, says', [
    ("password='wrong word'", 'password authentication failed'),
    ('sslmode=disable', 'no pg_hba.conf entry'),
    ('host=other.example.org', 'does not match host name "other.example.org"'),
    ('sslrootcert=/nonexistent', '/nonexistent'),
    ('port=1', 'Connection refused'),
])
def test_what_is_wrong_is_said_without_the_password(far, site, database, says):
    result = site.cli('doctor', env={'WADOZIP_DATABASE': f'{line(far, "far_serve")} {database}'})
    assert result.code == 1 and says in result.out, result
    assert 'word' not in result.out.replace('password authentication', '')


def limits(far, run):
    """From 0 to all that the server sends while run() works over a relay, in steps that hit each part of it."""
    with Cut(far.port, []) as relay:
        run(relay.port)
        total = sum(relay.passed)
    assert total > 3000
    return sorted({*range(0, total, max(1, total // 24)), total - 1, total - 30})


def test_a_download_survives_a_connection_lost_at_any_moment(far, site, tmp_path):
    """The second connection holds: asked again, or an honest error; never a part that looks whole."""
    study, out = corpus.uid('study'), tmp_path / 'x.zip'

    def download(port):
        out.unlink(missing_ok=True)
        return site.cli('zip', study, '-o', out, env={'WADOZIP_DATABASE': line(far, 'far_serve', port=port)})
    for limit in limits(far, download):
        with Cut(far.port, [limit]) as relay:
            result = download(relay.port)
        assert result.code in (0, 2), (limit, result)
        assert out.exists() == (result.code == 0), (limit, result)
        if result.code == 0:
            with zipfile.ZipFile(out) as archive:
                assert len(archive.namelist()) == FILES and archive.testzip() is None, limit
        else:
            assert 'database' in result.err, (limit, result)


def test_an_index_run_survives_a_connection_lost_at_any_moment(far, site):
    """Done or not: the next run finds everything as it should be."""
    writer = {'WADOZIP_DATABASE': line(far, 'far_index')}
    study, folder = corpus.uid('study'), site.roots['r']

    def index(port):
        assert site.cli('forget', study, env=writer).code == 0
        return site.cli('index', folder, env={'WADOZIP_DATABASE': line(far, 'far_index', port=port)})
    for limit in limits(far, index)[::2]:
        with Cut(far.port, [limit]) as relay:
            result = index(relay.port)
        assert result.code in (0, 2), (limit, result)
        assert site.cli('index', folder, env=writer).code == 0, limit
        assert site.count(study) == FILES, limit
    assert 'bad ' not in site.cli('doctor', env=writer).out
