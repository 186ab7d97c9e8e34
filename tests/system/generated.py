# SPDX-License-Identifier: MIT
"""Catalogues of any size, generated in the database: studies of two series, with rows in the order of the studies, as an index
run writes them. The files of the rows do not exist."""
import hashlib

ROOT = '1.2.826.0.1.3680043.10.999.7'  # of the generated UIDs
STEP = 1000  # studies of one statement
NAMESAKES = 5  # studies of one patient's name
OF_A_DAY = 4  # studies, so that the newest ones lie together

STUDIES = f"""
SET synchronous_commit = off;
INSERT INTO wadozip.root (name) VALUES ('generated') ON CONFLICT DO NOTHING;
INSERT INTO wadozip.study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                           accession, description%(study_names)s)
SELECT '{ROOT}.' || n, 'P' || n, 'N' || substr(md5((n / {NAMESAKES})::text), 1, 8) || '^' || n %% 97, '19500101', 'F',
       to_char(date '2010-01-01' + n / {OF_A_DAY}, 'YYYYMMDD'), '12000' || n %% {OF_A_DAY}, n::text, 'A' || n, 'CT Chest'
       %(study_values)s
FROM generate_series(%(first)s, %(last)s) n;
"""

SERIES = f"""
INSERT INTO wadozip.series (study_id, uid, modality, number, description%(series_names)s)
SELECT st.id, st.uid || '.' || k, 'CT', k, 'series ' || k%(series_values)s
FROM wadozip.study st, generate_series(1, 2) k WHERE st.uid = ANY (ARRAY(
    SELECT '{ROOT}.' || n FROM generate_series(%(first)s, %(last)s) n))
ORDER BY st.id, k;
"""

INSTANCES = f"""
INSERT INTO wadozip.instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples, lossy,
                              part10, root, path, size, mtime_ns, crc32, acquired, deflated_size,
                              deflated_by%(instance_names)s)
SELECT se.id, se.uid || '.' || k, k, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 1, 512, 512, 16, 1, false, true,
       'generated', convert_to(se.uid || '/' || k || '.dcm', 'UTF8'), 525000, 1700000000000000000, k, 20200101120000, 200000,
       'generated'%(instance_values)s
FROM wadozip.series se, generate_series(1, %(series)s) k WHERE se.study_id = ANY (ARRAY(
    SELECT st.id FROM wadozip.study st WHERE st.uid = ANY (ARRAY(
        SELECT '{ROOT}.' || n FROM generate_series(%(first)s, %(last)s) n))))
ORDER BY se.id, k;
"""

NOTHING_MORE = dict.fromkeys((f'{table}_{what}' for table in ('study', 'series', 'instance') for what in ('names', 'values')),
                             '')
LATER = {'study_names': ', referring_physician, patient_issuer',
         'study_values': ", 'D' || n % 900, ''",
         'series_names': ', date, time, body_part, pps_date, pps_time, sps_id, requested_id',
         'series_values': ", '', '', '', '', '', '', ''",
         'instance_names': ', record_keys, default_size, default_codec_version, pixel_offset, pixel_length, pixel_crc,'
                           ' frame_table',
         'instance_values': ", '', 0, 1, 700, 524288, k, '\\x0000000000'"}


def fill(site, studies, instances, oldest=False):
    """Adds studies with `instances` each, to a catalogue of the newest schema or of the oldest."""
    for first in range(1, studies + 1, STEP):
        values = {'first': first, 'last': min(first + STEP - 1, studies), 'series': instances // 2}
        for text in STUDIES + SERIES, INSTANCES:
            site.pg.query(site.name, text % {**values, **(NOTHING_MORE if oldest else LATER)})
    for table in 'study', 'series', 'instance':
        site.pg.query(site.name, f'VACUUM ANALYZE wadozip.{table}')


def name(n):
    """The part of the patient's name that NAMESAKES studies share with study n."""
    return 'N' + hashlib.md5(str(n // NAMESAKES).encode(), usedforsecurity=False).hexdigest()[:8]


def pages(site, uid):
    """How many pages of the table of instances hold the instances of a study."""
    (count,), = site.pg.query(site.name, 'SELECT count(DISTINCT (i.ctid::text::point)[0]) FROM wadozip.instance i'
                                         ' JOIN wadozip.series se ON se.id = i.series_id'
                                         f" JOIN wadozip.study st ON st.id = se.study_id WHERE st.uid = '{uid}'")
    return int(count)
