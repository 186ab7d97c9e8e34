# SPDX-License-Identifier: MIT
"""Links: what they open, for whom, how often and until when; and that nothing else opens them."""
import base64
import hashlib
import hmac
import io
import json
import os
import random
import re
import string
import threading
import time
import zipfile
from pathlib import Path
from urllib.parse import quote

import corpus
import harness
import pytest
from chromium import Chromium
from client import curl
from downloads import in_time
from fcgi import PARAMS, STDIN, answer, begin, pairs, record, request
from servers import FRONT_ENDS
from test_grants import Series, write

ZIP, JSON = 'application/zip', 'application/dicom+json'
STUDIES = [corpus.uid('links', n) for n in range(3)]


class Shop:
    """A site that lets nobody in but by links: three studies of two series, or what `roots` have."""

    def __init__(self, pg, name='links', roots=None, **settings):
        self.folder = harness.temporary('wzlinks-')
        self.series = [Series('P1', '', study, corpus.uid(study, s), 2 + s, 'CT') for study in STUDIES for s in range(2)]
        for one in self.series:
            for i in range(one.instances):
                write(self.folder, one, i)
        self.site = harness.Site(pg, name, roots or {'r': self.folder}, access='none', **settings).migrate()
        assert self.site.index().code == 0
        self.server = harness.front_end('lighttpd-socket', self.site, workers=4).start()

    def remove(self):
        self.server.remove()
        self.site.remove()

    def link(self, *args):
        """The path and the number of a new link, and its passcode."""
        done = self.site.cli('link', 'create', *args)
        assert done.code == 0, done
        lines = done.out.splitlines()
        assert re.fullmatch(r'/s/[A-Za-z0-9_-]{43}', lines[0])
        number = re.search(r'link (\d+);', done.err).group(1)
        return lines[0], number, lines[1].removeprefix('passcode: ') if len(lines) > 1 else None

    def get(self, path, *args, **options):
        return curl(self.server.base + path, *args, folder=self.server.folder, **options)

    def change(self, number, assignment):
        self.site.sql(f'UPDATE wadozip.link SET {assignment} WHERE id = {number}')


@pytest.fixture(scope='module')
def shop(pg):
    made = Shop(pg)
    yield made
    made.remove()


def names(got):
    assert got.status == 200, (got, got.text[:300])
    with zipfile.ZipFile(io.BytesIO(got.data)) as z:
        assert z.testzip() is None
        return z.namelist()


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_behind_every_web_server(shop, kind):
    """Page, archive, range, DICOMweb; the fields that keep the address private."""
    path, _, _ = shop.link(STUDIES[0], '--label', 'Knie & <b>Hüfte</b>')
    server = harness.front_end(kind, shop.site, workers=2).start()
    try:
        page = curl(server.base + path, folder=server.folder, accept='text/html')
        assert page.status == 200 and 'Knie &amp; &lt;b&gt;Hüfte&lt;/b&gt;' in page.text
        whole = curl(f'{server.base}{path}/archive.zip', folder=server.folder)
        assert len(names(whole)) == 5 and f'({whole.length} bytes)' in page.text
        assert whole.headers['content-disposition'] == 'attachment; filename="images.zip"'
        part = curl(f'{server.base}{path}/archive.zip', '--range', '100-', folder=server.folder)
        assert part.status == 206 and part.data == whole.data[100:]
        listed = curl(f'{server.base}{path}/studies', folder=server.folder, accept=JSON)
        assert [s['0020000D']['Value'][0] for s in json.loads(listed.data)] == [STUDIES[0]]
        methods = curl(server.base + path, folder=server.folder, method='OPTIONS')
        assert methods.status == 204 and methods.headers['allow'] == 'GET, HEAD, OPTIONS' and not methods.data
        for got in page, whole, part, listed, methods:
            assert got.headers['referrer-policy'] == 'no-referrer' and got.headers['x-robots-tag'] == 'noindex'
        policy = page.headers['content-security-policy']
        nonce = re.search(r"style-src 'nonce-([\w-]{32})'", policy).group(1)
        assert f'<style nonce="{nonce}">' in page.text and policy.startswith("default-src 'none';")
        assert page.headers['cache-control'] == 'no-store' and '<script' not in page.text
        assert path[3:] not in (server.folder / 'access.log').read_text() if (server.folder / 'access.log').exists() else True
        assert path[3:] not in server.pool.log() if server.pool else True
    finally:
        server.remove()


