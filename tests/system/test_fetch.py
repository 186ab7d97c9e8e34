# SPDX-License-Identifier: MIT
"""fetch() in a page of Chromium over TLS, of a download whose worker is killed: it rejects over HTTP/1.1. Over HTTP/2, which is
lighttpd's default, it resolves, so that operation.md turns that off and the service warns of it."""
import os
import re
import shutil
import signal

import harness
import pytest
from chromium import Chromium
from downloads import STUDY, at_work, in_time, vault, vault_site  # noqa: F401
from hold import Hold

FETCH = """window.outcome = null;
fetch('/dicom-web/studies/%s', {headers: {Accept: '%s'}})
    .then(answer => answer.arrayBuffer().then(
        data => `${answer.status} ${data.byteLength} of ${answer.headers.get('Content-Length')}`))
    .then(whole => window.outcome = `resolved: ${whole}`, e => window.outcome = `rejected: ${e}`);"""
OFF = 'server.feature-flags += ("server.h2proto" => "disable")'  # as operation.md says
PROTOCOL = "performance.getEntriesByType('resource').find(entry => entry.name.includes('/studies/')).nextHopProtocol"


@pytest.fixture(scope='module')
def browser():
    if not shutil.which('chromium'):
        pytest.skip('needs chromium: not installed')
    with Chromium('--ignore-certificate-errors') as browser:
        yield browser


@pytest.fixture(params=['lighttpd-socket', 'lighttpd-spawned'])
def make_server(request, vault_site):  # noqa: F811
    """make_server(http2): a web server with TLS on the port `tls`, and with a page."""
    one = harness.front_end(request.param, vault_site, workers=2)
    one.tls = harness.free_port()
    pem = [one.folder / 'tls.key', one.folder / 'tls.crt']
    harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                '-keyout', *pem[:1], '-out', *pem[1:], check=True)
    (one.docroot / 'page.html').write_text('<!doctype html><title>page</title>')
    settings = f'''server.modules += ( "mod_openssl" )
$SERVER["socket"] == "127.0.0.1:{one.tls}" {{
    ssl.engine = "enable"
    ssl.privkey = "{pem[0]}"
    ssl.pemfile = "{pem[1]}"
}}
'''

    def make(http2):
        one.settings = settings + ('' if http2 else OFF)
        return one.start()
    yield make
    one.remove()


def outcome(browser, page):
    browser.wait(lambda: browser.evaluate('window.outcome', page))
    return browser.evaluate('window.outcome', page)


def killed(browser, server, vault, protocol):  # noqa: F811
    """What a page sees of a download whose worker is killed; that of a whole answer before."""
    relay = Hold(server.tls)
    try:
        page = browser.tab(f'https://127.0.0.1:{relay.port}/page.html', 800, 600)
        browser.evaluate(FETCH % (STUDY, 'text/csv'), page)
        assert outcome(browser, page).startswith('resolved: 200 '), server.log()
        assert browser.evaluate(PROTOCOL, page) == protocol
        moment = relay.hold(1 << 20)
        browser.evaluate(FETCH % (f'{STUDY}?compression=none', 'application/zip'), page)
        browser.wait(moment.reached.is_set)
        os.kill(at_work(server, vault)[0], signal.SIGKILL)
        moment.go.set()
        return outcome(browser, page)
    finally:
        relay.close()


def test_fetch_rejects(browser, make_server, vault):  # noqa: F811
    server = make_server(http2=False)
    ended = killed(browser, server, vault, 'http/1.1')
    assert ended.startswith('rejected: TypeError'), (ended, server.log())
    assert 'over HTTP/2' not in server.log()


def test_http2_is_warned_of(browser, make_server, vault):  # noqa: F811
    """A page can still compare the length."""
    server = make_server(http2=True)
    ended = killed(browser, server, vault, 'h2')
    sizes = re.fullmatch(r'resolved: 200 (\d+) of (\d+)', ended)
    assert ended.startswith('rejected: ') or int(sizes[1]) < int(sizes[2]), (ended, server.log())
    assert in_time(10, lambda: 'over HTTP/2 behind this web server a broken answer looks complete' in server.log())
