# SPDX-License-Identifier: MIT
"""The archive opens everywhere and holds exactly what was indexed."""
import datetime
import re
import struct
import zipfile

import harness
import pytest
import readers
import studies
from corpus import corpus, uid

RESERVED = {'CON', 'PRN', 'AUX', 'NUL', *(f'{d}{n}' for d in ('COM', 'LPT') for n in range(10))}


@pytest.fixture(scope='module')
def archive(site, whole, tmp_path_factory):
    path = tmp_path_factory.mktemp('zip') / 'whole.zip'
    result = site.zip(whole, path)
    assert result.code == 0, result
    return path


def check_names(names):
    """Legal on every system, Windows among them, and short."""
    assert len({n.lower() for n in names}) == len(names)
    for name in names:
        assert len(name) <= 100 and name.isascii(), name
        for part in name.split('/'):
            assert re.fullmatch(r'[A-Za-z0-9_.-]+', part) and not part.endswith('.') and part not in ('.', '..'), name
            assert part.split('.')[0].upper() not in RESERVED, name
        assert name.endswith('.dcm'), name


def check_records(path):
    """Local headers say what the directory says, nothing lies between members, ZIP64 only where a value needs it."""
    with zipfile.ZipFile(path) as z, open(path, 'rb') as f:
        at = 0
        for info in z.infolist():
            assert info.header_offset == at, info
            f.seek(at)
            local = struct.unpack('<4s5H3I2H', f.read(30))
            signature, version, flags, method, time, date, crc, packed, size, name_len, extra_len = local
            name, extra = f.read(name_len), f.read(extra_len)
            big = info.file_size >= 0xffffffff or info.compress_size >= 0xffffffff
            assert signature == b'PK\3\4' and flags == 0 and info.flag_bits == 0 and method in (0, 8), info
            plain = 20 if method == 8 else 10
            assert version == (45 if big else plain)  # APPNOTE 4.4.3.2; the directory also has the offset
            assert info.extract_version == (45 if big or at >= 0xffffffff else plain)
            assert name.decode() == info.filename and crc == info.CRC
            if big:
                assert extra == struct.pack('<2H2Q', 1, 16, info.file_size, info.compress_size)
                assert packed == size == 0xffffffff
            else:
                assert (packed, size, extra) == (info.compress_size, info.file_size, b'')
            assert (date >> 9) + 1980 == info.date_time[0] and time >> 11 == info.date_time[3]
            assert datetime.datetime(*info.date_time)  # there is such a day and time
            at += 30 + name_len + extra_len + info.compress_size
        assert z.start_dir == at
        f.seek(0, 2)
        end = f.tell() - 22
        needs64 = len(z.infolist()) > 0xfffe or z.start_dir >= 0xffffffff
        f.seek(end - 20)
        assert (f.read(4) == b'PK\6\7') == needs64
        assert f.read()[16:20] == b'PK\5\6' and z.comment == b''


@pytest.mark.parametrize('reader', readers.READERS, ids=lambda r: r.__name__)
def test_reader(reader, archive, expected, whole):
    names, content = reader(archive)
    assert len(names) == len(expected[whole])
    assert names == zipfile.ZipFile(archive).namelist()
    assert content == studies.sha256_of_files(i.path for i in expected[whole])


@pytest.mark.parametrize('tool', readers.TREES)
def test_unpacked_tree(tool, archive, expected, whole, tmp_path):
    tree = readers.extract(tool, archive, tmp_path / 'tree')
    assert sorted(tree) == sorted(zipfile.ZipFile(archive).namelist())
    assert sorted(tree.values()) == sorted(studies.sha256(i.path.read_bytes()) for i in expected[whole])


def test_names_and_records(archive):
    check_names(zipfile.ZipFile(archive).namelist())
    check_records(archive)


def test_zipdetails_sees_nothing_odd(archive):
    result = harness.run('zipdetails', archive)
    assert result.code == 0 and not result.err
    assert not re.search(r'warning|error|unexpected|streamed|zip64', result.out, re.I)


def test_default_names(archive, expected, whole):
    """Folders: number, modality, description of the series; files: numbers."""
    folders = {n.rsplit('/', 1)[0] for n in zipfile.ZipFile(archive).namelist()}
    assert len(folders) == len({i.series for i in expected[whole]})
    assert all(re.match(r'\d{4}-[A-Z]{2}(-|$)', f) for f in folders), folders


def test_same_bytes_behind_every_server(front, archive, site, whole, tmp_path):
    first, second = (front.get(f'/studies/{whole}', accept='application/zip', out=tmp_path / n) for n in 'ab')
    assert (first.exit, first.status, second.exit) == (0, 200, 0), (first, front.log())
    assert first.data == second.data == archive.read_bytes()
    assert first.length == len(first.data)
    with zipfile.ZipFile(first.body) as z:
        assert len(z.infolist()) == site.count(whole)