def test_what_a_link_shows(shop):
    """Its things alone, whatever is asked for."""
    path, _, _ = shop.link(STUDIES[0], '--series', shop.series[2].uid)
    seen = [*shop.series[:2], shop.series[2]]
    assert len(names(shop.get(f'{path}/archive.zip'))) == sum(s.instances for s in seen)
    got = json.loads(shop.get(f'{path}/series', accept=JSON).data)
    assert sorted(s['0020000E']['Value'][0] for s in got) == sorted(s.uid for s in seen)
    for s in shop.series:
        base = f'{path}/studies/{s.study}/series/{s.uid}'
        for tail, kind in (('', ZIP), ('/metadata', JSON), ('/thumbnail', 'image/jpeg'),
                           (f'/instances/{corpus.uid(s.uid, 0)}/frames/1', '*/*')):
            assert shop.get(base + tail, accept=kind).status == (200 if s in seen else 404), base + tail
    # Addresses in answers lead through the link.
    metadata = json.loads(shop.get(f'{path}/studies/{STUDIES[0]}/metadata', accept=JSON).data)
    assert all(path + '/studies/' in m['7FE00010']['BulkDataURI'] for m in metadata)
    for query in ('?series=1', f'?StudyInstanceUID={STUDIES[2]}', '?accept=text/csv', '?filename=x', '?offset=1&limit=1'):
        assert len(names(shop.get(f'{path}/archive.zip{query}'))) == sum(s.instances for s in seen)
    for tail in ('/archive', '/archive.zip/x', '/../studies', '/page', '/k/00/archive.zip', '//archive.zip'):
        assert shop.get(path + tail).status == 404, tail
    assert shop.get(f'/dicom-web/studies/{STUDIES[0]}', accept=ZIP).status == 404


def test_options_of_the_archive(shop):
    path, _, _ = shop.link(STUDIES[1], '--dicomdir', '--transfer-syntax', '1.2.840.10008.1.2.5')
    assert 'DICOMDIR' in names(shop.get(f'{path}/archive.zip')) and 'DICOMDIR' in shop.get(path).text
    assert shop.get(f'{path}/archive.zip', method='HEAD').length == shop.get(f'{path}/archive.zip').length


def test_options_counts_nothing(shop):
    """OPTIONS needs no passcode, takes no try and counts no download; a link that is closed stays closed."""
    path, number, _ = shop.link(STUDIES[0], '--passcode', '--max-downloads', '1')
    read = 'GET, HEAD, OPTIONS'
    for at, allow in ('', 'GET, HEAD, POST, OPTIONS'), ('/archive.zip', read), ('/manifest.zip', read):
        got = shop.get(path + at, method='OPTIONS')
        assert (got.status, got.headers['allow']) == (204, allow) and not got.data, at
    assert shop.get(f'{path}/nothing', method='OPTIONS').status == 404
    assert shop.site.sql(f'SELECT downloads, wrong_tries FROM wadozip.link WHERE id = {number}') == [['0', '0']]
    shop.change(number, 'revoked = now()')
    assert shop.get(path, method='OPTIONS').status == 410
    assert shop.get('/s/' + 'x' * 43, method='OPTIONS').status == 404


def test_expiry_and_grace(shop):
    path, number, _ = shop.link(STUDIES[0], '--expires', '1h')
    whole = shop.get(f'{path}/archive.zip')
    shop.change(number, "expires = now() - interval '1 s'")
    for tail in ('', '/archive.zip', f'/studies/{STUDIES[0]}', '/studies'):
        got = shop.get(path + tail)
        assert got.status == 410 and 'has expired' in got.text, tail
    resumed = {'Range': 'bytes=10-', 'If-Range': whole.headers['etag']}
    got = shop.get(f'{path}/archive.zip', headers=resumed)
    assert got.status == 206 and got.data == whole.data[10:]
    for headers in ({'Range': 'bytes=10-'}, {'Range': 'bytes=0-', 'If-Range': whole.headers['etag']},
                    {'If-Range': whole.headers['etag']}, {'If-Match': whole.headers['etag']},
                    {'Range': 'bytes=-10', 'If-Range': whole.headers['etag']}):
        assert shop.get(f'{path}/archive.zip', headers=headers).status == 410, headers
    assert shop.get(f'{path}/archive.zip', headers={**resumed, 'If-Range': '"x"'}).status == 412
    shop.change(number, "expires = now() - interval '2 days'")
    assert shop.get(f'{path}/archive.zip', headers=resumed).status == 410


