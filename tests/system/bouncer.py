# SPDX-License-Identifier: MIT
"""pgbouncer in transaction mode between a site and its PostgreSQL."""
import subprocess

import harness

SERVERS = 3  # connections to PostgreSQL; fewer than workers, so that transactions of one client take turns on them


class Bouncer:
    """To a Site it is a PostgreSQL server; what the tests themselves ask goes past it."""

    def __init__(self, pg, mode='transaction', servers=SERVERS):
        self.pg, self.port, self.folder = pg, harness.free_port(), harness.temporary('wzbounce-')
        (self.folder / 'users').write_text(f'"postgres" ""\n"{pg.WEB_ROLE}" ""\n')
        (self.folder / 'ini').write_text(f'''[databases]
* = host={pg.folder}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {self.folder}/users
pool_mode = {mode}
default_pool_size = {servers}
max_client_conn = 200
''')
        self.process = None

    def __getattr__(self, name):
        return getattr(self.pg, name)

    def start(self):
        user = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] if harness.ROOT_USER else []
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen([*user, '/usr/sbin/pgbouncer', str(self.folder / 'ini')],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/')
        harness.wait_for('pgbouncer', lambda: harness.accepts(self.port), alive=self.process)
        return self

    def stop(self):
        if self.process:
            harness.end(self.process)
            self.process = None

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    def conninfo(self, database, user='postgres'):
        return f'host=127.0.0.1 port={self.port} dbname={database} user={user}'

    def createdb(self, name):
        self.pg.createdb(name)
        return self.conninfo(name)
