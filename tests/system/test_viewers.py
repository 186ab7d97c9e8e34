# SPDX-License-Identifier: MIT
"""Viewers in a real browser, on pages of another origin: OHIF's study list, search and series; dwv opens an archive."""
import functools
import http.server
import json
import shutil
import threading
from pathlib import Path
from urllib.parse import quote

import harness
import pytest
from chromium import Chromium
from conftest import PYDICOM

VIEWERS = harness.REPO / 'tests' / 'system' / 'viewers'
FILES = ['CT_small.dcm', 'MR_small.dcm']
OHIF = {'routerBasename': '/', 'extensions': [], 'modes': [], 'showStudyList': True, 'maxNumberOfWebWorkers': 1,
        'showWarningMessageForCrossOrigin': False, 'showCPUFallbackMessage': False,
        'investigationalUseDialog': {'option': 'never'}, 'defaultDataSourceName': 'dicomweb'}
# A page's text, with that of its text fields.
TEXT = 'document.body.innerText'


def configuration(root):
    """OHIF's data source as its documentation has it for a DICOMweb server."""
    source = {'friendlyName': 'wadozip', 'name': 'wadozip', 'wadoUriRoot': root, 'qidoRoot': root, 'wadoRoot': root,
              'qidoSupportsIncludeField': True, 'imageRendering': 'wadors', 'thumbnailRendering': 'wadors',
              'enableStudyLazyLoad': True, 'supportsFuzzyMatching': True, 'supportsWildcard': True,
              'omitQuotationForMultipartRequest': True, 'bulkDataURI': {'enabled': True}}
    return {**OHIF, 'dataSources': [{'namespace': '@ohif/extension-default.dataSourcesModule.dicomweb',
                                     'sourceName': 'dicomweb', 'configuration': source}]}


class Pages(http.server.SimpleHTTPRequestHandler):
    """The built viewers as files; what is no file is OHIF's one page, which reads the address itself."""

    config = {}

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split('?')[0]
        if path == '/app-config.js':
            body = f'window.config = {json.dumps(self.config)};'.encode()
            self.send_response(200)
            self.send_header('Content-Type', 'text/javascript')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        super().do_GET()

    def translate_path(self, path):
        path = path.split('?')[0]
        for start in '', '/node_modules/@ohif/app/dist':
            found = super().translate_path(start + path)
            if path != '/' and Path(found).is_file():
                return found
        return super().translate_path('/node_modules/@ohif/app/dist/index.html')


@pytest.fixture(scope='module')
def pages():
    """A web server of another origin with the viewers, fetched once into the build folder."""
    folder = harness.BUILD / 'viewers'
    folder.mkdir(parents=True, exist_ok=True)
    for path in VIEWERS.iterdir():
        shutil.copyfile(path, folder / path.name)
    wanted, stamp = (VIEWERS / 'package-lock.json').read_text(), folder / 'installed.json'
    if not stamp.exists() or stamp.read_text() != wanted:
        harness.run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=5', cwd=folder, check=True)
        stamp.write_text(wanted)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Pages, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    server.server_close()


@pytest.fixture(scope='module')
def site(pg, pages):
    folder = harness.temporary('wzviewers-')
    for name in FILES:
        shutil.copyfile(next(PYDICOM.rglob(name)), folder / name)
    made = harness.Site(pg, 'viewers', {'r': folder}, cors=pages).migrate()
    assert made.index().code == 0
    yield made
    made.remove()


@pytest.fixture(scope='module')
def service(site):
    server = harness.front_end('lighttpd-socket', site, workers=4).start()
    Pages.config = configuration(f'{server.base}/dicom-web')
    yield server
    server.remove()


@pytest.fixture(scope='module')
def browser():
    with Chromium() as browser:
        yield browser


def shows(browser, tab, *texts):
    """Wait until the page shows all the texts; it is shown if it never does."""
    try:
        browser.wait(lambda: all(t in (browser.evaluate(TEXT, tab) or '') for t in texts), seconds=4 * harness.PATIENCE)
    except Exception as e:
        raise AssertionError(f'{texts} not in {browser.evaluate(TEXT, tab)!r}') from e


def test_ohif_lists_studies(browser, pages, service):
    """Names, dates, modalities and numbers of instances of all studies, newest first."""
    tab = browser.tab(f'{pages}/', 1400, 900)
    shows(browser, tab, '26-Aug-2004', '19-Jan-2004', 'CompressedSamples, CT1', 'CompressedSamples, MR1', 'e+1')
    text = browser.evaluate(TEXT, tab)
    assert text.index('26-Aug-2004') < text.index('19-Jan-2004')


def test_ohif_searches_by_name(browser, pages, service):
    """The service answers with the one study, which OHIF asks for with wildcards."""
    tab = browser.tab(f'{pages}/?patientName=ct1', 1400, 900)
    shows(browser, tab, '19-Jan-2004', '1-1 of 1')
    assert 'MR1' not in browser.evaluate(TEXT, tab)


def test_ohif_opens_a_study(browser, pages, site, service):
    """The study's series with the date and description that search and metadata give."""
    study, = site.sql("SELECT uid FROM wadozip.study WHERE patient_id = '1CT1'")[0]
    tab = browser.tab(f'{pages}/viewer?StudyInstanceUIDs={study}', 1400, 900)
    shows(browser, tab, 'Studies', '19-Jan-2004', 'S:1')
    harness.wait_for('metadata', lambda: f'GET series {site.sql(SERIES % study)[0][0]} 200' in service.log())


SERIES = "SELECT se.uid FROM wadozip.series se JOIN wadozip.study st ON st.id = se.study_id WHERE st.uid = '%s'"


@pytest.mark.parametrize('address', ['/studies/%s.zip', '/studies.zip?StudyInstanceUID=%s'])
def test_dwv_opens_an_archive(browser, pages, site, service, address):
    """dwv goes by the ending of an address; the archive of a study, and that of a search."""
    study, = site.sql("SELECT uid FROM wadozip.study WHERE patient_id = '1CT1'")[0]
    url = quote(f'{service.base}/dicom-web{address % study}', safe='')
    tab = browser.tab(f'{pages}/dwv.html?url={url}', 600, 600)
    browser.wait(lambda: 'loadend' in (browser.evaluate('(window.events || []).join()', tab) or ''))
    assert browser.evaluate('JSON.stringify(window.images)', tab) == '[[128,128,1]]', browser.evaluate(
        'window.events.join()', tab)
