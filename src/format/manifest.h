/* SPDX-License-Identifier: MIT */
/*
 * A plan's members as a table of text, a row each, in order: for those who want to know what an archive holds, and how
 * large it is, before they fetch it. Nothing but the catalogue is asked. CSV (RFC 4180, with a header row) or JSON (an
 * array of objects with the same names): path in the archive; Study, Series and SOP Instance UID; SOP Class UID;
 * Transfer Syntax UID of the file and of what is sent; bytes and CRC-32 (8 hexadecimal digits) of what is sent, empty
 * or null where a conversion has not been made before; files in conflict with the instance's, which are not sent.
 *
 * Or as a manifest, the last member of a ZIP archive: MANIFEST.sha256, which `sha256sum -c` reads, or MANIFEST.csv, the
 * same table with the SHA-256 of each member. Those that the catalogue does not know are computed while the members are
 * sent; as they are of one length, that of the archive does not depend on them. A range that touches the manifest needs
 * those of members that it does not touch, too: body.c then reads these.
 */
#ifndef WADOZIP_FORMAT_MANIFEST_H
#define WADOZIP_FORMAT_MANIFEST_H

#include "base/sha256.h"
#include "format/range_filter.h"
#include "plan/plan.h"

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
    bool digested, fresh; /* the digest is known; and was not when the row came */
    uint8_t digest[SHA256_BYTES];
};

struct manifest {
    struct plan *plan;
    enum manifest_format format;
    struct manifest_row *rows;
    size_t room;
    size_t missing; /* digests that are not known yet */
};

/* The plan must be empty, be one of PLAN_ZIP, whose names are listed, and live as long as the listing. */
void manifest_init(struct manifest *l, struct plan *p, enum manifest_format format);
void manifest_release(struct manifest *l);

/* As plan_add, and instead of it. */
int manifest_add(struct manifest *l, struct store *s, const struct instance *i, struct err *e) MUST_CHECK;

/* Whether the listing is a member of the archive, not an answer of its own. */
bool manifest_is_member(const struct manifest *l);

/* Add the row of the plan's DICOMDIR, if it has one: the first, without a series. */
int manifest_list_dicomdir(struct manifest *l, struct err *e) MUST_CHECK;

/* Set the plan's length and entity tag to those of the table. The text is the same for as long as the digest is. */
int manifest_identify(struct manifest *l, struct err *e) MUST_CHECK;

/* Sends the bytes from `first` to `last` of the table, inclusive. The caller flushes the sink. */
int manifest_send_range(const struct manifest *l, uint64_t first, uint64_t last, struct sink *s,
                       struct err *e) MUST_CHECK;

/* The name of a manifest in the archive. */
const char *manifest_name(const struct manifest *l);

/* Of a manifest: its length, always known; its CRC-32 and its text, once no digest is missing. */
uint64_t manifest_length(const struct manifest *l);
uint32_t manifest_crc(const struct manifest *l);
int manifest_put(const struct manifest *l, struct range_filter *w, struct err *e) MUST_CHECK;

/* The digest of member i, which was missing. */
void manifest_set_digest(struct manifest *l, size_t i, const uint8_t digest[SHA256_BYTES]);

/*
 * What there is to learn: digests of files that were not known before, at most `room` of those from member *at on, which
 * moves on. 0: no more. They point into the listing and its plan.
 */
size_t manifest_fresh(const struct manifest *l, size_t *at, struct instance_digest *out, size_t room);

#endif
