/* SPDX-License-Identifier: MIT */
/* Keep a copy of an archive (retrieve/retrieve_keep.h), or compute its SHA-256,
 * while it is sent. */
#ifndef WADOZIP_RESPOND_ARCHIVE_TEE_H
#define WADOZIP_RESPOND_ARCHIVE_TEE_H

#include "base/sha256.h"
#include "base/sink.h"
#include "retrieve/retrieve_keep.h"

/* Must not move, and must outlive what the sink has been given, between begin
 * and end. */
struct archive_tee {
    struct archive_fill fill;
    struct sha256 digest; /* state null: not wanted, or failed */
    size_t head;          /* bytes in the sink that are not the archive's */
    sink_flush_fn *flush; /* of the sink; null: nothing is copied */
    void *ctx;
    bool digested;        /* sum is the SHA-256 of the archive */
    uint8_t sum[SHA256_BYTES];
};

/* Begin with the next byte that the sink is given, if the archive should be
 * kept or its digest is wanted. Errors cost the copy or the digest. */
void archive_tee_begin(struct archive_tee *t, const struct retrieval *r, struct sink *s,
                       bool digest);

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
