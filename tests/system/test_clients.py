# SPDX-License-Identifier: MIT
"""Programs of others against the service: remote ZIP readers and DICOMweb clients."""
import json
import os
import zipfile

import harness
import packages
import pytest
from cut import Cut
from remote import RemoteFile

SHARE = 0.05  # of an archive that listing it and extracting one instance may cost


@pytest.fixture(scope='session')
def node():
    """node(script, *args): runs one of clients/*.mjs with its packages, fetched once into the build folder."""
    folder = packages.fetched('clients')
    plain = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy')}
    return lambda script, *args: harness.run('node', script, *args, cwd=folder, check=True, env=plain).out


@pytest.fixture
def relay(front):
    """The front end behind a counter of bytes."""
    with Cut(front.port, []) as relay:
        yield relay


STORED = '&compression=none'  # as large as archives of compressed images are, of which the directory is a small part


def remote(relay, study, query):
    return f'http://127.0.0.1:{relay.port}/dicom-web/studies/{study}?accept=application/zip{query}'


def share(relay, front, study, query):
    """What has been fetched through the relay, headers included, as a share of the archive."""
    size = front.get(f'/studies/{study}?accept=application/zip{query}', method='HEAD').length
    return sum(relay.passed) / size


@pytest.fixture
def names(front, whole):
    """Of the members, fetched past the relay."""
    answer = front.get(f'/studies/{whole}?accept=application/zip')
    with zipfile.ZipFile(answer.body) as z:
        yield z.namelist()
    answer.body.unlink()


@pytest.mark.parametrize('query', ['', STORED])
def test_zipfile_reads_remotely(front, relay, names, expected, whole, query):
    """Check-list 27: the directory and one member without the rest."""
    with RemoteFile(remote(relay, whole, query)) as raw, zipfile.ZipFile(raw) as z:
        assert z.namelist() == names
        middle = len(names) // 2
        assert z.read(names[middle]) == expected[whole][middle].path.read_bytes()
    assert 0 < share(relay, front, whole, query) < SHARE


@pytest.mark.parametrize('query', ['', STORED])
def test_zip_js_reads_remotely(front, relay, names, expected, whole, node, tmp_path, query):
    """Check-list 27: the same with @zip.js/zip.js and its reader of HTTP ranges, which takes 64 KiB at a time."""
    middle, out = len(names) // 2, tmp_path / 'one.dcm'
    assert json.loads(node('archive.mjs', remote(relay, whole, query), names[middle], out)) == names
    assert out.read_bytes() == expected[whole][middle].path.read_bytes()
    assert 0 < share(relay, front, whole, query) < (SHARE if query else 2 * SHARE)


def test_dicomweb_client_retrieves(front, expected, whole, node, tmp_path):
    """Check-list 3: the npm package dicomweb-client gets a study, a series and an instance by multipart."""
    one = expected[whole][len(expected[whole]) // 2]
    wanted = {'study': expected[whole], 'series': [i for i in expected[whole] if i.series == one.series],
              'instance': [one]}
    counts = json.loads(node('dicomweb.mjs', front.url(), whole, one.series, one.sop, tmp_path))
    assert counts == {level: len(files) for level, files in wanted.items()}
    for level, files in wanted.items():
        for i, file in enumerate(files):
            assert (tmp_path / f'{level}-{i}').read_bytes() == file.path.read_bytes(), (level, file.path)


def test_dicomweb_client_reads_metadata(front, expected, whole, node):
    """The npm package dicomweb-client gets the metadata of a study, a series and an instance."""
    one = expected[whole][3]
    reported = json.loads(node('metadata.mjs', front.url(), whole, one.series, one.sop))
    sops = {level: [d['00080018']['Value'][0] for d in found] for level, found in reported.items()}
    assert sops == {'study': [i.sop for i in expected[whole]],
                    'series': [i.sop for i in expected[whole] if i.series == one.series], 'instance': [one.sop]}
    assert reported['instance'][0] in reported['series'] and reported['instance'][0] in reported['study']


def test_dicomweb_client_searches(front, expected, whole, node):
    """The npm package dicomweb-client searches at all levels, with repeated includefield, and takes 204 for nothing."""
    one = expected[whole][3]
    reported = json.loads(node('search.mjs', front.url(), whole, one.series))
    assert reported['studies'] == [whole] and reported['allSeries'] == [one.series] and reported['nothing'] == 0
    assert set(reported['series']) == {i.series for i in expected[whole]}
    assert reported['instances'] == [i.sop for i in expected[whole] if i.series == one.series]
