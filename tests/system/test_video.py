# SPDX-License-Identifier: MIT
"""Video and documents as a browser has them: played, sought and opened from the address of the rendered instance."""
import io
import subprocess
import zipfile

import harness
import pytest
from chromium import Chromium
from corpus import element, header, uid
from frames import MPEG4, OCTETS, PARTS, Connection, encapsulated, made_place, parts_of
from servers import FRONT_ENDS

SECONDS = 20
PDF = '1.2.840.10008.5.1.4.1.1.104.1'
PAGE = """<!DOCTYPE html><video muted src="%s"></video>
<canvas width="16" height="16"></canvas>"""
# The colour of the video's picture: the larger one of red and blue, if it is much larger.
COLOUR = """(() => {
    const context = document.querySelector('canvas').getContext('2d');
    context.drawImage(document.querySelector('video'), 0, 0, 16, 16);
    const [red, , blue] = context.getImageData(8, 8, 1, 1).data;
    return red > 150 && blue < 100 ? 'red' : blue > 150 && red < 100 ? 'blue' : `${red} ${blue}`;
})()"""


def movie(path):
    """Ten seconds of red, then ten of blue; noise keeps it too large to be read in one go. The index is at the end."""
    half = f'size=320x240:rate=10:duration={SECONDS // 2}'
    subprocess.run(['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', f'color=red:{half}', '-f', 'lavfi', '-i',
                    f'color=blue:{half}', '-filter_complex', '[0][1]concat,noise=alls=20:allf=t:all_seed=1', '-c:v', 'libx264',
                    '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-g', '10', '-b:v', '4M', '-threads', '1', str(path)],
                   check=True)
    data = path.read_bytes()
    assert data.index(b'moov') > len(data) / 2 and len(data) > 5_000_000
    return data


def document():
    """An encapsulated PDF of a megabyte."""
    pdf = b'%PDF-1.4\n' + bytes(1 << 20) + b'%%EOF\r\n'
    head = header(uid('pdf'), uid('pdf', 1), uid('pdf', 1, 0), 1, sop_class=PDF, modality='DOC')
    head = head[:head.index(element(0x28, 2, 'US', 1))]
    return pdf, head + element(0x42, 0x11, 'OB', pdf) + element(0x42, 0x12, 'LO', 'application/pdf')


def thirds(data):
    """Three pieces of even length."""
    third = len(data) // 6 * 2
    return [data[:third], data[third:2 * third], data[2 * third:]]


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    data = movie(tmp_path_factory.mktemp('movie') / 'movie.mp4')
    pdf, instance = document()
    even = data + bytes(len(data) % 2)
    return even, pdf, {'video': encapsulated('video', thirds(even), SECONDS * 10, syntax=MPEG4, rows=240, columns=320),
                       'pdf': instance}


@pytest.fixture(scope='module')
def site(pg, files):
    folder = harness.temporary('wzvideo-')
    for name, data in files[2].items():
        (folder / name).write_bytes(data)
    harness.owned_by_web_user(folder)
    made = harness.Site(pg, 'video', {'r': folder}).migrate()
    assert made.index().code == 0
    yield made
    made.remove()


@pytest.fixture(params=FRONT_ENDS)
def server(request, site):
    server = harness.front_end(request.param, site, workers=2).start()
    yield server
    server.remove()


@pytest.fixture(scope='module')
def browser():
    with Chromium('--autoplay-policy=no-user-gesture-required') as browser:
        yield browser


def partial(client, path, whole, first, accept='*/*'):
    answer, data = client.get(path, accept, Range=f'bytes={first}-')
    assert (answer.status, answer.headers['content-range']) == (206, f'bytes {first}-{len(whole) - 1}/{len(whole)}')
    assert data == whole[first:]
    return answer


def test_ranges(files, server):
    """What a browser needs to seek: ranges, an entity tag and the media type, of a video and of a document."""
    client = Connection(server)
    for name, whole, kind in ('video', files[0], 'video/mp4'), ('pdf', files[1], 'application/pdf'):
        path = f'{made_place(name)}/rendered'
        answer = partial(client, path, whole, 1000)
        assert (answer.headers['content-type'], answer.headers['accept-ranges']) == (kind, 'bytes')
        assert partial(client, path, whole, len(whole) - 10, kind).headers['etag'] == answer.headers['etag']


def test_ranges_of_bulk_data(files, server):
    """The same as octets, in one part or in the part of a multipart answer. The video has three fragments."""
    client = Connection(server)
    for name, whole, element in ('video', files[0], '7FE00010'), ('pdf', files[1], '00420011'):
        path = f'{made_place(name)}/bulkdata/{element}'
        answer = partial(client, path, whole, 500_000, OCTETS)
        assert (answer.headers['content-type'], answer.headers['accept-ranges']) == (OCTETS, 'bytes')
        assert partial(client, path, whole, len(whole) - 10, OCTETS).headers['etag'] == answer.headers['etag']
        (kind, data), = parts_of(*client.get(path, PARTS))
        assert kind == (f'{OCTETS}; transfer-syntax={MPEG4}' if name == 'video' else OCTETS) and data == whole


@pytest.mark.parametrize('kind', ['json', 'xml'])
def test_metadata_with_bulk_data(files, server, kind):
    """Zipped metadata has the video as stored, beside its document."""
    answer, data = Connection(server).get(made_place('video').split('/series/')[0],
                                          f'application/zip; type="application/dicom+{kind}"')
    assert answer.status == 200, data[:600]
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        document, video = z.namelist()
        assert z.testzip() is None and z.read(video) == files[0]
        assert video == document.replace(f'.{kind}', '-1.raw')
        assert video.rsplit('/', 1)[-1].encode() in z.read(document)


@pytest.mark.parametrize('resource', ['rendered', 'bulkdata/7FE00010?accept=application/octet-stream'])
def test_a_browser_plays_and_seeks(server, browser, resource):
    """Chromium asks for the index at the end, plays, and seeks to where nothing was read yet."""
    (server.docroot / 'video.html').write_text(PAGE % f'/dicom-web{made_place("video")}/{resource}')
    tab = browser.tab(f'{server.base}/video.html', 640, 480)
    browser.wait(lambda: browser.evaluate('document.querySelector("video").readyState >= 2', tab))
    assert abs(browser.evaluate('document.querySelector("video").duration', tab) - SECONDS) < 0.5
    assert browser.evaluate('document.querySelector("video").videoWidth', tab) == 320
    browser.wait(lambda: browser.evaluate(COLOUR, tab) == 'red')
    browser.evaluate('document.querySelector("video").currentTime = 15; 0', tab)
    browser.wait(lambda: browser.evaluate('(v => !v.seeking && v.readyState >= 2)(document.querySelector("video"))', tab))
    browser.wait(lambda: browser.evaluate(COLOUR, tab) == 'blue')
    browser.evaluate('document.querySelector("video").play(); 0', tab)
    browser.wait(lambda: browser.evaluate('document.querySelector("video").currentTime > 15.5', tab))
    assert ' 206 ' in server.log()
