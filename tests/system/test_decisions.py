# SPDX-License-Identifier: MIT
"""Who may have what, as one table, through real web servers that ask for passwords: Apache with groups from a file of the
service, lighttpd with mod_auth and the same file."""
import re

import harness
import pytest
from client import curl
from corpus import header, uid
from servers import Apache, Lighttpd

PASSWORD = 'right'
MODULES = 'auth_basic', 'authn_core', 'authn_file', 'authz_user'
ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/dicom+json'
FRAME = 'multipart/related; type="application/octet-stream"'
A, B = uid('decisions', 'A'), uid('decisions', 'B')
USERS = ('ann', 'rita', 'sue', 'eve', None)
#            ann: A, both acts; rita: B by her group, retrieve; sue: A, search; eve: nothing; None: no password
TABLE = [
    ('study', A, '', ZIP, (200, 404, 404, 404, 401)),
    ('study', B, '', ZIP, (404, 200, 404, 404, 401)),
    ('table', A, '', CSV, (200, 404, 404, 404, 401)),
    ('series', A, '/series/SERIES', ZIP, (200, 404, 404, 404, 401)),
    ('series', B, '/series/SERIES', ZIP, (404, 200, 404, 404, 401)),
    ('instance', A, '/series/SERIES/instances/INSTANCE', 'application/dicom', (200, 404, 404, 404, 401)),
    ('metadata', A, '/metadata', JSON, (200, 404, 404, 404, 401)),
    ('metadata', B, '/series/SERIES/metadata', JSON, (404, 200, 404, 404, 401)),
    ('frames', A, '/series/SERIES/instances/INSTANCE/frames/1', FRAME, (200, 404, 404, 404, 401)),
    ('frames', B, '/series/SERIES/instances/INSTANCE/frames/1', FRAME, (404, 200, 404, 404, 401)),
    ('rendered', A, '/series/SERIES/instances/INSTANCE/rendered', 'image/png', (200, 404, 404, 404, 401)),
    ('thumbnail', A, '/series/SERIES/thumbnail', 'image/png', (200, 404, 404, 404, 401)),
    ('thumbnail', B, '/thumbnail', 'image/png', (404, 200, 404, 404, 401)),
    ('bulk data', A, '/series/SERIES/instances/INSTANCE/bulkdata/7FE00010', 'application/octet-stream',
     (200, 404, 404, 404, 401)),
    ('search', A, '/series', JSON, (200, 204, 200, 204, 401)),
    ('search', B, '/series', JSON, (204, 204, 204, 204, 401)),
]


class Guarded:
    """Two studies, grants, a group and passwords."""

    def __init__(self, pg):
        self.folder = harness.temporary('wzdecide-')
        for study in A, B:
            path = self.folder / f'{study}.dcm'
            head = header(study, uid(study, 1), uid(study, 1, 1), 1, rows=16, columns=16, pixel_bytes=512)
            path.write_bytes(head + bytes(512))
            path.chmod(0o644)
        self.site = harness.Site(pg, 'decisions', {'r': self.folder}, access='grants').migrate()
        keys = harness.owned_by_web_user(self.site.folder / 'keys')
        (keys / 'groups').write_text('radiology: rita carl\n')
        self.users = keys / 'users'
        for user in USERS[:-1]:
            new = [] if self.users.exists() else ['-c']
            harness.run('htpasswd', '-B', '-b', *new, self.users, user, PASSWORD, check=True)
        for path in keys.iterdir():
            path.chmod(0o644)
        self.site.write_config(group_file=str(keys / 'groups'))
        assert self.site.index().code == 0
        for args in ('--study', A, 'user:ann'), ('--study', B, '--acts', 'retrieve', 'group:radiology'), \
                ('--study', A, '--acts', 'search', 'user:sue'):
            assert self.site.cli('grant', *args).code == 0
        (self.site.folder / 'list').write_text(f'{A}\n')
        self.collection = self.site.cli('collection', 'create', str(self.site.folder / 'list')).out.split()[0]

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


def ask(door, path, user, accept, **options):
    login = ['--user', f'{user}:{PASSWORD}'] if user else []
    return curl(door.url(path), *login, folder=door.folder, accept=accept, **options)


def path_of(study, rest):
    return f'/studies/{study}' + rest.replace('SERIES', uid(study, 1)).replace('INSTANCE', uid(study, 1, 1))


@pytest.mark.parametrize('row', TABLE, ids=lambda row: f'{row[0]} {"AB"[row[1] == B]}{row[2].count("/")}')
def test_the_table(door, row):
    """GET, HEAD, and a condition that holds for those who have the current tag alone."""
    _, study, rest, accept, expected = row
    path, tag = path_of(study, rest), None
    for user, status in zip(USERS, expected):
        got = ask(door, path, user, accept)
        assert got.status == status, (user, got, got.text[:300], door.log()[-1500:])
        tag = got.headers.get('etag', tag) if status == 200 else tag
        assert ask(door, path, user, accept, method='HEAD').status == status, user
        if status >= 400:
            assert not {'etag', 'last-modified', 'content-disposition'} & set(got.headers), (user, got)
    for user, status in zip(USERS, expected):
        if tag:
            got = ask(door, path, user, accept, headers={'If-None-Match': tag})
            assert got.status == (304 if status == 200 else status), (user, got)


def test_what_is_not_granted_reads_as_what_does_not_exist(door):
    """The same text and header fields but for the number of the request and the time."""
    def shape(study, user, rest, accept):
        got = ask(door, path_of(study, rest), user, accept)
        fields = {k: v for k, v in got.headers.items() if k not in ('date', 'age')}
        return got.status, re.sub('[0-9a-f]{16}', '', got.text), fields
    for rest, accept in ('', ZIP), ('/metadata', JSON), ('/series/SERIES/thumbnail', 'image/png'):
        assert shape(A, 'eve', rest, accept) == shape('1.2.3', 'eve', rest, accept)


def test_searches_show_what_is_granted(door):
    for user, seen in ('ann', [A]), ('sue', [A]), ('rita', []), ('eve', []):
        got = ask(door, '/studies', user, JSON)
        assert got.status == (200 if seen else 204) and [u for u in (A, B) if u in got.text] == seen, (user, got)
    # An archive of a search needs both acts.
    assert [ask(door, '/studies', u, ZIP).status for u in ('ann', 'sue')] == [200, 204]


def test_collections(door, guarded):
    for kind in ZIP, CSV:
        answers = [ask(door, f'/collections/{guarded.collection}', user, kind).status for user in USERS]
        assert answers == [200, 404, 404, 404, 401], kind


def test_wrong_passwords(door):
    for user in 'ann:wrong', 'ann:', 'nobody:right', ':right':
        got = curl(door.study(A), '--user', user, folder=door.folder, accept=ZIP)
        assert got.status == 401, (user, got)
