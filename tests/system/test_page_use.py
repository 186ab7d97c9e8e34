# SPDX-License-Identifier: MIT
"""The page in use: series, forms, the keyboard alone, a phone, four languages, errors; axe-core finds nothing anywhere."""
import io
import json
import zipfile

import harness
import packages
import pytest
from downloads import STUDY, Slow, vault, vault_site  # noqa: F401 (fixtures)
from webpage import MANY, ROOT, WebPage, browser, page, service, site  # noqa: F401 (fixtures)

LANGUAGES = {'en-GB': 'Download images', 'de-AT': 'Bilder herunterladen', 'fr': 'Télécharger des images',
             'es-MX': 'Descargar imágenes', 'sv': 'Download images'}
READY = "document.getElementById('download').href"
# fetch() of the page answers with a status instead of asking; 0: the service is away.
FAKE = """(() => { const real = window.fetch; window.fetch = (url, options) => {
    const given = window.fake && new RegExp(window.fake.path).test(url) ? window.fake : null;
    if (!given) return real(url, options);
    return given.status ? Promise.resolve(new Response(null, {status: given.status, headers: given.headers || {}}))
        : Promise.reject(new TypeError('failed')); }; })()"""


@pytest.fixture(scope='module')
def axe():
    return (packages.fetched('axe') / 'node_modules' / 'axe-core' / 'axe.min.js').read_text()


def archive(browser):
    """The archive that was downloaded: its members with their bytes."""
    browser.wait(browser.finished)
    with zipfile.ZipFile(io.BytesIO(browser.taken())) as z:
        return {name: z.read(name) for name in z.namelist()}


def fetched(service, path):
    with zipfile.ZipFile(io.BytesIO(service.get(path).data)) as z:
        return {name: z.read(name) for name in z.namelist()}


def series(one, *numbers):
    """Click the boxes of series of the first study, which is opened."""
    one.click('.study .open')
    one.wait("document.querySelectorAll('.study .series input').length > 1")
    for number in numbers:
        one.click(f'.study .series li:nth-child({number}) input')


@pytest.mark.parametrize('numbers, path, total', [
    ([2], f'/studies/{ROOT}.1/series/{ROOT}.1.2?accept=application/zip', '1 study · 1 series · 1 image'),
    ([1, 2], f'/studies/{ROOT}.1?accept=application/zip', '1 study · 2 series · 3 images'),
    ([1, 2, 1], f'/studies/{ROOT}.1/series/{ROOT}.1.2?accept=application/zip', '1 study · 1 series · 1 image'),
])
def test_series(page, browser, service, numbers, path, total):
    """What is chosen is what comes, by the shortest address; the study's box follows its series'."""
    one = page()
    one.search(patient='john')
    series(one, *numbers)
    one.shows(total, selector='#total')
    one.wait(READY)
    assert one.ask(READY) == service.url(path)
    assert one.ask("(b => b.checked + ' ' + b.indeterminate)(document.querySelector('.study input'))") == (
        'true false' if 'series/' not in path else 'false true')
    one.download()
    assert archive(browser) == fetched(service, path)


def test_series_of_one_study_and_another_study(page, browser, service):
    """One archive of both, made after the whole study's series were asked for."""
    one = page()
    one.search(patient='smith')
    series(one, 2)
    one.choose('Smith, Jane')
    one.shows('2 studies · 2 series · 2 images', selector='#total')
    one.download()
    wanted = fetched(service, f'/series?SeriesInstanceUID={ROOT}.1.2,{ROOT}.2.1&accept=application/zip')
    assert len(wanted) == 2 and archive(browser) == wanted


def test_forms(page, browser, service):
    """As stored, and for a disc; the latter only of one study or series."""
    one = page()
    one.search(patient='smith')
    one.choose('Smith, John')
    queries = {'stored': 'accept=application/zip;transfer-syntax=*', 'disc': 'accept=application/zip&dicomdir=true'}
    for form, query in queries.items():
        one.ask(f"(f => {{ f.value = '{form}'; f.dispatchEvent(new Event('change')); }})(document.getElementById('form'))")
        one.wait(f"({READY} || '').includes('{'transfer-syntax' if form == 'stored' else 'dicomdir'}')")
        one.download()
        members = archive(browser)
        assert members == fetched(service, f'/studies/{ROOT}.1?{query}') and ('DICOMDIR' in members) == (form == 'disc')
    one.choose('Smith, Jane')
    one.shows('2 studies', selector='#total')
    assert one.ask("document.getElementById('viewer').hidden")
    assert one.ask("document.querySelector('option[value=disc]').disabled")
    assert one.ask("document.getElementById('form').value") == 'standard'
    one.wait(READY)
    one.click('#none')
    one.wait("document.getElementById('bar').hidden && !document.querySelector('#studies :checked')")


