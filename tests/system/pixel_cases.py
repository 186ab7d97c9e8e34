# SPDX-License-Identifier: MIT
"""Files whose pixels contradict their attributes, made here or those of ../shared/cases, and what they are in truth.

The truth is found without wadozip-dicom: before a file is made to contradict itself, or by a decoder of others that is reported
what the attributes should say.
"""
import io
import struct
import subprocess
from pathlib import Path

import numpy
import pydicom
from corpus import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_pixel_data
from pydicom.pixel_data_handlers.rle_handler import rle_encode_frame
from pydicom.sequence import Sequence

IMPLICIT, EXPLICIT, RLE = '1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.5'
JPEG = '1.2.840.10008.1.2.4.'
SECONDARY, PARAMETRIC, SPECTROSCOPY = ('1.2.840.10008.5.1.4.1.1.' + n for n in ('7', '30', '4.2'))


class Case:
    """pixels: all frames as samples, null if there is no Pixel Data; near: how far colours of lossy JPEG may be off."""

    def __init__(self, path, pixels=None, *, near=0, compressible=True, icon=None):
        self.path, self.pixels, self.near, self.compressible, self.icon = Path(path), pixels, near, compressible, icon
        d = pydicom.dcmread(path, stop_before_pixels=True)
        self.name, self.study, self.syntax = self.path.stem, d.StudyInstanceUID, str(d.file_meta.TransferSyntaxUID)
        self.place = f'/studies/{self.study}/series/{d.SeriesInstanceUID}/instances/{d.SOPInstanceUID}'


def data_set(name, syntax=EXPLICIT, sop_class=SECONDARY):
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = syntax
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = sop_class
    d.StudyInstanceUID, d.SeriesInstanceUID = uid('pixels', name), uid('pixels', name, 1)
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = uid('pixels', name, 1, 1)
    d.Modality, d.PatientID, d.InstanceNumber = 'OT', 'SYNTH-PIXELS', 1
    d.is_little_endian, d.is_implicit_VR = True, syntax == IMPLICIT
    return d


def describe(d, pixels, frames=1):
    """Image Pixel attributes of an array (frames,) rows, columns (, samples)."""
    shape = pixels.shape[1:] if frames > 1 else pixels.shape
    d.SamplesPerPixel = shape[2] if len(shape) > 2 else 1
    d.PhotometricInterpretation = 'RGB' if d.SamplesPerPixel == 3 else 'MONOCHROME2'
    if d.SamplesPerPixel == 3:
        d.PlanarConfiguration = 0
    d.Rows, d.Columns = shape[:2]
    d.BitsAllocated = d.BitsStored = 8 * pixels.itemsize
    d.HighBit, d.PixelRepresentation = d.BitsStored - 1, int(pixels.dtype.kind == 'i')


def native(d, data, vr='OB'):
    d.PixelData = data
    d['PixelData'].VR = vr


def fragments(d, frames):
    d.PixelData = encapsulate(frames)
    d['PixelData'].VR, d['PixelData'].is_undefined_length = 'OB', True


def save(d, folder, name):
    path = folder / f'{name}.dcm'
    d.save_as(path, write_like_original=False)
    return path


def recoded(folder, d, *command):
    """The data set as one of DCMTK's tools compresses it."""
    path = save(d, folder, 'scratch')
    subprocess.run([*command, path, folder / 'scratch.out'], check=True)
    made = pydicom.dcmread(io.BytesIO((folder / 'scratch.out').read_bytes()))
    for name in 'scratch.dcm', 'scratch.out':
        (folder / name).unlink()
    return made


def smooth(*shape, seed=1):
    """Unsigned bytes, different in each frame."""
    at = numpy.indices(shape).astype('i4')
    return sum((i + 3 + seed) * a for i, a in enumerate(at)).astype('u1')


def more_frames(folder):
    """Three frames, of which the data set tells one, nothing, or two."""
    frames = smooth(3, 16, 20)
    for declared in None, 1, 2:
        for how in 'native', 'rle', 'jls':
            name = f'more-frames-{how}-{declared}'
            d = data_set(name, {'native': EXPLICIT, 'rle': RLE, 'jls': JPEG + '80'}[how])
            describe(d, frames, 3)
            if declared:
                d.NumberOfFrames = declared
            if how == 'native':
                native(d, frames.tobytes())
            elif how == 'rle':
                fragments(d, [rle_encode_frame(f) for f in frames])
            else:
                fragments(d, [one_jls(folder, f) for f in frames])
            yield Case(save(d, folder, name), frames)


