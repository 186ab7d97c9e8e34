# SPDX-License-Identifier: MIT
"""Files that deviate from the standard through a web server, in every form, with pydicom and DCMTK as judges.

tests/data/damaged.py generates them; the same is tried with the files of ../shared/cases if that folder is there.
"""
import io
import json
import subprocess
import zipfile

import damaged
import fileset
import harness
import numpy
import pydicom
import pytest
from damaged import EXPLICIT, JPEG, RLE, SIGNED

ZIP, PARTS, JSON = 'application/zip', 'multipart/related; type="application/dicom"', 'application/dicom+json'
FORMS = ['default', '*', RLE, JPEG + '70', JPEG + '80', JPEG + '90']
SHARED = harness.REPO.parent / 'shared' / 'cases'
SHARED_READ = ['27-implicit-US-or-SS', '22-UN-with-explicit-VR-inside', '22c-UN-no-sequence',
               '04-odd-pixel-data-implicit', '60b-meta-length-8-too-large', '60f-meta-length-8-too-large-implicit',
               '10f-one-zero-byte-behind', '10-no-final-delimiter']
SHARED_REFUSED = ['headless-encapsulated', 'native-syntax-encapsulated']
READ, REFUSED = damaged.read_files(), damaged.refused_files()
CERTAIN = {'certain-jpeg': JPEG + '70', 'certain-jls': JPEG + '80', 'certain-j2k': JPEG + '90', 'certain-rle': RLE,
           'certain-headless': JPEG + '80'}  # the transfer syntax that a codestream has and the header does not tell
NATIVE = damaged.File('told-jpeg', JPEG + '70')
VIDEO = damaged.File('video', JPEG + '102').raw(0x7fe00010, damaged.fragments(bytes(64)))
VIDEO.meta_change = 8
SPELLINGS = {'ISO-IR 100': 'latin-1', 'iso_ir 100': 'latin-1', 'ISO IR 100': 'latin-1', 'ISO_IR_100': 'latin-1',
             'ISO8859-1': 'latin-1', 'ISO IR 192': 'utf-8', 'UTF-8': 'utf-8', 'GB2312': 'gb2312', 'gb18030': 'gb18030',
             'ISO-IR 144': 'iso8859-5', 'ISO_IR 100': 'latin-1'}
NAMES = {'gb2312': '\u738b', 'gb18030': '\u738b', 'iso8859-5': '\u042f'}


def spelt(term):
    """A file of a character set that is misspelt, and the name in it."""
    f, name = damaged.File('spelt-' + term), NAMES.get(SPELLINGS[term], 'J\xe9r\xf4me') + '^X'
    data = name.encode(SPELLINGS[term])
    f.put(0x00080005, 'CS', term + ' ' * (len(term) % 2)).put(0x00100010, 'PN', data + b' ' * (len(data) % 2))
    return f, name


def certain(name, folder):
    """A file whose pixel data is compressed and whose header names a native transfer syntax."""
    f = damaged.File(name, size=(8, 8))
    (folder / name).write_bytes(f.bytes())
    tool = harness.BUILD / 'unit' / 'helper' / 'convert'
    out = subprocess.run([str(tool), CERTAIN[name], str(folder)], input=f'{folder / name}\n', encoding='utf-8', check=True,
                         stdout=subprocess.PIPE).stdout
    made = pydicom.dcmread(out.split('\t')[2].strip())
    f.raw(0x7fe00010, damaged.fragments(next(pydicom.encaps.generate_pixel_data_frame(made.PixelData, 1))))
    f.headless = name == 'certain-headless'
    return f


@pytest.fixture(scope='module')
def cases(pg, tmp_path_factory):
    """A site with all of them behind lighttpd; `cases.index` is what `wadozip index` answered."""
    folder, scratch = harness.temporary('wzcases-'), tmp_path_factory.mktemp('cases')
    made = {**READ, **{n: f for n, (f, _) in REFUSED.items()}, 'told-jpeg': NATIVE, 'video': VIDEO,
            **{n: certain(n, scratch) for n in CERTAIN}, **{f'spelt-{t}': spelt(t)[0] for t in SPELLINGS}}
    for name, f in made.items():
        (folder / f'{name}.dcm').write_bytes(f.bytes())
    for path in sorted(SHARED.glob('*.dcm')):
        (folder / path.name).write_bytes(path.read_bytes())
    site = harness.Site(pg, 'cases_dataset', {'r': folder}).migrate()
    server = harness.front_end('lighttpd-spawned', site)
    server.index = site.index()
    server.start()
    server.source = folder
    yield server
    server.remove()
    site.remove()


