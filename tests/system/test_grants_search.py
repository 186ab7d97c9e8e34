# SPDX-License-Identifier: MIT
"""However a search begins with the grants (sql/021_search_cost.sql), its result is the same."""
import pytest
from test_grants import JSON, Archive, ask


@pytest.fixture(scope='module')
def archive(pg):
    made = Archive(pg, 'grants_search')
    yield made
    made.remove()


def search_path(archive, user):
    """Of the searches of a user without groups."""
    return archive.site.sql("BEGIN; SET LOCAL search_path = wadozip_granted, wadozip, pg_temp; SET LOCAL wadozip.profile = '';"
                            f" SET LOCAL wadozip.who = '{{everyone,user:{user}}}'; SET LOCAL wadozip.acts = '1';"
                            " SET LOCAL wadozip.patient = ''; SET LOCAL wadozip.patient_issuer = '';"
                            ' DO $$BEGIN PERFORM wadozip_granted.begin_search(); END$$; SHOW search_path; COMMIT'
                            )[0][0].split(',')[0]


SEARCHES = ('/studies?includefield=all', '/series', '/instances', '/studies?PatientID=P1', '/studies?ModalitiesInStudy=MR',
            '/studies?limit=2&offset=1', '/studies/count', '/series/count', '/instances/count')


@pytest.fixture
def twenty_more(archive):
    """Studies of the patients N1 to N20, for which alone there are no files: sixteen of the newest decide about the way."""
    columns = 'patient_name, patient_birth_date, patient_sex, study_time, dicom_id, accession, description'
    archive.site.sql(f"INSERT INTO wadozip.study (uid, patient_id, study_date, patient_issuer, {columns}) SELECT '1.2.840.99.'"
                     f" || n, 'N' || n, '20990101', '', {columns} FROM wadozip.study, generate_series(1, 20) n"
                     f" WHERE uid = '{archive.series[0].study}'")
    yield
    archive.site.sql("DELETE FROM wadozip.study WHERE uid LIKE '1.2.840.99.%'")


def test_ways_to_search(archive, twenty_more):
    """However the studies are found, the result is the same: from the grants (few); by a look at one after the other (many), if
    there are more than 1,000 grants and many of the newest studies are granted; or without a look (everything)."""
    def grant(things, padding):
        archive.site.sql('DELETE FROM wadozip.grant_')
        archive.site.sql("INSERT INTO wadozip.grant_ (who, what, issuer, acts) SELECT 'user:ann', 'patient N' || n, NULL, 3"
                         f' FROM generate_series(1, {padding}) n UNION ALL VALUES '
                         + ', '.join(f"('user:ann', '{what}', {issuer}, 3)" for what, issuer in things))

    def seen(way):
        assert search_path(archive, 'ann') == f'wadozip_{way}'.removesuffix('_everything')
        answers = [ask(archive, path, 'ann', 'application/json' if 'count' in path else JSON) for path in SEARCHES]
        assert {got.status for got in answers} <= {200, 204}
        return [got.body for got in answers]
    first, last = archive.series[0], archive.series[-1]
    some = [('patient P1', "'Clinic A'"), (f'study {first.study}', 'NULL'), (f'series {last.uid}', 'NULL')]
    grant(some, 20)
    few = seen('few')
    assert first.study.encode() in few[0] and last.study.encode() in few[0] and b'1.2.840.99.20' in few[0]
    grant(some, 1500)
    assert seen('many') == few
    whole = [(f'study {uid}', 'NULL') for uid in {s.study for s in archive.series}]
    for padding, way in (20, 'few'), (1500, 'many'):
        grant(whole, padding)
        every = seen(way)
        grant([('everything', 'NULL')], padding)
        assert seen('everything') == every
    archive.site.sql("DELETE FROM wadozip.study WHERE uid LIKE '1.2.840.99.1_'")
    grant(some, 1500)
    assert search_path(archive, 'ann') == 'wadozip_few'  # 11 of the newest
