# SPDX-License-Identifier: MIT
"""Viewers in a real browser, on pages of another origin: OHIF's study list, search, images, segmentations and
documents; dwv and VolView open archives; dicom-microscopy-viewer shows a slide."""
import json
import shutil
from urllib.parse import quote
from urllib.request import Request, urlopen

import harness
import pytest
import segmentation
import slide
from chromium import Chromium
from conftest import PYDICOM
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset, FileMetaDataset
from searches import ROOT
from viewer_pages import GREYS, OFFLINE, TEXT, Pages, configuration, served, shows

FILES = ['CT_small.dcm', 'MR_small.dcm']


def manifest(service, study):
    """What OHIF's source dicomjson reads: each instance by the address of its file, with some attributes."""
    def named(one):
        return {keyword_for_tag(tag): plain(one[tag].get('Value', [])) for tag in one if keyword_for_tag(tag)}

    def plain(values):
        return values[0] if len(values) == 1 else values
    head = {'Accept': 'application/dicom+json'}
    with urlopen(Request(f'{service.base}/dicom-web/studies/{study}/metadata', headers=head)) as answer:
        attributes = [named({t: e for t, e in one.items() if e['vr'] not in ('PN', 'SQ', 'OW')}) for one in json.load(answer)]
    series = {}
    for one in attributes:
        place = f'studies/{study}/series/{one["SeriesInstanceUID"]}/instances/{one["SOPInstanceUID"]}'
        series.setdefault(one['SeriesInstanceUID'], []).append(
            {'metadata': one, 'url': f'dicomweb:{service.base}/dicom-web/{place}?accept=application/dicom'})
    return {'studies': [{'StudyInstanceUID': study, 'series': [
        {'SeriesInstanceUID': uid, 'Modality': of[0]['metadata']['Modality'], 'instances': of}
        for uid, of in series.items()]}]}


@pytest.fixture(scope='module')
def pages():
    with served() as base:
        yield base


@pytest.fixture(scope='module')
def browser():
    with Chromium() as browser:
        yield browser


def save(d, folder, patient, number, modality, sop_class):
    d.PatientID = d.PatientName = patient
    d.SOPClassUID, d.Modality, d.StudyDate, d.StudyTime = sop_class, modality, '20240101', '1200'
    d.StudyInstanceUID, d.SeriesInstanceUID = f'{ROOT}.{number}', f'{ROOT}.{number}.1'
    d.SOPInstanceUID, d.SeriesNumber, d.InstanceNumber = f'{ROOT}.{number}.1.1', 1, 1
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = d.SOPClassUID, d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.1'
    d.is_little_endian, d.is_implicit_VR = True, False
    d.save_as(folder / f'{patient}.dcm', write_like_original=False)


def frames(folder):
    """Ultrasound of three frames, each with all grey values."""
    d = Dataset()
    d.Rows = d.Columns = 256
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation, d.SamplesPerPixel = 8, 8, 7, 0, 1
    d.PhotometricInterpretation, d.NumberOfFrames, d.FrameTime = 'MONOCHROME2', 3, '100'
    d.PixelData = b''.join(bytes((x + 80 * frame) % 256 for x in range(256)) * 256 for frame in range(3))
    save(d, folder, 'Frames', 51, 'US', '1.2.840.10008.5.1.4.1.1.3.1')


def document(folder):
    d = Dataset()
    pdf = (b'%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n'
           b'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')
    d.MIMETypeOfEncapsulatedDocument, d.EncapsulatedDocument = 'application/pdf', pdf + bytes(len(pdf) % 2)
    save(d, folder, 'Report', 52, 'DOC', '1.2.840.10008.5.1.4.1.1.104.1')


@pytest.fixture(scope='module')
def site(pg, pages):
    folder = harness.temporary('wzviewers-')
    for name in FILES:
        shutil.copyfile(next(PYDICOM.rglob(name)), folder / name)
    frames(folder)
    document(folder)
    slide.write(folder)
    segmentation.write(folder, folder / FILES[0])
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


@pytest.mark.parametrize('patient, shown', [('1CT1', '1/1'), ('4MR1', '1/1'), ('Frames', '(1/3)')])
def test_ohif_shows_images(browser, pages, site, service, patient, shown):
    """CT and MR of one frame, and one instance of several."""
    study, = site.sql(f"SELECT uid FROM wadozip.study WHERE patient_id = '{patient}'")[0]
    tab = browser.tab(f'{pages}/viewer?StudyInstanceUIDs={study}', 1400, 900)
    shows(browser, tab, shown)
    browser.wait(lambda: (browser.evaluate(GREYS, tab) or 0) > 20, seconds=4 * harness.PATIENCE)


