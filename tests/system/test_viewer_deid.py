# SPDX-License-Identifier: MIT
"""OHIF on a link with a profile: it lists and opens the study, and nothing that the browser receives names the patient."""
import base64
import json
import shutil

import harness
import pydicom
import pytest
from chromium import Chromium
from conftest import PYDICOM
from deid_cases import new_uid
from viewer_pages import GREYS, TEXT, Pages, configuration, served, shows

FILES = ['CT_small.dcm', 'MR_small.dcm']
# Of the files: names and identifiers of patients, institutions, dates, and UIDs.
KEYWORDS = ['PatientName', 'PatientID', 'InstitutionName', 'StudyDate', 'StudyInstanceUID', 'SeriesInstanceUID',
            'SOPInstanceUID', 'FrameOfReferenceUID']


@pytest.fixture(scope='module')
def place(pg):
    """A link that opens two studies de-identified, for pages of another origin."""
    folder = harness.temporary('wzviewerdeid-')
    for name in FILES:
        shutil.copyfile(next(PYDICOM.rglob(name)), folder / name)
    keys = harness.owned_by_web_user(harness.temporary('wzviewerkeys-'))
    with served() as pages:
        site = harness.Site(pg, 'viewerdeid', {'r': folder}, cors=pages, **{'deid.basic.key': keys / 'key'}).migrate()
        site.cli('deid', 'key', keys / 'key', check=True)
        harness.give_to_web_user(keys / 'key')
        assert site.index().code == 0
        site.sets = [pydicom.dcmread(folder / name) for name in FILES]
        made = site.cli('link', 'create', *(d.StudyInstanceUID for d in site.sets), '--deidentify', 'basic', check=True)
        server = harness.front_end('lighttpd-socket', site, workers=4).start()
        Pages.config = configuration(server.base + made.out.split()[0])
        site.pages, site.key, site.base = pages, keys / 'key', server.base
        yield site
        server.remove()
        site.remove()


def received(browser, tab, base):
    """(address, header fields, content) of every answer of the service to the tab."""
    answers, done = {}, set()
    browser.evaluate('1', tab)
    for event in (e for e in browser.events if e.get('sessionId') == tab):
        params = event['params']
        if event['method'] == 'Network.responseReceived' and params['response']['url'].startswith(base):
            answers[params['requestId']] = params['response']
        elif event['method'] == 'Network.loadingFinished':
            done.add(params['requestId'])
    for number in answers.keys() & done:
        body = browser.call('Network.getResponseBody', tab, requestId=number)
        data = base64.b64decode(body['body']) if body['base64Encoded'] else body['body'].encode()
        yield answers[number]['url'], json.dumps(answers[number]['headers']), data


def picture(browser, tab, name):
    folder = harness.BUILD / 'page'
    folder.mkdir(exist_ok=True)
    shot = browser.call('Page.captureScreenshot', tab, format='png')['data']
    (folder / f'{name}.png').write_bytes(base64.b64decode(shot))


def test_ohif_on_a_link_with_a_profile(place):
    marks = {str(part) for d in place.sets for k in KEYWORDS for part in str(d.get(k, '')).split('^') if len(part) > 3}
    assert len(marks) > 10
    study = new_uid(place.key, place.sets[0].StudyInstanceUID)
    with Chromium() as browser:
        tab = browser.tab(f'{place.pages}/', 1400, 900, 'Network')
        shows(browser, tab, 'CT', 'MR', '1-2 of 2')
        picture(browser, tab, 'ohif-link-list')
        answers, text = list(received(browser, tab, place.base)), browser.evaluate(TEXT, tab)
        tab = browser.tab(f'{place.pages}/viewer?StudyInstanceUIDs={study}', 1400, 900, 'Network')
        shows(browser, tab, '1/1', 'S:1')
        browser.wait(lambda: (browser.evaluate(GREYS, tab) or 0) > 20, seconds=4 * harness.PATIENCE)
        picture(browser, tab, 'ohif-link-study')
        answers += received(browser, tab, place.base)
        text += browser.evaluate(TEXT, tab)
    asked = ' '.join(url for url, _, _ in answers)
    assert all(part in asked for part in ('/studies?', f'/studies/{study}/series', '/metadata', '/frames/1')), asked
    assert study in b' '.join(data for _, _, data in answers).decode(errors='replace')
    for url, headers, data in answers:
        assert [m for m in marks if m in url or m in headers or m.encode() in data] == [], url
    assert [m for m in marks if m in text] == []
