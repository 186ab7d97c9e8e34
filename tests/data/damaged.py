# SPDX-License-Identifier: MIT
"""Files that deviate from the standard, each with a study of its own: bytes of tests, after public bug reports."""
import struct

import numpy
from corpus import uid
from pydicom.pixel_data_handlers.rle_handler import rle_encode_frame

IMPLICIT, EXPLICIT, RLE = '1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.5'
JPEG = '1.2.840.10008.1.2.4.'
CAPTURE = '1.2.840.10008.5.1.4.1.1.7'
LONG = ('OB', 'OW', 'SQ', 'UN', 'UT')
OPEN = 0xffffffff


def element(tag, vr, value, implicit=False, length=None):
    """One element; a value of odd length stays so."""
    value = value.encode('latin-1') if isinstance(value, str) else value
    length = len(value) if length is None else length
    head = struct.pack('<HH', tag >> 16, tag & 0xffff)
    if implicit:
        return head + struct.pack('<I', length) + value
    if vr in LONG:
        return head + vr.encode() + struct.pack('<HI', 0, length) + value
    return head + vr.encode() + struct.pack('<H', length) + value


def even(text):
    return text + '\0' * (len(text) % 2)


def us(number):
    return struct.pack('<H', number)


def item(content, length=None):
    return struct.pack('<HHI', 0xfffe, 0xe000, len(content) if length is None else length) + content


SEQUENCE_END, ITEM_END = struct.pack('<HHI', 0xfffe, 0xe0dd, 0), struct.pack('<HHI', 0xfffe, 0xe00d, 0)


def fragments(*parts, end=SEQUENCE_END):
    """Pixel data in fragments, with an empty offset table."""
    data = item(b'') + b''.join(item(p + bytes(len(p) % 2)) for p in parts)
    return element(0x7fe00010, 'OB', data + end, length=OPEN)


class File:
    """A data set of a name, its elements by tag, and how it is written."""

    def __init__(self, name, syntax=EXPLICIT, values=None, bits=8, signed=0, size=(4, 4), study=None):
        self.name, self.syntax = name, syntax
        self.implicit = syntax == IMPLICIT
        self.study, self.series, self.sop = study or uid('damaged', name), uid('damaged', name, 1), uid('damaged', name, 2)
        rows, columns = size
        count = rows * columns
        self.pixels = numpy.arange(count).astype('u1' if bits == 8 else '<u2') if values is None else values
        self.meta_change, self.tail, self.headless = 0, b'', False
        self.elements = {}
        for tag, vr, value in [
                (0x00080016, 'UI', even(CAPTURE)), (0x00080018, 'UI', even(self.sop)), (0x00080020, 'DA', '20200101'),
                (0x00080030, 'TM', '120000'), (0x00080050, 'SH', 'A '), (0x00080060, 'CS', 'OT'),
                (0x00100010, 'PN', 'Damaged^File'), (0x00100020, 'LO', 'P-1 '), (0x0020000d, 'UI', even(self.study)),
                (0x0020000e, 'UI', even(self.series)), (0x00200010, 'SH', '1 '), (0x00200011, 'IS', '1 '),
                (0x00200013, 'IS', '1 '), (0x00280002, 'US', us(1)), (0x00280004, 'CS', 'MONOCHROME2 '),
                (0x00280010, 'US', us(rows)), (0x00280011, 'US', us(columns)), (0x00280100, 'US', us(bits)),
                (0x00280101, 'US', us(bits)), (0x00280102, 'US', us(bits - 1)), (0x00280103, 'US', us(signed))]:
            self.put(tag, vr, value)
        self.put(0x7fe00010, 'OB' if bits == 8 and not self.implicit else 'OW', self.pixels.tobytes())

    def put(self, tag, vr, value, length=None):
        self.elements[tag] = element(tag, vr, value, self.implicit, length)
        return self

    def raw(self, tag, data):
        self.elements[tag] = data
        return self

    def bytes(self):
        data = b''.join(self.elements[tag] for tag in sorted(self.elements)) + self.tail
        if self.headless:
            return data
        meta = b''.join([element(0x00020001, 'OB', b'\0\1'), element(0x00020002, 'UI', even(CAPTURE)),
                         element(0x00020003, 'UI', even(self.sop)), element(0x00020010, 'UI', even(self.syntax)),
                         element(0x00020012, 'UI', '1.2.3.4\0')])
        length = element(0x00020000, 'UL', struct.pack('<I', len(meta) + self.meta_change))
        return bytes(128) + b'DICM' + length + meta + data


SIGNED = -2000
NESTED = [0x00289001, 0x00409096]  # sequences that hold a sequence that holds the value


