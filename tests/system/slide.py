# SPDX-License-Identifier: MIT
"""A whole-slide image as scanners make it: levels of JPEG tiles, each level an instance, the tiles in order (TILED_FULL)."""
import io

from PIL import Image, ImageDraw
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from searches import ROOT

SOP_CLASS = '1.2.840.10008.5.1.4.1.1.77.1.6'
STUDY, SERIES = f'{ROOT}.61', f'{ROOT}.61.1'
TILE, SIDE = 256, 1024
MILLIMETRES = 1.0  # of the slide's side
COLOURS = ('red', 'lime', 'blue', 'yellow')  # of the quarters: left and right above, left and right below


def picture(side):
    image = Image.new('RGB', (side, side), 'white')
    draw, half = ImageDraw.Draw(image), side // 2
    for i, colour in enumerate(COLOURS):
        x, y = i % 2 * half, i // 2 * half
        draw.rectangle([x, y, x + half - 1, y + half - 1], colour)
    return image


def tiles(image):
    for y in range(0, image.height, TILE):
        for x in range(0, image.width, TILE):
            out = io.BytesIO()
            image.crop((x, y, x + TILE, y + TILE)).save(out, 'JPEG', quality=95, subsampling=0)
            yield out.getvalue()


def item(**values):
    d = Dataset()
    for name, value in values.items():
        setattr(d, name, value)
    return d


def code(value, scheme, meaning):
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def describe(d, side):
    """The attributes of PS3.3 A.32.8 that viewers read."""
    d.ImageType = ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE' if side == SIDE else 'RESAMPLED']
    d.PatientID, d.PatientName, d.StudyDate, d.StudyTime, d.Modality = 'Slide', 'Slide', '20240101', '1200', 'SM'
    d.FrameOfReferenceUID, d.PositionReferenceIndicator = f'{ROOT}.61.2', 'SLIDE_CORNER'
    d.AcquisitionDateTime, d.VolumetricProperties = '20240101120000', 'VOLUME'
    d.ImagedVolumeWidth = d.ImagedVolumeHeight = MILLIMETRES
    d.ImagedVolumeDepth, d.SpecimenLabelInImage, d.FocusMethod = 0.001, 'NO', 'AUTO'
    d.ExtendedDepthOfField, d.NumberOfOpticalPaths, d.TotalPixelMatrixFocalPlanes = 'NO', 1, 1
    d.DimensionOrganizationType, d.TotalPixelMatrixColumns, d.TotalPixelMatrixRows = 'TILED_FULL', side, side
    d.TotalPixelMatrixOriginSequence = Sequence([item(XOffsetInSlideCoordinateSystem=0.0, YOffsetInSlideCoordinateSystem=0.0)])
    d.ImageOrientationSlide, d.ContainerIdentifier = [0, -1, 0, -1, 0, 0], 'S1'
    light = Sequence([code('111744', 'DCM', 'Brightfield illumination')])
    d.OpticalPathSequence = Sequence([item(OpticalPathIdentifier='1', IlluminationTypeCodeSequence=light)])
    spacing = MILLIMETRES / side
    d.SharedFunctionalGroupsSequence = Sequence([item(
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[spacing, spacing], SliceThickness=0.001)]),
        WholeSlideMicroscopyImageFrameTypeSequence=Sequence([item(FrameType=d.ImageType)]),
        OpticalPathIdentificationSequence=Sequence([item(OpticalPathIdentifier='1')]))])


def level(path, number, side):
    d, frames = Dataset(), list(tiles(picture(side)))
    describe(d, side)
    d.SOPClassUID, d.SOPInstanceUID = SOP_CLASS, f'{SERIES}.{number}'
    d.StudyInstanceUID, d.SeriesInstanceUID, d.SeriesNumber, d.InstanceNumber = STUDY, SERIES, 1, number
    d.Rows, d.Columns, d.NumberOfFrames, d.SamplesPerPixel, d.PlanarConfiguration = TILE, TILE, len(frames), 3, 0
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
    d.PhotometricInterpretation, d.LossyImageCompression, d.BurnedInAnnotation = 'YBR_FULL_422', '01', 'NO'
    d.PixelData = encapsulate(frames)
    d['PixelData'].is_undefined_length = True
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = SOP_CLASS, d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.4.50'
    d.is_little_endian, d.is_implicit_VR = True, False
    d.save_as(path, write_like_original=False)


def write(folder):
    """Three levels, the largest first."""
    for number, side in enumerate((SIDE, SIDE // 2, SIDE // 4), 1):
        level(folder / f'slide{number}.dcm', number, side)
