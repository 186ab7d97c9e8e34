# SPDX-License-Identifier: MIT
"""Pages of links: languages, forms of the archive, scanners and previews; axe-core finds nothing on any of them."""
import base64
import hashlib
import html
import io
import json
import random
import re
import zipfile

import corpus
import harness
import pytest
from client import curl
from fcgi import answer, request
from proxies import proxy
from test_links import STUDIES, Shop, enter, names
from test_page_use import axe  # noqa: F401 (fixture)
from webpage import WebPage, browser  # noqa: F401 (fixture)

TITLES = {'de-AT,de;q=0.9,en;q=0.5': ('de', 'Medizinische Bilder für Sie'), 'fr': ('fr', 'Des images médicales pour vous'),
          'es-MX': ('es', 'Imágenes médicas para usted'), 'sv': ('en', 'Medical images for you')}
AGENTS = ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'WhatsApp/2.23.20.0', 'TelegramBot (like TwitterBot)',
          'facebookexternalhit/1.1', 'Mozilla/5.0 (compatible; MSIE 9.0; Trident/5.0) SkypeUriPreview Preview/0.5',
          'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36']


@pytest.fixture(scope='module')
def shop(pg):
    made = Shop(pg, 'link_page')
    yield made
    made.remove()


@pytest.mark.parametrize('accept', TITLES)
def test_languages(shop, accept):
    tag, title = TITLES[accept]
    path, number, _ = shop.link(STUDIES[0])
    got = shop.get(path, headers={'Accept-Language': accept})
    assert f'<html lang="{tag}">' in got.text and f'<h1>{title}</h1>' in got.text
    assert got.headers['content-language'] == tag
    shop.change(number, 'revoked = now()')
    gone = shop.get(path, headers={'Accept-Language': accept})
    assert gone.status == 410 and f'<html lang="{tag}">' in gone.text


def address_for_programs(got):
    assert got.status == 200, got
    return re.search(r'DICOMweb address is <code>(.*?)</code>', got.text).group(1)


def test_address_for_programs(shop):
    """Whole, so that it can be pasted into a viewer: as the client reaches the service, also through a proxy."""
    path, _, _ = shop.link(STUDIES[0])
    door = proxy('nginx', shop.server.port)
    try:
        for server in shop.server, door.start():
            address = address_for_programs(curl(server.base + path, folder=server.folder))
            assert address == server.base + path
            found = curl(f'{address}/studies', folder=server.folder, accept='application/dicom+json').text
            assert [one['0020000D']['Value'] for one in json.loads(found)] == [[STUDIES[0]]]
    finally:
        door.remove()


@pytest.mark.parametrize('settings, expected', [
    ({}, 'http://inside:81'), ({'trusted_proxies': '127.0.0.7'}, 'https://images.example/pacs'),
    ({'trusted_proxies': '127.0.0.8'}, 'http://inside:81'),
    ({'public_url': 'https://b.example/x/dicom-web'}, 'https://b.example'),
    ({'link_url': 'https://c.example/pacs/s'}, 'https://c.example/pacs')])
def test_address_behind_a_proxy(shop, settings, expected):
    """Scheme, host and prefix come from the settings, or from a proxy that is trusted."""
    path, _, _ = shop.link(STUDIES[0])
    pool = harness.Pool(shop.site, workers=1).start({f'WADOZIP_{k.upper()}': v for k, v in settings.items()})
    try:
        got, ended = answer(pool.socket, request(
            REQUEST_METHOD='GET', REQUEST_URI=path, HTTP_ACCEPT='text/html', HTTP_HOST='inside:81', REMOTE_ADDR='127.0.0.7',
            HTTP_X_FORWARDED_PROTO='https', HTTP_X_FORWARDED_HOST='images.example', HTTP_X_FORWARDED_PREFIX='/pacs'))
        assert ended and f'DICOMweb address is <code>{expected}{path}</code>' in got.decode(), got
    finally:
        pool.remove()


