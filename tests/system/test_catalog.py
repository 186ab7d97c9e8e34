# SPDX-License-Identifier: MIT
"""The C side of the catalogue against a real PostgreSQL: unit tests of catalog/ and db/ with known content."""
import os

import harness
import pytest

CONTENT = """
SET search_path = wadozip;
INSERT INTO root VALUES ('r');
INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                   accession, description)
    VALUES ('1.2.3', 'P', 'Müller', '19700102', 'O', '20200102', '03', 'I', 'A', 'D');
INSERT INTO series (study_id, uid, modality, number, description)
    SELECT id, '1.2.3.' || n, 'CT', 2 - n, 'Schicht ' || n FROM study, generate_series(1, 2) n;
INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples, lossy,
                      part10, root, path, size, mtime_ns, crc32, acquired)
    SELECT se.id, se.uid || '.' || n, 2501 - n, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 1, 512, 512, 16, 1,
           false, true, 'r', ('caf\\351/' || se.number * 2500 + 2501 - n)::bytea, 525000 + n,
           1600000000000000000 + n, 4294967295 - n, 20200102030405
    FROM series se, generate_series(1, 2500) n;
UPDATE instance SET record_keys = CASE WHEN number = 1 THEN decode(repeat('5c', 131072), 'hex') ELSE '' END
    WHERE number < 2500;
INSERT INTO gone VALUES ('4.4.1.1', '4.4.1', '4.4', now()),
    ('1.2.3.2.9998', '1.2.3.2', '1.2.3', '2001-02-03 04:05:05Z'),
    ('1.2.3.2.9999', '1.2.3.2', '1.2.3', '2001-02-03 04:05:06.9Z'),
    ('5.1.1', '5.1', '1.2.3', '2002-02-03 04:05:06Z');
"""


@pytest.fixture
def filled(tmp_path, make_site):
    site = make_site('rows', {'r': tmp_path})
    site.sql(CONTENT)
    return site


@pytest.mark.parametrize('part', ['catalog/catalog', 'catalog/catalog_learn', 'catalog/level_uids', 'catalog/removal',
                                  'db/db_retry', 'db/db_prepared'])
def test_the_catalogue_as_the_responder_uses_it(filled, part):
    done = harness.run(harness.program(f'unit/{part}'),
                       env={**os.environ, 'WADOZIP_TEST_DATABASE': filled.pg.conninfo(filled.name)})
    print(done.out, done.err)
    assert done.code == 0, done


@pytest.mark.parametrize('statement', [
    "UPDATE wadozip.instance SET uid = '1.02'", "UPDATE wadozip.instance SET uid = ''",
    "UPDATE wadozip.instance SET size = -1", "UPDATE wadozip.instance SET crc32 = 4294967296",
    "UPDATE wadozip.instance SET path = '/a'", "UPDATE wadozip.instance SET path = 'a/../b'",
    "UPDATE wadozip.instance SET path = 'a//b'", "UPDATE wadozip.instance SET path = '.'",
    "UPDATE wadozip.instance SET path = '\\x6100'", "UPDATE wadozip.instance SET path = ''",
    "UPDATE wadozip.instance SET deflated_by = NULL, deflated_size = 1", "UPDATE wadozip.instance SET root = 'none'",
    "UPDATE wadozip.instance SET sop_class = 'x'", "UPDATE wadozip.instance SET acquired = -1",
    "UPDATE wadozip.instance SET record_keys = decode(repeat('00', 131073), 'hex')",
    "DELETE FROM wadozip.series", "INSERT INTO wadozip.root VALUES ('UPPER')",
    "INSERT INTO wadozip.other_file VALUES ('r', 'x', 1, 1, 1, 'copy', NULL, '')",
    "INSERT INTO wadozip.other_file VALUES ('r', 'x', 1, 1, 1, 'odd', NULL, '')",
    "INSERT INTO wadozip.gone VALUES ('1.2.', '1', '1')"], ids=str.__hash__)
def test_what_the_schema_refuses(site, statement):
    with pytest.raises(RuntimeError, match='violates'):
        site.sql(f'BEGIN; {statement}; ROLLBACK')
