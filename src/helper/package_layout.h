/* SPDX-License-Identifier: MIT */
/*
 * The result of a package job, for zipped metadata (after the drafts of
 * Supplement 211): a document with the data set, then the values of its bulk
 * data in the order of their names in the document, then an index, and at the
 * end the number of its rows and a mark. Numbers are little endian. Valid C and
 * C++.
 */
#ifndef WADOZIP_HELPER_PACKAGE_LAYOUT_H
#define WADOZIP_HELPER_PACKAGE_LAYOUT_H

#define METADATA_ZIP_PARTS_MAX 65536u  /* the document and its values */
#define METADATA_ZIP_ROW 12            /* bytes of one part, 8, and its CRC-32, 4 */
#define METADATA_ZIP_END 8             /* number of rows, 4, and mark, 4 */
#define METADATA_ZIP_MARK 0x325a5750u
#define METADATA_ZIP_ENDING ".raw"     /* extension of the values' names */

#endif
