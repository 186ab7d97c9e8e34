# SPDX-License-Identifier: MIT
"""The page for people: search, choose, download, in a real browser; what it needs and what it never does."""
import pydicom
import pytest
from chromium import Chromium
from client import curl
from conftest import PYDICOM
from webpage import WebPage

import harness

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
    made = harness.Site(pg, 'page', {'r': folder}).migrate()
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
        assert one.problems() == []
        assert all(url.startswith(service.base + '/') for url in one.requests()), one.requests()
        one.call('Page.close')


@pytest.mark.parametrize('fields, names', [
    ({'patient': 'smi'}, ['Smith, John', 'Smith, Jane']),
    ({'patient': 'jane smith'}, ['Smith, Jane']),
    ({'patient': '*ow'}, []),
    ({'patient': '山田'}, ['Yamada, Tarou (山田, 太郎)']),
    ({'number': 'P'}, ['Smith, John', 'Smith, Jane', 'Yamada, Tarou (山田, 太郎)']),
    ({'number': '*4'}, ['<b>Bold</b>, "&']),
    ({'from': '2023-01-01'}, ['Smith, John', 'Smith, Jane']),
    ({'from': '2022-02-10', 'to': '2023-03-01'}, ['Smith, Jane', 'Yamada, Tarou (山田, 太郎)']),
    ({'modality': 'mr, sr'}, ['Yamada, Tarou (山田, 太郎)', '<b>Bold</b>, "&']),
    ({'description': 'Chest'}, ['Smith, John']),
    ({'patient': 'smith', 'modality': 'CT', 'description': 'Kn?e'}, ['Smith, Jane']),
])
def test_searches(page, fields, names):
    one = page()
    one.search(**fields)
    assert one.names() == names
    assert one.text('#count').startswith(f'{len(names)} stud' if names else 'No study matches')


def test_downloads_a_study(page, browser, service):
    """The file is the one that the address gives; what it will be is said before, and how to resume it then."""
    one = page()
    one.search(patient='john')
    one.shows('3 images', '2 series', 'ID P1', 'born Jan 2, 1970', 'Jan 5, 2024', 'CT Chest')
    one.choose('Smith, John')
    one.shows('1 study · 2 series · 3 images', selector='#bar')
    one.wait("document.getElementById('download').href")
    archive = service.get(f'/studies/{ROOT}.1?accept=application/zip')
    one.shows(f'{len(archive.data) // 1000} kB', selector='#total')
    one.click('#download')
    one.shows(f'downloading {ROOT}.1.zip', f'exactly {len(archive.data):,} bytes', 'choose Resume', 'curl --fail -C -',
              selector='#started')
    browser.wait(browser.finished)
    assert browser.taken() == archive.data


def test_the_policy_holds(page, service):
    """No script but the page's own, no other address, no frame; values are text."""
    one = page()
    policy = service.get('/page/').headers
    assert "frame-ancestors 'none'" in policy['content-security-policy'] and policy['x-content-type-options'] == 'nosniff'
    assert one.ask('document.querySelectorAll("script:not([src]), style, [style], [onclick]").length') == 0
    script = """new Promise(done => {
        document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));
        document.head.append(Object.assign(document.createElement('link'),
            {rel: 'stylesheet', href: 'https://other.invalid/x.css'})); })"""
    assert one.ask(script) == 'style-src-elem'
    assert one.ask('fetch("https://other.invalid/").then(() => "sent", () => "refused")') == 'refused'
    assert one.ask('(() => { try { document.body.innerHTML = "<b>"; } catch { return "refused"; } })()') == 'refused'
    assert any('Content Security Policy' in text for text in one.problems())
    one.browser.events.clear()


def test_the_command_is_the_same_download(page, service):
    """The curl line that is shown gives the file, and completes one that was cut off."""
    one = page()
    one.search(patient='jane')
    one.choose('Smith, Jane')
    one.wait("document.getElementById('download').href")
    one.click('#download')
    one.shows('curl', selector='#started code')
    wanted = service.get(f'/studies/{ROOT}.2?accept=application/zip').data
    folder = harness.temporary('wzcurl-')
    for part in 0, len(wanted) // 2:
        (folder / f'{ROOT}.2.zip').write_bytes(wanted[:part])
        done = harness.run('bash', '-c', one.text('#started code'), cwd=folder)
        assert (done.code, (folder / f'{ROOT}.2.zip').read_bytes() == wanted) == (0, True), done.err
    harness.run('rm', '-rf', folder)


def test_every_front_end_serves_it(site):
    """Each shipped configuration: types, policy, no file of other folders."""
    for kind in harness.FRONT_ENDS:
        server = harness.front_end(kind, site, workers=2).start()
        try:
            check_files(server)
        finally:
            server.remove()


def check_files(server):
    types = {'': 'text/html; charset=utf-8', 'index.html': 'text/html; charset=utf-8', 'main.js': 'text/javascript',
             'page.css': 'text/css', 'icon.svg': 'image/svg+xml'}
    for name, kind in types.items():
        answer = server.get(f'/page/{name}')
        assert (answer.status, answer.headers['content-type'].startswith(kind)) == (200, True), (server.name, answer)
        assert answer.data == (harness.REPO / 'src' / 'page' / (name or 'index.html')).read_bytes()
        assert "frame-ancestors 'none'" in answer.headers['content-security-policy']
    assert curl(server.url('/page'), '-L', folder=server.folder).status == 200
    for name in 'none.js', '../../README.md', '%2e%2e/README.md', '..%2f..%2fREADME.md':
        assert curl(server.url(f'/page/{name}'), '--path-as-is', folder=server.folder).status in (400, 403, 404)
    assert server.get(f'/studies/{ROOT}.1?accept=application/zip').status == 200
