# SPDX-License-Identifier: MIT
"""What is hidden costs the database the work of what does not exist: the time of an answer does not say which it is."""
import json
import re
from collections import Counter, namedtuple

import corpus
import harness
import pytest
from collections_site import as_user

ZIP, CSV, JSON, JPEG = 'application/zip', 'text/csv', 'application/dicom+json', 'image/jpeg'
FRAME = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
SERIES, INSTANCE = '/series/{0.series}', '/series/{0.series}/instances/{0.instance}'
RESOURCES = [(f'/studies/{{0.study}}{path}', accept) for path, accept in (
    ('', ZIP), ('', CSV), ('/metadata', JSON), ('/rendered', JPEG), ('/thumbnail', JPEG),
    (SERIES, ZIP), (f'{SERIES}/metadata', JSON), (f'{SERIES}/thumbnail', JPEG),
    (INSTANCE, 'application/dicom'), (f'{INSTANCE}/metadata', JSON), (f'{INSTANCE}/frames/1', FRAME),
    (f'{INSTANCE}/rendered', JPEG))]
COUNT = 60  # series of a hidden study
Names = namedtuple('Names', 'study series instance')


def names(of):
    return Names(corpus.uid(of), corpus.uid(of, 1), corpus.uid(of, 1, 0))


HIDDEN, REMOVED, ABSENT, OWN = map(names, ('work hidden', 'work removed', 'work absent', 'work own'))


class Archive:
    """A study of many series, another that was removed, and one of which a user may see a series."""

    def __init__(self, pg):
        self.pg, self.folder = pg, harness.temporary('wzwork-')
        for of, count in ('work hidden', COUNT), ('work removed', COUNT), ('work own', 3):
            for n in range(count):
                self.write(of, n)
        self.site = harness.Site(pg, 'grants_work', {'r': self.folder}, access='grants', create_collections='1',
                                 create_links='1').migrate()
        assert self.site.index().code == 0
        for path in self.folder.glob('work removed*'):
            path.unlink()
        assert self.site.index(prune=True).code == 0
        self._log_plans()
        self.pool = harness.Pool(self.site, workers=1).start()

    def write(self, of, n):
        path = self.folder / f'{of}-{n}.dcm'
        path.write_bytes(corpus.header(corpus.uid(of), corpus.uid(of, n), corpus.uid(of, n, 0), 1, patient=of) + b'\1\2')
        path.chmod(0o644)
        return path

    def _log_plans(self):
        """The server's log has each plan as it was executed, and those inside functions."""
        for name, value in {'session_preload_libraries': 'auto_explain', 'auto_explain.log_min_duration': 0,
                            'auto_explain.log_nested_statements': 'on', 'auto_explain.log_analyze': 'on',
                            'auto_explain.log_timing': 'off', 'auto_explain.log_format': 'json'}.items():
            self.site.sql(f"ALTER DATABASE grants_work SET {name} = '{value}'")

    def grant(self, *arguments):
        assert self.site.cli('grant', '--acts', 'search,retrieve,share', *arguments, 'user:ann').code == 0

    def remove(self):
        self.pool.remove()
        self.site.remove()
        harness.run('rm', '-rf', self.folder)


@pytest.fixture(scope='module')
def archive(pg):
    made = Archive(pg)
    yield made
    made.remove()


@pytest.fixture(params=['nothing', 'a study', 'a series', 'a patient', '1,100 series'])
def grants(request, archive):
    archive.site.sql('DELETE FROM wadozip.grant_')
    {'nothing': lambda: None, 'a study': lambda: archive.grant('--study', OWN.study),
     'a series': lambda: archive.grant('--series', OWN.series),
     'a patient': lambda: archive.grant('--patient', 'work own'),
     '1,100 series': lambda: archive.site.sql(
         "INSERT INTO wadozip.grant_ (who, what, acts) SELECT 'user:ann', 'series 1.2.' || n, 7"
         ' FROM generate_series(1, 1100) n')}[request.param]()
    return request.param


