# SPDX-License-Identifier: MIT
"""Time to the first byte with access = grants and 1,000,000 grants, compared with access = user; a worker is asked directly."""
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
"""


class First(Case):
    """Requests one after the other, each read to its end; the median time to the first byte."""

    def __init__(self, name, pool, path, accept):
        super().__init__(name, 0)
        path, _, query = path.partition('?')
        self.pool = pool
        self.data = request(REQUEST_METHOD='GET', REQUEST_URI=f'{path}?{query}', QUERY_STRING=query, HTTP_ACCEPT=accept,
                            HTTP_HOST='h', REMOTE_USER='u4711', X_GROUPS=','.join(GROUPS))

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
        if b'Status: 200' not in head:
            raise RuntimeError(f'{head[:300]}\n{self.pool.log()[-2000:]}')
        return seconds

    def sample(self):
        return {'seconds': statistics.median(self.once() for _ in range(REQUESTS))}


def fill(bench, site):
    grants, studies = (n // QUICK if bench.quick else n for n in (GRANTS, STUDIES))
    bench.pg.query(site.name, FILL % {'studies': studies})
    bench.pg.query(site.name, GRANT % {'studies': studies, 'grants': grants})
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
                 'search': ('first page of a search', f'/dicom-web/studies?{PAGE}', 'application/dicom+json')}
        pools = {access: harness.Pool(site, workers=1) for access in ('user', 'grants')}
        try:
            for access, pool in pools.items():
                pool.start({'WADOZIP_ACCESS': access})
            cases = {f'{key} {access}': First(f'{title}, access = {access}', pool, path, accept)
                     for key, (title, path, accept) in asked.items() for access, pool in pools.items()}
            bench.measure('grants', 'seconds to the first byte', cases)
        finally:
            for pool in pools.values():
                pool.remove()
        for key, (title, _, _) in asked.items():
            bench.target(f'{title}: first byte, times as long as without grants',
                         per(cases[f'{key} grants'], cases[f'{key} user']), RATIO, at_least=False)