def shared(name):
    """Study UID and path of a file of ../shared/cases."""
    path = SHARED / f'{name}.dcm'
    if not path.is_file():
        pytest.skip('../shared/cases is not here')
    for element in pydicom.dcmread(path, force=True, defer_size=4, stop_before_pixels=True):
        if element.tag == 0x0020000d:
            return str(element.value), path
    raise ValueError(name)


def accept(form):
    return ZIP if form == 'default' else f'{ZIP};transfer-syntax={form}'


def member(server, study, form):
    """The only member of a study's archive: its bytes and what pydicom reads, which dcmdump reads, too."""
    answer = server.get(f'/studies/{study}', accept=accept(form))
    assert answer.status == 200, (form, answer, answer.text[:300])
    with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
        assert len(z.namelist()) == 1
        data = z.read(z.namelist()[0])
    check_readable(server, data)
    return data, pydicom.dcmread(io.BytesIO(data))


def check_readable(server, data):
    path = server.folder / 'member.dcm'
    path.write_bytes(data)
    done = harness.run('dcmdump', '-q', path)
    assert done.code == 0 and not done.err, done


def lengths(server):
    """Lengths of all elements of the last member, as dcmdump prints them."""
    return [int(line.split('#')[1].split(',')[0]) for line in harness.run('dcmdump', '-q', '+L', server.folder / 'member.dcm')
            .out.splitlines() if '#' in line and line.split('#')[1].split(',')[0].strip().isdigit()]


def check_forms(server, study, pixels):
    """In every form; what is not the file's own bytes has only even lengths (PS3.5 7.1.1)."""
    for form in FORMS:
        data, d = member(server, study, form)
        if pixels is not None:
            want = EXPLICIT if form == 'default' or (form == '*' and d.file_meta.TransferSyntaxUID == EXPLICIT) else form
            assert want == '*' or d.file_meta.TransferSyntaxUID == want
            assert numpy.array_equal(d.pixel_array.ravel(), pixels), form
        stored = data in [path.read_bytes() for path in server.source.iterdir()]
        assert stored or (data[:128] == bytes(128) and all(n % 2 == 0 for n in lengths(server))), form
    parts = server.get(f'/studies/{study}', accept=PARTS)
    assert parts.status == 200 and parts.data.count(b'DICM') == 1


def check_metadata(server, study):
    answer = server.get(f'/studies/{study}/metadata', accept=JSON)
    assert answer.status == 200, answer
    [reported] = json.loads(answer.data)
    assert reported['0020000D']['Value'] == [study]
    return reported


def check_directory(server, study, folder):
    answer = server.get(f'/studies/{study}?dicomdir=true', accept=ZIP)
    assert answer.status == 200, answer
    names = fileset.unpack(answer.body, folder)
    assert fileset.check(folder, names)[1] == [] and fileset.load(folder) == sorted(names)


def bulk(server, f, element='7FE00010'):
    return server.get(f'/studies/{f.study}/series/{f.series}/instances/{f.sop}/bulkdata/{element}',
                      accept='application/octet-stream')


@pytest.mark.parametrize('name', READ)
def test_read(cases, name, tmp_path):
    f = READ[name]
    pixels = None if name == 'no-delimiters' else f.pixels
    check_forms(cases, f.study, pixels)
    check_metadata(cases, f.study)
    check_directory(cases, f.study, tmp_path)
    if pixels is not None:
        answer = bulk(cases, f)
        assert answer.status == 200 and answer.data == pixels.tobytes() + bytes(pixels.nbytes % 2)


@pytest.mark.parametrize('name', SHARED_READ)
def test_read_shared(cases, name, tmp_path):
    study, _ = shared(name)
    check_forms(cases, study, None)
    check_metadata(cases, study)
    check_directory(cases, study, tmp_path)


def signs(d):
    """Every "US or SS" element: (tag, VR, value)."""
    return [(int(e.tag), e.VR, e.value) for e in d.iterall()
            if int(e.tag) in (0x00189810, 0x00221452, 0x00280106, 0x00280107, 0x00280120, 0x00280121, 0x00283002,
                              0x00409211, 0x00409216)]


