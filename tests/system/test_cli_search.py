# SPDX-License-Identifier: MIT
"""wadozip search: what a search of the service finds, as a table."""
import csv
import io
import json

import harness
import pytest
from client import raw
from searches import ROOT, expected, generated


@pytest.fixture(scope='module')
def archive(pg):
    made = generated(pg, 'cli_search', studies=20)
    yield made
    made.site.remove()


def test_a_table_has_what_matches(archive):
    done = archive.site.cli('search', 'studies', 'PatientName=*smith*')
    assert done.code == 0 and done.err == '', done
    head, *rows = done.out.splitlines()
    assert head.split() == ['StudyDate', 'PatientID', 'PatientName', 'AccessionNumber', 'ModalitiesInStudy',
                            'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances', 'StudyDescription',
                            'StudyInstanceUID']
    at = head.index('StudyInstanceUID')
    assert {r[at:] for r in rows} == expected(archive.sets, 0, {'PatientName': '*smith*'})
    name = head.index('PatientName'), head.index('AccessionNumber')
    assert all('smith' in r[slice(*name)].lower() for r in rows)


def test_fields_and_pages(archive):
    done = archive.site.cli('search', 'series', 'includefield=00180015,SeriesTime', 'limit=3', 'Modality=CT,MR')
    head, *rows = done.out.splitlines()
    assert done.code == 0 and len(rows) == 3 and head.split()[-2:] == ['SeriesTime', 'BodyPartExamined']
    assert 'offset=3' in done.err
    rest = archive.site.cli('search', 'series', 'offset=3', 'Modality=CT,MR')
    assert len(rest.out.splitlines()) - 1 + 3 == len(expected(archive.sets, 1, {'Modality': 'CT,MR'}))


def test_csv_and_json_are_those_of_the_service(archive):
    server = harness.front_end('lighttpd-spawned', archive.site).start()
    try:
        for option, kind in ('--csv', 'text/csv'), ('--json', 'application/dicom+json'):
            done = archive.site.cli('search', option, 'instances', f'StudyInstanceUID={ROOT}.5')
            reported = raw(server.port, f'/dicom-web/instances?StudyInstanceUID={ROOT}.5', [('Accept', kind)]).body.decode()
            reported = reported.replace('http://127.0.0.1/dicom-web/', '/')
            if option == '--csv':
                assert list(csv.reader(io.StringIO(done.out))) == list(csv.reader(io.StringIO(reported)))
            else:
                assert json.loads(done.out) == json.loads(reported)
    finally:
        server.remove()


def test_nothing_and_misuse(archive):
    done = archive.site.cli('search', 'studies', 'PatientID=none of them')
    assert (done.code, done.out) == (0, '') and 'nothing matches' in done.err
    for args, why in (((), 'studies, series or instances'), (('patients',), 'studies, series or instances'),
                      (('studies', 'PatientID'), 'KEY=VALUE'), (('studies', 'PatientWeight=1'), 'PatientWeight'),
                      (('studies', 'StudyDate=yesterday'), 'StudyDate')):
        done = archive.site.cli('search', *args)
        assert done.code == 2 and why in done.err and not done.out, done