def test_forms_of_the_archive(shop):
    """With checksums, and as a medium; both count as downloads and need the passcode."""
    path, number, passcode = shop.link(STUDIES[0], '--passcode', '--max-downloads', '9')
    for name in 'manifest.zip', 'dicomdir.zip':
        assert shop.get(f'{path}/{name}').status == 403
    cookie = enter(shop, path, passcode).headers['set-cookie'].split(';')[0]
    page = shop.get(path, headers={'Cookie': cookie}).text
    key = page.partition(f'{path}/k/')[2][:32]
    got = {}
    for name in 'archive.zip', 'manifest.zip', 'dicomdir.zip':
        assert f'href="{path}/k/{key}/{name}"' in page
        got[name] = shop.get(f'{path}/k/{key}/{name}')
    plain = set(names(got['archive.zip']))
    assert set(names(got['manifest.zip'])) == plain | {'MANIFEST.sha256'} and 'DICOMDIR' in names(got['dicomdir.zip'])
    with zipfile.ZipFile(io.BytesIO(got['manifest.zip'].data)) as z:
        lines = z.read('MANIFEST.sha256').decode().splitlines()
        assert {n: d for d, n in (line.split('  ', 1) for line in lines)} == {
            n: hashlib.sha256(z.read(n)).hexdigest() for n in plain}
    harness.wait_for('three downloads', lambda: shop.site.sql(
        f'SELECT downloads FROM wadozip.link WHERE id = {number}') == [['3']])
    several, _, _ = shop.link(STUDIES[0], STUDIES[1])
    page = shop.get(several).text
    assert 'manifest.zip' in page and 'dicomdir.zip' not in page
    medium, _, _ = shop.link(STUDIES[0], '--dicomdir')
    assert 'dicomdir.zip' not in shop.get(medium).text and 'DICOMDIR' in names(shop.get(f'{medium}/manifest.zip'))


@pytest.mark.parametrize('secret', [False, True])
def test_scanners_and_previews(shop, secret):
    """What e-mail scanners and chat programs send: HEAD, GET twice, prefetching. It counts nothing and unlocks nothing."""
    path, number, _ = shop.link(STUDIES[0], '--max-downloads', '1', *['--passcode'] * secret)
    for agent in AGENTS:
        for headers in ({}, {'Sec-Purpose': 'prefetch'}, {'Sec-Purpose': 'prefetch;prerender'}, {'Purpose': 'prefetch'}):
            for method in 'HEAD', 'GET', 'GET':
                assert shop.get(path, '--user-agent', agent, method=method, headers=headers).status == 200
            if headers:
                assert shop.get(f'{path}/archive.zip', '--user-agent', agent, headers=headers).status == 403
        assert shop.get(f'{path}/archive.zip', '--user-agent', agent, method='HEAD').status == (403 if secret else 200)
    assert shop.site.sql(f'SELECT downloads, wrong_tries FROM wadozip.link WHERE id = {number}') == [['0', '0']]


def states(shop):
    """Paths of the pages, with their names and what they say in German."""
    for label in '', 'Knie, März':
        path, _, _ = shop.link(STUDIES[0], '--label', label)
        yield f'contents-{len(label)}', path, 'Herunterladen'
    assert shop.get(f'{path}/archive.zip').status == 200
    harness.wait_for('the checksum', lambda: 'SHA-256' in shop.get(path).text)
    yield 'checksum', path, 'So prüfen Sie es'
    path, _, _ = shop.link(STUDIES[0], '--passcode')
    yield 'passcode', path, 'Zugangscode'
    path, number, _ = shop.link(STUDIES[0])
    shop.change(number, "expires = now() - interval '1 s'")
    yield 'expired', path, 'abgelaufen'
    path, number, _ = shop.link(STUDIES[0], '--passcode')
    shop.change(number, 'wrong_tries = 5')
    yield 'locked', path, 'gesperrt'
    yield 'unknown', '/s/' + 'x' * 43, 'gibt es nicht'


@pytest.mark.parametrize('width, dark', [(1280, False), (360, True)])
def test_accessible(shop, browser, axe, width, dark):  # noqa: F811
    """axe-core has no finding on any page, and nothing is wider than the screen."""
    for name, path, says in states(shop):
        browser.events.clear()
        one = WebPage(browser, shop.server.base + path, width, 740, dark=dark, languages='de-DE', loaded=False)
        one.wait("document.readyState === 'complete'")
        one.shows(says)
        one.ask(axe + ';0')
        one.ask("document.querySelectorAll('details').forEach(d => d.open = true); 0")
        found = json.loads(one.ask("""axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(
            r.violations.map(v => [v.id, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))"""))
        assert found == [], name
        if name == 'checksum':  # as it is copied: two blanks
            assert '  images.zip" | sha256sum -c' in one.ask("document.querySelector('details').innerText")
        one.picture(harness.BUILD / 'page' / f'link-{width}-{name}.png')
        assert one.ask('document.documentElement.scrollWidth <= innerWidth'), name
        one.call('Page.close')


