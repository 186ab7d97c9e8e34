/* SPDX-License-Identifier: MIT */
/* Goes through a data set in the order of its tags and tells a model of each element. */
#ifndef WADOZIP_DICOM_DATASET_DATASET_WALK_H
#define WADOZIP_DICOM_DATASET_DATASET_WALK_H

#include "wadozip-dicom/io/load.h"

#include <string>

#include "wadozip-dicom/dataset/model.h"

#define DATASET_WALK_DEPTH_MAX 64     /* sequences within each other; deeper data sets are refused */
#define DATASET_WALK_INLINE_MAX 1024u /* bytes of a binary value that is told itself, in base64 */

/*
 * All of the data set but group lengths and group 0002. Text becomes UTF-8, and Specific Character Set says so. Pixel data and
 * what else is binary and long is told by its address: `base` and the element's path (dicom/element_path.h). Throws Refusal.
 */
void dataset_walk_data_set(DcmDataset &d, const std::string &base, Model &model);

/* At most about how many bytes a model makes of the data set. */
uint64_t dataset_walk_measure(DcmDataset &d);

#endif
