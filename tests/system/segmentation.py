# SPDX-License-Identifier: MIT
"""A study of a CT image and a segmentation (PS3.3 A.51) of it."""
import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from searches import ROOT
from slide import code, item

STUDY = f'{ROOT}.71'


def segmentation(ct):
    """Of a square in the middle of the image's 128 x 128 pixels."""
    d = Dataset()
    d.Rows, d.Columns, d.NumberOfFrames, d.SamplesPerPixel, d.PhotometricInterpretation = 128, 128, 1, 1, 'MONOCHROME2'
    d.BitsAllocated = d.BitsStored = 1
    d.HighBit, d.PixelRepresentation, d.LossyImageCompression, d.SegmentationType = 0, 0, '00', 'BINARY'
    d.FrameOfReferenceUID, d.ContentLabel, d.ContentDescription = ct.FrameOfReferenceUID, 'SQUARE', 'Square'
    d.ContentCreatorName, d.ImageType, d.SeriesDescription = 'Nobody', ['DERIVED', 'PRIMARY'], 'Square'
    tissue = Sequence([code('T-D0050', 'SRT', 'Tissue')])
    d.SegmentSequence = Sequence([item(
        SegmentNumber=1, SegmentLabel='Square', SegmentAlgorithmType='MANUAL',
        SegmentedPropertyCategoryCodeSequence=tissue, SegmentedPropertyTypeCodeSequence=tissue)])
    image = item(ReferencedSOPClassUID=ct.SOPClassUID, ReferencedSOPInstanceUID=ct.SOPInstanceUID)
    d.ReferencedSeriesSequence = Sequence([item(SeriesInstanceUID=ct.SeriesInstanceUID,
                                                ReferencedInstanceSequence=Sequence([image]))])
    d.SharedFunctionalGroupsSequence = Sequence([item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=ct.ImageOrientationPatient)]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=ct.PixelSpacing, SliceThickness=ct.SliceThickness,
                                             SpacingBetweenSlices=ct.SliceThickness)]))])
    purpose = Sequence([code('121322', 'DCM', 'Source image for image processing operation')])
    d.PerFrameFunctionalGroupsSequence = Sequence([item(
        FrameContentSequence=Sequence([item(DimensionIndexValues=[1, 1])]),
        PlanePositionSequence=Sequence([item(ImagePositionPatient=ct.ImagePositionPatient)]),
        SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=1)]),
        DerivationImageSequence=Sequence([item(SourceImageSequence=Sequence([item(
            ReferencedSOPClassUID=ct.SOPClassUID, ReferencedSOPInstanceUID=ct.SOPInstanceUID,
            PurposeOfReferenceCodeSequence=purpose)]))]))])
    mask = numpy.zeros((128, 128), numpy.uint8)
    mask[32:96, 32:96] = 1
    d.PixelData = numpy.packbits(mask.ravel(), bitorder='little').tobytes()
    d['PixelData'].VR = 'OB'
    return d


def save(d, path, series, modality, sop_class):
    d.PatientID = d.PatientName = 'Segmented'
    d.StudyDate, d.StudyTime, d.Modality, d.SOPClassUID = '20240101', '1200', modality, sop_class
    d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID = STUDY, f'{STUDY}.{series}', f'{STUDY}.{series}.1'
    d.SeriesNumber, d.InstanceNumber = series, 1
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = sop_class, d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.1'
    d.is_little_endian, d.is_implicit_VR = True, False
    d.save_as(path, write_like_original=False)


def write(folder, image):
    """`image`: a CT file, which is saved under UIDs of this study."""
    ct = pydicom.dcmread(image)
    save(ct, folder / 'segmented.dcm', 1, 'CT', ct.SOPClassUID)
    save(segmentation(ct), folder / 'segmentation.dcm', 2, 'SEG', '1.2.840.10008.5.1.4.1.1.66.4')
