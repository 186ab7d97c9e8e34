# SPDX-License-Identifier: MIT
"""Pages of other origins: what they may read, and what a real browser lets them do."""
import functools
import http.server
import json
import re
import shutil
import threading

import harness
import pytest
from chromium import Chromium
from client import raw
from corpus import header, uid
from servers import FRONT_ENDS

VIEWER, OTHER = 'https://viewer.example', 'https://other.example'
STUDY = uid('cors')
PATH = f'/dicom-web/studies/{STUDY}'
PAGE = """<!doctype html><title>viewer</title><script>
const base = %s, study = base + '/studies/' + %s;
const accept = {headers: {Accept: 'multipart/related; type="application/dicom"', Range: 'bytes=0-99'}};
async function ask(url, options) {
  try {
    const answer = await fetch(url, options), names = ['content-length', 'content-range', 'etag', 'content-disposition'];
    return [answer.status, (await answer.arrayBuffer()).byteLength, ...names.map(n => answer.headers.get(n) !== null)];
  } catch (e) { return String(e); }
}
(async () => { window.result = JSON.stringify({
  part: await ask(study, accept), zip: await ask(study + '.zip', {credentials: 'include'}),
  metadata: await ask(study + '/metadata'), missing: await ask(base + '/studies/1.2.3', accept)}); })();
</script>"""


@pytest.fixture(scope='module')
def folder():
    made = harness.temporary('wzcors-')
    (made / 'one.dcm').write_bytes(header(STUDY, uid('cors', 1), uid('cors', 1, 1), 1, pixel_bytes=2000) + bytes(2000))
    (made / 'one.dcm').chmod(0o644)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope='module')
def cors_site(pg, folder):
    site = harness.Site(pg, 'cors', {'cors': folder}).migrate()
    assert site.index().code == 0
    yield site
    site.remove()


def started(kind, site, cors):
    site.write_config(cors=cors)
    return harness.front_end(kind, site, workers=2).start()


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, cors_site):
    server = started(request.param, cors_site, f'{VIEWER} http://localhost:3000')
    yield server
    server.remove()


def ask(server, origin, *more, path=PATH, method='GET'):
    given = [('Accept', 'application/zip'), *([('Origin', origin)] if origin else []), *more]
    return raw(server.port, path, given, method=method)


def varies(answer):
    """What Vary names, in one line or several (RFC 9110 5.3)."""
    lines = re.findall(r'(?im)^vary: *(.*?)\r$', answer.head)
    return {name.strip().lower() for line in lines for name in line.split(',')}


def test_every_answer_may_be_read(door):
    etag = ask(door, None).headers['etag']
    cases = [(200, PATH, 'GET', ()), (200, PATH, 'HEAD', ()), (206, PATH, 'GET', [('Range', 'bytes=0-9')]),
             (304, PATH, 'GET', [('If-None-Match', etag)]), (412, PATH, 'GET', [('If-Match', '"x"')]),
             (416, PATH, 'GET', [('Range', 'bytes=999999-')]), (404, PATH + '.9', 'GET', ()),
             (400, PATH + '?names=x', 'GET', ()), (405, PATH, 'DELETE', ()), (200, PATH + '/metadata', 'GET', ()),
             (200, '/dicom-web/', 'OPTIONS', ())]
    for status, path, method, more in cases:
        if '/metadata' in path or method == 'OPTIONS':
            more = [('Accept', '*/*')]
            answer = raw(door.port, path, [*more, ('Origin', VIEWER)], method=method)
        else:
            answer = ask(door, VIEWER, *more, path=path, method=method)
        assert answer.status == status, answer
        assert answer.headers['access-control-allow-origin'] == VIEWER, (path, answer)
        assert answer.headers['access-control-allow-credentials'] == 'true'
        assert 'Content-Range' in answer.headers['access-control-expose-headers']
        assert 'origin' in varies(answer)


@pytest.mark.parametrize('origin', [None, OTHER, 'null', VIEWER + ':8443', VIEWER.replace('s:', ':')])
def test_nobody_else_may_read(door, origin):
    for path in PATH, PATH + '.9':
        answer = ask(door, origin, path=path)
        assert not any(n.startswith('access-control-') for n in answer.headers), answer
        assert 'origin' in varies(answer)


def test_preflight(door):
    wish = ('Access-Control-Request-Method', 'GET'), ('Access-Control-Request-Headers', 'accept,range')
    answer = ask(door, VIEWER, *wish, method='OPTIONS')
    assert (answer.status, answer.body) == (204, b'')
    assert answer.headers['access-control-allow-origin'] == VIEWER
    assert answer.headers['access-control-allow-methods'] == 'GET, HEAD, OPTIONS'
    allowed = answer.headers['access-control-allow-headers'].split(', ')
    assert {'accept', 'authorization', 'content-type', 'if-match', 'if-none-match', 'if-range', 'range'} == set(allowed)
    assert answer.headers['access-control-max-age'] == '7200'
    other = raw(door.port, PATH, [('Accept', '*/*'), ('Origin', OTHER), *wish], method='OPTIONS')
    assert other.status == 200 and not any(n.startswith('access-control-') for n in other.headers)


def test_off_by_default_and_for_all(cors_site):
    for cors, wanted in (None, None), ('*', '*'):
        server = started('lighttpd-socket', cors_site, cors)
        try:
            answer = ask(server, OTHER)
            assert answer.headers.get('access-control-allow-origin') == wanted
            assert 'access-control-allow-credentials' not in answer.headers and 'origin' not in varies(answer)
        finally:
            server.remove()


def test_a_browser_lets_a_listed_page_read(cors_site, tmp_path):
    """A page on another port is of another origin. Its multipart Accept and Range need a preflight."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as pages, Chromium() as browser:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        origin = f'http://127.0.0.1:{pages.server_port}'
        try:
            for cors in origin, OTHER:
                server = started('lighttpd-socket', cors_site, cors)
                try:
                    (tmp_path / 'page.html').write_text(PAGE % (json.dumps(server.base + '/dicom-web'), json.dumps(STUDY)))
                    tab = browser.tab(f'{origin}/page.html', 400, 400)
                    browser.wait(lambda: browser.evaluate('window.result', tab))  # noqa: B023
                    got = json.loads(browser.evaluate('window.result', tab))
                finally:
                    server.remove()
                if cors == OTHER:
                    assert all(isinstance(v, str) and 'TypeError' in v for v in got.values()), got
                    continue
                assert got['part'] == [206, 100, True, True, True, False], got
                assert got['zip'][0] == 200 and got['zip'][1] > 100 and got['zip'][5], got
                assert got['metadata'][0] == 200 and got['missing'][0] == 404, got
        finally:
            pages.shutdown()
