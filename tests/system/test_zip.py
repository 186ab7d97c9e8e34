"""The archive opens everywhere and holds exactly what was indexed."""
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
            assert version == info.extract_version == (45 if big or at >= 0xffffffff and version == 45 else version)
            assert name.decode() == info.filename and crc == info.CRC
            if big:
                assert extra == struct.pack('<2H2Q', 1, 16, info.file_size, info.compress_size)
                assert packed == size == 0xffffffff
            else:
                assert (packed, size, extra) == (info.compress_size, info.file_size, b'')
            assert (date >> 9) + 1980 == info.date_time[0] and time >> 11 == info.date_time[3]
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
    endian (PS3.18 8.7.3)."""
    front = harness.Lighttpd(site, 'socket').start()
    try:
        for study, instances in expected.items():
            answer = front.get(f'/studies/{study}', accept='application/zip;transfer-syntax=*', out=tmp_path / 'x.zip')
            assert (answer.exit, answer.status) == (0, 200), (study, answer, answer.text[:500])
            with zipfile.ZipFile(answer.body) as z:
                members = [z.read(n) for n in z.namelist()]
                check_names(z.namelist())
            check_records(answer.body)
            assert len(members) == len(instances) == site.count(study)
            for member, i in zip(members, instances):
                if i.syntax not in (studies.IMPLICIT_LE, studies.EXPLICIT_BE):
                    assert member == i.path.read_bytes(), i
    finally:
        front.remove()


@pytest.fixture(scope='module')
def big(request, pg, tmp_path_factory):
    """(archive, SHA-256 of the files' content, number of instances): 70,000 instances; more than 4 GiB."""
    folder = corpus(request.param)
    site = harness.Site(pg, request.param, {'big': folder}).migrate()
    path = tmp_path_factory.mktemp('big') / 'big.zip'
    paths = sorted(folder.rglob('*.dcm' if request.param == 'huge' else 's*/?/?????'))
    try:
        assert site.index().code == 0
        result = site.zip(uid(request.param), path)
        assert result.code == 0, result
        yield path, studies.sha256_of_files(paths), len(paths)
    finally:
        path.unlink(missing_ok=True)
        site.remove()


# BusyBox 1.35 cannot read members of more than 4 GiB, whoever has written them.
MATRIX = [(c, r) for c in ('many', 'huge') for r in readers.READERS if (c, r) != ('huge', readers.busybox)]


@pytest.mark.parametrize('big,reader', MATRIX, indirect=['big'], ids=lambda p: getattr(p, '__name__', p))
def test_big(reader, big):
    path, content, count = big
    names, read = reader(path)
    assert (len(names), read) == (count, content)


@pytest.mark.parametrize('big', ['many', 'huge'], indirect=True)
def test_big_names_and_records(big):
    check_names(zipfile.ZipFile(big[0]).namelist())
    check_records(big[0])
