# SPDX-License-Identifier: MIT
"""Archives with a manifest as their last member, through every web server and from the operator's command."""
import csv
import hashlib
import io
import subprocess
import zipfile

import pytest

ZIP = 'application/zip'
NAMES = {'sha256': 'MANIFEST.sha256', 'csv': 'MANIFEST.csv'}


def check(path, kind, folder):
    """The manifest is last and lists all others, in order, with their digests."""
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        *members, last = z.infolist()
        assert last.filename == NAMES[kind] and last.compress_type == zipfile.ZIP_STORED
        digests = [hashlib.sha256(z.read(m)).hexdigest() for m in members]
        text = z.read(last).decode('ascii')
        z.extractall(folder)
    if kind == 'sha256':
        assert text == ''.join(f'{d}  {m.filename}\n' for d, m in zip(digests, members))
        done = subprocess.run(['sha256sum', '--strict', '--quiet', '-c', NAMES[kind]], cwd=folder, check=False)
        assert done.returncode == 0
    else:
        found = list(csv.DictReader(io.StringIO(text, newline=''), strict=True))
        assert [(r['path'], r['sha256'], int(r['size']), r['crc32']) for r in found] == [
            (m.filename, d, m.file_size, f'{m.CRC:08x}') for m, d in zip(members, digests)]
        assert all(r['sop_class_uid'].startswith('1.2.840.10008.') for r in found)
    return [m.filename for m in members]


@pytest.mark.parametrize('kind', list(NAMES))
@pytest.mark.parametrize('query', ['', '&names=uid', '&compression=none', '&compression=deflate'])
def test_manifest(front, whole, expected, tmp_path, kind, query):
    path = f'/studies/{whole}?manifest={kind}{query}'
    head = front.get(path, accept=ZIP, method='HEAD')
    answer = front.get(path, accept=ZIP)
    assert (answer.exit, answer.status, head.status) == (0, 200, 200), (answer, answer.text[:500])
    assert len(check(answer.body, kind, tmp_path)) == len(expected[whole])
    if query == '&compression=none':
        assert head.length == answer.length == len(answer.data)
        assert head.headers['etag'] == answer.headers['etag']
        plain = front.get(f'/studies/{whole}?compression=none', accept=ZIP)
        assert plain.headers['etag'] != answer.headers['etag']
        assert front.get(path, accept=ZIP, headers={'If-None-Match': answer.headers['etag']}).status == 304
        again = front.get(path, accept=ZIP)
        assert again.data == answer.data
    answer.body.unlink()


@pytest.mark.parametrize('kind', list(NAMES))
def test_ranges_and_resuming(front, whole, kind):
    """Also behind what was never sent in this request: the manifest needs its digests all the same."""
    path = f'/studies/{whole}?manifest={kind}&compression=none'
    answer = front.get(path, accept=ZIP)
    data = answer.data
    assert answer.headers['accept-ranges'] == 'bytes' and answer.length == len(data)
    for first in (0, len(data) // 3, len(data) - 2000, len(data) - 1):
        part = front.get(path, accept=ZIP, headers={'Range': f'bytes={first}-', 'If-Range': answer.headers['etag']})
        assert (part.status, part.data == data[first:]) == (206, True)
    part = front.get(path, accept=ZIP, headers={'Range': 'bytes=100-199,-30'})
    assert part.status == 206 and data[100:200] in part.data and data[-30:] in part.data


def test_ranges_of_converted_members(front, expected):
    """Asked for again when their sizes are known; stored, as the first answer is before deflated sizes are recorded."""
    tried = 0
    for study, instances in expected.items():
        path = f'/studies/{study}?manifest=sha256&compression=none'
        answer = front.get(path, accept=ZIP)
        if answer.status != 200 or all(i.syntax == '1.2.840.10008.1.2.1' for i in instances):
            continue
        again = front.get(path, accept=ZIP)
        assert again.data == answer.data and again.headers['accept-ranges'] == 'bytes'
        part = front.get(path, accept=ZIP, headers={'Range': f'bytes={len(again.data) // 2}-'})
        assert (part.status, part.data) == (206, again.data[len(again.data) // 2:])
        tried += 1
    assert tried


def test_series_and_instance(front, whole, expected, tmp_path):
    one = expected[whole][0]
    path = f'/studies/{whole}/series/{one.series}'
    series = front.get(f'{path}?manifest=sha256', accept=ZIP)
    assert len(check(series.body, 'sha256', tmp_path / 'a')) == sum(i.series == one.series for i in expected[whole])
    single = front.get(f'{path}/instances/{one.sop}?manifest=csv', accept=ZIP)
    assert len(check(single.body, 'csv', tmp_path / 'b')) == 1


@pytest.mark.parametrize('accept', ['*/*', 'multipart/related; type="application/dicom"', 'text/csv'])
def test_only_archives_have_one(front, whole, accept):
    answer = front.get(f'/studies/{whole}?manifest=sha256', accept=accept)
    assert answer.status == 400 and 'application/zip' in answer.text
    assert front.get(f'/studies/{whole}?manifest=md5', accept=ZIP).status == 400


@pytest.mark.parametrize('kind', list(NAMES))
def test_every_form_of_every_study(site, expected, tmp_path, kind):
    """Members that are converted, deflated or stored: each has the digest of what came out."""
    made = 0
    for n, study in enumerate(expected):
        out = tmp_path / f'{n}.zip'
        result = site.zip(study, out, manifest=kind)
        if result.code:
            assert 'as requested' in result.err or 'convert' in result.err, result
            continue
        made += 1
        assert len(check(out, kind, tmp_path / str(n))) == len(expected[study])
        out.unlink()
    assert made > 3


def test_the_command_refuses_others(site, whole, tmp_path):
    result = site.zip(whole, tmp_path / 'x.zip', manifest='md5')
    assert result.code == 2 and 'does not take "md5"' in result.err
    assert site.zip(whole, '/dev/null', manifest='sha256', compression='none').code == 0
