# SPDX-License-Identifier: MIT
"""Look-ups on a hot standby: it serves, what is learned goes to the primary, and a failover loses no download."""
import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess

import corpus
import harness
import pytest
from downloads import STUDY, Slow, make_vault
from operator_site import small, write  # noqa: F401  (a fixture)
from standby import look_up_on_standby, two_servers

ZIP = 'application/zip'
CONVERTED = 5  # instances of the study whose members are converted
DOWNLOADS = 4
NUMBERS = itertools.count()


@pytest.fixture(scope='module')
def pair():
    with two_servers() as both:
        yield both


@pytest.fixture(scope='module')
def vault():
    folder = make_vault()
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def site_on(pair, vault, attributes, learn=None):
    """A site whose responder knows both servers, the standby first; `learn`: those of database_learn."""
    converted = harness.temporary('wzbig-')
    for i in range(CONVERTED):
        write(converted / f'{i}.dcm', i, syntax='1.2.840.10008.1.2')
    site = harness.Site(pair[0], f'twin{next(NUMBERS)}', {'vault': vault, 'converted': converted}).migrate()
    assert site.index().code == 0
    look_up_on_standby(site, pair, attributes, learn)
    yield site
    site.remove()
    shutil.rmtree(converted)


@contextlib.contextmanager
def serving(site, workers):
    server = harness.front_end('lighttpd-socket', site, workers=workers).start()
    try:
        yield server
    finally:
        server.remove()


def sessions(server):
    return int(server.query('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'web'")[0][0])


def get_converted(server):
    """Returns when the response is logged, which is the last thing that a worker does."""
    before = server.log().count(' complete [')
    answer = server.get(f'/studies/{corpus.uid("study")}', accept=ZIP)
    assert (answer.exit, answer.status) == (0, 200), server.log()
    harness.wait_for('a line for the response', lambda: server.log().count(' complete [') > before)


def conversions(server, site):
    return int(server.query(site.name, 'SELECT count(*) FROM wadozip.conversion')[0][0])


def test_a_standby_serves_and_a_failover_loses_nothing(pair, vault):
    primary, standby = pair
    with site_on(pair, vault, 'prefer-standby') as site, serving(site, 1) as server:
        get_converted(server)
        get_converted(server)
        assert sessions(standby) > 0 and sessions(primary) == 0
        assert conversions(primary, site) == 0
        assert server.log().count('read-only') == 1  # of all that could be learned twice
        assert 'set database_learn to the primary' in server.log()
        with Slow(server, rate='100M') as slow:
            slow.wait_for_bytes()
            slow.hold()
            standby.stop()
            slow.go_on()
            assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
        answer = server.get(f'/studies/{STUDY}', '--range', '0-9', accept=ZIP)
        assert answer.status == 206, server.log()
        assert sessions(primary) > 0
    standby.start()


def test_facts_go_to_the_primary(pair, vault):
    primary, standby = pair
    with site_on(pair, vault, 'prefer-standby', learn='read-write') as site, serving(site, 1) as server:
        get_converted(server)
        assert conversions(primary, site) == CONVERTED
        assert (sessions(standby), sessions(primary)) == (1, 1)
        assert 'not recorded:' not in server.log()


@contextlib.contextmanager
def other_program(server, database, name):
    """A connection of a program with this name."""
    command = ['psql', '-XAtq', '-c', 'SELECT 1', '-c', 'SELECT pg_sleep(600)', server.conninfo(database)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, 'PGAPPNAME': name}) as process:
        process.stdout.readline()
        yield
        process.send_signal(signal.SIGINT)  # cancels the statement


def lines_of_doctor(site, word):
    """What the responder's settings give; lines about the word."""
    out = harness.run(site.bin / 'wadozip', '--config', site.web_config, 'doctor').out
    return [line for line in out.splitlines() if re.match(rf'\w+ +{word}: ', line)]


@pytest.mark.parametrize('learn, said', [
    (None, 'note database: a standby, where sizes and digests found while sending cannot be recorded'),
    ('prefer-standby', 'bad  database_learn: this server is read-only: name the primary'),
    ('read-write', 'ok   database_learn: reachable and writable')])
def test_doctor_checks_where_facts_go(pair, vault, learn, said):
    with site_on(pair, vault, 'prefer-standby', learn=learn) as site:
        lines = lines_of_doctor(site, 'database(_learn)?')
        assert sum(line.startswith(said) for line in lines) == 1, lines


def test_doctor_compares_compressors(pair, vault):
    """Of this node with that of the node that indexed."""
    with site_on(pair, vault, 'prefer-standby') as site:
        assert not lines_of_doctor(site, 'compressor')
        site.sql("UPDATE wadozip.instance SET (deflated_size, deflated_by) = (1, 'another/1.0')")
        pair[1].caught_up(pair[0])
        line, = lines_of_doctor(site, 'compressor')
        assert 'the node that indexed last has another/1.0' in line


def test_doctor_compares_codecs_and_versions(pair, vault):
    with site_on(pair, vault, 'prefer-standby') as site:
        version = harness.run(site.bin / 'wadozip', '--version').out.split()[1]
        with serving(site, 1) as server:
            get_converted(server)
            names = site.sql("SELECT DISTINCT application_name FROM pg_stat_activity WHERE usename = 'web'")
            names += pair[1].query(site.name, "SELECT application_name FROM pg_stat_activity WHERE usename = 'web'")
            assert [f'wadozip-fcgi {version}'] in names
            assert not lines_of_doctor(site, '(codecs|versions)')
        site.sql('UPDATE wadozip.instance SET default_codec_version = 7')
        pair[1].caught_up(pair[0])
        with other_program(pair[1], site.name, 'wadozip-fcgi 0.1.0'), other_program(pair[1], site.name, 'wadozip-like'):
            codecs, versions = lines_of_doctor(site, '(codecs|versions)')
        made = re.search(r'conversions (\d+)', harness.run(site.bin / 'wadozip-dicom', 'version').out)[1]
        assert f'gives conversions {made}, on the node that indexed last 7:' in codecs
        assert f'this is wadozip {version}; wadozip-fcgi 0.1.0 are connected' in versions


def test_a_primary_that_is_away_costs_only_facts(pair, vault):
    with site_on(pair, vault, 'prefer-standby') as site:
        nowhere = 'host=/nowhere dbname=x'
        site.web_config.write_text(site.web_config.read_text() + f'database_learn = {nowhere}\n')
        with serving(site, 1) as server:
            get_converted(server)
            get_converted(server)
            assert server.log().count('not recorded:') == 1, server.log()


def test_index_waits_for_replay(pair, vault):
    primary, standby = pair
    with site_on(pair, vault, 'prefer-standby') as site, serving(site, 1) as server:
        new = f'/studies/{corpus.uid("later")}'
        path = site.roots['converted'] / 'later.dcm'
        path.write_bytes(corpus.header(corpus.uid('later'), corpus.uid('later', 1), corpus.uid('later', 2), 1, pixel_bytes=2) +
                         b'\1\0')
        standby.query('postgres', 'SELECT pg_wal_replay_pause()')
        waited = site.cli('index', '--wait-replay=1')
        assert waited.code == 2 and 'standbys (walreceiver) have not replayed' in waited.err, waited
        assert server.get(new, accept=ZIP).status == 404
        standby.query('postgres', 'SELECT pg_wal_replay_resume()')
        waited = site.cli('index', '--wait-replay')
        assert waited.code == 0, waited
        assert server.get(new, accept=ZIP).status == 200
        with_rights = site.cli('index', '--wait-replay', env={'WADOZIP_DATABASE': site.pg.conninfo(site.name, 'web')})
        assert with_rights.code == 2 and 'denied' in with_rights.err  # of a reader, the first thing
        site.sql(f'GRANT "{site.name}_writer" TO web')
        hidden = site.cli('index', '--wait-replay', env={'WADOZIP_DATABASE': site.pg.conninfo(site.name, 'web')})
        assert hidden.code == 2 and 'GRANT pg_read_all_stats' in hidden.err, hidden


@contextlib.contextmanager
def waiting_for_replay(pair, site):
    """The command while it waits for a standby that does not replay."""
    primary, standby = pair
    standby.query('postgres', 'SELECT pg_wal_replay_pause()')
    site.sql("SELECT pg_logical_emit_message(true, 'later', 'than the pause')")
    process = subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'index', '--wait-replay'],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        harness.wait_for('its question', lambda: primary.query(
            'postgres', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FROM pg_stat_replication%'"
            f" AND datname = '{site.name}'") != [['0']], alive=process)
        yield process
    finally:
        standby.query('postgres', 'SELECT pg_wal_replay_resume()')
        harness.end(process)