def test_revoked(shop):
    path, number, _ = shop.link(STUDIES[0])
    etag = shop.get(f'{path}/archive.zip', method='HEAD').headers['etag']
    assert shop.site.cli('link', 'revoke', number).out == f'link {number} revoked\n'
    got = shop.get(path)
    assert got.status == 410 and 'withdrawn' in got.text
    assert shop.get(f'{path}/archive.zip', headers={'Range': 'bytes=10-', 'If-Range': etag}).status == 410
    assert shop.site.cli('link', 'revoke', '999999').code == 2


def test_studies_that_are_gone(shop):
    path, number, _ = shop.link(STUDIES[0])
    shop.site.sql(f"DELETE FROM wadozip.grant_ WHERE who = 'link:{number}'")
    got = shop.get(path)
    assert got.status == 410 and 'no longer available' in got.text


def test_the_number_of_downloads(shop):
    """Only complete ones count: no page, HEAD, preview, part or conditional request."""
    path, number, _ = shop.link(STUDIES[0], '--max-downloads', '2')
    archive = f'{path}/archive.zip'

    def counted():
        return int(shop.site.sql(f'SELECT downloads FROM wadozip.link WHERE id = {number}')[0][0])
    etag = shop.get(archive, method='HEAD').headers['etag']
    for _ in range(3):
        assert shop.get(path, '--user-agent', 'Slackbot-LinkExpanding 1.0').status == 200
        assert shop.get(path, method='HEAD').status == 200
        assert shop.get(archive, '--range', '0-99').status == 206
        assert shop.get(archive, headers={'If-None-Match': etag}).status == 304
    assert shop.get(f'{path}/studies/{STUDIES[0]}', accept=ZIP).status == 404  # it would not count
    assert counted() == 0 and 'limited' in shop.get(path).text
    assert len(names(shop.get(archive))) == 5
    assert in_time(5, lambda: counted() == 1)
    assert shop.get(archive, '--range', '100-').status == 206
    assert in_time(5, lambda: counted() == 2)
    got = shop.get(archive)
    assert got.status == 410 and 'as often' in got.text and shop.get(path).status == 410


def enter(shop, path, passcode):
    return shop.get(path, '--data-binary', f'passcode={quote(passcode)}')


def test_passcode(shop):
    path, _, passcode = shop.link(STUDIES[0], '--passcode')
    assert re.fullmatch(r'[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}', passcode)
    form = shop.get(path)
    assert form.status == 200 and '<form method="post"' in form.text and 'archive.zip' not in form.text
    for tail in ('/archive.zip', '/studies', f'/studies/{STUDIES[0]}', f'/k/{"0" * 32}/archive.zip', f'/k/{"0" * 32}/studies'):
        assert shop.get(path + tail, accept=ZIP).status == 403, tail
    wrong = enter(shop, path, passcode.upper())
    assert wrong.status == 403 and 'is wrong' in wrong.text and 'set-cookie' not in wrong.headers
    right = enter(shop, path, passcode)
    assert (right.status, right.headers['location']) == (303, path)
    cookie, *attributes = right.headers['set-cookie'].split('; ')
    assert set(attributes) == {f'Path={path}', 'Max-Age=43200', 'HttpOnly', 'SameSite=Strict'}
    page = shop.get(path, headers={'Cookie': f'a=b; {cookie}; c=d'})
    download = re.search(r'href="([^"]+archive\.zip)"', page.text).group(1)
    assert re.fullmatch(rf'{re.escape(path)}/k/[0-9a-f]{{32}}/archive\.zip', download)
    assert len(names(shop.get(download))) == 5
    assert len(names(shop.get(f'{path}/archive.zip', headers={'Cookie': cookie}))) == 5
    assert shop.get(download.replace('archive.zip', 'studies'), accept=JSON).status == 200
    # Bound to the link and to their time.
    other, _, _ = shop.link(STUDIES[1], '--passcode')
    assert shop.get(f'{other}/archive.zip', headers={'Cookie': cookie}).status == 403
    assert shop.get(other + download.removeprefix(path)).status == 403
    name, value = cookie.split('=')
    until, code = value.split('.')
    for forged in (f'{int(until) + 1}.{code}', f'1.{code}', f'{until}.{code[:-1]}', f'{until}.', '.', until,
                   f'{until}.{"0" * 32}'):
        assert shop.get(f'{path}/archive.zip', headers={'Cookie': f'{name}={forged}'}).status == 403, forged