# The share of OHIF's viewport that is not grey.
COLOURED = """(() => {
    const canvas = document.querySelector('canvas.cornerstone-canvas');
    if (!canvas) return 0;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4)
        count += Math.max(pixels[i], pixels[i + 1], pixels[i + 2]) - Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > 30;
    return count * 4 / pixels.length;
})()"""
OPEN = """document.querySelector('[data-cy="study-browser-thumbnail-no-image"]')
    .dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))"""


def test_ohif_shows_a_segmentation(browser, pages, service):
    """A square over a quarter of the image, which itself has four fifths of the viewport."""
    tab = browser.tab(f'{pages}/viewer?StudyInstanceUIDs={segmentation.STUDY}', 1400, 900)
    shows(browser, tab, 'SEG', 'Square', '1/1')
    browser.wait(lambda: (browser.evaluate(GREYS, tab) or 0) > 20, seconds=4 * harness.PATIENCE)
    assert browser.evaluate(COLOURED, tab) == 0
    browser.evaluate(OPEN, tab)
    browser.wait(lambda: .15 < (browser.evaluate(COLOURED, tab) or 0) < .25, seconds=4 * harness.PATIENCE)


def test_ohif_shows_a_document(browser, pages, site, service):
    """An encapsulated PDF, which OHIF gives to the browser."""
    study, = site.sql("SELECT uid FROM wadozip.study WHERE patient_id = 'Report'")[0]
    tab = browser.tab(f'{pages}/viewer?StudyInstanceUIDs={study}', 1400, 900)
    shows(browser, tab, 'DOC', 'PDF')
    harness.wait_for('the PDF', lambda: browser.evaluate("(document.querySelector('object') || {}).type", tab) ==
                     'application/pdf')


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

# Colours of the four quarters of what dicom-microscopy-viewer shows.
QUARTERS = """(() => {
    const canvas = document.querySelector('#slide canvas');
    if (!canvas) return '';
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return [[.3, .3], [.7, .3], [.3, .7], [.7, .7]].map(([x, y]) =>
        [...context.getImageData(x * copy.width, y * copy.height, 1, 1).data.slice(0, 3)]
            .map(v => v > 200 ? 1 : v < 55 ? 0 : '?').join('')).join();
})()"""


@pytest.fixture(scope='module')
def webgl():
    """A browser that computes WebGL without a graphics card, and that waits for no font from elsewhere."""
    with Chromium('--use-angle=swiftshader', '--enable-unsafe-swiftshader', OFFLINE) as browser:
        yield browser


def test_dicom_microscopy_viewer_shows_a_slide(webgl, pages, service):
    """Tiles as stored, in JPEG, put together at their places, as Image Orientation (Slide) has them: upside down."""
    browser = webgl
    tab = browser.tab(f'{pages}/slide.html?root={service.base}/dicom-web&study={slide.STUDY}&series={slide.SERIES}', 500, 500)
    browser.wait(lambda: browser.evaluate(QUARTERS, tab) == '110,001,010,100', seconds=4 * harness.PATIENCE)


# Grey values in the upper left one of VolView's four views, which is axial. WebGL's canvas is read when it has just been drawn.
AXIAL = """new Promise(done => requestAnimationFrame(() => {
    const canvas = document.querySelector('.vtk-view canvas'), copy = document.createElement('canvas');
    if (!canvas) return done(0);
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
    done(new Set(pixels.filter((_, at) => at % (4 * 97) === 0)).size);
}))"""


def test_volview_opens_an_archive(webgl, pages, site, service):
    """VolView too goes by the ending of an address."""
    study, = site.sql("SELECT uid FROM wadozip.study WHERE patient_id = '1CT1'")[0]
    url = quote(f'[{service.base}/dicom-web/studies/{study}.zip]', safe='')
    tab = webgl.tab(f'{pages}/node_modules/volview/dist/index.html?urls={url}', 640, 400)
    shows(webgl, tab, 'CompressedSamples^CT1', '20040119', 'Slice: 1/1')
    webgl.wait(lambda: (webgl.evaluate(AXIAL, tab, wait=True) or 0) > 20, seconds=4 * harness.PATIENCE)


def test_ohif_opens_files_from_a_list(browser, pages, site, service):
    """The source dicomjson: attributes from a list of another origin, each file by its own address without an Accept header."""
    study, = site.sql("SELECT uid FROM wadozip.study WHERE patient_id = '1CT1'")[0]
    Pages.documents['/study.json'] = manifest(service, study)
    tab = browser.tab(f'{pages}/viewer/dicomjson?url={quote(pages + "/study.json", safe="")}', 1400, 900)
    shows(browser, tab, '19-Jan-2004', '1/1')
    browser.wait(lambda: (browser.evaluate(GREYS, tab) or 0) > 20, seconds=4 * harness.PATIENCE)
