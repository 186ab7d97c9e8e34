# SPDX-License-Identifier: MIT
"""The page of src/page in a tab of Chromium, used by a mouse or by the keyboard alone."""
import base64
import json
import time

import harness
import pydicom
import pytest
from chromium import Chromium
from conftest import PYDICOM

KEYS = {'Enter': '\r', 'Tab': '\t', ' ': ' '}
CODES = {'Enter': 13, 'Tab': 9, ' ': 32}
# A failed response that a test asks for is on the console too; scripts that fail and policies that are broken are not.
EXPECTED = 'Failed to load resource: the server responded with a status of'


class WebPage:
    """A tab with the page. languages: as the browser's settings have them."""

    def __init__(self, browser, url, width=1280, height=800, dark=False, languages='en-US', loaded=True,
                 headers=None):
        self.browser, self.url = browser, url
        self.tab = browser.tab('about:blank', width, height)
        self.careless = False  # the test breaks rules in the page
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        agent = browser.call('Browser.getVersion')['userAgent']
        self.call('Emulation.setUserAgentOverride', userAgent=agent, acceptLanguage=languages)
        for domain in 'Page', 'Log', 'Runtime', 'Network', 'Audits':
            self.call(f'{domain}.enable')
        self.call('Network.setExtraHTTPHeaders', headers=headers or {})
        self.call('Page.navigate', url=url)
        if loaded:
            self.wait("document.querySelector('.study') && document.readyState === 'complete'")

    def call(self, method, **params):
        return self.browser.call(method, self.tab, **params)

    def ask(self, script):
        """The value of an expression in the page."""
        return self.browser.evaluate(script, self.tab, wait=True)

    def wait(self, script):
        """Until the expression is true in the page, and not an error."""
        try:
            self.browser.wait(lambda: self.ask(f'!!({script})'))
        except Exception as e:
            raise AssertionError(f'never {script}; {self.text()!r}; {self.problems()}') from e

    def text(self, selector='body'):
        return self.ask(self._text_of(selector))

    @staticmethod
    def _text_of(selector):
        return f"((document.querySelector({json.dumps(selector)}) || {{}}).innerText || '').replace(/\\xa0/g, ' ')"

    def shows(self, *texts, selector='body'):
        """Wait for texts in the page."""
        for one in texts:
            self.wait(f'{self._text_of(selector)}.includes({json.dumps(one)})')

    def click(self, selector):
        assert self.ask(f'((e) => e && (e.click(), true))(document.querySelector({json.dumps(selector)}))'), selector

    def download(self):
        """Click the button with the mouse: of what scripts click Chromium downloads only the first."""
        self.wait("document.getElementById('download').href")
        self.press('#download')

    def press(self, selector):
        """Click with the mouse, which scripts may not do."""
        x, y = json.loads(self.ask(f"""(r => JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]))(
            document.querySelector({json.dumps(selector)}).getBoundingClientRect())"""))
        for kind in 'mousePressed', 'mouseReleased':
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def fill(self, **fields):
        for name, value in fields.items():
            self.ask(f"document.forms[0].elements[{json.dumps(name)}].value = {json.dumps(value)}")

    def search(self, **fields):
        """Search as with a mouse and wait until the results are there."""
        self.fill(**fields)
        self.click('#search [type=submit]')
        self.wait('!document.getElementById("count").innerText.endsWith("…")')

    def names(self):
        """Of the patients of the listed studies."""
        return json.loads(self.ask("JSON.stringify([...document.querySelectorAll('.study .name')].map(e => e.innerText))"))

    def choose(self, name):
        """Click the box of the first study of a patient."""
        assert self.ask(f"""((row) => row && (row.closest('.study').querySelector('input').click(), true))(
            [...document.querySelectorAll('.study .name')].find(e => e.innerText === {json.dumps(name)}))"""), name

    def key(self, key, **more):
        """Press a key."""
        press = {'key': key, 'code': {' ': 'Space'}.get(key, key), 'windowsVirtualKeyCode': CODES[key], **more}
        self.call('Input.dispatchKeyEvent', type='keyDown', text=KEYS[key], **press)
        self.call('Input.dispatchKeyEvent', type='keyUp', **press)

    def type(self, text):
        self.call('Input.insertText', text=text)

    def tab_to(self, selector, presses=60):
        """Press Tab until an element that matches has the focus."""
        for _ in range(presses):
            self.key('Tab')
            if self.ask(f'document.activeElement.matches({json.dumps(selector)})'):
                return
        raise AssertionError(f'{presses} times Tab do not lead to {selector}')

    def picture(self, path):
        """Save what the tab shows as PNG."""
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(base64.b64decode(self.call('Page.captureScreenshot', format='png')['data']))

    def mine(self, *methods):
        self.ask('0')  # reads the events that have come
        return [e['params'] for e in self.browser.events if e.get('sessionId') == self.tab and e['method'] in methods]

    def problems(self):
        """What went wrong in the page, but not statuses of responses: exceptions, errors on the console, policies."""
        entries = [e['entry']['text'] for e in self.mine('Log.entryAdded') if e['entry']['level'] == 'error']
        return [t for t in entries if EXPECTED not in t] + [
            json.dumps(e) for e in self.mine('Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Audits.issueAdded')
            if e.get('issue', {}).get('code', 'Content') in ('Content', 'ContentSecurityPolicyIssue')]

    def requests(self):
        """Addresses that the page asked for, without the browser's own pictures in its fields."""
        return [url for e in self.mine('Network.requestWillBeSent') if not (url := e['request']['url']).startswith('data:')]


