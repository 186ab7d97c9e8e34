# SPDX-License-Identifier: MIT
"""Links on the page: made, shown once, copied, listed and revoked; and lists for what is too much for an address."""
import base64
import json
import re

import harness
import pytest
from client import curl
from test_fronts import PASSWORD, users
from test_page_use import READY, archive, axe, series  # noqa: F401 (fixture)
from webpage import ROOT, WebPage, browser, site  # noqa: F401 (fixtures)

ANNA = {'Authorization': 'Basic ' + base64.b64encode(f'anna:{PASSWORD}'.encode()).decode()}
MADE = "document.getElementById('made-link_address')"


@pytest.fixture(scope='module')
def service(site):  # noqa: F811
    site.write_config(access='user', create_links='1', create_collections='1', link_max_days='30')
    server = harness.front_end('lighttpd-socket', site, workers=4)
    server.before = users('lighttpd-socket', server.folder)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def page(browser, service):  # noqa: F811
    opened = []

    def open_page(**options):
        browser.events.clear()
        opened.append(WebPage(browser, service.url('/page/'), headers=ANNA, **options))
        opened[-1].wait("!document.getElementById('my-links').hidden")
        return opened[-1]
    yield open_page
    for one in opened:
        assert one.problems() == []
        assert all(url.startswith(service.base + '/') for url in one.requests()), one.requests()
        one.call('Page.close')


def linked(service, path):
    """The studies that a link shows."""
    got = curl(f'{service.base}{path}/studies', folder=service.folder, accept='application/dicom+json')
    assert got.status in (200, 204), got
    return {s['0020000D']['Value'][0] for s in json.loads(got.data or b'[]')}


def value(one, key):
    return one.ask(f"document.getElementById('made-{key}').value")


def test_a_link_is_made_and_revoked(page, service):
    one = page()
    one.search(patient='john')
    one.choose('Smith, John')
    one.click('#share')
    one.shows('1 study · 2 series · 3 images', selector='#share-what')
    assert json.loads(one.ask("JSON.stringify([...document.getElementById('share-expires').options].map(o => o.label))")) == [
        '1 day', '7 days', '30 days']
    assert one.ask("document.activeElement.id") == 'share-label'
    one.ask("document.getElementById('share-label').value = '  For <b>Dr. X</b>  '")
    one.click('#share-passcode')
    one.click('#share-make')
    one.wait(MADE)
    one.shows('Copy it now', 'valid until', selector='#made')
    assert one.ask(f'document.activeElement === {MADE}') and one.ask("document.getElementById('made-link_passcode')") is None
    address = value(one, 'link_address')
    assert re.fullmatch(rf'{service.base}/s/[\w-]{{43}}', address)
    assert linked(service, address.removeprefix(service.base)) == {f'{ROOT}.1'}
    one.press('#made button')
    one.shows('Copied', selector='#made')
    one.click('#share-close')
    one.wait(f"!{MADE} && !document.documentElement.outerHTML.includes({json.dumps(address)})")
    one.click('#my-links')
    one.wait("document.querySelectorAll('#links li').length === 1")
    one.shows('For <b>Dr. X</b>', 'valid', '1 study', 'downloaded 0 times', selector='#links')
    one.click('#links button')
    one.shows('Revoke for good?', selector='#links')
    assert linked(service, address.removeprefix(service.base))
    one.click('#links button')
    one.shows('revoked', 'was valid until', selector='#links')
    one.wait("document.activeElement.id === 'links-close'")
    assert not one.ask("document.querySelector('#links button')")
    assert curl(address, folder=service.folder).status == 410


def test_options_of_a_link(page, service, site):  # noqa: F811
    """Series, a passcode, another expiry, a medium."""
    one = page()
    one.search(patient='john')
    series(one, 2)
    one.wait(READY)
    one.ask("((f) => { f.value = 'disc'; f.dispatchEvent(new Event('change')); })(document.getElementById('form'))")
    one.click('#share')
    one.ask("document.getElementById('share-expires').value = 30")
    one.click('#share-make')
    one.wait(MADE)
    path, passcode = value(one, 'link_address').removeprefix(service.base), value(one, 'link_passcode')
    assert re.fullmatch(r'[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}', passcode)
    right = curl(service.base + path, '--data-binary', f'passcode={passcode}', folder=service.folder)
    assert right.status == 303
    row = site.sql('SELECT dicomdir, creator, extract(day FROM expires - created), (SELECT string_agg(what, \',\') FROM'
                   " wadozip.grant_ WHERE who = 'link:' || l.id) FROM wadozip.link l ORDER BY id DESC LIMIT 1")
    assert row == [['t', 'anna', '30', f'series {ROOT}.1.2']]


