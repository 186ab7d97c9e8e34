/*
 * Deflated members that are not converted: their blocks are compressed on threads (press.h) ahead of the one that is
 * being sent. A member whose deflated size is not known yet is compressed before its head is written; one of several
 * blocks is then compressed twice rather than kept.
 */
#ifndef WADOZIP_ARCHIVE_PACK_H
#define WADOZIP_ARCHIVE_PACK_H

#include "archive/plan.h"
#include "archive/source.h"
#include "archive/window.h"

#define PACK_THREADS 4 /* at most, unless the settings say otherwise */

struct pack;

/* threads: 0 for one a processor, at most PACK_THREADS. Plan and source must live as long as it. */
int pack_open(struct plan *p, struct source *s, unsigned threads, struct pack **out, struct err *e) MUST_CHECK;
void pack_close(struct pack *p); /* null is allowed */

/*
 * Makes stored_size and known of deflated member i true. Members are asked for in rising order, deflated ones up to `to`
 * are compressed ahead; to go back drops what was prepared.
 */
int pack_ready(struct pack *p, size_t i, size_t to, struct err *e) MUST_CHECK;

/*
 * Passes the deflated data of member i, made ready before, through the window. A member that is sent whole is compared
 * with its CRC-32 and its deflated size: ERR_DATA and the caller must break the answer off. *wrong is set when the size
 * came out otherwise than known, so that it can be forgotten. Behind the window's end it only drops what was prepared.
 */
int pack_send(struct pack *p, size_t i, struct window *w, bool *wrong, struct err *e) MUST_CHECK;

#endif