def one_jls(folder, frame):
    d = data_set('scratch')
    describe(d, frame)
    native(d, frame.tobytes())
    return b''.join(next(generate_pixel_data(recoded(folder, d, 'dcmcjpls').PixelData)))


def signed(folder):
    """Signed samples of 8 and fewer bits in words, as JPEG-LS, which knows no sign."""
    for bits in 8, 7, 5, 12:
        values = smooth(16, 20).astype('u2') * 19 & (1 << bits) - 1
        narrow = values.astype('u1') if bits <= 8 else values
        d = data_set('scratch')
        describe(d, narrow)
        d.BitsStored, d.HighBit = (8, 7) if bits <= 8 else (12, 11)
        native(d, narrow.tobytes(), 'OB' if bits <= 8 else 'OW')
        code = b''.join(next(generate_pixel_data(recoded(folder, d, 'dcmcjpls').PixelData)))
        d = data_set(f'signed-{bits}', JPEG + '80')
        describe(d, values)
        d.BitsStored, d.HighBit, d.PixelRepresentation = bits, bits - 1, 1
        fragments(d, [code])
        extended = values.astype('i2') - ((values >> (bits - 1) & 1).astype('i4') << bits).astype('i2')
        yield Case(save(d, folder, f'signed-{bits}'), extended)


def colours(folder):
    """JPEG whose markers say one colour and the data set another."""
    rgb = numpy.zeros((32, 32, 3), 'u1')
    rgb[:16, :, 0], rgb[16:, :, 1], rgb[:, 16:, 2] = 200, 180, 160
    for option, says in ('+cy', 'RGB'), ('+cr', 'YBR_FULL_422'), ('+cy', 'YBR_FULL_422'), ('+cr', 'RGB'):
        d = data_set('scratch')
        describe(d, rgb)
        native(d, rgb.tobytes())
        made = recoded(folder, d, 'dcmcjpeg', '+eb', option, '+s4', '+q', '95')
        code = b''.join(next(generate_pixel_data(made.PixelData)))
        name = f'colour-{option[1:]}-{says.lower()}'
        d = data_set(name, JPEG + '50')
        describe(d, rgb)
        d.PhotometricInterpretation, d.LossyImageCompression = says, '01'
        fragments(d, [code])
        yield Case(save(d, folder, name), rgb, near=12)


def with_marker(code, marker):
    """JPEG with bytes after its first marker."""
    return code[:2] + marker + code[2:]


def temporary_markers(folder):
    """JPEG with TEM, a marker without a segment, which DCMTK never gets past, and with fill bytes."""
    for syntax, option, near in (JPEG + '50', '+eb', 12), (JPEG + '70', '+e1', 0):
        pixels = smooth(16, 20)
        d = data_set('scratch')
        describe(d, pixels)
        native(d, pixels.tobytes())
        code = b''.join(next(generate_pixel_data(recoded(folder, d, 'dcmcjpeg', option).PixelData)))
        name = f'temporary-marker-{syntax[-2:]}'
        d = data_set(name, syntax)
        describe(d, pixels)
        fragments(d, [with_marker(code, b'\xff\x01\xff\xff\xff\x01')])
        yield Case(save(d, folder, name), pixels, near=near)


def odd(folder):
    for name, syntax in ('odd-implicit', IMPLICIT), ('odd-explicit', EXPLICIT):
        pixels = smooth(3, 3, 3)
        d = data_set(name, syntax)
        describe(d, pixels)
        native(d, pixels.tobytes() + b'\0', 'OW' if syntax == IMPLICIT else 'OB')
        path = save(d, folder, name)
        path.write_bytes(cut_padding(path.read_bytes(), syntax == IMPLICIT))
        yield Case(path, pixels)


def cut_padding(data, implicit):
    """Without the last byte, of Pixel Data, whose length is reported without it."""
    at = data.rindex(b'\xe0\x7f\x10\0') + (4 if implicit else 8)
    length = struct.unpack('<I', data[at:at + 4])[0]
    return data[:at] + struct.pack('<I', length - 1) + data[at + 4:-1]


