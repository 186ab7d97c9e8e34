/* SPDX-License-Identifier: MIT */
/* Columns of look-ups of instances (row i), which catalog.c reads. Parameters: 1 target, 2 version of the codecs. */
#ifndef WADOZIP_CATALOG_FIND_SQL_H
#define WADOZIP_CATALOG_FIND_SQL_H

#include "dicom/transfer_syntax.h"

/* What decides on a conversion, with the form learnt from it; NULL if the file itself will do. */
#define OTHER                                                                                                        \
    "CASE WHEN i.transfer_syntax <> $1 OR i.transfer_syntax <> '" TRANSFER_SYNTAX_EXPLICIT_LE "' OR NOT i.part10"     \
    " THEN concat_ws(' ', i.transfer_syntax, i.part10::int, i.lossy::int, i.frames, i.rows, i.columns, i.bits,"       \
    " i.samples,"                                                                                                     \
    " (SELECT concat_ws(' ', f.size, f.crc32, coalesce(f.deflated_size, 0)) FROM conversion f"                              \
    " WHERE (f.instance_id, f.target, f.codec_version, f.source_crc32) = (i.id, $1, $2::int, i.crc32))) END"

/* What only lists need: the SOP class, and how many files are in conflict with the instance's. */
#define LISTED                                                                                                        \
    "(SELECT count(*) FROM other_file o WHERE o.sop_uid = i.uid AND o.kind = 'conflict') || ' ' || i.sop_class"

#endif
