# SPDX-License-Identifier: MIT
"""A catalogue of ten times as many studies: requests and index runs read as many pages of the database as before.

Pages are counted, not seconds; tests/bench/subjects/millions.py measures seconds.
"""
import json
import re

import corpus
import generated
import harness
import pytest

FEW, MANY, INSTANCES = 1000, 10_000, 10
STUDY, FILES = 77, 20
MOST = 1.2
LEVELS = 4  # pages more: indexes may have another level
EXPLAIN = {'session_preload_libraries': 'auto_explain', 'auto_explain.log_min_duration': 0, 'auto_explain.log_analyze': 'on',
           'auto_explain.log_buffers': 'on', 'auto_explain.log_timing': 'off', 'auto_explain.log_format': 'json'}
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' AND state <> 'idle'"
REQUESTS = {'look-up': ('/studies/{root}.{n}?accept=text/csv', INSTANCES + 1),
            'first page': ('/studies?limit=101&accept=application/json', 101),
            'search by Patient ID': ('/studies?PatientID=P{n}&accept=application/json', 1),
            'search by name': ('/studies?PatientName=*{name}*&accept=application/json', generated.NAMESAKES),
            'first page of series': ('/series?limit=101&accept=application/json', 101)}


def plans(log):
    """The plan of each statement in the server's log."""
    for at in re.finditer(r'LOG: .*duration: .* plan:\n\t?(?=\{)', log):
        yield json.JSONDecoder().raw_decode(log[at.end():].replace('\n\t', '\n'))[0]


class Counted:
    """A site whose database logs how many pages each statement reads."""

    def __init__(self, site):
        self.site = site
        for name, value in EXPLAIN.items():
            site.sql(f"ALTER DATABASE \"{site.name}\" SET {name} = '{value}'")
        self.pg = site.pg

    def costs(self, act):
        """Pages of each statement."""
        before = self.pg.log.stat().st_size
        act()
        # A backend logs a plan before it is idle, not before the client has the rows.
        harness.wait_for('idle backends', lambda: self.pg.query('postgres', BUSY % self.site.name) == [['0']])
        found = [p['Plan'] for p in plans(self.pg.log.read_bytes()[before:].decode())]
        assert found, 'the server has logged no plan'
        return [p['Shared Hit Blocks'] + p['Shared Read Blocks'] for p in found]


@pytest.fixture(scope='module')
def sites(pg):
    """A small and a large catalogue, each with its server, and files that neither has."""
    folder = harness.temporary('wzgrowth-')
    files = folder / 'files'
    files.mkdir(mode=0o755)
    for i in range(FILES):
        study = corpus.uid('growth')
        header = corpus.header(study, f'{study}.1', corpus.uid('growth', i), i, rows=8, columns=8, pixel_bytes=128)
        (files / f'{i:03}.dcm').write_bytes(header + bytes(128))
    found = {}
    for name, studies in ('few', FEW), ('many', MANY):
        site = harness.Site(pg, f'growth_{name}', {'files': files, 'generated': folder}).migrate()
        generated.fill(site, studies, INSTANCES)
        found[name] = Counted(site), harness.front_end('lighttpd-socket', site, workers=1).start()
    yield found
    for counted, server in found.values():
        server.remove()
        counted.site.remove()


def check(few, many):
    assert few > 0
    assert many <= few * MOST + LEVELS, f'{few} pages of {FEW} studies, {many} of {MANY}'


@pytest.mark.parametrize('case', REQUESTS)
def test_a_request_reads_as_many_pages(sites, case):
    path, results = REQUESTS[case]
    costs = {}
    for name, (counted, server) in sites.items():
        def ask(server=server):
            answer = server.get(path.format(root=generated.ROOT, n=STUDY, name=generated.name(STUDY)))
            body = answer.text
            assert answer.status == 200, answer
            assert (len(json.loads(body)) if 'json' in path else len(body.splitlines())) == results, body
        ask()  # the connection's own statements
        costs[name] = max(counted.costs(ask))  # the worker may check its connection too
    check(costs['few'], costs['many'])


def test_index_and_verify_read_as_many_pages(sites):
    """New files, known files, verify, forget."""
    costs = {name: [] for name in sites}
    for name, (counted, _) in sites.items():
        site = counted.site
        for command in ('index', site.roots['files']), ('index', site.roots['files']), \
                ('verify', site.roots['files']), ('forget', corpus.uid('growth')):
            def act(command=command, site=site):
                done = site.cli(*command)
                assert done.code == 0, done
            costs[name].append(sum(counted.costs(act)))
    for few, many in zip(costs['few'], costs['many']):
        check(few, many)
