/* SPDX-License-Identifier: MIT */
#include "body/body_digest.h"

#include "base/io.h"
#include "base/sha256.h"
#include "body/splice.h"
#include "format/manifest.h"

#define PIECE ((size_t)64 << 10)

bool body_digest_lacks(const struct plan_progress *g, size_t i)
{
    return g->manifest && !g->manifest->rows[i].digested;
}

int body_digest_read(const struct content *f, size_t i, int fd, uint64_t size, bool packed,
                     struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    uint32_t wanted = plan_progress_fact(f->progress, m).crc;
    uint8_t digest[SHA256_BYTES];
    struct err why = ERR_INIT;
    uint32_t crc = 0;

    if ((packed ? sha256_deflated : sha256_file)(fd, size, digest, &crc, &why))
        return err_set(e, why.kind, "%s: %s", file_source_label(&f->source, m), why.text);
    if (crc != wanted)
        return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded",
                       file_source_label(&f->source, m), crc, wanted);
    manifest_set_digest(f->progress->manifest, i, digest);
    return 0;
}

static int digest_file(struct content *f, size_t i, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    int fd, rc;

    if (file_source_open_alone(&f->source, i, &fd, e))
        return -1;
    rc = body_digest_read(f, i, fd, m->file_size, false, e);
    io_close(&fd);
    return rc;
}

/* Add bytes of a file to a digest. */
static int add_span(struct sha256 *d, const struct content_data *c, struct err *e)
{
    static uint8_t piece[PIECE];

    for (uint64_t at = c->at, end = c->at + c->size; at < end;) {
        size_t room = end - at < PIECE ? (size_t)(end - at) : PIECE;

        if (io_pread(c->fd, piece, room, at) != (ssize_t)room)
            return err_sys(e, ERR_DATA, "a file was cut short while it was being read");
        if (sha256_update(d, piece, room, e))
            return -1;
        at += room;
    }
    return 0;
}

static int digest_splice(struct content *f, size_t i, const struct content_data *c, struct err *e)
{
    struct content_data parts[SPLICE_PARTS];
    size_t n = splice_parts(f, i, c, true, parts);
    uint8_t digest[SHA256_BYTES];
    struct sha256 d = {NULL};
    int rc = sha256_open(&d, e);

    for (size_t k = 0; k < n && rc == 0; k++)
        rc = add_span(&d, &parts[k], e);
    if (rc == 0)
        rc = sha256_finish(&d, digest, e);
    sha256_close(&d);
    if (rc == 0)
        manifest_set_digest(f->progress->manifest, i, digest);
    return rc;
}

int body_digest_member(struct content *f, size_t i, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    struct content_data c = {.fd = -1};
    int rc;

    if (m->source == PLAN_FILE)
        return digest_file(f, i, e);
    rc = content_open(f, i, i, &c, e);
    if (rc == 0 && m->source == PLAN_SPLICED)
        rc = splice_open(f, i, f->plan->count - 1, e);
    if (rc == 0 && m->source == PLAN_SPLICED)
        rc = digest_splice(f, i, &c, e);
    else if (rc == 0)
        rc = body_digest_read(f, i, c.fd, c.size, plan_progress_fact(f->progress, m).deflated, e);
    content_done(f, &c);
    return rc;
}

int body_digest_all(struct content *f, struct err *e)
{
    const struct plan *p = f->plan;

    for (size_t i = 0; i < p->count; i++)
        if (body_digest_lacks(f->progress, i) && body_digest_member(f, i, e))
            return -1;
    return 0;
}