@pytest.mark.parametrize('status, says', [(403, 'not share them'), (422, 'does not make this link'), (0, 'cannot be reached')])
def test_a_link_that_is_refused(page, status, says):
    one = page()
    one.choose('Smith, John')
    one.click('#share')
    answer = f'Promise.resolve(new Response(null, {{status: {status}}}))' if status else "Promise.reject(new TypeError('x'))"
    one.ask("""(() => { const real = window.fetch;
        window.fetch = (url, options) => options.method !== 'POST' ? real(url, options) : %s; })()""" % answer)
    one.click('#share-make')
    one.shows(says, selector='#share-problem')
    assert not one.ask("document.getElementById('share-make').disabled") and not one.ask(MADE)


def test_by_keyboard_alone(page):
    """The dialog keeps the focus, Escape closes it, and the focus is where it was."""
    one = page()
    one.choose('Smith, John')
    one.wait(READY)
    one.ask("document.getElementById('share').focus()")
    one.key('Enter')
    one.wait("document.getElementById('share-dialog').open")
    one.type('By keyboard')
    one.tab_to('#share-expires', 3)
    one.tab_to('#share-passcode', 3)
    one.key(' ')
    one.tab_to('#share-make', 3)
    one.key('Enter')
    one.wait(MADE)
    one.tab_to('#share-close', 5)
    one.key('Enter')
    one.wait("!document.getElementById('share-dialog').open")
    assert one.ask("document.activeElement.id") == 'share'
    one.key('Enter')
    one.wait("document.getElementById('share-dialog').open && !document.getElementById('share-form').hidden")
    one.call('Input.dispatchKeyEvent', type='keyDown', key='Escape', code='Escape', windowsVirtualKeyCode=27)
    one.wait("!document.getElementById('share-dialog').open")


def test_nobody_makes_links_without_the_setting(browser, site, service):  # noqa: F811
    site.write_config(create_links='0')
    server = harness.front_end('lighttpd-socket', site, workers=2)
    server.before = users('lighttpd-socket', server.folder)
    server.start()
    try:
        one = WebPage(browser, server.url('/page/'), headers=ANNA)
        browser.wait(lambda: any(e['response']['url'].endswith('/links') and e['response']['status'] == 404
                                 for e in one.mine('Network.responseReceived')))
        one.choose('Smith, John')
        one.wait(READY)
        assert one.ask("document.getElementById('share').hidden && document.getElementById('my-links').hidden")
        one.call('Page.close')
    finally:
        server.remove()
        site.write_config(create_links='1')


def test_too_much_for_an_address(page, browser):  # noqa: F811
    """The service keeps the list, and the archive of it is downloaded."""
    one = page()
    one.ask("""import(new URL('selection.js', location)).then(({Selection}) => {
        Object.defineProperty(Selection.prototype, 'path', {value: () => null}); })""")
    one.search(patient='smith')
    one.choose('Smith, Jane')
    one.choose('Smith, John')
    one.shows('a list that the service keeps', selector='#bar-problem')
    one.click('#bar-problem button')
    one.wait(READY)
    assert re.search(r'/collections/[0-9a-f]{32}\?accept=application/zip$', one.ask(READY))
    assert one.ask("document.activeElement.id") == 'download' and one.text('#bar-problem') == ''
    one.download()
    assert len([n for n in archive(browser) if n.endswith('.dcm')]) == 4


def states(one):
    one.choose('Smith, John')
    one.wait(READY)
    one.click('#share')
    yield 'share'
    one.click('#share-make')
    one.wait(MADE)
    yield 'made'
    one.click('#share-close')
    one.click('#my-links')
    one.wait("document.querySelector('#links button')")
    one.click('#links button')
    yield 'links'


@pytest.mark.parametrize('languages, width, height, dark', [
    ('en', 1280, 800, False), ('de', 360, 740, True), ('fr', 360, 740, False), ('es', 1280, 800, True)])
def test_accessible_and_in_its_place(page, axe, languages, width, height, dark):  # noqa: F811
    """axe-core has no finding, nothing is wider than the screen, and fingers find what they want."""
    one = page(languages=languages, width=width, height=height, dark=dark)
    one.ask(axe + ';0')
    for state in states(one):
        found = json.loads(one.ask("""axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(
            r.violations.map(v => [v.id, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))"""))
        assert found == [], state
        one.picture(harness.BUILD / 'page' / f'{languages}-{width}-{state}.png')
        assert one.ask('document.documentElement.scrollWidth <= innerWidth'), state
        assert one.ask("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog[open]'))"), state
        least = one.ask("""Math.min(...[...document.querySelectorAll('dialog[open] :is(button, select, label:has(> input))')]
            .filter(e => e.offsetHeight).map(e => e.offsetHeight))""")
        assert least >= 44, (state, least)
        narrow = one.ask("Math.min(...[...document.querySelectorAll('#links li > div')].map(e => e.offsetWidth))")
        assert state != 'links' or narrow >= 120, narrow
