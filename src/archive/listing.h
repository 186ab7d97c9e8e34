/*
 * A plan's members as a table of text, a row each, in order: for those who want to know what an archive holds, and how
 * large it is, before they fetch it. Nothing but the catalogue is asked. CSV (RFC 4180, with a header row) or JSON (an
 * array of objects with the same names): path in the archive; Study, Series and SOP Instance UID; SOP Class UID;
 * Transfer Syntax UID of the file and of what is sent; bytes and CRC-32 (8 hexadecimal digits) of what is sent, empty
 * or null where a conversion has not been made before.
 */
#ifndef WADOZIP_ARCHIVE_LISTING_H
#define WADOZIP_ARCHIVE_LISTING_H

#include "archive/plan.h"
#include "archive/sink.h"

enum listing_format { LISTING_CSV, LISTING_JSON };

struct listing_row {
    uint32_t sop_uid, sop_class, syntax; /* strings of the plan; the syntax is the file's */
};

struct listing {
    struct plan *plan;
    enum listing_format format;
    uint32_t study; /* string of the plan */
    struct listing_row *rows;
    size_t room;
};

/* The plan must be empty, be one of PLAN_ZIP, whose names are listed, and live as long as the listing. */
void listing_init(struct listing *l, struct plan *p, enum listing_format format);
void listing_release(struct listing *l);

/* As plan_add, and instead of it. */
int listing_add(struct listing *l, struct store *s, const struct instance *i, struct err *e) MUST_CHECK;

/*
 * As plan_layout, but the plan's length and entity tag become those of the table. Its length is always known, even
 * where that of the archive is not.
 */
int listing_layout(struct listing *l, struct err *e) MUST_CHECK;

/* Sends the bytes from `first` to `last` of the table, inclusive. The caller flushes the sink. */
int listing_send_range(const struct listing *l, uint64_t first, uint64_t last, struct sink *s,
                       struct err *e) MUST_CHECK;

#endif