def test_more_results_and_reload(page):
    """Further results by a button, which passes the focus on; the search survives a reload and is not in the address."""
    one = page()
    one.search(patient='many')
    one.shows(f'{MANY} studies found')
    assert len(one.names()) == 25
    one.click('#more')
    one.wait(f"document.querySelectorAll('.study').length === {MANY}")
    assert one.ask("document.getElementById('more').hidden && [...document.querySelectorAll('.study')].indexOf("
                   "document.activeElement.closest('.study'))") == 25
    one.call('Page.reload')
    one.wait("document.getElementById('f-patient').value === 'many' && document.querySelector('.study')")
    one.shows(f'{MANY} studies found')
    assert 'many' not in one.ask('location.href')
    one.click('#search [type=reset]')
    one.shows(f'{MANY + 4} studies found')


def test_too_many_for_an_address(page):
    """Addresses stay below what web servers take; the page says so instead of sending one that is cut off."""
    one = page()
    one.ask("""import(new URL('selection.js', location)).then(({Selection}) => {
        const chosen = new Selection();
        for (let i = 0; i < 200; i++)
            chosen.setStudy({uid: '1.2.826.0.1.3680043.8.498.' + i, seriesCount: 1, images: 2, series: null}, true);
        window.short = (chosen.path('standard') || '').length;
        for (let i = 200; i < 400; i++)
            chosen.setStudy({uid: '1.2.826.0.1.3680043.8.498.' + i, seriesCount: 1, images: 2, series: null}, true);
        window.result = chosen.path('standard') === null && chosen.total.images === 800; })""")
    assert 5000 < one.ask('short') <= 7000 and one.ask('result')


def test_by_keyboard_alone(page, browser, service):
    """Search, open, choose and download without a mouse; what has the focus is visible."""
    one = page()
    one.tab_to('#f-patient')
    one.type('john')
    one.key('Enter')
    one.shows('1 study found')
    one.tab_to('.study input')
    one.key(' ')
    one.shows('3 images', selector='#total')
    assert one.ask("getComputedStyle(document.activeElement).outlineWidth") == '3px'
    one.tab_to('.open')
    one.key('Enter')
    one.wait("document.querySelectorAll('.series input').length === 2")
    one.tab_to('.series li:nth-child(2) input')
    one.key(' ')
    one.shows('1 study · 1 series · 2 images', selector='#total')
    one.wait(READY)
    one.tab_to('#download')
    one.key('Enter')
    one.wait("document.activeElement.matches('.started')")
    path = f'/studies/{ROOT}.1/series/{ROOT}.1.1?accept=application/zip'
    assert archive(browser) == fetched(service, path)
    one.tab_to('.started button')
    one.key('Enter')
    one.wait("document.activeElement.id === 'download' && !document.querySelector('.started')")


def test_skip_links(page):
    """The first Tab leads past the search, the second to what is chosen."""
    one = page()
    one.choose('Smith, Jane')
    one.ask('document.activeElement.blur()')
    for target in 'results', 'bar':
        one.tab_to(f'.skip[href="#{target}"]', presses=2)
        assert one.ask('document.activeElement.getBoundingClientRect().width > 20')
    one.key('Enter')
    one.wait("document.activeElement.id === 'bar'")


@pytest.mark.parametrize('languages', LANGUAGES)
def test_languages(page, languages):
    """The browser's preferred language, else English; a choice is kept."""
    one = page(languages=languages)
    assert one.text('h1') == LANGUAGES[languages] == one.ask('document.title')
    code = languages[:2] if languages != 'sv' else 'en'
    assert one.ask('document.documentElement.lang') == one.ask("document.getElementById('language').value") == code
    one.ask("(l => { l.value = 'es'; l.dispatchEvent(new Event('change')); })(document.getElementById('language'))")
    one.shows('Descargar imágenes', f'{MANY + 4} estudios encontrados', '3 imágenes', '2 series')
    one.call('Page.reload')
    one.shows(f'{MANY + 4} estudios encontrados')
    one.ask('localStorage.clear()')


def test_texts_are_complete(page):
    """Each text exists in each language with the same values and forms, and is used."""
    one = page()
    table = json.loads(one.ask("import(new URL('texts.js', location)).then(m => JSON.stringify([m.LANGUAGES, m.TEXTS]))"))
    code = ''.join(p.read_text() for p in (harness.REPO / 'src' / 'page').iterdir() if p.name != 'texts.js')
    for key, texts in table[1].items():
        assert len(texts) == len(table[0]) == 4 and all(texts), key
        assert len({t.count('|') for t in texts}) == 1, key
        assert len({tuple(sorted(set(t.split('{')[i].split('}')[0] for i in range(1, t.count('{') + 1)))) for t in texts}) == 1
        assert key.startswith(('error_', 'state_', 'link_4')) or f"'{key}'" in code or \
            f'"{key}"' in code or f'    {key}: {{query' in code, key


ERRORS = {0: 'cannot be reached', 400: 'does not understand', 401: 'sign in', 403: 'not admitted', 404: 'nothing here',
          413: 'Narrow the search', 429: 'under way', 500: 'an error (500)', 503: 'busy'}


