# SPDX-License-Identifier: MIT
"""Look-ups on a hot standby: it serves, what is learnt there is not kept, and a failover loses no download."""
import shutil

import corpus
import harness
import pytest
from downloads import STUDY, Slow, make_vault
from operator_site import write

ZIP = 'application/zip'


class Standby(harness.Postgres):
    """A copy of a running server that follows it. Made without initdb."""

    def __init__(self, primary):  # pylint: disable=super-init-not-called
        self.folder = harness.temporary('wzsb-')
        self.log, self.bin, self._as, self.process = self.folder / 'log', primary.bin, primary._as, None
        self.settings = {**primary.settings, 'unix_socket_directories': str(self.folder), 'hot_standby': 'on'}
        if harness.ROOT_USER:
            shutil.chown(self.folder, 'postgres', 'postgres')
        harness.run(*self._as, self.bin / 'pg_basebackup', '-h', primary.folder, '-U', 'postgres', '-D', self.folder / 'data',
                    '-R', '-X', 'stream', '-c', 'fast', check=True, cwd='/')

    def caught_up(self, primary):
        """Waits until everything that the primary has is here, too."""
        at = primary.query('postgres', 'SELECT pg_current_wal_lsn()')[0][0]
        harness.wait_for('the standby', lambda: self.query(
            'postgres', f"SELECT pg_last_wal_replay_lsn() >= '{at}'") == [['t']])


@pytest.fixture(scope='module')
def pair():
    primary = harness.Postgres().start()
    standby = Standby(primary).start()
    yield primary, standby
    standby.remove()
    primary.remove()


@pytest.fixture(scope='module')
def site(pair):
    primary, standby = pair
    vault, converted = make_vault(), harness.temporary('wzbig-')
    write(converted / '0.dcm', 0, syntax='1.2.840.10008.1.2')
    site = harness.Site(primary, 'twin', {'vault': vault, 'converted': converted}).migrate()
    assert site.index().code == 0
    both = f'host={standby.folder},{primary.folder} dbname=twin user=web target_session_attrs=prefer-standby'
    site.web_config.write_text(site.web_config.read_text().replace(primary.conninfo('twin', 'web'), both))
    standby.caught_up(primary)
    yield site
    site.remove()
    shutil.rmtree(vault)


def sessions(server):
    return int(server.query('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'web'")[0][0])


def test_a_standby_serves_and_a_failover_loses_nothing(pair, site):
    primary, standby = pair
    server = harness.front_end('lighttpd-socket', site, workers=4).start()
    try:
        for _ in range(2):  # what the conversion came out as is learnt, or would be
            answer = server.get(f'/studies/{corpus.uid("study")}', accept=ZIP)
            assert (answer.exit, answer.status) == (0, 200), server.log()
        assert sessions(standby) > 0 and sessions(primary) == 0
        assert site.sql('SELECT count(*) FROM wadozip.conversion') == [['0']]
        assert 'read-only' in server.log()
        with Slow(server, rate='100M') as slow:
            slow.wait_for_bytes()
            slow.hold()
            standby.stop()
            slow.go_on()
            assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
        answer = server.get(f'/studies/{STUDY}', '--range', '0-9', accept=ZIP)
        assert answer.status == 206, server.log()
        assert sessions(primary) > 0
    finally:
        server.remove()
