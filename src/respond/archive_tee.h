/* SPDX-License-Identifier: MIT */
/* Keep a copy of an archive while it is sent (retrieve/retrieve_keep.h). */
#ifndef WADOZIP_RESPOND_ARCHIVE_TEE_H
#define WADOZIP_RESPOND_ARCHIVE_TEE_H

#include "base/sink.h"
#include "retrieve/retrieve_keep.h"

/* Must not move, and must outlive what the sink has been given, between begin
 * and end. */
struct archive_tee {
    struct archive_fill fill;
    sink_flush_fn *flush; /* of the sink */
    void *ctx;
};

/* Begin with the next byte that the sink is given, if the archive should be
 * kept. The sink is empty. */
void archive_tee_begin(struct archive_tee *t, const struct retrieval *r, struct sink *s);

/*
 * The sink no longer copies. With `complete`, after the last byte was put: copy
 * what it holds. Fails as sink_settle(); does not if not complete.
 */
int archive_tee_stop(struct archive_tee *t, struct sink *s, bool complete,
                     struct err *e) MUST_CHECK;

/* Keep the copy of a complete response; discard it otherwise. Waits for the
 * disk. */
void archive_tee_end(struct archive_tee *t, bool complete);

#endif
