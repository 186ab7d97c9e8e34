# SPDX-License-Identifier: MIT
"""A PostgreSQL as on another machine: over TCP with TLS and SCRAM alone. The tests themselves use its unix socket."""
import shutil

import harness

NAME = 'db.example.org'


class Remote(harness.Postgres):
    def __init__(self):
        self.port = harness.free_port()
        super().__init__(settings={'listen_addresses': '127.0.0.1', 'port': self.port, 'ssl': 'on',
                                   'password_encryption': 'scram-sha-256'})
        data = self.folder / 'data'
        (data / 'pg_hba.conf').write_text('local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n')
        harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', f'/CN={NAME}', '-addext',
                    f'subjectAltName=DNS:{NAME}', '-keyout', data / 'server.key', '-out', data / 'server.crt', check=True)
        (data / 'server.key').chmod(0o600)
        self.ca = self.folder / 'ca.crt'
        shutil.copy(data / 'server.crt', self.ca)
        if harness.ROOT_USER:
            for name in 'server.key', 'server.crt':
                shutil.chown(data / name, 'postgres', 'postgres')
        self.folder.chmod(0o755)

    def conninfo(self, database, user='postgres'):
        return f'{super().conninfo(database, user)} port={self.port}'

    def remote(self, database, user, password, port=None, more=''):
        """As a client elsewhere says it."""
        return (f'host={NAME} hostaddr=127.0.0.1 port={port or self.port} dbname={database} user={user}'
                f' password={password} sslmode=verify-full sslrootcert={self.ca} {more}')
