/* SPDX-License-Identifier: MIT */
/*
 * One retrieval, for the responder, `wadozip zip` and conversions in advance:
 * look up the instances, plan the representation, check the files, determine
 * the length, send, and record in the catalogue what was discovered. The order
 * of calls is that of this header; each may be the last.
 */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_H
#define WADOZIP_RETRIEVE_RETRIEVE_H

#include "base/sink.h"
#include "retrieve/retrieval.h"

/* Which instances are retrieved, and what is generated from their rows. */
struct retrieve_query {
    const char *study, *series, *instance; /* as in struct catalog_query */
    enum manifest_format manifest;         /* a table or a manifest; MANIFEST_FORMATS: neither */
    bool dicomdir;
    bool look_early; /* check files while rows arrive */
    /*
     * Look up the instances instead of catalog_find(), and pass each to
     * retrieve_add(). Null: all instances of the UIDs.
     */
    int (*find)(void *ctx, struct retrieval *r, const struct catalog_query *q, struct err *e);
    void *ctx;
    /*
     * Names the resource and the state of the catalogue on which the plan
     * depends, so that it can be kept (kept_plan.h) and `find` is not called if
     * it is. Null: it is not kept.
     */
    const char *keep;
};

/* Discard the previous plan, if any, and begin an empty one. retrieve_plan()
 * does this itself. */
void retrieve_begin(struct retrieval *r, const struct plan_options *o);
void retrieve_release(struct retrieval *r);

/* Add an instance in catalogue order. `retrieval` is a struct retrieval. Fails
 * as plan_add(). */
int retrieve_add(void *retrieval, const struct instance *i, struct err *e) MUST_CHECK;

/*
 * Look up the instances and finish the plan. o->codec_version is set here: if
 * any member is converted, a helper process is asked for it. Fails as
 * catalog_find() and finish_plan().
 */
int retrieve_plan(struct retrieval *r, const struct plan_options *o, const struct retrieve_query *q,
                  struct err *e) MUST_CHECK;

/* Return whether the representation is a table, for which no file is read. */
bool retrieve_is_table(const struct retrieval *r);

/* Know the length of an archive of de-identified members, if all of it follows
 * from headers, without checking every file. Fails as splice_make(). */
int retrieve_know_length(struct retrieval *r, struct err *e) MUST_CHECK;

/*
 * Check every file and start the helper processes that are needed. Fails with
 * ERR_DATA and the name of the first file that is not as recorded; *bad is
 * their number.
 */
int retrieve_check(struct retrieval *r, uint64_t *bad, struct err *e) MUST_CHECK;

/*
 * Determine the length: measure sizes that follow from headers, or convert
 * members whose size is not known. Fails with ERR_LATER at `deadline`, an
 * io_now() (0: none). With `gzip`, metadata is compressed.
 */
int retrieve_length(struct retrieval *r, double deadline, bool gzip, struct err *e) MUST_CHECK;

/*
 * Send the bytes [first, end) of a body of known length;
 * or the whole body, whose length need not be known. On an error the output is
 * incomplete and must be discarded. The caller flushes the sink.
 */
int retrieve_send_range(struct retrieval *r, uint64_t first, uint64_t end, struct sink *s,
                        struct err *e) MUST_CHECK;
int retrieve_send(struct retrieval *r, struct sink *s, struct err *e) MUST_CHECK;

/* Remove what is kept for later requests and may be wrong: something was found
 * to differ from it. */
void retrieve_distrust(struct retrieval *r);

#endif