@pytest.mark.parametrize('status', ERRORS)
def test_errors_of_a_search(page, status):
    """In the reader's words, with the time to wait if there is one, and a button that tries again."""
    one = page()
    one.ask(FAKE)
    headers = {'Retry-After': '30'} if status in (429, 503) else {}
    one.ask('window.fake = ' + json.dumps({'path': 'studies[?]', 'status': status, 'headers': headers}))
    one.click('#search [type=submit]')
    one.shows(ERRORS[status], *['Try again in 30 seconds'] * bool(headers), selector='#problem')
    assert one.names() == [] and one.text('#count') == ''
    one.ask('window.fake = null')
    one.click('#problem button')
    one.shows(f'{MANY + 4} studies found')
    assert one.text('#problem') == ''


@pytest.mark.parametrize('status, says', [(406, 'Choose “As stored”'), (410, 'removed'), (413, 'choose less'), (0, 'reached')])
def test_errors_of_a_size(page, status, says):
    """There is nothing to click; another choice asks again."""
    one = page()
    one.ask(FAKE)
    one.ask('window.fake = ' + json.dumps({'path': 'accept=', 'status': status}))
    one.choose('Smith, John')
    one.shows(says, selector='#bar-problem')
    assert not one.ask(READY) and one.ask("document.getElementById('download').getAttribute('aria-disabled')") == 'true'
    one.ask('window.fake = null')
    one.choose('Smith, Jane')
    one.wait(READY)
    assert one.text('#bar-problem') == ''


def test_the_service_is_away(site, browser):
    """And comes back."""
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    one = WebPage(browser, server.url('/page/'))
    server.stop()
    one.click('#search [type=submit]')
    one.shows('cannot be reached', selector='#problem')
    server.start()
    one.click('#problem button')
    one.shows('studies found')
    one.call('Page.close')
    server.remove()


def test_nobody_may_enter(site, browser):
    """access = none: nothing exists."""
    site.write_config(access='none')
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    one = WebPage(browser, server.url('/page/'), loaded=False)
    one.shows('nothing here for you', selector='#problem')
    one.call('Page.close')
    server.remove()
    site.write_config(access='all')


def test_opens_a_viewer(site, browser):
    """What is chosen, in the viewer of the setting; nothing is offered without one."""
    site.write_config(viewer_url='/viewer?StudyInstanceUIDs={studies}&x=1')
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    one = WebPage(browser, server.url('/page/'))
    one.search(patient='smith')
    one.choose('Smith, Jane')
    one.choose('Smith, John')
    assert one.ask("document.getElementById('viewer').hidden") is False
    assert one.ask("document.getElementById('viewer').href") == (
        f'{server.base}/viewer?StudyInstanceUIDs={ROOT}.2,{ROOT}.1&x=1')
    one.call('Page.close')
    server.remove()
    site.write_config(viewer_url=None)


def test_all_downloads_are_taken(vault_site, browser):
    """The button asks first: the page stays, and says when to try again."""
    vault_site.write_config(max_downloads='1', compression='none')  # zeros are small if deflated
    server = harness.front_end('lighttpd-socket', vault_site, workers=4).start()
    one = WebPage(browser, server.url('/page/'))
    one.click('.study input')
    one.wait(READY)
    with Slow(server) as slow:
        slow.wait_for_bytes()
        slow.hold()
        one.download()
        one.shows('busy', 'Try again in', selector='#bar-problem')
        assert one.text('#started') == '' and STUDY in one.ask(READY)
    one.call('Page.close')
    server.remove()


def states(one):
    """Each state of the page in turn, by its name."""
    one.search(patient='smith')
    yield 'results'
    series(one, 1)
    one.wait(READY)
    yield 'chosen'
    one.download()
    one.wait("document.querySelector('.started')")
    yield 'started'
    one.click('#none')
    one.fill(patient='nobody at all')
    one.click('#search [type=submit]')
    one.wait("!document.querySelector('.study') && !document.getElementById('count').innerText.endsWith('…')")
    yield 'nothing'
    one.ask('window.fake = ' + json.dumps({'path': 'studies[?]', 'status': 503, 'headers': {'Retry-After': '9'}}))
    one.click('#search [type=submit]')
    one.wait("document.querySelector('#problem button')")
    yield 'error'


@pytest.mark.parametrize('languages, width, height, dark', [
    ('en', 1280, 800, False), ('de', 360, 740, True), ('fr', 360, 740, False), ('es', 1280, 800, True),
    ('de', 800, 900, False)])
def test_accessible_and_in_its_place(page, browser, axe, languages, width, height, dark):
    """axe-core has no finding in any state, nothing is wider than the screen, and fingers find what they want."""
    one = page(languages=languages, width=width, height=height, dark=dark)
    one.ask(FAKE)
    one.ask(axe + ';0')
    for state in states(one):
        found = json.loads(one.ask("""axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(
            r.violations.map(v => [v.id, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))"""))
        assert found == [], state
        one.picture(harness.BUILD / 'page' / f'{languages}-{width}-{state}.png')
        assert one.ask('document.documentElement.scrollWidth <= innerWidth'), state
        least = one.ask("""Math.min(...[...document.querySelectorAll('button, .button, label:has(input), select')]
            .filter(e => e.offsetHeight).map(e => e.offsetHeight))""")
        assert least >= 44, (state, least)
        if state == 'started':
            archive(browser)
