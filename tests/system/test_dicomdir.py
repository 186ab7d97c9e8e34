# SPDX-License-Identifier: MIT
"""Archives with a DICOMDIR: PS3.12 Annex V, PS3.10 8, PS3.3 F."""
import os
import re
import shutil
import stat
import subprocess

import fileset
import harness
import pytest
import readers
from operator_site import cases, small, write  # noqa: F401  (small is a fixture)
from corpus import uid

ZIP = 'application/zip'


@pytest.mark.parametrize('query', ['', '&compression=none', '&compression=deflate'])
def test_download(front, whole, expected, tmp_path, query):
    """Through every web server: every file is in the directory, with what it says itself."""
    path = f'/studies/{whole}?dicomdir=true{query}'
    answer, head = front.get(path, accept=ZIP), front.get(path, accept=ZIP, method='HEAD')
    assert (answer.exit, answer.status, head.status) == (0, 200, 200), answer.text[:500]
    names = fileset.unpack(answer.body, tmp_path)
    assert len(names) == len(expected[whole])
    types, odd = fileset.check(tmp_path, names)
    assert set(types) == {'IMAGE'} and not odd
    assert not fileset.complaints(tmp_path) and fileset.load(tmp_path) == sorted(names)
    assert head.length == answer.length and answer.headers.get('etag') == head.headers.get('etag')
    assert answer.length in (len(answer.data), None if 'deflate' in query else 0)


def test_conversions(front, whole, tmp_path):
    """Made for the first time they have no length yet; the DICOMDIR is the same when they have."""
    path, directories = f'/studies/{whole}?dicomdir=true&compression=none', []
    for n in range(3):
        answer = front.get(path, accept='application/zip;transfer-syntax=1.2.840.10008.1.2.4.80')
        assert answer.status == 200, answer
        names = fileset.unpack(answer.body, tmp_path / str(n))
        fileset.check(tmp_path / str(n), names)
        directories.append((tmp_path / str(n) / 'DICOMDIR').read_bytes())
        shutil.rmtree(tmp_path / str(n))
    assert answer.length == len(answer.data)
    assert len(set(directories)) == 1 and b'1.2.840.10008.1.2.4.80' in directories[0]


