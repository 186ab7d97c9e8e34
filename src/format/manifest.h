/* SPDX-License-Identifier: MIT */
/*
 * A plan's members as a table, one row each, in order, so that clients can see
 * an archive's content and size first. Needs only the catalogue. CSV (RFC 4180,
 * with a header row) or JSON (an array of objects with the same names): path in
 * the archive; Study, Series and SOP Instance UID; SOP Class UID; Transfer
 * Syntax UID of the file and as sent; bytes and CRC-32 (8 hexadecimal digits)
 * as sent, empty or null if a conversion has not been made before; files in
 * conflict with the instance's, which are not sent.
 *
 * Or a manifest, the last member of a ZIP archive: MANIFEST.sha256 for
 * `sha256sum -c`, or MANIFEST.csv, the same table with the SHA-256 of each
 * member. Unknown digests are computed while the members are sent; their length
 * is constant, so the archive's length does not depend on them. A range that
 * includes the manifest needs digests of members outside the range, too; body.c
 * then reads these.
 */
#ifndef WADOZIP_FORMAT_MANIFEST_H
#define WADOZIP_FORMAT_MANIFEST_H

#include "base/sha256.h"
#include "format/range_filter.h"
#include "plan/plan_progress.h"

enum manifest_format {
    MANIFEST_CSV,
    MANIFEST_JSON,
    MANIFEST_SHA256, /* manifests */
    MANIFEST_CSV_SHA256,
    MANIFEST_FORMATS
};

struct manifest_row {
    uint32_t sop_uid, sop_class, syntax; /* strings of the plan; the syntax is the file's */
    uint32_t conflicts;
    bool digested, fresh; /* the digest is known; it was not known in the catalogue */
    uint8_t digest[SHA256_BYTES];
};

struct manifest {
    struct plan *plan;
    enum manifest_format format;
    struct manifest_row *rows;
    size_t room;
    size_t missing; /* digests that are not known yet */
};

/* Use a plan, which must be empty, have PLAN_ZIP (for names) and outlive the
 * manifest. */
void manifest_init(struct manifest *l, struct plan *p, enum manifest_format format);
void manifest_release(struct manifest *l);

/* Call this instead of plan_add(), with the same errors. */
int manifest_add(struct manifest *l, struct store *s, const struct instance *i,
                 struct err *e) MUST_CHECK;

/* Return whether it is a member of the archive, not a response of its own. */
bool manifest_is_member(const struct manifest *l);

/* Add the row of the plan's DICOMDIR, if it has one: the first, without a
 * series. */
int manifest_list_dicomdir(struct manifest *l, struct err *e) MUST_CHECK;

/* Set length and entity tag to those of the table. The text is the same for as
 * long as the digest is. */
int manifest_identify(const struct manifest *l, struct plan_progress *g, struct err *e) MUST_CHECK;

/* Send the bytes [first, end) of the table. The caller flushes the sink. */
int manifest_send_range(const struct manifest *l, const struct plan_progress *g, uint64_t first,
                        uint64_t end, struct sink *s, struct err *e) MUST_CHECK;

/* Return the name of a manifest in the archive. */
const char *manifest_name(const struct manifest *l);

/*
 * Return a manifest's length, which is always known; its CRC-32 and text, once
 * no digest is missing.
 */
uint64_t manifest_length(const struct manifest *l, const struct plan_progress *g);
uint32_t manifest_crc(const struct manifest *l, const struct plan_progress *g);
int manifest_put(const struct manifest *l, const struct plan_progress *g, struct range_filter *w,
                 struct err *e) MUST_CHECK;

/* Set the missing digest of member i. */
void manifest_set_digest(struct manifest *l, size_t i, const uint8_t digest[SHA256_BYTES]);

/*
 * Return newly computed digests, at most `room`, from member *at on, and
 * advance *at. Returns 0 at the end. They point into the manifest and its plan.
 */
size_t manifest_fresh(const struct manifest *l, size_t *at, struct instance_digest *out,
                      size_t room);

#endif