@pytest.fixture(scope='module')
def link(archive):
    """The address of a link to one of two studies that its maker may share."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    archive.grant('--study', OWN.study)
    made = post(archive, '/links', lambda _: json.dumps({'studies': [OWN.study]}), 'application/json')(OWN)
    assert made.status == 201, made
    return '/s/' + re.search(rb'/s/([\w-]{43})', made.body)[1].decode()


def plans(log):
    """The outermost node of each plan."""
    decoder = json.JSONDecoder()
    for m in re.finditer(r'  plan:\s*', log):
        yield decoder.raw_decode(log, m.end())[0]['Plan']


def nodes(plan):
    yield plan
    for below in plan.get('Plans', ()):
        yield from nodes(below)


def work(log):
    """How often each table was looked into, whatever the plan is, and how many rows all nodes gave or dropped."""
    done, rows = Counter(), 0
    for node in (n for plan in plans(log) for n in nodes(plan) if n['Actual Loops']):
        done[node.get('Relation Name') or node.get('Function Name', 'no table')] += node['Actual Loops'] * (
            'Scan' in node['Node Type'] and node['Node Type'] != 'Bitmap Index Scan')
        rows += node['Actual Loops'] * (node['Actual Rows'] + node.get('Rows Removed by Filter', 0))
    return done, rows


def asked(archive, ask, before=2):
    """The status of a request, and its work, after others: by then all is in caches, and prepared."""
    for _ in range(before):
        ask()
    at = archive.pg.log.stat().st_size
    status = ask().status
    return status, work(archive.pg.log.read_bytes()[at:].decode(errors='replace'))


def compare(archive, ask, *others):
    status, (absent, rows) = asked(archive, lambda: ask(ABSENT), 6)  # functions have plans for all parameters then
    assert status in (204, 404, 422), (status, absent)
    for other in others:
        also, (done, more) = asked(archive, lambda other=other: ask(other))
        assert (also, done - absent, absent - done) == (status, Counter(), Counter()), other
        assert more <= rows + 12, (other, rows, more)


def get(archive, path, accept):
    return lambda one: as_user(archive.pool, 'ann', path.format(one), HTTP_ACCEPT=accept)


@pytest.mark.parametrize('path, accept', RESOURCES)
def test_resources(archive, grants, path, accept):
    compare(archive, get(archive, path, accept), HIDDEN, REMOVED)


def post(archive, path, body, kind):
    return lambda one: as_user(archive.pool, 'ann', path, body(one).encode(), REQUEST_METHOD='POST', CONTENT_TYPE=kind,
                               CONTENT_LENGTH=str(len(body(one))), HTTP_ACCEPT='application/json')


@pytest.mark.parametrize('field, level', [('studies', 'study'), ('series', 'series')])
def test_links_and_collections(archive, grants, field, level):
    compare(archive, post(archive, '/collections', lambda one: getattr(one, level), 'text/plain'), HIDDEN, REMOVED)
    compare(archive, post(archive, '/links', lambda one: json.dumps({field: [getattr(one, level)]}), 'application/json'),
            HIDDEN, REMOVED)


@pytest.mark.parametrize('query', ['/studies?StudyInstanceUID={0.study}', '/series?SeriesInstanceUID={0.series}',
                                   '/studies/{0.study}/series', '/studies/{0.study}/instances'])
def test_searches(archive, grants, query):
    compare(archive, get(archive, query, JSON), HIDDEN, REMOVED)


@pytest.mark.parametrize('path, accept', RESOURCES)
def test_links_of_users(archive, link, path, accept):
    compare(archive, lambda one: as_user(archive.pool, '', link + path.format(one), HTTP_ACCEPT=accept), HIDDEN, REMOVED)


def test_what_is_granted_is_found(archive):
    """The comparison would see a difference."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    archive.grant('--study', OWN.study)
    ask = get(archive, RESOURCES[0][0], ZIP)
    (missing, (absent, _)), (status, (done, _)) = (asked(archive, lambda one=one: ask(one)) for one in (ABSENT, OWN))
    assert (missing, status) == (404, 200) and sum(absent.values()) > 3 and done != absent


def test_who_sees_everything_sees_nothing_more(archive):
    """What does not exist is unknown, to lists and to links, too."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    archive.grant('--everything')
    assert {get(archive, *one)(ABSENT).status for one in RESOURCES} == {404}
    for field, level in ('studies', 'study'), ('series', 'series'):
        known, unknown = getattr(OWN, level), getattr(ABSENT, level)
        for ask in (post(archive, '/collections', lambda one: one, 'text/plain'),
                    post(archive, '/links', lambda one, f=field: json.dumps({f: [one]}), 'application/json')):
            assert [ask(uid).status for uid in (known, unknown)] == [201, 422]


def test_series_that_come_after_their_grant(archive):
    """And those that come again; a study is 410 to who was granted a series that it had."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    late = names('work late')
    archive.grant('--series', late.series)
    statuses = []
    for step in 'absent', 'indexed', 'removed', 'again':
        if step in ('indexed', 'again'):
            path = archive.write('work late', 1)
        elif step == 'removed':
            path.unlink()
        assert archive.site.index(prune=True).code == 0
        statuses.append([get(archive, *one)(late).status for one in (RESOURCES[0], RESOURCES[5])])
    assert statuses == [[404, 404], [200, 200], [410, 410], [200, 200]]


@pytest.mark.parametrize('schema', ['wadozip_granted', 'wadozip_shared'])
def test_each_schema_decides(archive, schema):
    """No function of the unrestricted catalogue is found first."""
    found = archive.site.sql(
        "SELECT b.proname, coalesce(n.nspname, '') FROM pg_proc b LEFT JOIN pg_proc p ON p.proname = b.proname"
        f" AND p.proargtypes = b.proargtypes AND p.pronamespace = '{schema}'::regnamespace"
        " LEFT JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE b.pronamespace = 'wadozip'::regnamespace AND b.proname LIKE 'reached%' ORDER BY 1")
    assert found == [[name, schema] for name in ('reached', 'reached_gone', 'reached_series')]
