# SPDX-License-Identifier: MIT
"""A web server of another origin that has the built viewers of others, and the browser that opens them."""
import contextlib
import functools
import http.server
import json
import threading
from pathlib import Path

import harness
import packages

OHIF = {'routerBasename': '/', 'extensions': [], 'modes': [], 'showStudyList': True, 'maxNumberOfWebWorkers': 1,
        'showWarningMessageForCrossOrigin': False, 'showCPUFallbackMessage': False,
        'investigationalUseDialog': {'option': 'never'}, 'defaultDataSourceName': 'dicomweb'}
# Where dicom-microscopy-viewer has what it looks for under /static/js/.
DECODERS = '/node_modules/dicom-microscopy-viewer/dist/dynamic-import/'
# A page's text, with that of its text fields.
TEXT = 'document.body.innerText'
# A flag of Chromium: no host but this one.
OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'
# Grey values in OHIF's viewport.
GREYS = """(() => {
    const canvas = document.querySelector('canvas.cornerstone-canvas');
    if (!canvas) return 0;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, seen = new Set();
    for (let i = 0; i < pixels.length; i += 4 * 97) seen.add(pixels[i]);
    return seen.size;
})()"""


def configuration(root):
    """OHIF's data source as its documentation has it for a DICOMweb server."""
    source = {'friendlyName': 'wadozip', 'name': 'wadozip', 'wadoUriRoot': root, 'qidoRoot': root, 'wadoRoot': root,
              'qidoSupportsIncludeField': True, 'imageRendering': 'wadors', 'thumbnailRendering': 'wadors',
              'enableStudyLazyLoad': True, 'supportsFuzzyMatching': True, 'supportsWildcard': True,
              'omitQuotationForMultipartRequest': True, 'bulkDataURI': {'enabled': True}}
    return {**OHIF, 'dataSources': [{'namespace': '@ohif/extension-default.dataSourcesModule.dicomweb',
                                     'sourceName': 'dicomweb', 'configuration': source},
                                    {'namespace': '@ohif/extension-default.dataSourcesModule.dicomjson',
                                     'sourceName': 'dicomjson', 'configuration': {'name': 'json'}}]}


class Pages(http.server.SimpleHTTPRequestHandler):
    """The built viewers as files; what is no file is OHIF's one page, which reads the address itself."""

    config = {}
    documents = {}  # path -> an object, sent as JSON

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split('?')[0]
        if path == '/app-config.js':
            self.send('text/javascript', f'window.config = {json.dumps(self.config)};')
        elif path in self.documents:
            self.send('application/json', json.dumps(self.documents[path]))
        else:
            super().do_GET()

    def send(self, kind, text):
        body = text.encode()
        self.send_response(200)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path):
        path = path.split('?')[0].replace('/static/js/', DECODERS)
        for start in '', '/node_modules/@ohif/app/dist':
            found = super().translate_path(start + path)
            if path != '/' and Path(found).is_file():
                return found
        return super().translate_path('/node_modules/@ohif/app/dist/index.html')


@contextlib.contextmanager
def served():
    """A web server of another origin with the viewers, fetched once into the build folder."""
    folder = packages.fetched('viewers')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Pages, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    server.server_close()


def shows(browser, tab, *texts):
    """Wait until the page shows all the texts; it is shown if it never does."""
    try:
        browser.wait(lambda: all(t in (browser.evaluate(TEXT, tab) or '') for t in texts), seconds=4 * harness.PATIENCE)
    except Exception as e:
        raise AssertionError(f'{texts} not in {browser.evaluate(TEXT, tab)!r}') from e