def test_a_wrong_passcode_is_said(shop, browser, axe):  # noqa: F811
    path, _, _ = shop.link(STUDIES[0], '--passcode')
    one = WebPage(browser, shop.server.base + path, languages='fr', loaded=False)
    one.wait("document.forms[0]")
    one.ask("document.forms[0].passcode.value = 'not this'; document.forms[0].requestSubmit()")
    one.shows('Ce code d’accès est faux')
    one.ask(axe + ';0')
    assert json.loads(one.ask("axe.run().then(r => JSON.stringify(r.violations.map(v => v.id)))")) == []
    one.call('Page.close')
    assert curl(shop.server.base + path, folder=shop.server.folder).status == 200


def test_checksum(shop, tmp_path):
    """Shown after the first whole download, for these bytes alone; the lines of the page are run."""
    study = STUDIES[0]
    path, number, _ = shop.link(study)
    assert 'SHA-256' not in shop.get(path).text
    first = shop.get(f'{path}/archive.zip')
    assert 'repr-digest' not in first.headers
    recorded = f'SELECT archive_sha256 IS NOT NULL FROM wadozip.link WHERE id = {number}'
    harness.wait_for('the checksum', lambda: shop.site.sql(recorded) == [['t']])
    hashed, page = hashlib.sha256(first.data), html.unescape(shop.get(path).text)
    assert f'SHA-256: <code>{hashed.hexdigest()}</code>' in page
    lines = dict(re.findall(r'<dt>(Windows|macOS|Linux)</dt><dd><code>(.*?)</code>', page))
    (tmp_path / 'images.zip').write_bytes(first.data)
    for system in 'macOS', 'Linux':  # shasum is a part of Perl
        assert harness.run('sh', '-c', lines[system], cwd=tmp_path) == (0, 'images.zip: OK\n', '')
    assert lines['Windows'] == 'certutil -hashfile images.zip SHA256'
    for method in 'HEAD', 'GET':
        again = shop.get(f'{path}/archive.zip', method=method)
        assert again.headers['repr-digest'] == f'sha-256=:{base64.b64encode(hashed.digest()).decode()}:'
    part = shop.get(f'{path}/archive.zip', '--range', '10-')
    assert part.status == 206 and part.headers['repr-digest'] == again.headers['repr-digest']
    assert 'repr-digest' not in shop.get(f'{path}/manifest.zip').headers
    shop.site.sql(f"UPDATE wadozip.link SET archive_etag = '\"another\"' WHERE id = {number}")
    assert 'SHA-256' not in shop.get(path).text and 'repr-digest' not in shop.get(f'{path}/archive.zip', method='HEAD').headers


def test_no_checksum_of_a_part(shop):
    """A range and a form with checksums of its own record none. They count as downloads, after a checksum would be there."""
    path, number, _ = shop.link(STUDIES[1], '--max-downloads', '9')
    assert shop.get(f'{path}/archive.zip', '--range', '0-').status == 206
    assert shop.get(f'{path}/archive.zip', method='HEAD').status == 200
    assert shop.get(f'{path}/manifest.zip').status == 200
    harness.wait_for('two downloads', lambda: shop.site.sql(
        f'SELECT downloads, archive_etag FROM wadozip.link WHERE id = {number}') == [['2', '']])


def test_checksum_of_an_archive_that_is_kept(pg):
    """Larger than the buffers, with a deflated member: the bytes are copied into the cache and hashed in another thread."""
    folder, study, pixels = harness.temporary('wzlarge-'), corpus.uid('large'), random.Random(1).randbytes(1000) * 3000
    (folder / 'one.dcm').write_bytes(corpus.header(study, corpus.uid(study, 1), corpus.uid(study, 2), 1,
                                                   pixel_bytes=len(pixels)) + pixels)
    (folder / 'two.dcm').write_bytes(corpus.header(study, corpus.uid(study, 1), corpus.uid(study, 3), 2, pixel_bytes=3 << 20)
                                     + random.Random(2).randbytes(3 << 20))
    shop = Shop(pg, 'link_large', {'r': folder},
                conversion_cache=str(harness.owned_by_web_user(harness.temporary('wzkept-'))))
    try:
        path, number, _ = shop.link(study)
        got = shop.get(f'{path}/archive.zip')
        assert len(names(got)) == 2 and got.length > 3 << 20
        harness.wait_for('the checksum', lambda: shop.site.sql(
            f"SELECT encode(archive_sha256, 'hex') FROM wadozip.link WHERE id = {number}")
            == [[hashlib.sha256(got.data).hexdigest()]])
    finally:
        shop.remove()
