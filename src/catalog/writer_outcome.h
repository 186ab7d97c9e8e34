/* SPDX-License-Identifier: MIT */
/* What became of a file in the catalogue. Pure. */
#ifndef WADOZIP_CATALOG_WRITER_OUTCOME_H
#define WADOZIP_CATALOG_WRITER_OUTCOME_H

#include <stdbool.h>

/* The result for a file. */
enum writer_outcome {
    WRITER_NEW,       /* not in the catalogue with this size and time */
    WRITER_INDEXED,
    WRITER_CHANGED,   /* same path and UID, other content */
    WRITER_TOUCHED,   /* only the modification time differs */
    WRITER_UNCHANGED,
    WRITER_COPY,      /* same UID and content as an indexed file */
    WRITER_CONFLICT,  /* same UID as an indexed file, other content */
    WRITER_REFUSED,
    WRITER_NOT_DICOM,
    WRITER_DICOMDIR,
    WRITER_GONE,      /* writer_vanish: the instance was removed */
    WRITER_MOVED,     /* writer_vanish: a copy has replaced it */
    WRITER_FORGOTTEN, /* writer_vanish: a file that was not an instance */
    WRITER_OUTCOMES
};

/* Return the schema's word for an outcome. */
const char *writer_outcome_name(enum writer_outcome o);

/* Find the outcome with this word. Returns false if it is unknown. */
bool writer_outcome_parse(const char *name, enum writer_outcome *o);

#endif
