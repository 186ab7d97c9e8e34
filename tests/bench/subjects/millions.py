# SPDX-License-Identifier: MIT
"""A catalogue of ten million instances, generated in the database, beside one of 100,000: the same work must cost the same.

Studies of 500 instances in two series. The files of the generated rows do not exist; what reads files works on 1,000 real
ones that are indexed beside them.
"""
import itertools
import random
from contextlib import ExitStack

import corpus
import harness
from bench import per
from measure import Tool
from subjects.search import Requests

SMALL, LARGE, QUICK = 100_000, 10_000_000, 1_000_000
STUDY, FILES, STEP = 500, 1000, 1000  # instances of a study; real files; studies of one statement
MOST = 1.2
ROOT = '1.2.826.0.1.3680043.10.999.7'  # of generated UIDs

FILL = f"""
SET synchronous_commit = off;
INSERT INTO wadozip.root (name) VALUES ('generated') ON CONFLICT DO NOTHING;
INSERT INTO wadozip.study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                           accession, description, referring_physician, patient_issuer)
SELECT '{ROOT}.' || n, 'P' || n, 'N' || substr(md5(n::text), 1, 8) || '^' || n %% 97, '19500101', 'F',
       to_char(date '2010-01-01' + n %% 5800, 'YYYYMMDD'), '120000', n::text, 'A' || n, 'CT Chest', 'D' || n %% 900, ''
FROM generate_series(%(first)s, %(last)s) n;
INSERT INTO wadozip.series (study_id, uid, modality, number, description, date, time, body_part, pps_date, pps_time, sps_id,
                            requested_id)
SELECT st.id, st.uid || '.' || k, 'CT', k, 'series ' || k, '', '', '', '', '', '', ''
FROM wadozip.study st, generate_series(1, 2) k WHERE st.uid = ANY (ARRAY(
    SELECT '{ROOT}.' || n FROM generate_series(%(first)s, %(last)s) n));
INSERT INTO wadozip.instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples, lossy,
                              part10, root, path, size, mtime_ns, crc32, acquired, deflated_size, deflated_by, record_keys,
                              default_size, default_codec_version, pixel_offset, pixel_length, pixel_crc, frame_table)
SELECT se.id, se.uid || '.' || k, k, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 1, 512, 512, 16, 1, false, true,
       'generated', convert_to(se.uid || '/' || k || '.dcm', 'UTF8'), 525000, 1700000000000000000, k, 20200101120000, 200000,
       'generated', '', 0, 1, 700, 524288, k, '\\x0000000000'
FROM wadozip.series se, generate_series(1, {STUDY // 2}) k WHERE se.study_id = ANY (ARRAY(
    SELECT st.id FROM wadozip.study st WHERE st.uid = ANY (ARRAY(
        SELECT '{ROOT}.' || n FROM generate_series(%(first)s, %(last)s) n))));
"""


def write_files(folder):
    rng = random.Random(7)
    for i in range(FILES):
        study = corpus.uid('millions', i // 100)
        pixels = rng.randbytes(2048)
        (folder / f'{i:04}.dcm').write_bytes(corpus.header(study, f'{study}.1', corpus.uid('millions', 'sop', i), i,
                                                           rows=32, columns=32, pixel_bytes=2048) + pixels)


def fill(bench, site, instances):
    for first in range(1, instances // STUDY + 1, STEP):
        last = min(first + STEP - 1, instances // STUDY)
        bench.pg.query(site.name, FILL % {'first': first, 'last': last})
    for table in 'study', 'series', 'instance':
        bench.pg.query(site.name, f'VACUUM ANALYZE wadozip.{table}')


class Mixed(Requests):
    """Each request for another study, in an order of its own."""

    def __init__(self, name, server, path, studies):
        super().__init__(name, server, '')
        rng = random.Random(1)
        self.paths = (f'/dicom-web{path.format(n=rng.randrange(1, studies + 1), root=ROOT)}' for _ in itertools.count())

    @property
    def path(self):
        return next(self.paths)

    @path.setter
    def path(self, value):
        pass


REQUESTS = {'look': ('look-up of a study of 500, as a table', '/studies/{root}.{n}?accept=text/csv'),
            'patient': ('search by Patient ID', '/studies?PatientID=P{n}'),
            'name': ('search by a part of the name', '/studies?limit=101&PatientName=*^{n}'),
            'page': ('first page of studies', '/studies?limit=101')}


def command(site, *words):
    return [str(w) for w in (site.bin / 'wadozip', '--config', site.config, *words)]


def tools(site, folder):
    def forget():
        for i in range(FILES // 100):
            site.cli('forget', corpus.uid('millions', i))
    new = Tool(f'index of {FILES:,} new files', 0, command(site, 'index', '--quiet', folder), prepare=forget)
    return {'new': new, 'known': Tool(f'index of {FILES:,} known files', 0, command(site, 'index', '--quiet', folder)),
            'verify': Tool(f'verify of {FILES:,} files', 0, command(site, 'verify', '--quiet', folder))}


def measure(bench):
    sizes = {'small': SMALL, 'large': QUICK if bench.quick else LARGE}
    folder = harness.temporary('wzmillions-')
    for name in 'new', 'nothing':
        (folder / name).mkdir(mode=0o755)
    write_files(folder / 'new')
    cases = {}
    with ExitStack() as stack:
        stack.callback(harness.run, 'rm', '-r', folder)
        for key, instances in sizes.items():
            site = stack.enter_context(bench.site([], index=False))
            site.roots |= {'new': folder / 'new', 'generated': folder / 'nothing'}
            site.write_config()
            fill(bench, site, instances)
            size, = bench.pg.query(site.name, "SELECT pg_total_relation_size('wadozip.instance')")
            bench.fact(f'{key}_bytes', int(size[0]) / instances,
                       f'{int(size[0]) / instances:.0f} bytes a row of instance with its indexes, {instances:,} rows')
            server = harness.front_end('lighttpd-socket', site, workers=2)
            server.beside = [site.pg.process]
            stack.callback(server.remove)
            server.start()
            for name, (title, path) in REQUESTS.items():
                cases[f'{name} {key}'] = Mixed(f'{title}, {instances:,}', server, path, instances // STUDY)
            for name, case in tools(site, folder / 'new').items():
                case.name += f', {instances:,}'
                cases[f'{name} {key}'] = case
        bench.measure('millions', 'the same work with few and with many instances in the catalogue', cases)
    for name in (*REQUESTS, 'new', 'known', 'verify'):
        bench.target(f'{name}: time with {sizes["large"]:,} instances, compared with {SMALL:,}',
                     per(cases[f'{name} large'], cases[f'{name} small']), MOST, at_least=False)
