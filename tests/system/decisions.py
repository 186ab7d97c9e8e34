# SPDX-License-Identifier: MIT
"""Who may have what, as one table, for web servers that log people in in different ways."""
import re

import harness
import pytest
from corpus import header, uid

ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/dicom+json'
FRAME = 'multipart/related; type="application/octet-stream"'
A, B = uid('decisions', 'A'), uid('decisions', 'B')
PATIENTS = {A: 'SYNTH-1', B: 'SYNTH-2'}
USERS = ('ann', 'rita', 'sue', 'eve', None)
#            ann: A, both acts; rita: B by her group, retrieve; sue: A, search; eve: nothing; None: no login
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


def path_of(study, rest):
    return f'/studies/{study}' + rest.replace('SERIES', uid(study, 1)).replace('INSTANCE', uid(study, 1, 1))


def name_of(row):
    """The id of a row of TABLE as a parameter."""
    return f'{row[0]} {"AB"[row[1] == B]}{row[2].count("/")}'


class Guarded:
    """Two studies of two patients, grants, a collection, and a folder `keys` that the web server can read."""

    def __init__(self, pg, name, **settings):
        self.folder = harness.temporary('wzdecide-')
        for study in A, B:
            path = self.folder / f'{study}.dcm'
            head = header(study, uid(study, 1), uid(study, 1, 1), 1, rows=16, columns=16, pixel_bytes=512,
                          patient=PATIENTS[study])
            path.write_bytes(head + bytes(512))
            path.chmod(0o644)
        self.site = harness.Site(pg, name, {'r': self.folder}, access='grants', **settings).migrate()
        self.keys = harness.owned_by_web_user(self.site.folder / 'keys')
        assert self.site.index().code == 0
        for args in ('--study', A, 'user:ann'), ('--study', B, '--acts', 'retrieve', 'group:radiology'), \
                ('--study', A, '--acts', 'search', 'user:sue'):
            assert self.site.cli('grant', *args).code == 0
        (self.site.folder / 'list').write_text(f'{A}\n')
        self.collection = self.site.cli('collection', 'create', str(self.site.folder / 'list')).out.split()[0]


class Decisions:
    """The tests of a module whose fixture `ask` asks through a web server: ask(path, user, accept, headers=..., method=...);
    `guarded` is a Guarded, `door` the server."""

    @pytest.mark.parametrize('row', TABLE, ids=name_of)
    def test_the_table(self, ask, door, row):
        """GET, HEAD, and a condition that holds for those who have the current tag alone."""
        _, study, rest, accept, expected = row
        path, tag = path_of(study, rest), None
        for user, status in zip(USERS, expected):
            got = ask(path, user, accept)
            assert got.status == status, (user, got, got.text[:300], door.log()[-3000:])
            tag = got.headers.get('etag', tag) if status == 200 else tag
            assert ask(path, user, accept, method='HEAD').status == status, user
            if status >= 400:
                assert not {'etag', 'last-modified', 'content-disposition'} & set(got.headers), (user, got)
        for user, status in zip(USERS, expected):
            if tag:
                got = ask(path, user, accept, headers={'If-None-Match': tag})
                assert got.status == (304 if status == 200 else status), (user, got)

    def test_what_is_not_granted_reads_as_what_does_not_exist(self, ask):
        """The same text and header fields but for the number of the request and the time."""
        def shape(study, user, rest, accept):
            got = ask(path_of(study, rest), user, accept)
            fields = {k: v for k, v in got.headers.items() if k not in ('date', 'age')}
            return got.status, re.sub('[0-9a-f]{16}', '', got.text), fields
        for rest, accept in ('', ZIP), ('/metadata', JSON), ('/series/SERIES/thumbnail', 'image/png'):
            assert shape(A, 'eve', rest, accept) == shape('1.2.3', 'eve', rest, accept)

    def test_searches_show_what_is_granted(self, ask):
        for user, seen in ('ann', [A]), ('sue', [A]), ('rita', []), ('eve', []):
            got = ask('/studies', user, JSON)
            assert got.status == (200 if seen else 204) and [u for u in (A, B) if u in got.text] == seen, (user, got)
        # An archive of a search needs both acts.
        assert [ask('/studies', u, ZIP).status for u in ('ann', 'sue')] == [200, 204]

    def test_collections(self, ask, guarded):
        for kind in ZIP, CSV:
            answers = [ask(f'/collections/{guarded.collection}', user, kind).status for user in USERS]
            assert answers == [200, 404, 404, 404, 401], kind
