# SPDX-License-Identifier: MIT
"""Every 200 and 206 has a length, also when nothing is known of what it holds: a break is noticed whatever lies between."""
import contextlib
import fcntl
import io
import os
import re
import zipfile
from pathlib import Path

import conversions
import harness
import pytest
from conversions import folder, serve  # noqa: F401 (fixtures)
from corpus import uid
from downloads import in_time

ZIP = 'application/zip'
JPEG_LS, RLE = '1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.5'


def make(folder, make_site, count=12, **settings):
    study = conversions.study(folder, count)
    site = make_site('length', {'r': folder}, **settings)
    assert site.index().code == 0
    return study, site


def forget(site, sizes=True):
    site.sql('DELETE FROM wadozip.conversion')
    if sizes:
        site.sql('UPDATE wadozip.instance SET default_size = NULL, default_codec_version = NULL')


def whole(answer):
    """A complete answer with a length; its data."""
    assert (answer.exit, answer.status, answer.length) == (0, 200, len(answer.data)), answer
    assert answer.headers['etag'].startswith('"') and answer.headers['accept-ranges'] == 'bytes'
    return answer.data


def infos(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        return z.infolist()


@pytest.mark.parametrize('kind', list(harness.FRONT_ENDS))
@pytest.mark.parametrize('http', ['1.0', '1.1'])
@pytest.mark.parametrize('framing', ['auto', 'chunked'])
def test_first_answers(folder, make_site, serve, kind, http, framing):
    """Sizes from the index, sizes measured by the responder, and forms whose size shows only when they are made."""
    study, site = make(folder, make_site, framing=framing)
    server = serve(site, kind)
    chunked = framing == 'chunked' and http == '1.1' and kind not in ('apache-fcgid', 'nginx', 'caddy')
    forms = [ZIP, f'{ZIP};transfer-syntax={JPEG_LS}', f'{ZIP};transfer-syntax={RLE}',
             'multipart/related; type="application/dicom"',
             f'multipart/related; type="application/dicom"; transfer-syntax={JPEG_LS}',
             'application/zip;type="application/dicom+json"', 'application/dicom+json']
    for accept in forms:
        path = f'/studies/{study}' + ('/metadata' if accept.startswith('application/dicom+') else '')
        for known in True, False:
            forget(site, sizes=not known)
            answer = server.get(path, accept=accept, http=f'--http{http}')
            if chunked:
                # lighttpd adds a length if the whole answer is there with its header.
                assert answer.exit == 0 and (answer.length is None or kind.startswith('lighttpd'))
            else:
                whole(answer)


def test_measured_sizes_are_recorded(folder, make_site, serve):
    study, site = make(folder, make_site)
    before = site.sql('SELECT uid, default_size, default_codec_version FROM wadozip.instance ORDER BY uid')
    assert all(int(size) > 0 for _, size, _ in before)
    forget(site)
    server = serve(site)
    head = server.get(f'/studies/{study}', accept=ZIP, method='HEAD')
    assert site.sql('SELECT uid, default_size, default_codec_version FROM wadozip.instance ORDER BY uid') == before
    assert site.sql('SELECT count(*) FROM wadozip.conversion') == [['0']]
    assert head.length == len(whole(server.get(f'/studies/{study}', accept=ZIP)))


def test_the_end_is_had_first(folder, make_site, serve):
    """The central directory needs the CRC-32 of members of which nothing else is asked for."""
    study, site = make(folder, make_site)
    server = serve(site)
    tail = server.get(f'/studies/{study}?compression=none', '-r', '-400', accept=ZIP)
    assert tail.status == 206
    data = whole(server.get(f'/studies/{study}?compression=none', accept=ZIP))
    assert tail.data == data[-400:]


def test_deflate_of_unknown_sizes(folder, make_site, serve):
    for n in range(1, 6):
        conversions.write(folder / f'{n}.dcm', n, frames=n * 20).chmod(0o644)
    site = make_site('length', {'r': folder}, index_deflate=0)
    assert site.index().code == 0
    server = serve(site)
    data = whole(server.get(f'/studies/{uid("forms")}?compression=deflate', accept=ZIP))
    assert {i.compress_type for i in infos(data)} == {zipfile.ZIP_DEFLATED}
    assert site.sql('SELECT count(*) FROM wadozip.instance WHERE deflated_size > 0') == [['5']]
    assert whole(server.get(f'/studies/{uid("forms")}', accept=ZIP)) == data


@contextlib.contextmanager
def no_background(site):
    """Takes all places of processes that convert in the background."""
    spool = Path(site.settings['spool'])
    path = spool / f'wadozip-{spool.stat().st_uid}.later'
    with open(path, 'w') as file:
        path.chmod(0o600)
        os.chown(path, spool.stat().st_uid, -1)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 2)
        yield


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'lighttpd-spawned', 'apache-fcgid'])
def test_work_goes_on(folder, make_site, serve, kind):
    """Conversions that an answer cannot wait for: 503 says how far they are, and they are made meanwhile, once."""
    study, site = make(folder, make_site, 40, convert_wait=0)
    server = serve(site, kind)
    accept = f'{ZIP};transfer-syntax={JPEG_LS}'
    with no_background(site):
        for method in 'HEAD', 'GET':
            answer = server.get(f'/studies/{study}', accept=accept, method=method)
            assert (answer.exit, answer.status) == (0, 503), answer
            assert 5 <= int(answer.headers['retry-after']) <= 120
    assert re.search(r'\d+ of 40 instances are ready .*, and a repeated request converts more', answer.text), answer.text
    assert 'transfer-syntax%3D*' in answer.text
    assert in_time(60, lambda: server.get(f'/studies/{study}', accept=accept, method='HEAD').status == 200), server.log()
    assert site.sql('SELECT count(*), count(DISTINCT instance_id) FROM wadozip.conversion') == [['40', '40']]
    data = whole(server.get(f'/studies/{study}', accept=accept))
    assert len(infos(data)) == 40
    assert in_time(10, lambda: 'conversions go on in the background' in server.log())