def test_the_wait_ends_with_replay_or_with_a_signal(pair, vault):
    _, standby = pair
    with site_on(pair, vault, 'prefer-standby') as site:
        with waiting_for_replay(pair, site) as process:
            standby.query('postgres', 'SELECT pg_wal_replay_resume()')
            assert process.wait(harness.PATIENCE) == 0, process.stderr.read()
        with waiting_for_replay(pair, site) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(harness.PATIENCE) == 130, process.stderr.read()


def test_a_receiver_of_the_log_that_replays_nothing(pair, vault):
    primary, _ = pair
    folder = harness.temporary('wzlog-')
    folder.chmod(0o777)
    with site_on(pair, vault, 'prefer-standby') as site:
        receiver = subprocess.Popen([*primary._as, primary.bin / 'pg_receivewal', '-h', primary.folder, '-U', 'postgres', '-D',
                                     folder, '--no-loop'], cwd='/', stdin=subprocess.DEVNULL)
        try:
            harness.wait_for('the receiver', lambda: primary.query('postgres', """SELECT count(*) FROM pg_stat_replication
                WHERE application_name = 'pg_receivewal' AND state = 'streaming'""") == [['1']], alive=receiver)
            waited = site.cli('index', '--wait-replay')
            assert waited.code == 0, waited
        finally:
            harness.end(receiver)
            shutil.rmtree(folder)


def test_nothing_to_wait_for(small):  # noqa: F811
    site, _ = small
    alone = site.cli('index', '--wait-replay')
    assert alone.code == 2 and 'no standby is connected' in alone.err


def test_the_primary_dies_in_downloads(vault):
    """Look-ups and facts go to the server that was promoted; running downloads need neither."""
    with two_servers() as pair, site_on(pair, vault, 'read-write', learn='read-write') as site:
        primary, standby = pair
        with serving(site, DOWNLOADS) as server, contextlib.ExitStack() as stack:
            slow = [stack.enter_context(Slow(server, rate='100M')) for _ in range(DOWNLOADS)]
            for one in slow:
                one.wait_for_bytes()
                one.hold()
            assert sessions(primary) == DOWNLOADS
            primary.stop(signal.SIGQUIT)
            standby.query('postgres', 'SELECT pg_promote()')
            for one in slow:
                one.go_on()
                assert one.exit_code() == 0 and one.size() == one.length(), one
            get_converted(server)
            harness.wait_for('the facts', lambda: conversions(standby, site) == CONVERTED)
