/* SPDX-License-Identifier: MIT */
/*
 * Read objects, or parts of them, into files, look at objects, and read pages of
 * lists: one thread sends requests over several connections and repeats those
 * that fail for a passing reason. One thread owns a fetcher.
 */
#ifndef WADOZIP_STORE_S3_FETCH_H
#define WADOZIP_STORE_S3_FETCH_H

#include "base/buf.h"
#include "store/s3.h"
#include "store/s3_want.h"

struct s3_fetch;
struct s3_part;

/* s must outlive the fetcher. Starts no thread yet. */
int s3_fetch_open(const struct s3 *s, struct s3_fetch **out, struct err *e) MUST_CHECK;
void s3_fetch_close(struct s3_fetch *f); /* null is allowed; ends running requests */

/* Submit a request. Returns it, or null. */
struct s3_part *s3_fetch_start(struct s3_fetch *f, const struct s3_want *w,
                               struct err *e) MUST_CHECK;

/* Submit a request for the size and version of an object, or for a page of a
 * list, s3_page_url(). */
struct s3_part *s3_fetch_head(struct s3_fetch *f, const char *path, struct err *e) MUST_CHECK;
struct s3_part *s3_fetch_page(struct s3_fetch *f, const char *url, struct err *e) MUST_CHECK;

/* Return the text of a page after s3_fetch_wait(). Valid until it is dropped. */
const struct buf *s3_fetch_text(const struct s3_part *p);

/*
 * Wait for the end of a request. *meta, which may be null, is that of the whole
 * object. Fails with ERR_DATA if the object does not exist (sys: ENOENT) or is
 * not of the expected version (ESTALE), with ERR_AWAY if the store did not
 * deliver it in s3.NAME.seconds, and with ERR_CONFIG if it refuses.
 */
int s3_fetch_wait(struct s3_fetch *f, struct s3_part *p, struct s3_meta *meta,
                  struct err *e) MUST_CHECK;

/* Free a request, which is given up if it has not ended. Null is allowed. */
void s3_fetch_drop(struct s3_fetch *f, struct s3_part *p);

#endif
