/* SPDX-License-Identifier: MIT */
/* Reproducible deflate (RFC 1951). A member is cut into blocks of DEFLATE_BLOCK
 * bytes. Each block is compressed by itself and ends on a byte boundary, so the
 * concatenated blocks are one deflate stream. Blocks can be compressed in
 * parallel, and a recorded size stays valid.
 *
 * Uses ISA-L's igzip if it was built in, else zlib level 1. igzip runs at level
 * 3: the output of levels 1 and 2 depends, in about one of 5,000 blocks, on the
 * address of their state. The output of level 3 depends on the processor type
 * only, which the fingerprint identifies. */
#ifndef WADOZIP_BASE_DEFLATE_H
#define WADOZIP_BASE_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DEFLATE_BLOCK ((size_t)1 << 20)
#define DEFLATE_BOUND(len) ((len) + (len) / 8 + 1024) /* largest output of a block of len bytes */
#define DEFLATE_OUT_MAX DEFLATE_BOUND(DEFLATE_BLOCK)
#define DEFLATE_IDENTITY_MAX 48

struct deflate;

/* Return whether deflating pays: it saves a tenth, or with `any` a single byte.
 */
static inline bool deflate_pays(uint64_t size, uint64_t made, bool any)
{
    return any ? made < size : made <= size - size / 10;
}

/* Open a compressor for one thread (about 600 KB). Close with deflate_close().
 */
int deflate_open(struct deflate **out, struct err *e) MUST_CHECK;
void deflate_close(struct deflate *d); /* null is allowed */

/* Compress one block of a member: DEFLATE_BLOCK bytes, or fewer for the last
 * block (0 for an empty member). `out` must hold DEFLATE_BOUND(len) bytes.
 * Returns the number of bytes written, or 0 with ERR_SYSTEM if the library
 * fails. */
size_t deflate_block(struct deflate *d, const uint8_t *in, size_t len, bool last, uint8_t *out,
                     struct err *e) MUST_CHECK;

/* Return library, version, level, block size and a fingerprint of this
 * library's output for a fixed input on this processor. Sizes recorded under
 * another identity are void. Constant after the first call, which takes some
 * milliseconds. */
const char *deflate_identity(void);

/* The same for people, as in "ISA-L igzip 2.30.0, level 3, blocks of 1024 KiB,
 * …". */
const char *deflate_description(void);

#endif