ROOT = '1.2.826.0.1.3680043.10.998'
PEOPLE = [('Smith^John', 'P1', '20240105', 'CT', 'CT Chest', [2, 1]), ('Smith^Jane', 'P2', '20230301', 'CT', 'Knee', [1]),
          ('Yamada^Tarou=山田^太郎', 'P3', '20220210', 'MR', 'Head', [1]), ('<b>Bold</b>^"&', 'X4', '', 'SR', '<i>x', [1])]
MANY = 30  # studies of one patient: more than a page of results


def write(folder, number, patient, series, instance):
    name, patient_id, date, modality, description, _ = patient
    d = pydicom.dcmread(next(PYDICOM.rglob('CT_small.dcm')))
    d.SpecificCharacterSet, d.PatientName, d.PatientID, d.PatientBirthDate = 'ISO_IR 192', name, patient_id, '19700102'
    d.StudyDate, d.Modality, d.StudyDescription, d.SeriesDescription = date, modality, description, f'part {series}'
    d.StudyInstanceUID, d.SeriesInstanceUID = f'{ROOT}.{number}', f'{ROOT}.{number}.{series}'
    d.SOPInstanceUID, d.SeriesNumber, d.InstanceNumber = f'{ROOT}.{number}.{series}.{instance}', series, instance
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.save_as(folder / f'{d.SOPInstanceUID}.dcm')


@pytest.fixture(scope='module')
def site(pg):
    folder = harness.temporary('wzpage-')
    many = [('Many^Studies', 'M1', f'200001{day:02}', 'US', '', [1]) for day in range(1, MANY + 1)]
    for number, patient in enumerate(PEOPLE + many, 1):
        for series, count in enumerate(patient[-1], 1):
            for instance in range(1, count + 1):
                write(folder, number, patient, series, instance)
    made = harness.Site(pg, f'page_{time.monotonic_ns()}', {'r': folder}).migrate()
    assert made.index().code == 0
    yield made
    made.remove()
    harness.run('rm', '-rf', folder)


@pytest.fixture(scope='module')
def service(site):
    server = harness.front_end('lighttpd-socket', site, workers=4).start()
    yield server
    server.remove()


@pytest.fixture(scope='module')
def browser():
    with Chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, service):
    """open(...): the page in a new tab; at the end of the test nothing may have gone wrong in it."""
    opened = []

    def open_page(**options):
        browser.events.clear()
        opened.append(WebPage(browser, service.url('/page/'), **options))
        return opened[-1]
    yield open_page
    for one in opened:
        assert one.careless or one.problems() == []
        assert one.careless or all(url.startswith(service.base + '/') for url in one.requests()), one.requests()
        one.call('Page.close')