def test_same_bytes_and_ranges(front, whole):
    path = f'/studies/{whole}?dicomdir=true'
    answer, again = front.get(path, accept=ZIP), front.get(path, accept=ZIP)
    plain = front.get(f'/studies/{whole}', accept=ZIP)
    data, etag = answer.data, answer.headers['etag']
    assert again.data == data and again.headers['etag'] == etag != plain.headers['etag']
    assert front.get(path, accept=ZIP, headers={'If-None-Match': etag}).status == 304
    for first, last in ((0, 99), (20, 5000), (len(data) // 2, len(data) // 2 + 1000), (len(data) - 300, len(data) - 1)):
        part = front.get(path, accept=ZIP, headers={'Range': f'bytes={first}-{last}', 'If-Range': etag})
        assert part.status == 206 and part.data == data[first:last + 1]
    other = front.get(path, accept=ZIP, headers={'Range': 'bytes=0-9', 'If-Range': plain.headers['etag']})
    assert other.status == 200 and other.data == data


@pytest.mark.parametrize('query, status', [
    ('dicomdir=true&names=uid', 400), ('names=series&dicomdir=true', 400), ('dicomdir=perhaps', 400),
    ('dicomdir=true&dicomdir=true', 400), ('dicomdir=false', 200), ('dicomdir=true', 200), ('dicomdir=1', 200)])
def test_queries(front, whole, query, status):
    answer = front.get(f'/studies/{whole}?{query}', accept=ZIP)
    assert answer.status == status
    if status == 200:
        assert (b'DICOMDIR' in answer.data[:64]) == ('false' not in query)


@pytest.mark.parametrize('accept', ['multipart/related; type="application/dicom"', '*/*', 'text/csv', 'application/json'])
def test_only_archives(front, whole, accept):
    answer = front.get(f'/studies/{whole}?dicomdir=true', accept=accept)
    assert answer.status == 400 and 'DICOMDIR' in answer.text


def test_addresses_of_dcm4chee(front, whole, tmp_path):
    answer = front.get(f'/studies/{whole}?accept=application/zip;transfer-syntax=*&dicomdir=true', accept='*/*')
    assert answer.status == 200 and fileset.unpack(answer.body, tmp_path)


def test_series_and_instances(front, whole, expected, tmp_path):
    for level, count in (('series', None), ('instance', 1)):
        one = expected[whole][-1]
        path = f'/studies/{whole}/series/{one.series}' + (f'/instances/{one.sop}' if level == 'instance' else '')
        answer = front.get(f'{path}?dicomdir=true', accept=ZIP)
        names = fileset.unpack(answer.body, tmp_path / level)
        assert len(names) == (count or sum(i.series == one.series for i in expected[whole]))
        assert fileset.check(tmp_path / level, names)[1] == []
        assert fileset.load(tmp_path / level) == sorted(names)


@pytest.mark.parametrize('kind', ['sha256', 'csv'])
def test_with_a_manifest(front, whole, kind, tmp_path):
    """It lists the DICOMDIR, too, and is no file of the File-set."""
    answer = front.get(f'/studies/{whole}?dicomdir=true&manifest={kind}', accept=ZIP)
    names = fileset.unpack(answer.body, tmp_path)
    assert fileset.load(tmp_path) == sorted(names)
    text = (tmp_path / f'MANIFEST.{kind}').read_text()
    listed = re.findall(r'DICOMDIR|DICOM/S\d+/I\d+', text)
    assert listed == ['DICOMDIR', *names]
    if kind == 'sha256':
        done = subprocess.run(['sha256sum', '--strict', '--quiet', '-c', f'MANIFEST.{kind}'], cwd=tmp_path, check=False)
        assert done.returncode == 0
    else:
        first = text.splitlines()[1].split(',')
        assert first[2] == '' and first[4] == fileset.DIRECTORY and first[5] == first[6] == fileset.EXPLICIT_LE


@pytest.mark.parametrize('reader', readers.READERS, ids=lambda r: r.__name__)
def test_readers(site, whole, reader, tmp_path):
    archive = tmp_path / 'a.zip'
    assert site.cli('zip', whole, '--dicomdir', '-o', archive).code == 0
    names, _ = reader(archive)
    assert names[0] == 'DICOMDIR' and len(names) > 100


@pytest.mark.parametrize('tool', list(readers.TREES))
def test_unpacked_by(site, whole, tool, tmp_path):
    archive = tmp_path / 'a.zip'
    assert site.cli('zip', whole, '--dicomdir', '-o', archive).code == 0
    readers.extract(tool, archive, tmp_path / 'out')
    assert len(fileset.load(tmp_path / 'out')) > 100
    shutil.rmtree(tmp_path / 'out')


def test_operator_misuse(site, whole, tmp_path):
    result = site.cli('zip', whole, '--dicomdir', '--names', 'uid', '-o', tmp_path / 'a.zip')
    assert result.code == 2 and 'names' in result.err and not (tmp_path / 'a.zip').exists()


def test_converted_members(site, whole, tmp_path):
    """The directory names the transfer syntax in which a member is sent."""
    for syntax in ('1.2.840.10008.1.2.4.80', '*'):
        archive, folder = tmp_path / f'{syntax[-2:]}.zip', tmp_path / f'{syntax[-2:]}'
        result = site.cli('zip', whole, '--dicomdir', '--transfer-syntax', syntax, '-o', archive)
        assert result.code == 0, result
        names = fileset.unpack(archive, folder)
        fileset.check(folder, names)
        found = {leaf.ReferencedTransferSyntaxUIDInFile for *_, leaf in fileset.Records(folder).leaves()}
        assert (syntax in found) == (syntax != '*')


THE_DATA = ('Illegal root for UID', '<ANNOTATION>')  # wrong UIDs in instances; a record type that dciodvfy does not know


def test_all_real_studies(full_source, site, expected, tmp_path):
    """Every study of the collection: dcmdump, dciodvfy, dcentvfy, pydicom and dcmmkdir have nothing to say against it. Of
    broken files, which pydicom may not be able to read, only the directory is looked at."""
    files = agreed = 0
    for (study,) in site.sql('SELECT uid FROM wadozip.study ORDER BY uid'):
        folder, archive = tmp_path / study, tmp_path / f'{study}.zip'
        result = site.cli('zip', study, '--dicomdir', '--transfer-syntax', '*', '-o', archive)
        assert result.code == 0, (study, result)
        names = fileset.unpack(archive, folder)
        types = fileset.check(folder, names)[0] if study in expected else []
        assert [c for c in fileset.complaints(folder) if not any(d in c for d in THE_DATA)] == [], study
        if types and not set(types) & fileset.UNKNOWN_TO_PYDICOM:
            assert fileset.load(folder) == sorted(names), study
        agreed += len(fileset.agreed_with_dcmmkdir(folder, tmp_path / 'theirs'))
        files += len(list(fileset.Records(folder).leaves()))
        shutil.rmtree(folder)
    assert files > 300 and agreed > 0.9 * files, (full_source, files, agreed)


def helper_that(site, text):
    """Settings with another program in place of wadozip-dicom."""
    program = site.folder / 'helper'
    program.write_text(f'#!/bin/sh\n{text}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    site.settings['helper'] = str(program)
    site.write_config()


@cases('text', ['exit 1', 'kill -9 $$', 'sleep 0.1'])
def test_a_helper_that_dies(small, tmp_path, text):
    """An error, and no archive."""
    site, _ = small
    helper_that(site, text)
    result = site.cli('zip', uid('study'), '--dicomdir', '-o', tmp_path / 'a.zip')
    assert result.code == 2 and 'helper' in result.err and not (tmp_path / 'a.zip').exists()
    assert site.cli('zip', uid('study'), '-o', tmp_path / 'a.zip').code == 0


def test_what_was_indexed_before(small, tmp_path):
    """Without the keys of records an honest error; the next index run completes them, and only then reads the files."""
    site, _ = small
    site.sql('UPDATE wadozip.instance SET record_keys = NULL')
    result = site.cli('zip', uid('study'), '--dicomdir', '-o', tmp_path / 'a.zip')
    assert result.code == 2 and 'index its file again' in result.err and not (tmp_path / 'a.zip').exists()
    assert site.cli('zip', uid('study'), '-o', tmp_path / 'a.zip').code == 0
    assert 'run `wadozip index` again: 3 instances' in site.cli('doctor').out
    first, second = site.index(), site.index()
    assert '3 unchanged' in first.out and '3 files read' in first.out and '0 files read' in second.out
    assert 'DICOMDIR' not in site.cli('doctor').out
    assert site.cli('zip', uid('study'), '--dicomdir', '-o', tmp_path / 'a.zip').code == 0
    assert fileset.check(tmp_path / 'out', fileset.unpack(tmp_path / 'a.zip', tmp_path / 'out'))[0] == ['IMAGE'] * 3


@cases('keys', ['00', 'ffffffff5151ffff', '2300080044410800' + '32' * 4, '08002300444109003230323030313031'])
def test_damaged_keys(small, tmp_path, keys):
    """Nonsense in the catalogue is refused by wadozip-dicom, before a byte of the archive is written."""
    site, _ = small
    site.sql(f"UPDATE wadozip.instance SET record_keys = '\\x{keys}'")
    result = site.cli('zip', uid('study'), '--dicomdir', '-o', tmp_path / 'a.zip')
    assert result.code == 2 and 'damaged' in result.err and not (tmp_path / 'a.zip').exists()


def test_content_decides_on_the_file_set(small, tmp_path):
    """The same content has the same File-set UID; of other content, or in another transfer syntax, it is another."""
    site, folder = small

    def file_set(*options):
        assert site.cli('zip', uid('study'), '--dicomdir', *options, '-o', tmp_path / 'a.zip').code == 0
        shutil.rmtree(tmp_path / 'out', ignore_errors=True)
        fileset.unpack(tmp_path / 'a.zip', tmp_path / 'out')
        return fileset.read(tmp_path / 'out' / 'DICOMDIR').file_meta.MediaStorageSOPInstanceUID
    plain, again, other = file_set(), file_set(), file_set('--transfer-syntax', '1.2.840.10008.1.2.1.99')
    with open(folder / '0.dcm', 'r+b') as f:
        f.seek(-1, os.SEEK_END)
        f.write(b'\7')
    assert site.index().code == 0
    assert plain == again and len({plain, other, file_set()}) == 3


@cases('kind', ['lighttpd-socket', 'apache-proxy'])
def test_errors_come_before_the_status_line(make_site, kind):
    """What cannot be made is a status; the archive without a DICOMDIR is not harmed."""
    folder = harness.temporary()
    write(folder / 'a.dcm', 0).chmod(0o644)
    site = make_site('status', {'r': folder})
    assert site.index().code == 0
    front = harness.front_end(kind, site).start()
    path = f'/studies/{uid("study")}'
    try:
        site.sql("UPDATE wadozip.instance SET record_keys = '\\x00'")
        for method in ('GET', 'HEAD'):
            answer = front.get(f'{path}?dicomdir=true', accept=ZIP, method=method)
            assert answer.status == 500 and 'etag' not in answer.headers, answer
            assert uid('study') not in answer.text and 'DICOMDIR' not in answer.text
        site.sql('UPDATE wadozip.instance SET record_keys = NULL')
        assert front.get(f'{path}?dicomdir=true', accept=ZIP).status == 500
        assert front.get(path, accept=ZIP).status == 200
        assert site.index().code == 0
        assert front.get(f'{path}?dicomdir=true', accept=ZIP).status == 200
    finally:
        front.remove()
        shutil.rmtree(folder)