def floats(folder):
    for name, keyword, bits in ('float', 'FloatPixelData', 32), ('double', 'DoubleFloatPixelData', 64):
        d = data_set(name, IMPLICIT, PARAMETRIC)
        d.SamplesPerPixel, d.PhotometricInterpretation, d.NumberOfFrames = 1, 'MONOCHROME2', 1
        d.Rows, d.Columns, d.BitsAllocated = 2, 3, bits
        setattr(d, keyword, numpy.arange(6, dtype=f'f{bits // 8}').tobytes())
        yield Case(save(d, folder, name), compressible=False)


def icons(folder):
    """An icon whose native pixel data is too short, of one without attributes, and of one that nothing decodes."""
    pixels = numpy.array([[1, 2], [3, 4]], 'u1')
    for syntax in IMPLICIT, EXPLICIT, RLE:
        for kind in 'short', 'bare', 'junk':
            if kind == 'junk' and syntax != RLE:
                continue
            name = f'icon-{kind}-{ {IMPLICIT: "implicit", EXPLICIT: "explicit", RLE: "rle"}[syntax] }'
            icon, d = Dataset(), data_set(name, syntax)
            describe(d, pixels)
            if kind != 'bare':
                describe(icon, numpy.zeros((128, 128), 'u2') if kind == 'short' else numpy.zeros((8, 8), 'u1'))
            if kind == 'junk':
                fragments(icon, [b'\1\2\3\4' * 16])
            else:
                native(icon, bytes(range(64)), 'OW')
            d.IconImageSequence = Sequence([icon])
            if syntax == RLE:
                fragments(d, [rle_encode_frame(pixels)])
            else:
                native(d, pixels.tobytes())
            yield Case(save(d, folder, name), pixels, icon=None if kind == 'junk' else bytes(range(64)))


def rows_alone(folder):
    for name, syntax in ('rows-alone', EXPLICIT), ('rows-alone-implicit', IMPLICIT):
        d = data_set(name, syntax, SPECTROSCOPY)
        d.Rows = d.Columns = 2
        d.SpectroscopyData = bytes(16)
        yield Case(save(d, folder, name))


def made_up(folder):
    """All that are made here, written to `folder`."""
    makers = more_frames, signed, colours, temporary_markers, odd, floats, icons, rows_alone
    return [c for make in makers for c in make(folder)]


def declared_otherwise(path, **attributes):
    """What pydicom reads when the attributes are put right."""
    d = pydicom.dcmread(path)
    for name, value in attributes.items():
        setattr(d, name, value)
    return d.pixel_array


def shared(folder):
    """Those of ../shared/cases that are about pixels."""
    at = {p.stem: p for p in folder.glob('*.dcm')}
    icon = [Case(at[f'icon-native-short-{n}'], numpy.array([[1, 2], [3, 4]], 'u1'), icon=icon_of(at[f'icon-native-short-{n}']))
            for n in ('explicit', 'implicit', 'rle')]
    colour = declared_otherwise(at['95-jfif-called-RGB'], PhotometricInterpretation='YBR_FULL_422')
    narrow = declared_otherwise(at['02b-jls-signed-8-in-16'], BitsAllocated=8, PixelRepresentation=0)
    more = [Case(p, declared_otherwise(p, NumberOfFrames=2)) for n, p in at.items() if n.startswith('06')]
    return [*icon, *more, Case(at['95-jfif-called-RGB'], colour_as_rgb(colour), near=4),
            Case(at['02b-jls-signed-8-in-16'], narrow.astype('i1').astype('i2')),
            Case(at['04-odd-pixel-data-implicit'], declared_otherwise(at['04-odd-pixel-data-implicit'])),
            Case(at['50b-float-pixel-data'], compressible=False), Case(at['rows-without-pixel-data']),
            Case(at['icon-junk-fragment-rle'], numpy.array([[1, 2], [3, 4]], 'u1'))]


def icon_of(path):
    return pydicom.dcmread(path).IconImageSequence[0].PixelData


def colour_as_rgb(ybr):
    """ITU-R BT.601, full range (PS3.3 C.7.6.3.1.2)."""
    y, b, r = (ybr[..., i].astype('f8') for i in range(3))
    rgb = numpy.stack([y + 1.402 * (r - 128), y - 0.344136 * (b - 128) - 0.714136 * (r - 128), y + 1.772 * (b - 128)], -1)
    return rgb.round().clip(0, 255).astype('u1')