def check_signs(d):
    found = signs(d)
    assert len(found) > 10
    for tag, vr, value in found:
        wanted = ('SS', [4, -1000, 16]) if tag == 0x00283002 else ('US', 65000) if value == 65000 else ('SS', SIGNED)
        assert (vr, value) == wanted, hex(tag)


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('name', ['sign', '27-implicit-US-or-SS'])
def test_sign(cases, name, form):
    """SS by Pixel Representation of the enclosing data set, US in an item that has another of its own."""
    study = READ[name].study if name in READ else shared(name)[0]
    check_signs(member(cases, study, form)[1])


@pytest.mark.parametrize('name', ['sign', '27-implicit-US-or-SS'])
def test_sign_in_metadata(cases, name):
    study = READ[name].study if name in READ else shared(name)[0]
    reported = pydicom.Dataset.from_json(json.dumps(check_metadata(cases, study)), bulk_data_uri_handler=lambda _: b'')
    check_signs(reported)


@pytest.mark.parametrize('name, content', [('un-explicit', damaged.EXPLICIT_INSIDE), ('un-text', b'GARBAGE!GARBAGE!')])
def test_unknown_passes_through(cases, name, content):
    want = damaged.element(0x00102202, 'UN', content)
    for form in FORMS:
        assert want in member(cases, READ[name].study, form)[0]
    assert bulk(cases, READ[name], '00102202').data == content


@pytest.mark.parametrize('name', CERTAIN)
def test_certain_codestream(cases, name, tmp_path):
    f = damaged.File(name, size=(8, 8))
    check_forms(cases, f.study, f.pixels)
    check_directory(cases, f.study, tmp_path)
    assert bulk(cases, f).data == f.pixels.tobytes()
    table = cases.get(f'/studies/{f.study}', accept='application/json')
    assert CERTAIN[name] in table.text


@pytest.mark.parametrize('name', REFUSED)
def test_refused(cases, name):
    line = [line for line in (cases.index.out + cases.index.err).splitlines() if f'{name}.dcm' in line]
    assert len(line) == 1 and REFUSED[name][1] in line[0], line
    assert cases.get(f'/studies/{REFUSED[name][0].study}', accept=ZIP).status == 404


@pytest.mark.parametrize('name', SHARED_REFUSED)
def test_refused_shared(cases, name):
    study, _ = shared(name)
    assert any(f'{name}.dcm' in line and 'does not show which' in line
               for line in (cases.index.out + cases.index.err).splitlines())
    assert cases.get(f'/studies/{study}', accept=ZIP).status == 404


@pytest.mark.parametrize('name', ['told-jpeg', '43-told-jpeg-is-native'])
def test_native_in_a_compressed_syntax(cases, name, tmp_path):
    """Sent as it is with `*`, never converted."""
    study, data = (NATIVE.study, NATIVE.bytes()) if name == 'told-jpeg' else (shared(name)[0], shared(name)[1].read_bytes())
    answer = cases.get(f'/studies/{study}', accept=accept('*'))
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
        assert [z.read(n) for n in z.namelist()] == [data]
    for form in ('default', RLE, JPEG + '80', JPEG + '90'):
        refused = cases.get(f'/studies/{study}', accept=accept(form))
        assert refused.status in (406, 500) and 'transfer-syntax%3D*' in refused.text, (form, refused, refused.text)
    assert 'not encapsulated, but its transfer syntax is a compressed one' in cases.log()
    check_metadata(cases, study)
    if name == 'told-jpeg':
        assert bulk(cases, NATIVE).status == 406


def test_repaired_in_a_syntax_that_is_not_decoded(cases):
    """It cannot be written again: sent as it is stored, where `*` or its syntax is asked for, and by default if lossy."""
    study = VIDEO.study
    for form in '*', JPEG + '102', 'default':
        answer = cases.get(f'/studies/{study}', accept=accept(form))
        assert answer.status == 200, (form, answer)
        with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
            assert [z.read(n) for n in z.namelist()] == [VIDEO.bytes()], form
    refused = cases.get(f'/studies/{study}', accept=accept(RLE))
    assert refused.status == 406 and 'cannot be decoded' in refused.text
    check_metadata(cases, study)


@pytest.mark.parametrize('term', SPELLINGS)
def test_spelling_of_character_sets(cases, term):
    f, name = spelt(term)
    assert check_metadata(cases, f.study)['00100010']['Value'] == [{'Alphabetic': name}]
    data, _ = member(cases, f.study, JPEG + '80')
    assert name.encode(SPELLINGS[term]) in data
    assert cases.site.sql(f"SELECT patient_name FROM wadozip.study WHERE uid = '{f.study}'") == [[name]]


