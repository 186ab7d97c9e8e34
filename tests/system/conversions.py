# SPDX-License-Identifier: MIT
"""Studies that must be converted, and files that a converter dies of."""
import random
import struct
import zlib

import harness
import pydicom
import pytest
from corpus import MULTIFRAME_WORD, header, picture, uid

IMPLICIT, DEFLATED, JPEG_2000 = '1.2.840.10008.1.2', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.4.90'
SIZE = 112


@pytest.fixture
def folder():
    root = harness.temporary('wzforms-')
    yield root
    harness.run('rm', '-r', root)


@pytest.fixture
def serve(make_site):
    """serve(site): a web server before it, stopped at the end."""
    running = []

    def start(site, kind='lighttpd-socket', **options):
        running.append(harness.front_end(kind, site, **options).start())
        return running[-1]
    yield start
    for server in running:
        server.remove()


def write(path, number, frames=0, noise=False, size=SIZE, study='forms'):
    """A CT slice, or so many frames of one, in Explicit VR Little Endian."""
    rng = random.Random(number)
    pixels = rng.randbytes(size * size * 2) if noise else picture(rng, size, size)
    with open(path, 'wb') as f:
        f.write(header(uid(study), uid(study, 1), uid(study, 1, number), number, rows=size, columns=size, frames=frames,
                       pixel_bytes=len(pixels) * (frames or 1),
                       **({'sop_class': MULTIFRAME_WORD} if frames else {})))
        f.write(pixels * (frames or 1))
    return path


def implicit(path):
    """Writes a file again in Implicit VR Little Endian, which is always converted."""
    d = pydicom.dcmread(path)
    d.is_implicit_VR = True
    d.file_meta.TransferSyntaxUID = IMPLICIT
    d.save_as(path)
    return path


def deflated(path):
    """Writes a file again in Deflated Explicit VR Little Endian."""
    d = pydicom.dcmread(path)
    d.file_meta.TransferSyntaxUID = DEFLATED
    d.save_as(path)
    return path


def study(folder, count=12, name='forms', noise=()):
    """`count` files that the default form converts; those of the numbers in `noise` do not shrink."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for n in range(1, count + 1):
        implicit(write(folder / f'{n:03}.dcm', n, study=name, noise=n in noise)).chmod(0o644)
    return uid(name)


def element(group, number, length):
    return struct.pack('<HHI', group, number, length)


def nested(path, depth=200000):
    """The file with sequences nested so deep in it that they overflow the stack of DCMTK."""
    deep = element(0x0040, 0xa730, 0xffffffff) + element(0xfffe, 0xe000, 0xffffffff)
    data = path.read_bytes()
    at = data.index(element(0x7fe0, 0x10, 2 * SIZE * SIZE))
    path.write_bytes(data[:at] + deep * depth)


def smuggle(site, path, root='r'):
    """The catalogue believes that the file is what it was: nothing but the conversion finds out."""
    data, stat = path.read_bytes(), path.stat()
    site.sql(f'UPDATE wadozip.instance SET size = {stat.st_size}, mtime_ns = {stat.st_mtime_ns}, '
             f"crc32 = {zlib.crc32(data)} WHERE root = '{root}' AND path = '{path.name}'")