def test_the_address_of_a_download_that_is_resumed(shop):
    """An old key opens the rest of a download within link_grace, and nothing from its start."""
    path, number, _ = shop.link(STUDIES[0], '--passcode')
    secret = shop.site.sql(f'SELECT passcode FROM wadozip.link WHERE id = {number}')[0][0]

    def old(hours):
        text = f'{path[3:]} key {int(time.time()) // 3600 - hours}'
        return f'{path}/k/{hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]}/archive.zip'
    whole = shop.get(old(0))
    assert whole.status == 200
    resumed = {'Range': 'bytes=10-', 'If-Range': whole.headers['etag']}
    assert shop.get(old(5), headers=resumed).data == whole.data[10:]
    assert shop.get(old(5)).status == 403 == shop.get(old(40), headers=resumed).status


def test_passcodes_that_are_given(shop, tmp_path):
    word = 'Zürich & 100% +x'
    (tmp_path / 'word').write_text(word + '\n')
    path, number, _ = shop.link(STUDIES[0], '--passcode-file', str(tmp_path / 'word'))
    assert enter(shop, path, word).status == 303
    assert word not in str(shop.site.sql(f'SELECT * FROM wadozip.link WHERE id = {number}'))
    for bad in ('short', 'x' * 65):
        (tmp_path / 'word').write_text(bad)
        assert shop.site.cli('link', 'create', STUDIES[0], '--passcode-file', str(tmp_path / 'word')).code == 2
    assert shop.get(path, '--data-binary', 'x' * 5000).status == 413


def test_five_wrong_tries_in_parallel(shop):
    """Of 50 at once exactly five count; then it is locked, also for the right one. A cookie from before still opens it."""
    path, number, passcode = shop.link(STUDIES[0], '--passcode')
    cookie = enter(shop, path, passcode).headers['set-cookie'].split(';')[0]
    start, got = threading.Barrier(50), []

    def attempt(i):
        start.wait()
        data, ended = answer(shop.server.pool.socket, post(path, f'passcode=wrong{i:03}'), seconds=300)
        got.append(int(data.split()[1]) if ended else data)
    threads = [threading.Thread(target=attempt, args=(i,)) for i in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(got) == [403] * 5 + [410] * 45
    assert shop.site.sql(f'SELECT wrong_tries FROM wadozip.link WHERE id = {number}') == [['5']]
    assert enter(shop, path, passcode).status == 410 and shop.get(path).status == 410
    assert shop.get(f'{path}/archive.zip').status == 410
    assert shop.get(f'{path}/archive.zip', headers={'Cookie': cookie}).status == 200
    assert listed(shop, number).split()[1] == 'locked'


def listed(shop, number):
    return next(one for one in shop.site.cli('link', 'list').out.splitlines() if one.split()[0] == number)


def post(path, body):
    variables = pairs({'REQUEST_METHOD': 'POST', 'REQUEST_URI': path, 'CONTENT_LENGTH': str(len(body))})
    return begin() + record(PARAMS, variables) + record(PARAMS) + record(STDIN, body.encode()) + record(STDIN)


ALPHABET = string.ascii_letters + string.digits + '-_'


def tampered(chance, path):
    """A path that differs from the link's in its token, its form or what follows."""
    token = path[3:]
    at = chance.randrange(len(token))
    other = chance.choice(ALPHABET.replace(token[at], ''))
    return chance.choice([
        f'/s/{token[:at]}{other}{token[at + 1:]}', f'/s/{token[:at]}{token[at + 1:]}', f'/s/{token[:at]}{other}{token[at:]}',
        f'/s/{token.swapcase()}', f'/s/{token[::-1]}', f'/s/{"".join(chance.choices(ALPHABET, k=43))}', f'/s/{token[:at]}',
        f'/s/{token[:at]}%{ord(token[at]):02x}{token[at + 1:]}', f'/s/{token}{other}', f'/S/{token}', f'/{token}',
        f'/s/{token[:at]}/{token[at:]}', f'/studies/s/{token}', f'/s/{token[:-1]}{chance.choice("+/=%")}'])


def test_ten_thousand_tamperings(shop):
    path, _, _ = shop.link(STUDIES[0])
    chance = random.Random(17)
    pool = harness.Pool(shop.site, workers=2).start()
    try:
        for _ in range(10000):
            wrong = tampered(chance, path) + chance.choice(['', '/archive.zip', f'/studies/{STUDIES[0]}', '/studies'])
            if wrong.startswith(path) and wrong[len(path):len(path) + 1] in ('', '/'):
                continue
            data, ended = answer(pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=wrong, HTTP_ACCEPT=ZIP, HTTP_HOST='h'))
            assert ended and int(data.split()[1]) in (400, 404), wrong
        log = pool.log()
        assert path[3:] not in log and path[3:20] not in log
    finally:
        pool.remove()


