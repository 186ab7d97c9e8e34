# SPDX-License-Identifier: MIT
"""A PostgreSQL server with a hot standby, and a site whose responder looks things up there."""
import contextlib
import shutil

import harness


class Standby(harness.Postgres):
    """A copy of a running server that follows it. Made without initdb."""

    def __init__(self, primary):  # pylint: disable=super-init-not-called
        self.folder = harness.temporary('wzsb-')
        self.log, self.bin, self._as, self.process = self.folder / 'log', primary.bin, primary._as, None
        self.settings = {**primary.settings, 'unix_socket_directories': str(self.folder), 'hot_standby': 'on',
                         'wal_retrieve_retry_interval': '100ms'}  # a primary that was away is found again soon
        if harness.ROOT_USER:
            shutil.chown(self.folder, 'postgres', 'postgres')
        harness.run(*self._as, self.bin / 'pg_basebackup', '-h', primary.folder, '-U', 'postgres', '-D', self.folder / 'data',
                    '-R', '-X', 'stream', '-c', 'fast', check=True, cwd='/')

    def caught_up(self, primary):
        """Waits until everything that the primary has is here, too."""
        at = primary.query('postgres', 'SELECT pg_current_wal_insert_lsn()')[0][0]
        harness.wait_for('the standby', lambda: self.query(
            'postgres', f"SELECT pg_last_wal_replay_lsn() >= '{at}'") == [['t']])


@contextlib.contextmanager
def two_servers():
    primary = harness.Postgres().start()
    standby = Standby(primary).start()
    yield primary, standby
    standby.remove()
    primary.remove()


def look_up_on_standby(site, pair, attributes, learn=None):
    """Changes the responder's settings: both servers, the standby first; `learn`: attributes for database_learn."""
    primary, standby = pair
    both = f'host={standby.folder},{primary.folder} dbname={site.name} user={primary.WEB_ROLE} target_session_attrs='
    settings = site.web_config.read_text().replace(primary.conninfo(site.name, primary.WEB_ROLE), both + attributes)
    site.web_config.write_text(settings + (f'database_learn = {both}{learn}\n' if learn else ''))
    standby.caught_up(primary)
