# SPDX-License-Identifier: MIT
"""Searches among 500,000 studies that are generated in the database: first pages, pages far behind, counts."""
import http.client
import statistics
import time

from fronts import fronts
from measure import Case

STUDIES, QUICK = 500_000, 50_000
REQUESTS = 15  # of one sample, over one connection
NAME_MS, FIRST_MS = 20, 10
PAGE = 'limit=101&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030'  # as OHIF asks

# As many names as a large hospital has: 200 family names, each with up to 16 spellings, and 10 given names.
FILL = """
INSERT INTO wadozip.study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                           accession, description, referring_physician, patient_issuer)
SELECT '1.2.826.0.1.3680043.10.999.' || n, 'P' || n %% (%(studies)d / 3),
       CASE WHEN n %% 40 = 0 THEN 'Smith' ELSE 'N' || substr(md5((n %% 200)::text), 1, 6) END || substr(md5(n::text), 1, n %% 2)
       || '^' || (ARRAY['John', 'Jane', 'Anna', 'Peter', 'Jürgen', 'Zoë', 'Taro', 'Li', 'Maria', 'Ivan'])[1 + (n * 17) %% 10],
       to_char(date '1930-01-01' + (n * 37) %% 30000, 'YYYYMMDD'), (ARRAY['M', 'F', 'O'])[1 + n %% 3],
       to_char(date '2010-01-01' + (n * 13) %% 5800, 'YYYYMMDD'),
       to_char(time '00:00' + (n * 71) %% 86400 * interval '1 second', 'HH24MISS'), n::text, 'A' || n,
       (ARRAY['CT Chest', 'MR Brain', 'US Abdomen', 'XR Knee left', ''])[1 + n %% 5], 'D' || n %% 900 || '^Gregory', ''
FROM generate_series(1, %(studies)d) n;
INSERT INTO wadozip.series (study_id, uid, modality, number, description, date, time, body_part, pps_date, pps_time, sps_id,
                            requested_id, instances)
SELECT st.id, st.uid || '.' || k, (ARRAY['CT', 'MR', 'US', 'CR', 'PT'])[1 + (st.id + k / 3) %% 5], k, 'series ' || k, '', '',
       '', '', '', '', '', 100
FROM wadozip.study st, generate_series(1, 3) k WHERE k <= 1 + st.id %% 3;
"""

CASES = {
    'first': ('first page', '/studies?' + PAGE),
    'name': ('name, *smith*', f'/studies?{PAGE}&PatientName=*smith*'),
    'prefix': ('name, smith^j*', f'/studies?{PAGE}&PatientName=smith%5Ej*'),
    'nobody': ('name of nobody', f'/studies?{PAGE}&PatientName=*nobody*'),
    'fuzzy': ('two words, fuzzy', f'/studies?{PAGE.replace("false", "true")}&PatientName=smi%20jo'),
    'referring': ('referring physician', f'/studies?{PAGE}&ReferringPhysicianName=D77^*'),
    'patient': ('Patient ID', f'/studies?{PAGE}&PatientID=P4711'),
    'dates': ('a month of one modality', f'/studies?{PAGE}&StudyDate=20240101-20240131&ModalitiesInStudy=PT'),
    'series': ('first page of series', '/series?limit=101'),
    'page_10': ('10th page', f'/studies?{PAGE}&offset=1010'),
    'page_1000': ('1000th page', f'/studies?{PAGE}&offset=100000'),
    'count': ('count of *smith*', '/studies/count?PatientName=*smith*'),
}


class Requests(Case):
    """REQUESTS requests one after the other; the median of them."""

    def __init__(self, name, server, path, accept='application/dicom+json, application/json'):
        super().__init__(name, 0)
        self.server, self.path, self.accept = server, f'/dicom-web{path}', accept

    def sample(self):
        connection, times = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=60), []
        try:
            for _ in range(REQUESTS):
                began = time.monotonic()
                connection.request('GET', self.path, headers={'Accept': self.accept})
                answer = connection.getresponse()
                answer.read()
                times.append(time.monotonic() - began)
                if answer.status not in (200, 204):
                    raise RuntimeError(f'{self.path} gave {answer.status}')
        finally:
            connection.close()
        return {'seconds': statistics.median(times)}


def measure(bench):
    studies = QUICK if bench.quick else STUDIES
    with bench.site([], index=False) as site:
        bench.pg.query(site.name, FILL % {'studies': studies})
        for table in 'study', 'series':
            bench.pg.query(site.name, f'VACUUM ANALYZE wadozip.{table}')
            size, = bench.pg.query(site.name, f"SELECT pg_total_relation_size('wadozip.{table}'), count(*)"
                                              f' FROM wadozip.{table}')
            each = int(size[0]) / int(size[1])
            bench.fact(f'{table}_bytes', each, f'{each:.0f} bytes a row of {table} with its indexes, {int(size[1]):,} rows')
        with fronts(site, bench.flood, ('lighttpd-socket',)) as servers:
            cases = {k: Requests(name, servers['lighttpd-socket'], path) for k, (name, path) in CASES.items()}
            bench.measure('search', f'searches among {studies:,} studies', cases)
            for key, wanted in (('first', FIRST_MS), ('name', NAME_MS), ('prefix', NAME_MS)):
                value = cases[key].value()
                bench.target(f'{CASES[key][0]}: ms', value and value * 1000, wanted, at_least=False)
