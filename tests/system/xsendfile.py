# SPDX-License-Identifier: MIT
"""A site whose images lighttpd may be handed: names of all kinds, a study too large for it, and who streams instead."""
import itertools
import os
import re
import time

import corpus
import harness
import pytest
from client import curl
from corpus import uid
from downloads import in_time
from servers import Lighttpd

ZIP, DICOM = 'application/zip', 'application/dicom'
SETTLED = 3.3  # seconds after which a file may be handed over
ONE, HAND, MANY, ODD, FRAMED = (uid('handover', n) for n in ('one', 'hand', 'many', 'odd', 'framed'))
FRAME = 256 * 256 * 2  # bytes of each of the three frames of FRAMED


def write(path, study, number, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    head = corpus.header(study, uid(study, 1), uid(study, 1, number), number, pixel_bytes=len(pixels))
    path.write_bytes(head + pixels)
    path.chmod(0o644)


def make_images():
    folder = harness.temporary('wzhand-')
    root = folder / 'im ages, 100%'
    head = len(corpus.header(ONE, uid(ONE, 1), uid(ONE, 1, 1), 1, pixel_bytes=0))
    write(root / 'one.dcm', ONE, 1, bytes((i * 7) % 251 for i in range(1000 - head)))
    for i in range(1, 13):
        name = ('a b', 'c,d', 'e%20f', 'g+h', 'grün', "i'j&k=l?m#n")[i % 6]
        write(root / name / f'{i}.dcm', HAND, i, os.urandom(30_000 + i))
    for i in range(1, 1200):
        write(root / 'many' / f'{i}.dcm', MANY, i, os.urandom(100))
    (root / 'framed.dcm').write_bytes(corpus.header(
        FRAMED, uid(FRAMED, 1), uid(FRAMED, 1, 1), 1, sop_class=corpus.MULTIFRAME_WORD, rows=256, columns=256, frames=3,
        pixel_bytes=3 * FRAME) + os.urandom(3 * FRAME))
    (root / 'framed.dcm').chmod(0o644)
    write(root / 'odd' / 'x.dcm', ODD, 1, os.urandom(100))
    os.rename(root / 'odd' / 'x.dcm', os.fsencode(root / 'odd') + b'/\xff.dcm')
    return folder, root


@pytest.fixture(scope='module')
def hand_site(pg):
    folder, root = make_images()
    site = harness.Site(pg, f'hand_{time.monotonic_ns()}', {'h': root}, compression='none').migrate()
    assert site.index().code == 0
    time.sleep(SETTLED)
    yield site
    site.remove()
    harness.run('rm', '-rf', folder)


@pytest.fixture(scope='module')
def streaming(hand_site):
    server = Lighttpd(hand_site, 'spawned', workers=1).start()
    assert get(server, HAND).exit == 0  # and its worker has read the settings
    yield server
    server.remove()


def get(server, study, query='', **options):
    return curl(server.study(study, query), folder=server.folder, **{'accept': ZIP, **options})


def ends(server):
    """What became of each request of a GET that had a body of instances."""
    return re.findall(r'GET \w+ \S+ 20[06] \d+ bytes \d+ ms (.*) \[', server.log())


NUMBERS = itertools.count(1)


def settled(server):
    """ends(), none of which is still on its way: the one worker has logged a later request."""
    nowhere = f'1.2.3.{next(NUMBERS)}'
    assert get(server, nowhere).status == 404
    assert in_time(5, lambda: f'GET study {nowhere} 404 ' in server.log()), server.log()[-2000:]
    return ends(server)


def ended(server, count):
    assert in_time(5, lambda: len(ends(server)) >= count)
    return ends(server)[-1]


def left(site):
    return [p.name for p in (site.folder / 'spool').iterdir() if p.name.startswith('wz-')]


def cleared(site):
    """No file is left: an answer's file goes when the web server has closed its connection, after a visitor has all."""
    return in_time(5, lambda: not left(site))