def test_the_command(shop):
    for wrong in ([], ['create'], ['create', 'x'], ['create', '1.2.3'], ['create', STUDIES[0], '--expires', 'soon'],
                  ['create', STUDIES[0], '--max-downloads', '0'], ['revoke'], ['revoke', 'x'], ['show']):
        assert shop.site.cli('link', *wrong).code == 2, wrong
    assert 'there is no study 1.2.3' in shop.site.cli('link', 'create', '1.2.3').err
    assert 'no profile "no"' in shop.site.cli('link', 'create', STUDIES[0], '--deidentify', 'no').err
    _, number, _ = shop.link(STUDIES[0], '--label', 'for Dr. X', '--max-downloads', '3')
    assert all(word in listed(shop, number) for word in ('valid', f'study {STUDIES[0]}', '0 of 3', 'for Dr. X'))
    for setting, address in (('link_url', 'https://images.example/s/'), ('public_url', 'https://images.example/s/')):
        value = {'link_url': 'https://images.example/s', 'public_url': 'https://images.example/pacs/dicom-web'}[setting]
        assert shop.site.cli('link', 'create', STUDIES[0], env={f'WADOZIP_{setting.upper()}': value}).out.startswith(address)


def test_grants_do_not_matter(shop):
    """A link is no user: grants for all who are authenticated add nothing, and a user's name is not read."""
    path, _, _ = shop.link('--series', shop.series[0].uid)
    assert shop.site.cli('grant', '--everything', 'everyone').code == 0
    try:
        data, _ = answer(shop.server.pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=f'{path}/series', HTTP_ACCEPT=JSON,
                                                          HTTP_HOST='h', REMOTE_USER='root'))
        found = json.loads(data.partition(b'\r\n\r\n')[2])
        assert [s['0020000E']['Value'][0] for s in found] == [shop.series[0].uid]
    finally:
        shop.site.sql("DELETE FROM wadozip.grant_ WHERE who = 'everyone'")


def test_in_a_browser(shop):
    """Passcode, page and download as a person has them, on a phone; with the policy nothing is blocked."""
    path, _, passcode = shop.link(STUDIES[0], '--passcode', '--label', 'Knie, März')
    with Chromium() as browser:
        tab = browser.tab(shop.server.base + path, 390, 800)
        browser.wait(lambda: browser.evaluate('document.activeElement.name', tab) == 'passcode')
        browser.evaluate(f"document.forms[0].passcode.value = '{passcode}'; document.forms[0].requestSubmit()", tab)
        browser.wait(lambda: browser.evaluate("!!document.querySelector('a.download')", tab))
        text = browser.evaluate('document.body.innerText', tab)
        assert 'Knie, März' in text and 'Images\n5' in text
        assert browser.evaluate('document.documentElement.scrollWidth <= innerWidth', tab)
        color = "getComputedStyle(document.querySelector('a.download')).backgroundColor"
        assert browser.evaluate(color, tab) == 'rgb(11, 92, 173)'
        address = browser.evaluate("document.querySelector('a.download').href", tab)
        if os.environ.get('WADOZIP_TEST_SHOTS'):
            shot = browser.call('Page.captureScreenshot', tab)['data']
            Path(os.environ['WADOZIP_TEST_SHOTS'], 'link.png').write_bytes(base64.b64decode(shot))
        browser.visit(address)
        browser.wait(browser.finished)
        with zipfile.ZipFile(next(browser.folder.glob('images*.zip'))) as z:
            assert z.testzip() is None and len(z.namelist()) == 5
