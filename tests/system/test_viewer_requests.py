# SPDX-License-Identifier: MIT
"""Requests of viewers that cannot run here, replayed: tests/tables/viewer_requests.tsv."""
import json

import harness
import pytest
from client import raw
from searches import archive, one  # noqa: F401 (fixtures)

TABLE = harness.REPO / 'tests' / 'tables' / 'viewer_requests.tsv'
ROWS = [line.split('\t') for line in TABLE.read_text().splitlines() if line and not line.startswith('#')]


@pytest.mark.parametrize('row', ROWS, ids=[r[0] for r in ROWS])
def test_request(archive, one, row):
    _, path, accept, status, kind, attributes = row
    d = next(d for d in archive.sets if d.IssuerOfPatientID and d.AccessionNumber == 'A1')
    for word, value in {'study': d.StudyInstanceUID, 'series': d.SeriesInstanceUID, 'instance': d.SOPInstanceUID,
                        'patient': d.PatientID, 'accession': d.AccessionNumber}.items():
        path = path.replace(f'{{{word}}}', value)
    answer = raw(one.port, f'/dicom-web{path}', [('Accept', accept)] if accept != '-' else [])
    assert answer.status == int(status), answer
    assert kind == '-' or answer.headers['content-type'].split(';')[0] == kind, answer
    results = json.loads(answer.body) if kind.endswith('json') else []
    assert results or not kind.endswith('json')
    for r in results:
        assert all(r[tag].get('Value') for tag in attributes.split()), (attributes, r)
