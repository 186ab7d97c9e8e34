/* SPDX-License-Identifier: MIT */
/*
 * The report of a de-identification: changes of a series, equal ones summed.
 * CSV has every change of every instance once; the text for people has one line
 * for an attribute and its change, with the first values.
 */
#ifndef WADOZIP_CLI_DEID_REPORT_H
#define WADOZIP_CLI_DEID_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/deid_change.h"

enum deid_report_format { DEID_REPORT_TEXT, DEID_REPORT_CSV };

/* Instances by the treatment of their pixels. */
enum deid_report_pixels {
    DEID_PIXELS_NONE,
    DEID_PIXELS_KEPT,
    DEID_PIXELS_CLEANED,
    DEID_PIXELS_WITHHELD,
    DEID_PIXELS_REMOVED,
    DEID_PIXELS
};

struct deid_report {
    enum deid_report_format format;
    FILE *out;
    struct mem mem;                                      /* of the rows */
    void *rows;                                          /* of the series: a tree of tsearch() */
    const char *sop;                                     /* the instance that is added */
    enum deid_report_pixels seen;                        /* of the same */
    uint64_t instances, refused, of_pixels[DEID_PIXELS]; /* of the study */
    uint64_t free_texts;                                 /* rows of free text that is kept */
};

/* Begin a report to `out`, which is borrowed. */
void deid_report_open(struct deid_report *r, enum deid_report_format format, FILE *out);
void deid_report_release(struct deid_report *r);

/* Begin an instance. `sop_uid` is borrowed until the next one begins or the series ends. */
void deid_report_begin_instance(struct deid_report *r, const char *sop_uid);

/* Add a change of the instance. `report` is a struct deid_report. Fails with ERR_MEMORY. */
int deid_report_add(void *report, const struct deid_change *c, struct err *e) MUST_CHECK;

/* Add that the instance is refused, instead of its changes. Fails with ERR_MEMORY. */
int deid_report_refuse(struct deid_report *r, const char *reason, struct err *e) MUST_CHECK;

void deid_report_end_instance(struct deid_report *r);

/* Print the rows of the series and forget them. Fails with ERR_MEMORY. */
int deid_report_end_series(struct deid_report *r, const char *series_uid, struct err *e) MUST_CHECK;

/* Print the sums of the study; nothing as CSV. */
void deid_report_finish(const struct deid_report *r);

#endif
