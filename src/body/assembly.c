/* SPDX-License-Identifier: MIT */
#include "body/assembly.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"

#define PIECES_MAX ((size_t)1 << 24)
#define TEXT (-1)

struct assembly_piece {
    uint64_t begin; /* in the body */
    uint64_t at;    /* in the file, or in the text */
    uint64_t size;
    int fd; /* TEXT: of the text */
};

void assembly_init(struct assembly *a)
{
    *a = (struct assembly){0};
    buf_init(&a->text, ASSEMBLY_TEXT_MAX);
}

void assembly_release(struct assembly *a)
{
    for (size_t i = 0; i < a->file_count; i++)
        io_close(&a->files[i]);
    free(a->files);
    free(a->pieces);
    buf_release(&a->text);
    *a = (struct assembly){0};
}

static int put_piece(struct assembly *a, struct assembly_piece p, struct err *e)
{
    if (p.size == 0)
        return 0;
    if (p.size > INT64_MAX - a->length)
        return err_set(e, ERR_TOO_LARGE, "the answer would be longer than any file");
    if (mem_grow(&a->pieces, &a->room, a->count + 1,
                 MEM_ELEMENTS(p, PIECES_MAX, "parts of an answer"), e))
        return -1;
    p.begin = a->length;
    a->pieces[a->count++] = p;
    a->length += p.size;
    return 0;
}

int assembly_text(struct assembly *a, const char *text, size_t len, struct err *e)
{
    size_t at = a->text.len;

    buf_add(&a->text, text, len);
    if (buf_check(&a->text, "the headers of an answer's parts", e))
        return -1;
    return put_piece(a, (struct assembly_piece){0, at, len, TEXT}, e);
}

int assembly_own(struct assembly *a, int fd_take, struct err *e)
{
    if (mem_grow(&a->files, &a->file_room, a->file_count + 1,
                 MEM_ELEMENTS(*a->files, PIECES_MAX, "files of an answer"), e)) {
        io_close(&fd_take);
        return -1;
    }
    a->files[a->file_count++] = fd_take;
    return 0;
}

int assembly_file(struct assembly *a, int fd, uint64_t at, uint64_t size, struct err *e)
{
    return put_piece(a, (struct assembly_piece){0, at, size, fd}, e);
}

static int send_file(void *ctx, int fd, uint64_t at, uint64_t size, struct err *e)
{
    struct sink *s = ctx;

    for (uint64_t end = at + size; at < end;) {
        size_t room;
        uint8_t *space = sink_space(s, &room, e);

        if (!space)
            return -1;
        if (room > end - at)
            room = (size_t)(end - at);
        if (io_pread(fd, space, room, at) != (ssize_t)room)
            return err_set(e, ERR_DATA, "a file was cut short while it was being sent");
        sink_commit(s, room);
        at += room;
    }
    return 0;
}

/* The piece that byte `at` lies in. */
static size_t find_piece(const struct assembly *a, uint64_t at)
{
    size_t low = 0, high = a->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (a->pieces[middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int assembly_walk(const struct assembly *a, uint64_t first, uint64_t end,
                  const struct assembly_out *out, struct err *e)
{
    struct range_filter w = {.first = first, .end = end};

    if (first >= end || end > a->length)
        return err_set(e, ERR_RANGE, "bytes [%llu, %llu) are not a part of the answer",
                       (unsigned long long)first, (unsigned long long)end);
    for (size_t i = find_piece(a, first); i < a->count && a->pieces[i].begin < end; i++) {
        const struct assembly_piece *p = &a->pieces[i];
        struct range_part part;

        w.at = p->begin;
        part = range_filter_part(&w, p->size);
        if (p->fd == TEXT ? sink_put(out->text, a->text.data + p->at + part.from,
                                     (size_t)(part.end - part.from), e)
                          : out->file(out->ctx, p->fd, p->at + part.from, part.end - part.from, e))
            return -1;
    }
    return 0;
}

int assembly_send(const struct assembly *a, uint64_t first, uint64_t end, struct sink *s,
                  struct err *e)
{
    const struct assembly_out out = {s, send_file, s};

    return assembly_walk(a, first, end, &out, e);
}
