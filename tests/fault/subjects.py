# SPDX-License-Identifier: MIT
"""Studies to be downloaded while something breaks, and what can be asked of them."""
import hashlib
import io
import json
import random
import re
import zipfile
import zlib
from collections import namedtuple

import conversions
from corpus import MULTIFRAME_WORD, element, header, uid

COUNT, SIDE = 60, 112  # instances of a study and their rows: 25 KB of pixels each
TEXT = 9000  # bytes of text in each header, so that metadata, too, is larger than what lies in buffers
PLAIN, IMPLICIT, LARGE = (uid('fault', name) for name in ('plain', 'implicit', 'large'))
ZIP, RELATED = 'application/zip', 'multipart/related; type="application/dicom"'
XML = 'multipart/related; type="application/dicom+xml"'
TARGETS = {'Deflated': '1.2.840.10008.1.2.1.99', 'JPEG lossless': '1.2.840.10008.1.2.4.70',
           'JPEG-LS': '1.2.840.10008.1.2.4.80', 'JPEG-LS near': '1.2.840.10008.1.2.4.81',
           'JPEG 2000': '1.2.840.10008.1.2.4.90', 'JPEG 2000 lossy': '1.2.840.10008.1.2.4.91',
           'RLE': '1.2.840.10008.1.2.5'}

# name, whose part before a comma is the column of the table; path below the base; Accept; whether what was learned and
# kept is forgotten before
Subject = namedtuple('Subject', 'name path accept first')
ADDRESS = re.compile(rb'127\.0\.0\.1:\d+')  # in metadata: it differs from relay to relay


def _image(rng, name, number, frames):
    """A file whose pixels shrink by a quarter at most, with a long text in its header."""
    low, high = rng.randbytes(SIDE * SIDE), rng.randbytes(SIDE * SIDE).translate(bytes(i & 7 for i in range(256)))
    pixels = bytes(b for pair in zip(low, high) for b in pair) * (frames or 1)
    more = {'sop_class': MULTIFRAME_WORD, 'frames': frames} if frames else {}
    head = header(uid('fault', name), uid('fault', name, 1), uid('fault', name, 1, number), number, rows=SIDE,
                  columns=SIDE, pixel_bytes=len(pixels), **more)
    at = len(head) - 12
    text = rng.randbytes(TEXT // 2).hex().encode()
    return head[:at] + element(0x0040, 0xa160, 'UT', text) + head[at:] + pixels


def write(folder):
    """The three studies below the folder; paths of their files."""
    for name, count, frames in (('plain', COUNT, 0), ('implicit', COUNT, 0), ('large', 1, COUNT)):
        (folder / name).mkdir(mode=0o755)
        rng = random.Random(name)
        for number in range(1, count + 1):
            path = folder / name / f'{number:03}.dcm'
            path.write_bytes(_image(rng, name, number, frames))
            if name != 'plain':
                conversions.implicit(path)
            path.chmod(0o644)
    return sorted(folder.rglob('*.dcm'))


def subjects():
    """Everything that is asked for, in the order of the table."""
    plain, implicit = f'/studies/{PLAIN}', f'/studies/{IMPLICIT}'
    one = f'/studies/{LARGE}/series/{uid("fault", "large", 1)}/instances/{uid("fault", "large", 1, 1)}'
    rows = [('stored', f'{plain}?compression=none', f'{ZIP};transfer-syntax=*', False),
            ('deflated', plain, ZIP, False),
            ('converted first', implicit, ZIP, True), ('converted later', implicit, ZIP, False),
            ('converted first, compression=deflate', f'{implicit}?compression=deflate', ZIP, True)]
    for name, syntax in TARGETS.items():
        rows += [(f'compressed {when}, {name}', plain, f'{ZIP};transfer-syntax={syntax}', when == 'first')
                 for when in ('first', 'later')]
    rows += [('multipart', plain, f'{RELATED};transfer-syntax=*', False),
             ('multipart, converted', implicit, RELATED, True),
             ('metadata', f'{plain}/metadata', 'application/dicom+json', True),
             ('metadata, XML', f'{plain}/metadata', XML, True),
             ('zipped metadata', plain, f'{ZIP};type="application/dicom+json"', True),
             ('zipped metadata, XML', plain, f'{ZIP};type="application/dicom+xml"', True),
             ('DICOMDIR', f'{plain}?dicomdir=true', ZIP, False),
             ('DICOMDIR, converted', f'{implicit}?dicomdir=true', ZIP, True),
             ('manifest', f'{plain}?manifest=sha256', ZIP, False),
             ('manifest, table', plain, 'text/csv', False),
             ('one value, instance', one, 'application/dicom', True),
             ('one value, bulk data', f'{one}/bulkdata/7FE00010', 'application/octet-stream', True)]
    return [Subject(*row) for row in rows]


class Unlike(Exception):
    """Content that no complete answer has."""


def _zip(data):
    """Members by name; fails unless the archive is one from its first byte to its last."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        infos = z.infolist()
        end = data.rfind(b'PK\5\6')
        if end + 22 != len(data) or (infos and infos[0].header_offset != 0):
            raise Unlike('bytes before or after the archive')
        return {i.filename: hashlib.sha256(z.read(i)).hexdigest() for i in infos}


def _parts(data, boundary):
    """Digests of the parts, whose closing delimiter ends the message."""
    mark = b'--' + boundary.encode()
    pieces = (b'\r\n' + data).split(b'\r\n' + mark)
    if len(pieces) < 3 or pieces[0] or pieces[-1].rstrip(b'\r\n') != b'--':
        raise Unlike('no closing delimiter at the end')
    return [hashlib.sha256(p.partition(b'\r\n\r\n')[2]).hexdigest() for p in pieces[1:-1]]


def content(data, media_type):
    """What an answer holds, whatever its layout; Unlike or another error of a parser if it is damaged."""
    if 'dicom+' in media_type:
        data = ADDRESS.sub(b'HOST', data)
    if media_type.startswith(ZIP):
        return _zip(data)
    boundary = re.search(r'boundary="?([^";]+)', media_type)
    if boundary:
        return _parts(data, boundary.group(1))
    if 'json' in media_type:
        json.loads(data)
    return hashlib.sha256(data).hexdigest()


DAMAGE = (Unlike, zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, KeyError, IndexError, OSError)
