# SPDX-License-Identifier: MIT
"""Time to the first byte with access = grants and more than 1,000,000 grants, compared with access = user; a worker is asked
directly. Searches by users with few, many and no grants, and with a grant for everything."""
import socket
import statistics
import time

import harness
from bench import per
from corpus import uid
from fcgi import request
from measure import Case
from subjects.search import FILL, PAGE

GRANTS, STUDIES, QUICK = 1_000_000, 300_000, 20
REQUESTS = 15  # of one sample
RATIO = 1.10
MANY = 3  # one of so many studies is granted to a user by a grant of its own
GROUPS = [f'ward-{n}' for n in (1, 20, 300, 4000, 5000)]

# Two of three grants are for patients and studies of 50,000 users, the others for series of 5,000 groups.
GRANT = """
INSERT INTO wadozip.grant_ (who, what, acts)
SELECT CASE WHEN n %% 3 = 0 THEN 'group:ward-' || n %% 5000 ELSE 'user:u' || n %% 50000 END,
       CASE n %% 3 WHEN 0 THEN 'series 1.2.826.0.1.3680043.10.999.' || n %% %(studies)d || '.1'
                   WHEN 1 THEN 'patient P' || n %% 90000
                   ELSE 'study 1.2.826.0.1.3680043.10.999.' || n %% %(studies)d END,
       3
FROM generate_series(1, %(grants)d) n;
INSERT INTO wadozip.grant_ (who, what, acts)
SELECT 'user:few', 'patient P' || n * 300, 3 FROM generate_series(1, 40) n
UNION ALL SELECT 'user:many', 'study 1.2.826.0.1.3680043.10.999.' || n * %(every)d, 3
    FROM generate_series(1, %(studies)d / %(every)d) n
UNION ALL VALUES ('user:all', 'everything', 3), ('group:doctors', 'everything', 3);
"""
# Who searches: name and groups.
USERS = {'own': ('u4711', GROUPS), 'few': ('few', []), 'many': ('many', []), 'all': ('all', []), 'group': ('x', ['doctors']),
         'nobody': ('nobody', [])}
WHO = {'own': 'grants of a user and 5 groups', 'few': '40 patients', 'many': 'a third of all studies, each by a grant',
       'all': 'everything', 'group': 'everything, by a group', 'nobody': 'nothing'}
SEARCHES = {'search': ('first page of a search', f'/dicom-web/studies?{PAGE}'),
            'name': ('name, *smith*', f'/dicom-web/studies?{PAGE}&PatientName=*smith*'),
            'count': ('count of *smith*', '/dicom-web/studies/count?PatientName=*smith*')}


class First(Case):
    """Requests one after the other, each read to its end; the median time to the first byte."""

    def __init__(self, name, pool, path, accept, who='own'):
        super().__init__(name, 0)
        path, _, query = path.partition('?')
        self.pool, (user, groups) = pool, USERS[who]
        self.data = request(REQUEST_METHOD='GET', REQUEST_URI=f'{path}?{query}', QUERY_STRING=query, HTTP_ACCEPT=accept,
                            HTTP_HOST='h', REMOTE_USER=user, X_GROUPS=','.join(groups))

    def once(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(harness.PATIENCE)
            s.connect(str(self.pool.socket))
            began = time.monotonic()
            s.sendall(self.data)
            head = s.recv(65536)
            seconds = time.monotonic() - began
            while s.recv(1 << 20):
                pass
        if not head.partition(b'Status: ')[2].startswith((b'200', b'204')):
            raise RuntimeError(f'{head[:300]}\n{self.pool.log()[-2000:]}')
        return seconds

    def sample(self):
        return {'seconds': statistics.median(self.once() for _ in range(REQUESTS))}


def fill(bench, site):
    grants, studies = (n // QUICK if bench.quick else n for n in (GRANTS, STUDIES))
    bench.pg.query(site.name, FILL % {'studies': studies})
    bench.pg.query(site.name, GRANT % {'studies': studies, 'grants': grants, 'every': MANY})
    if site.cli('grant', '--study', uid('ct'), 'user:u4711').code:
        raise RuntimeError('the study is not granted')
    for table in 'study', 'series', 'grant_':
        bench.pg.query(site.name, f'VACUUM ANALYZE wadozip.{table}')
    mine, = bench.pg.query(site.name, f"SELECT count(*) FROM wadozip.grant_ WHERE who IN ('user:u4711',"
                                      f" {', '.join(repr(f'group:{g}') for g in GROUPS)})")
    bench.fact('own', int(mine[0]), f'{grants + 1:,} grants, {mine[0]} of them of the user and 5 groups')


def measure(bench):
    with bench.site(['ct'], groups_variable='X_GROUPS') as site:
        fill(bench, site)
        one, = bench.pg.query(site.name, f"""
            SELECT se.uid, i.uid FROM wadozip.instance i JOIN wadozip.series se ON se.id = i.series_id
            JOIN wadozip.study s ON s.id = se.study_id WHERE s.uid = '{uid("ct")}' ORDER BY i.id LIMIT 1""")
        study = f'/dicom-web/studies/{uid("ct")}'
        asked = {'study': ('archive of 500 instances', f'{study}?compression=none', 'application/zip'),
                 'instance': ('one instance', f'{study}/series/{one[0]}/instances/{one[1]}', 'application/dicom'),
                 **{key: (*search, 'application/dicom+json, application/json') for key, search in SEARCHES.items()}}
        compare(bench, site, asked)


def compare(bench, site, asked):
    pools = {access: harness.Pool(site, workers=1) for access in ('user', 'grants')}
    cases = {}
    try:
        for access, pool in pools.items():
            pool.start({'WADOZIP_ACCESS': access})
        for key, (title, path, accept) in asked.items():
            cases[key] = First(f'{title}, access = user', pools['user'], path, accept)
            for who in USERS if key in SEARCHES else ('own',):
                cases[f'{key} {who}'] = First(f'{title}, {WHO[who]}', pools['grants'], path, accept, who)
        bench.measure('grants', 'seconds to the first byte', cases)
    finally:
        for pool in pools.values():
            pool.remove()
    for name, case in cases.items():
        key, _, who = name.partition(' ')
        if who:
            bench.target(f'{case.name}: first byte, times as long as without grants', per(case, cases[key]), RATIO,
                         at_least=False)