def test_series_and_instances_add_up(site, expected, whole, tmp_path):
    """Each series, and an instance of each, alone: the same content as within the study."""
    for series in sorted({i.series for i in expected[whole]}):
        those = [i for i in expected[whole] if i.series == series]
        assert site.zip(f'{whole}/{series}', tmp_path / 's.zip').code == 0
        assert readers.python(tmp_path / 's.zip')[1] == studies.sha256_of_files(i.path for i in those)
        one = those[len(those) // 2]
        assert site.zip(f'{whole}/{series}/{one.sop}', tmp_path / 'i.zip').code == 0
        with zipfile.ZipFile(tmp_path / 'i.zip') as z:
            assert [z.read(n) for n in z.namelist()] == [one.path.read_bytes()]
        (tmp_path / 's.zip').unlink(), (tmp_path / 'i.zip').unlink()


def test_every_study(site, expected, tmp_path):
    """With transfer-syntax=*, of whatever syntaxes: every instance once; the file's own bytes but for implicit and big
    endian (PS3.18 8.7.3), without which a study may also be refused as a whole."""
    front, sent = harness.Lighttpd(site, 'socket').start(), 0
    try:
        for study, instances in expected.items():
            answer = front.get(f'/studies/{study}', accept='application/zip;transfer-syntax=*', out=tmp_path / 'x.zip')
            forbidden = any(i.syntax in (studies.IMPLICIT_LE, studies.EXPLICIT_BE) for i in instances)
            if forbidden and answer.status == 406:
                continue
            assert (answer.exit, answer.status) == (0, 200), (study, answer, answer.text[:3000])
            sent += 1
            with zipfile.ZipFile(answer.body) as z:
                members = [z.read(n) for n in z.namelist()]
                check_names(z.namelist())
            check_records(answer.body)
            assert len(members) == len(instances) == site.count(study)
            for member, i in zip(members, instances):
                if i.syntax not in (studies.IMPLICIT_LE, studies.EXPLICIT_BE):
                    assert member == i.path.read_bytes(), i
        assert sent > len(expected) // 2
    finally:
        front.remove()


def big_archive(pg, name, folder, pattern, **options):
    """Yields (archive, SHA-256 of the files' content, number of instances) of a generated study."""
    source = corpus(name)
    site = harness.Site(pg, f'{name}{len(options)}', {'big': source}).migrate()
    path, paths = folder / 'big.zip', sorted(source.rglob(pattern))
    try:
        assert site.index().code == 0
        result = site.zip(uid(name), path, **options)
        assert result.code == 0, result
        yield path, studies.sha256_of_files(paths), len(paths)
    finally:
        path.unlink(missing_ok=True)
        site.remove()


@pytest.fixture(scope='module')
def many(pg, tmp_path_factory):
    """70,000 instances."""
    yield from big_archive(pg, 'many', tmp_path_factory.mktemp('many'), 's*/?/?????')


@pytest.fixture(scope='module')
def huge(pg, tmp_path_factory):
    """More than 4 GiB, one member and the offset of another among it."""
    yield from big_archive(pg, 'huge', tmp_path_factory.mktemp('huge'), '*.dcm', compression='none')


@pytest.fixture(scope='module')
def huge_deflated(pg, tmp_path_factory):
    """The same, which shrinks to almost nothing."""
    yield from big_archive(pg, 'huge', tmp_path_factory.mktemp('shrunk'), '*.dcm')


@pytest.mark.parametrize('reader', readers.READERS, ids=lambda r: r.__name__)
def test_many(reader, many):
    path, content, count = many
    names, read = reader(path)
    assert (len(names), count, read) == (70000, 70000, content)


def test_many_names_and_records(many):
    check_names(zipfile.ZipFile(many[0]).namelist())
    check_records(many[0])


# BusyBox 1.35 cannot read members of more than 4 GiB, by any writer.
@pytest.mark.parametrize('reader', [r for r in readers.READERS if r is not readers.busybox], ids=lambda r: r.__name__)
def test_huge(reader, huge):
    path, content, count = huge
    assert path.stat().st_size > 1 << 32
    names, read = reader(path)
    assert (len(names), read) == (count, content)


@pytest.mark.parametrize('reader', [readers.seven_zip], ids=lambda r: r.__name__)
def test_huge_deflated(reader, huge_deflated):
    path, content, count = huge_deflated
    assert path.stat().st_size < 1 << 28
    names, read = reader(path)
    assert (len(names), read) == (count, content)


def test_huge_names_and_records(huge):
    check_names(zipfile.ZipFile(huge[0]).namelist())
    check_records(huge[0])


def test_zip_by_the_extension_of_the_address(front, whole):
    """Whatever the Accept header says; the same bytes as by the parameter, under one entity tag."""
    named = front.get(f'/studies/{whole}.zip', headers={'Accept': None})
    asked = front.get(f'/studies/{whole}?accept=application/zip', accept='*/*')
    assert (named.status, named.headers['content-type']) == (200, 'application/zip')
    assert named.data == asked.data and named.headers['etag'] == asked.headers['etag']
    assert named.headers['content-location'] == asked.headers['content-location']
    assert front.get(f'/studies/{whole}.zip', accept='image/png', method='HEAD').status == 200
