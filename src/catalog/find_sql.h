/* SPDX-License-Identifier: MIT */
/*
 * Columns of look-ups of instances (row i), which catalog.c reads. Parameters:
 * 1 target, 2 codec version. Instances are read from wadozip.instance, not from
 * the view of a restricted request: their series were found through its views.
 */
#ifndef WADOZIP_CATALOG_FIND_SQL_H
#define WADOZIP_CATALOG_FIND_SQL_H

#include "dicom/transfer_syntax.h"

/*
 * Values that decide about a conversion, with the recorded conversion; NULL if
 * the file can be sent as stored.
 */
#define OTHER \
    "CASE WHEN i.transfer_syntax <> $1 OR i.transfer_syntax <> '" TRANSFER_SYNTAX_EXPLICIT_LE \
    "' OR NOT i.part10" \
    " THEN concat_ws(' ', i.transfer_syntax, i.part10::int, i.lossy::int, i.frames, i.rows, i.columns, i.bits," \
    " i.samples," \
    " (SELECT concat_ws(' ', f.size, f.crc32, coalesce(f.deflated_size, 0)) FROM conversion f" \
    " WHERE (f.instance_id, f.target, f.codec_version, f.source_crc32) = (i.id, $1, $2::int, i.crc32))) END"

/* Columns for lists, if parameter 4 is not 0: the number of files in conflict
 * with the instance's, and the SOP class; if it is 2, also offset, length,
 * CRC-32 and deflated size of its pixel data in the file. */
#define LISTED \
    "CASE WHEN $4::int > 0 THEN concat_ws(' '," \
    " (SELECT count(*) FROM other_file o WHERE o.sop_uid = i.uid AND o.kind = 'conflict'), i.sop_class," \
    " CASE WHEN $4::int = 2 THEN concat_ws(' ', coalesce(i.pixel_offset, 0), coalesce(i.pixel_length, 0)," \
    " coalesce(i.pixel_crc, 0), coalesce(i.pixel_deflated_size, 0)) END) END"

#endif
