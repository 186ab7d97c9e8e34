/* SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include "base/crc.h"

#define FINGERPRINT_INPUT ((size_t)256 << 10)

#ifdef HAVE_ISAL
#include <isa-l.h>

#define LIBRARY "isal"
#define LIBRARY_NAME "ISA-L igzip"
#define LEVEL 3
#define STR(x) #x
#define VERSION_TEXT(a, b, c) STR(a) "." STR(b) "." STR(c)

struct deflate {
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL3_DEFAULT];
};

static const char *library_version(void)
{
    return VERSION_TEXT(ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
}

static int deflate_start(struct deflate *d, struct err *e)
{
    (void)d;
    (void)e;
    return 0;
}

static void deflate_stop(struct deflate *d)
{
    (void)d;
}

static int compress_block(struct deflate *d, const uint8_t *in, size_t len, bool last, uint8_t *out,
                          size_t *made)
{
    struct isal_zstream *s = &d->stream;

    isal_deflate_stateless_init(s);
    s->level = LEVEL;
    s->level_buf = d->level_buffer;
    s->level_buf_size = sizeof d->level_buffer;
    s->flush = FULL_FLUSH;
    s->end_of_stream = last;
    s->next_in = (uint8_t *)(uintptr_t)in; /* only read */
    s->avail_in = (uint32_t)len;
    s->next_out = out;
    s->avail_out = (uint32_t)DEFLATE_BOUND(len);
    if (isal_deflate_stateless(s) != COMP_OK || s->avail_in)
        return -1;
    *made = s->total_out;
    return 0;
}
#else
#include <zlib.h>

#define LIBRARY "zlib"
#define LIBRARY_NAME "zlib"
#define LEVEL 1

struct deflate {
    z_stream stream;
};

static const char *library_version(void)
{
    return zlibVersion();
}

static int deflate_start(struct deflate *d, struct err *e)
{
    if (deflateInit2(&d->stream, LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    return 0;
}

static void deflate_stop(struct deflate *d)
{
    deflateEnd(&d->stream);
}

static int compress_block(struct deflate *d, const uint8_t *in, size_t len, bool last, uint8_t *out,
                          size_t *made)
{
    z_stream *s = &d->stream;
    int rc;

    if (deflateReset(s) != Z_OK)
        return -1;
    s->next_in = (Bytef *)(uintptr_t)in; /* only read */
    s->avail_in = (uInt)len;
    s->next_out = out;
    s->avail_out = (uInt)DEFLATE_BOUND(len);
    rc = deflate(s, last ? Z_FINISH : Z_FULL_FLUSH);
    if (rc != (last ? Z_STREAM_END : Z_OK) || s->avail_in)
        return -1;
    *made = s->total_out;
    return 0;
}
#endif

int deflate_open(struct deflate **out, struct err *e)
{
    struct deflate *d = calloc(1, sizeof *d);

    if (!d)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    if (deflate_start(d, e)) {
        free(d);
        return -1;
    }
    *out = d;
    return 0;
}

void deflate_close(struct deflate *d)
{
    if (!d)
        return;
    deflate_stop(d);
    free(d);
}

size_t deflate_block(struct deflate *d, const uint8_t *in, size_t len, bool last, uint8_t *out,
                     struct err *e)
{
    size_t made = 0;

    if (len > DEFLATE_BLOCK || compress_block(d, in, len, last, out, &made)) {
        err_set(e, ERR_SYSTEM, "%s %s cannot compress a block of %zu bytes", LIBRARY,
                library_version(), len);
        return 0;
    }
    return made;
}

/* Fill with smooth values and noise from a fixed generator, similar to an
 * image. */
static void fill_fixed(uint8_t *data, size_t len)
{
    uint32_t x = 12345;

    for (size_t i = 0; i < len; i++) {
        x = x * 1103515245u + 12345u;
        data[i] = (uint8_t)(i % 2 ? (i >> 12) & 7 : (i >> 8) + ((x >> 16) & 15));
    }
}

static uint32_t compute_fingerprint(void)
{
    struct err e = ERR_INIT;
    struct deflate *d = NULL;
    uint8_t *in = malloc(FINGERPRINT_INPUT), *out = malloc(DEFLATE_BOUND(FINGERPRINT_INPUT));
    uint32_t crc = 0;
    size_t n = 0;

    if (in && out && deflate_open(&d, &e) == 0) {
        fill_fixed(in, FINGERPRINT_INPUT);
        n = deflate_block(d, in, FINGERPRINT_INPUT, false, out, &e);
        crc = crc_update(0, out, n);
        n = deflate_block(d, in, 20000, true, out, &e);
        crc = crc_update(crc, out, n);
    }
    deflate_close(d);
    free(in);
    free(out);
    return crc;
}

static uint32_t fingerprint(void)
{
    static uint32_t crc;

    if (!crc)
        crc = compute_fingerprint();
    return crc;
}

const char *deflate_identity(void)
{
    static char identity[DEFLATE_IDENTITY_MAX];

    if (!identity[0])
        snprintf(identity, sizeof identity, "%s-%s-%d-%zuK-%08x", LIBRARY, library_version(), LEVEL,
                 DEFLATE_BLOCK >> 10, (unsigned)fingerprint());
    return identity;
}

const char *deflate_description(void)
{
    static char text[128];

    if (!text[0])
        snprintf(text, sizeof text, "%s %s, level %d, blocks of %zu KiB, fingerprint %08x",
                 LIBRARY_NAME, library_version(), LEVEL, DEFLATE_BLOCK >> 10,
                 (unsigned)fingerprint());
    return text;
}
