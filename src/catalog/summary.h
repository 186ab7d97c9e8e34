/* SPDX-License-Identifier: MIT */
/*
 * Texts that contain several values of an instance, separated by single spaces.
 * Most of the database's time for thousands of rows is spent on converting
 * values to text and on separate columns. Pure. The functions modify the text,
 * which then contains the strings, and set only the fields named below. They
 * return false for malformed text or values out of bounds.
 */
#ifndef WADOZIP_CATALOG_SUMMARY_H
#define WADOZIP_CATALOG_SUMMARY_H

#include <stdbool.h>

#include "db/db_row.h"
#include "dicom/instance.h"

#define SUMMARY_FILE_MAX (4 * DB_ROW_PATH_MAX + 512) /* bytes of such a text with its NUL */
#define SUMMARY_CONVERSION_MAX 512

/*
 * Read the column `summary` of an instance (sql/007_attributes.sql): its UID
 * and number, and all values of its file. The deflated size is 0 unless it is
 * from this compressor (null: none), the uncompressed size is 0 unless it has
 * this codec version (0: none).
 */
bool summary_file(char *text, const char *compressor, uint32_t codec_version, struct instance *i);

/*
 * Read transfer syntax, part10, lossy, frames, rows, columns, bits and samples,
 * and, if a conversion is recorded, its size (0 if it failed), CRC-32 and
 * deflated size. A null text means that the file can be sent as stored:
 * Explicit VR Little Endian with a meta header; the other values are then
 * unknown.
 */
bool summary_conversion(char *text, struct instance *i);

/*
 * Read the number of a series, the time of the last removal from it
 * (microseconds since 1970), and its description.
 */
bool summary_series(char *text, struct instance *i);

/* Read the columns of LISTED (find_sql.h), "" if they were not requested, after
 * summary_file(). Strings of *i lie in the text. */
bool summary_listed(char *text, struct instance *i);

#endif
