# SPDX-License-Identifier: MIT
"""Seconds until OHIF shows the first image of a CT study of 500 instances, from here and from Orthanc; thumbnails.

Each sample has a browser of its own, so nothing is in its cache. Orthanc permits no pages of other origins: the browsers
of both do not enforce the same-origin policy.
"""
import time

from bench import per
from chromium import Chromium
from corpus import uid
from fronts import fronts
from measure import Case
from subjects.search import Requests
from viewer_pages import GREYS, OFFLINE, Pages, configuration, served

RATIO, THUMBNAIL_MS = 1.5, 30
STEP = 0.02  # seconds between looks at the page
MOST = 120  # seconds of one sample
SHOWN = 20  # grey values of an image that is there


class FirstImage(Case):
    """OHIF opens the study from `root`. The viewer's own files are in the time of both."""

    def __init__(self, name, pages, root):
        super().__init__(name, 0)
        self.pages, self.root = pages, root

    def sample(self):
        Pages.config = configuration(self.root)
        with Chromium('--disable-web-security', OFFLINE) as browser:
            began = time.monotonic()
            tab = browser.tab(f'{self.pages}/viewer?StudyInstanceUIDs={uid("ct")}', 1400, 900)
            while (browser.evaluate(GREYS, tab) or 0) <= SHOWN:
                if time.monotonic() - began > MOST:
                    raise RuntimeError(f'no image from {self.root}: {browser.evaluate("document.body.innerText", tab)}')
                time.sleep(STEP)
            return {'seconds': time.monotonic() - began}


def measure(bench):
    orthanc = bench.orthanc('ct')
    with bench.site(['ct']) as site, served() as pages, fronts(site, bench.flood, ('lighttpd-socket',)) as servers:
        server, cases = servers['lighttpd-socket'], {}
        cases['here'] = FirstImage('OHIF, first image from lighttpd', pages, f'{server.base}/dicom-web')
        if orthanc:
            cases['orthanc'] = FirstImage('OHIF, first image from Orthanc', pages,
                                          f'http://127.0.0.1:{orthanc.port}/dicom-web')
        bench.measure('first image', 'OHIF opens 500 CT images', cases, base='orthanc', budget=300)
        if orthanc:
            bench.target('OHIF, first image: times Orthanc\'s', per(cases['here'], cases['orthanc']), RATIO, at_least=False)
        thumbnail = Requests('thumbnail of a series', server, f'/studies/{uid("ct")}/series/{uid("ct", 1)}/thumbnail',
                             'image/jpeg')
        bench.measure('thumbnail', 'thumbnails', {'thumbnail': thumbnail})
        value = thumbnail.value()
        bench.target('thumbnail: ms', value and value * 1000, THUMBNAIL_MS, at_least=False)
