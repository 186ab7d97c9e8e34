/* SPDX-License-Identifier: MIT */
/*
 * What wadozip-dicom makes of an instance for zipped metadata (after the drafts of Supplement 211): a document that tells the
 * data set, behind it the values of its bulk data in the order in which the document names them, behind these an index, and
 * at the very end the number of its rows and a mark. Numbers are little endian. Valid C and C++.
 */
#ifndef WADOZIP_HELPER_PACKAGE_LAYOUT_H
#define WADOZIP_HELPER_PACKAGE_LAYOUT_H

#define METADATA_ZIP_PARTS_MAX 65536u  /* the document and its values */
#define METADATA_ZIP_ROW 12            /* bytes of one part, 8, and its CRC-32, 4 */
#define METADATA_ZIP_END 8             /* number of rows, 4, and mark, 4 */
#define METADATA_ZIP_MARK 0x325a5750u
#define METADATA_ZIP_ENDING ".raw"     /* of values' names */

#endif
