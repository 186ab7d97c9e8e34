# SPDX-License-Identifier: MIT
"""The table of decisions through real web servers that ask for passwords: Apache with groups from a file of the service,
lighttpd with mod_auth and the same file."""
import decisions
import harness
import pytest
from client import curl
from decisions import A, USERS, ZIP
from servers import Apache, Lighttpd

PASSWORD = 'right'
MODULES = 'auth_basic', 'authn_core', 'authn_file', 'authz_user'


class Guarded(decisions.Guarded):
    """With passwords and a file of groups."""

    def __init__(self, pg):
        super().__init__(pg, 'decisions')
        (self.keys / 'groups').write_text('radiology: rita carl\n')
        self.users = self.keys / 'users'
        for user in USERS[:-1]:
            new = [] if self.users.exists() else ['-c']
            harness.run('htpasswd', '-B', '-b', *new, self.users, user, PASSWORD, check=True)
        for path in self.keys.iterdir():
            path.chmod(0o644)
        self.site.write_config(group_file=str(self.keys / 'groups'))

    def server(self, kind):
        if kind == 'lighttpd':
            one = Lighttpd(self.site, 'socket', workers=2)
            one.before = f'''server.modules += ( "mod_auth", "mod_authn_file" )
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "{self.users}"
auth.require = ( "" => ( "method" => "basic", "realm" => "x", "require" => "valid-user" ) )'''
        else:
            one = Apache(self.site, kind, workers=2)
            one.before = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in MODULES)
            one.access = f'AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile {self.users}\nRequire valid-user'
        return one.start()


@pytest.fixture(scope='module')
def guarded(pg):
    made = Guarded(pg)
    yield made
    made.site.remove()


@pytest.fixture(scope='module', params=['proxy_fcgi', 'fcgid', 'lighttpd'])
def door(request, guarded):
    server = guarded.server(request.param)
    yield server
    server.remove()


@pytest.fixture(scope='module', name='ask')
def asks(door):
    def ask(path, user, accept, **options):
        login = ['--user', f'{user}:{PASSWORD}'] if user else []
        return curl(door.url(path), *login, folder=door.folder, accept=accept, **options)
    return ask


class TestDecisions(decisions.Decisions):
    """By passwords."""


def test_wrong_passwords(door):
    for user in 'ann:wrong', 'ann:', 'nobody:right', ':right':
        got = curl(door.study(A), '--user', user, folder=door.folder, accept=ZIP)
        assert got.status == 401, (user, got)
