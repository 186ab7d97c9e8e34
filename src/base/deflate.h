/*
 * Deflate (RFC 1951) whose output is the same for the same input, always: a member is cut into blocks of DEFLATE_BLOCK
 * bytes, each block is compressed alone, into a buffer that always has room for it, and ends on a byte boundary, so that
 * the joined blocks are one deflate stream. Blocks can therefore be made in parallel and a produced size can be promised.
 * ISA-L's igzip where the build found it, zlib level 1 otherwise. Of igzip's levels it is 3: what levels 1 and 2 make
 * depends, once in some thousand blocks, on the address of their state; level 3 depends on the kind of processor only,
 * which the fingerprint tells.
 */
#ifndef WADOZIP_BASE_DEFLATE_H
#define WADOZIP_BASE_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DEFLATE_BLOCK ((size_t)1 << 20)
#define DEFLATE_BOUND(len) ((len) + (len) / 8 + 1024) /* most bytes that a block of len bytes can become */
#define DEFLATE_OUT_MAX DEFLATE_BOUND(DEFLATE_BLOCK)
#define DEFLATE_IDENTITY_MAX 48

struct deflate;

/* Whether what is made of `size` bytes is worth sending: a tenth is saved, or (any) whatever. */
static inline bool deflate_pays(uint64_t size, uint64_t made, bool any)
{
    return any ? made < size : made <= size - size / 10;
}

/* A compressor for one thread. Needs about 600 KB; released by deflate_close. */
int deflate_open(struct deflate **out, struct err *e) MUST_CHECK;
void deflate_close(struct deflate *d); /* null is allowed */

/*
 * Compresses one block of a member: DEFLATE_BLOCK bytes, or what remains for the last one (also 0 for an empty member).
 * `out` has room for DEFLATE_BOUND(len). Returns the bytes put there, 0 with ERR_SYSTEM when the library fails.
 */
size_t deflate_block(struct deflate *d, const uint8_t *in, size_t len, bool last, uint8_t *out, struct err *e) MUST_CHECK;

/*
 * Library, version, level, block size and a fingerprint of what this library makes of a fixed input on this processor:
 * sizes that were learnt under another identity are void. Constant after the first call, which costs some milliseconds.
 */
const char *deflate_identity(void);

/* The same for people: "ISA-L igzip 2.30.0, level 3, blocks of 1024 KiB, fingerprint 01234567". */
const char *deflate_description(void);

#endif