@pytest.mark.parametrize('path, found', [('/studies', 30), (f'/series?SeriesInstanceUID={uid("two", 1)}', 10),
                                         (f'/studies/{uid("one")}/series', 20), ('/instances?limit=7&offset=2', 7)])
def test_work_goes_on_for_searches(folder, make_site, serve, path, found):
    """What a search matches is converted in the background, and nothing else; at most one process does it."""
    conversions.study(folder / 'one', 20, name='one')
    conversions.study(folder / 'two', 10, name='two')
    site = make_site('length', {'r': folder}, convert_wait=0)
    assert site.index().code == 0
    server = serve(site)
    accept = f'{ZIP};transfer-syntax={JPEG_LS}'
    answer = server.get(path, accept=accept)
    assert (answer.exit, answer.status) == (0, 503), answer
    assert re.search(rf'\d+ of {found} instances are ready .*, and the others are being converted', answer.text)
    made = 'SELECT count(*), count(DISTINCT instance_id) FROM wadozip.conversion'
    assert in_time(60, lambda: site.sql(made) == [[str(found)] * 2]), server.log()
    assert len(infos(whole(server.get(path, accept=accept)))) == found
    assert site.sql(made) == [[str(found)] * 2]
    assert server.log().count('conversions go on in the background') == 1


def test_errors_name_the_way_out(folder, make_site, serve):
    study, site = make(folder, make_site)
    conversions.nested(folder / '009.dcm')
    conversions.smuggle(site, folder / '009.dcm')
    server = serve(site)
    answer = server.get(f'/studies/{study}', accept=f'{ZIP};transfer-syntax={JPEG_LS}')
    assert (answer.exit, answer.status) == (0, 500) and 'instance 9 of 12' in answer.text, answer
    assert uid('forms', 1, 9) not in answer.text and '009' not in answer.text
    link = re.search(r'href="([^"]*)"', answer.text).group(1)
    assert link.endswith(f'/studies/{study}?accept=application/zip%3Btransfer-syntax%3D*')
    assert in_time(10, lambda: '009.dcm' in server.log())
    conversions.study(folder)
    conversions.smuggle(site, folder / '009.dcm')
    assert len(infos(whole(server.get(link[link.index('/studies'):], accept=None)))) == 12


def kept(site):
    """Compressed forms in the spool."""
    return sorted(Path(site.settings['spool']).glob('wadozip-*-cache/*-[sd]'))


@pytest.mark.parametrize('accept', [f'{ZIP};transfer-syntax={JPEG_LS}',
                                    f'multipart/related; type="application/dicom"; transfer-syntax={RLE}'])
def test_compressed_forms_are_made_once(folder, make_site, serve, accept):
    """Without conversion_cache, too: what HEAD has had made serves GET and ranges; another conversion would come out wrong."""
    study, site = make(folder, make_site)
    server = serve(site)
    length = server.get(f'/studies/{study}', accept=accept, method='HEAD').length
    assert length > 0 and len(kept(site)) == 12
    for path in folder.iterdir():
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    data = whole(server.get(f'/studies/{study}', accept=accept))
    assert len(data) == length
    part = server.get(f'/studies/{study}', '-r', '1000-200000', accept=accept)
    assert (part.exit, part.status) == (0, 206) and part.data == data[1000:200001]


@pytest.mark.parametrize('kind, http, warned', [('lighttpd-socket', '1.1', False), ('lighttpd-socket', '1.0', True),
                                                ('nginx', '1.1', True), ('apache-fcgid', '1.1', True)])
def test_ignored_framing_is_warned_of(folder, make_site, serve, kind, http, warned):
    """Once a worker in the log, and by doctor, which cannot know the web server."""
    study, site = make(folder, make_site, count=2, framing='chunked')
    server = serve(site, kind, workers=1)
    for _ in range(2):
        assert server.get(f'/studies/{study}', accept=ZIP, http=f'--http{http}').status == 200
    assert in_time(5, lambda: server.log().count('GET study') == 2)
    assert server.log().count('framing = chunked is ignored') == warned, server.log()
    assert 'note framing: chunked is ignored' in site.cli('doctor').out
    site.write_config(framing=None)
    assert 'note framing' not in site.cli('doctor').out
