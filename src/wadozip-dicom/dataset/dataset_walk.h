/* SPDX-License-Identifier: MIT */
/* Walk a data set in tag order and pass each element to a model. */
#ifndef WADOZIP_DICOM_DATASET_DATASET_WALK_H
#define WADOZIP_DICOM_DATASET_DATASET_WALK_H

#include "wadozip-dicom/io/load.h"

#include <string>

#include "wadozip-dicom/dataset/model.h"

#define DATASET_WALK_DEPTH_MAX 64     /* nested sequences; deeper data sets are refused */
#define DATASET_WALK_INLINE_MAX 1024u /* longest binary value that is written in base64 */

/* The address of a value: the path of its element (dicom/element_path.h) between
 * these. */
struct BulkAddress {
    std::string before, after;
};

/*
 * Walk the data set without group lengths and group 0002. Text becomes UTF-8,
 * with a matching Specific Character Set. Pixel data and other long binary
 * values are represented by their address. Throws Refusal.
 */
void dataset_walk_data_set(DcmDataset &d, const BulkAddress &bulk, Model &model);

/* Return an approximate upper bound of a model's output. */
uint64_t dataset_walk_measure(DcmDataset &d);

#endif
