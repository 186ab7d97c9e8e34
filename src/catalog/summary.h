/* SPDX-License-Identifier: MIT */
/*
 * Texts that hold several values of an instance, with single spaces between: turning a dozen values into text each and giving
 * them columns of their own is most of what the database does for a look-up of thousands of rows. Pure: text in, values out.
 * The functions change the text, which then holds the strings, and set only the fields that it tells of. False for what is
 * not such a text, or out of bounds.
 */
#ifndef WADOZIP_CATALOG_SUMMARY_H
#define WADOZIP_CATALOG_SUMMARY_H

#include <stdbool.h>

#include "catalog/db_row.h"
#include "dicom/instance.h"

#define SUMMARY_FILE_MAX (4 * DB_ROW_PATH_MAX + 512) /* bytes of such a text with its NUL */
#define SUMMARY_CONVERSION_MAX 512

/*
 * Read the column `summary` of an instance (sql/007_attributes.sql): its UID and number, and everything about its file. The
 * deflated size is 0 unless it is this compressor's (null: nobody's), the default size 0 unless it is of
 * this codec version (0: of none).
 */
bool summary_file(char *text, const char *compressor, uint32_t codec_version, struct instance *i);

/*
 * Transfer syntax, part10, lossy, frames, rows, columns, bits, samples; and size, CRC-32 and deflated size of the form where
 * one has been learnt, size 0 where it failed. Null where the file itself is what is wanted: Explicit VR Little Endian with
 * a meta header, of which nothing more is told.
 */
bool summary_conversion(char *text, struct instance *i);

/* Number of a series, when an instance was last removed (microseconds since 1970), and to the end its description. */
bool summary_series(char *text, struct instance *i);

#endif