LENIENT = damaged.File('lenient', study='1.02.3.04')
LENIENT.sop, LENIENT.series = '2.25.007.1', '1.20..3'
LENIENT.put(0x00080018, 'UI', damaged.even(LENIENT.sop)).put(0x0020000e, 'UI', damaged.even(LENIENT.series))
LONG = damaged.File('long', study='1.' + '2' * 63)


@pytest.fixture
def lenient(make_site):
    """Behind lighttpd, with lenient_uids = 1: the file of such UIDs, one of 65 characters, and that of ../shared/cases."""
    folder = harness.temporary('wzlenient-')
    for f in (LENIENT, LONG):
        (folder / f'{f.name}.dcm').write_bytes(f.bytes())
    if SHARED.is_dir():
        (folder / '44-uid-leading-zero.dcm').write_bytes((SHARED / '44-uid-leading-zero.dcm').read_bytes())
    site = make_site('lenient', {'r': folder}, lenient_uids='1')
    server = harness.front_end('lighttpd-spawned', site)
    server.index, server.source = site.index(), folder
    server.start()
    yield server
    server.remove()


def test_lenient_uids(lenient, tmp_path):
    """The whole path: index, catalogue, addresses, names, DICOMDIR, metadata and bulk data; 1.2.3.4 is another UID."""
    check_forms(lenient, LENIENT.study, None)
    check_directory(lenient, LENIENT.study, tmp_path)
    assert check_metadata(lenient, LENIENT.study)['00080018']['Value'] == [LENIENT.sop]
    assert bulk(lenient, LENIENT).data == LENIENT.pixels.tobytes()
    named = lenient.get(f'/studies/{LENIENT.study}/series/{LENIENT.series}?names=uid', accept=ZIP)
    with zipfile.ZipFile(io.BytesIO(named.data)) as z:
        assert any(LENIENT.sop in n for n in z.namelist())
    assert lenient.get('/studies/1.2.3.4', accept=ZIP).status == 404
    assert lenient.get('/studies/..', accept=ZIP).status in (400, 404)
    assert lenient.site.zip(LENIENT.study, tmp_path / 'x.zip').code == 0
    assert 'long.dcm: Study Instance UID is not a legal UID\n' in lenient.index.err


def test_lenient_uids_are_off_by_default(cases, make_site):
    folder = harness.temporary('wzstrict-')
    (folder / 'lenient.dcm').write_bytes(LENIENT.bytes())
    site = make_site('strict', {'r': folder})
    result = site.index()
    assert result.code == 1 and 'is not a legal UID: see setting lenient_uids' in result.err
    assert cases.get(f'/studies/{LENIENT.study}', accept=ZIP).status == 400


def test_lenient_uid_shared(lenient, tmp_path):
    study, _ = shared('44-uid-leading-zero')
    check_forms(lenient, study, None)
    check_metadata(lenient, study)
    check_directory(lenient, study, tmp_path)


def test_studies_that_lack_files(make_site):
    """A refused file and one in conflict: index and doctor name their studies, and the table counts conflicts."""
    folder = harness.temporary('wzlacks-')
    good, junk, headless = damaged.File('good'), REFUSED['native-junk'][0], REFUSED['headless-junk'][0]
    (folder / 'a.dcm').write_bytes(good.bytes())
    (folder / 'b.dcm').write_bytes(damaged.File('good').put(0x00200013, 'IS', '2 ').bytes())
    (folder / 'c.dcm').write_bytes(junk.bytes())
    (folder / 'd.dcm').write_bytes(headless.put(0x0020000d, 'UI', damaged.even(good.study)).bytes())
    (folder / 'e.dcm').write_bytes(damaged.File('no-study').put(0x0020000d, 'UI', b'').bytes())
    site = make_site('lacks', {'r': folder})
    lines = [f'study {good.study}: 1 files refused, 1 in conflict', f'study {junk.study}: 1 files refused, 0 in conflict',
             'files of no known study: 1 files refused, 0 in conflict']
    for result in (site.index(), site.index()):
        assert result.code == 1 and all(line in result.err.splitlines() for line in lines), result.err
    assert all(f'note {line}' in site.cli('doctor').out.splitlines() for line in lines)
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        assert server.get(f'/studies/{good.study}', accept='text/csv').text.splitlines()[1].endswith(',1')
        [row] = json.loads(server.get(f'/studies/{good.study}', accept='application/json').text)
        assert row['conflicts'] == 1 and row['sop_class_uid'] == damaged.CAPTURE
    finally:
        server.remove()
    for name in 'bcde':
        (folder / f'{name}.dcm').unlink()
    assert site.index(prune=True).err == ''