def sign_everywhere(name='sign'):
    """"US or SS" before and after Pixel Representation, in items, in items of items, and in one that is unsigned."""
    f = File(name, IMPLICIT, numpy.array([-5, 7, 1, -2], '<i2'), 16, 1, (2, 2))
    value = struct.pack('<h', SIGNED)
    for tag in (0x00189810, 0x00221452, 0x00280106, 0x00280107, 0x00280120, 0x00280121):
        f.put(tag, 'xs', value)
    mapping = element(0x00409211, 'xs', value, True) + element(0x00409216, 'xs', value, True)
    deep = element(0x00409096, 'SQ', item(mapping), True)
    f.put(0x00186011, 'SQ', item(element(0x00189810, 'xs', value, True)))
    f.put(0x00283000, 'SQ', item(element(0x00283002, 'xs', struct.pack('<HhH', 4, -1000, 16), True) +
                                 element(0x00283006, 'lt', bytes(8), True)))
    f.put(0x00409096, 'SQ', item(mapping))
    f.put(0x52009229, 'SQ', item(deep, OPEN) + ITEM_END + SEQUENCE_END, OPEN)
    f.put(0x00880200, 'SQ', item(element(0x00280103, 'US', us(0), True) + element(0x00280107, 'xs', us(65000), True)))
    return f


def unknown(name, content, tag=0x00102202):
    f = File(name, RLE)
    f.raw(0x7fe00010, fragments(rle_encode_frame(f.pixels.reshape(4, 4))))
    return f.put(tag, 'UN', content)


EXPLICIT_INSIDE = item(element(0x00080100, 'SH', 'CODE') + element(0x00080102, 'SH', 'DCM ') +
                       element(0x00080104, 'LO', 'Meaning '))


def read_files():
    """Files that are read in every form, by name."""
    made = [sign_everywhere(), unknown('un-explicit', EXPLICIT_INSIDE), unknown('un-text', b'GARBAGE!GARBAGE!'),
            unknown('un-late', b'GARBAGE!', 0x00400275),
            File('meta-long'), File('meta-long-implicit', IMPLICIT), File('meta-short'), File('meta-huge'),
            File('stray-zero'), File('stray-seven'), File('stray-newline'), File('stray-sector'),
            unknown('no-delimiter', b'ab'), File('no-delimiters', IMPLICIT), File('half-delimiter', RLE),
            File('odd-implicit', IMPLICIT, size=(3, 3)), File('odd-values')]
    files = {f.name: f for f in made}
    files['meta-long'].meta_change = files['meta-long-implicit'].meta_change = 8
    files['meta-short'].meta_change, files['meta-huge'].meta_change = -18, 0x7fffff00
    files['stray-zero'].tail, files['stray-seven'].tail, files['stray-newline'].tail = b'\0', bytes(7), b'\n'
    files['stray-sector'].tail = bytes(509)
    f = files['no-delimiter']
    f.raw(0x7fe00010, fragments(rle_encode_frame(f.pixels.reshape(4, 4)), end=b''))
    files['half-delimiter'].raw(0x7fe00010, fragments(rle_encode_frame(f.pixels.reshape(4, 4)), end=SEQUENCE_END[:5]))
    deep = item(element(0x00080100, 'SH', 'X ', True) + element(0x0008010b, 'CS', 'Y ', True), OPEN)
    f = files['no-delimiters']
    del f.elements[0x7fe00010], f.elements[0x00280010]
    f.put(0x52009229, 'SQ', item(element(0x00081140, 'SQ', deep, True, OPEN), OPEN), OPEN)
    f = files['odd-values']
    f.put(0x00081030, 'LO', 'odd').put(0x00280120, 'US', b'\1\0\7').put(0x00091001, 'UN', b'abc').put(0x00090010, 'LO', 'me')
    f.raw(0x00880200, element(0x00880200, 'SQ', item(element(0x00281201, 'OW', b'abcde') + element(0x00100020, 'LO', 'x'))))
    return files


def refused_files():
    """Files that are refused when they are indexed, by name, and a part of the reason."""
    junk = b'\xff\xd8\xff\xe0' + bytes(60)
    made = {name: File(name).raw(0x7fe00010, fragments(junk)) for name in ('native-junk', 'headless-junk')}
    made['headless-junk'].headless = True
    frame = rle_encode_frame(File('cut-frames').pixels.reshape(4, 4))
    made['cut-frames'] = File('cut-frames', RLE).put(0x00280008, 'IS', '2 ').raw(0x7fe00010, fragments(frame, end=b''))
    made['cut-value'] = File('cut-value').raw(0x7fe00010, element(0x7fe00010, 'OB', bytes(9), length=16))
    made['cut-header'] = File('cut-header').raw(0x7fe00010, element(0x7fe00010, 'OB', b'')[:5])
    reasons = {'native-junk': 'does not show which', 'headless-junk': 'does not show which',
               'cut-frames': 'Delimitation Item missing', 'cut-value': 'ends', 'cut-header': 'ends'}
    return {name: (f, reasons[name]) for name, f in made.items()}
