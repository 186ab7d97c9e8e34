# SPDX-License-Identifier: MIT
"""cornerstone's dicom-image-loader by itself in Chromium: frames of each kind by wadors: addresses, decoded by the codecs
that it brings, have the values that pydicom reads from the file before it was compressed."""
import json
import shutil
import subprocess

import harness
import numpy
import packages
import pydicom
import pytest
from chromium import Chromium
from conftest import PYDICOM
from searches import ROOT
from viewer_pages import served

JPEG = '1.2.840.10008.1.2.4.'
# Name -> its transfer syntax and the tool that makes it of MR_small.dcm, null if python3-pydicom has the file.
KINDS = {
    'native': ('1.2.840.10008.1.2.1', ['cp']),
    'rle': ('1.2.840.10008.1.2.5', ['dcmcrle']),
    'jpeg-lossless': (JPEG + '70', ['dcmcjpeg', '+e1']),
    'jpeg-lossless-any-predictor': (JPEG + '57', ['dcmcjpeg', '+el', '+sv', '6']),
    'jpeg-ls': (JPEG + '80', ['dcmcjpls']),
    'jpeg-2000': (JPEG + '90', None),
}
SEVERAL = 3  # frames of the instance that has more than one
BUNDLED = ['charls/dist/charlswasm', 'openjpeg/dist/openjpegwasm', 'libjpeg-turbo-8bit/dist/libjpegturbowasm']


def original():
    return next(PYDICOM.rglob('MR_small.dcm'))


def place(number):
    return f'/studies/{ROOT}.80/series/{ROOT}.80.1/instances/{ROOT}.80.1.{number}'


def renamed(path, number):
    d = pydicom.dcmread(path)
    d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID = f'{ROOT}.80', f'{ROOT}.80.1', f'{ROOT}.80.1.{number}'
    d.file_meta.MediaStorageSOPInstanceUID, d.InstanceNumber = d.SOPInstanceUID, number
    return d


def write(folder):
    for number, (name, (syntax, tool)) in enumerate(KINDS.items(), 1):
        path = folder / f'{name}.dcm'
        if tool:
            subprocess.run([*tool, original(), path], check=True)
        else:
            shutil.copyfile(next(PYDICOM.rglob('MR_small_jp2klossless.dcm')), path)
        d = renamed(path, number)
        assert d.file_meta.TransferSyntaxUID == syntax
        d.save_as(path)
    d = renamed(original(), len(KINDS) + 1)
    d.NumberOfFrames, d.PixelData = SEVERAL, b''.join((d.pixel_array + 100 * n).tobytes() for n in range(SEVERAL))
    d.save_as(folder / 'several.dcm')


def bundle(folder):
    """The loader, its worker and the codecs in one folder of the web server."""
    npm, out = folder / 'node_modules', folder / 'bundle'
    worker = '@cornerstonejs/dicom-image-loader/dist/esm/decodeImageFrameWorker.js'
    harness.run(npm / '.bin' / 'esbuild', 'loader.mjs', npm / worker, '--bundle', '--format=esm', f'--outdir={out}',
                '--entry-names=[name]', '--external:fs', '--external:path', '--alias:xmlbuilder2=./nothing.mjs',
                '--log-level=error', cwd=folder, check=True)
    for name in BUNDLED:
        codec = npm / '@cornerstonejs' / f'codec-{name}_decode.wasm'
        shutil.copyfile(codec, out / codec.name)


@pytest.fixture(scope='module')
def pages():
    bundle(packages.fetched('viewers'))
    with served() as base:
        yield base


@pytest.fixture(scope='module')
def service(pg, pages):
    folder = harness.temporary('wzloader-')
    write(folder)
    harness.owned_by_web_user(folder)
    site = harness.Site(pg, 'loader', {'r': folder}, cors=pages).migrate()
    assert site.index().code == 0
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    yield server
    server.remove()
    site.remove()


@pytest.fixture(scope='module')
def load(pages, service):
    """load(instance, frame): what the page's function gives."""
    with Chromium() as browser:
        tab = browser.tab(f'{pages}/loader.html', 300, 300)
        browser.wait(lambda: browser.evaluate('typeof load', tab) == 'function')

        def ask(instance, frame):
            address = f'{service.base}/dicom-web{instance}'
            text = browser.evaluate(f'load("{address}", {frame}).then(JSON.stringify, e => JSON.stringify(`${{e}} '
                                    '${e.stack}`))', tab, wait=True)
            got = json.loads(text)
            assert isinstance(got, dict), got
            return got
        yield ask


def check(got, values):
    assert (got['rows'], got['columns']) == values.shape
    assert numpy.array_equal(numpy.array(got['values']).reshape(values.shape), values)
    assert got['greys'] > 50


@pytest.mark.parametrize('name', KINDS)
def test_frames_are_decoded(load, name):
    got = load(place(list(KINDS).index(name) + 1), 1)
    assert got['syntax'] == KINDS[name][0]
    check(got, pydicom.dcmread(original()).pixel_array)


@pytest.mark.parametrize('frame', range(1, SEVERAL + 1))
def test_each_frame_of_several(load, frame):
    check(load(place(len(KINDS) + 1), frame), pydicom.dcmread(original()).pixel_array + 100 * (frame - 1))
