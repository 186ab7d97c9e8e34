/* SPDX-License-Identifier: MIT */
/* A batch of files as the JSON document that the schema's functions take. */
#ifndef WADOZIP_CATALOG_WRITER_JSON_H
#define WADOZIP_CATALOG_WRITER_JSON_H

#include "base/buf.h"
#include "catalog/writer_file.h"

/* Room for WRITER_BATCH_MAX files with the longest paths and descriptions. */
#define WRITER_JSON_BYTES_MAX ((size_t)256 << 20)

/* Append an array; `full`: with class and description, else path, size and time
 * only. */
int writer_json_write(const struct writer_batch *b, bool full, struct buf *out,
                      struct err *e) MUST_CHECK;

#endif
