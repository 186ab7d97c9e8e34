/* SPDX-License-Identifier: MIT */
#include "body/deflate_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "body/deflate_pool.h"

/* Bits of a piece's tag: the last piece of a file; the last one of a pass over
 * its member. */
#define CLOSES 1
#define ENDS 2
#define SMALL_JOBS 5 /* of 1, 2, 4, 8, 16 pieces */
#define FILES_MAX \
    256 /* open files, regardless of the number of threads, in case the limit of
                       * descriptors was not raised */

struct deflate_stream {
    const struct plan *plan;
    struct plan_progress *progress; /* takes deflated sizes */
    struct file_source *source;
    struct deflate_pool *press;
    size_t next, to;              /* next and last member to submit */
    uint64_t at;                  /* offset in the next one */
    bool again;                   /* the second pass */
    bool sizes_only;              /* only determine sizes: no member needs a second pass */
    int fd;                       /* descriptor of the next one, -1 if it is not open */
    size_t files;                 /* open files, including those that threads read */
    unsigned given;               /* jobs so far */
    size_t turn;                  /* member of the next piece to take */
    struct deflate_pool_job *job; /* the current one */
    size_t piece;                 /* its next piece */
    struct err late; /* error that stopped submissions, returned when its member's turn comes */
};

static unsigned thread_count(unsigned wished)
{
    long n = wished ? (long)wished : sysconf(_SC_NPROCESSORS_ONLN);

    if (!wished && n > DEFLATE_STREAM_THREADS)
        n = DEFLATE_STREAM_THREADS;
    return n < 1 ? 1 : n > DEFLATE_POOL_THREADS_MAX ? DEFLATE_POOL_THREADS_MAX : (unsigned)n;
}

int deflate_stream_open(struct plan_progress *g, struct file_source *s, unsigned threads,
                        struct deflate_stream **out, struct err *e)
{
    struct deflate_stream *k = calloc(1, sizeof *k);

    if (!k)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    *k = (struct deflate_stream){
        .plan = g->plan, .progress = g, .source = s, .fd = -1, .next = SIZE_MAX, .turn = SIZE_MAX};
    if (deflate_pool_open(thread_count(threads), &k->press, e)) {
        free(k);
        return -1;
    }
    *out = k;
    return 0;
}

static void close_file(struct deflate_stream *k, int *fd)
{
    k->files -= *fd >= 0;
    io_close(fd);
}

static void drop_job(struct deflate_stream *k)
{
    for (size_t i = 0; i < k->job->count; i++)
        if (k->job->pieces[i].tag & CLOSES)
            close_file(k, &k->job->pieces[i].fd);
    deflate_pool_drop(k->press);
    k->job = NULL;
    k->piece = 0;
}

static void start_at(struct deflate_stream *k, size_t i)
{
    while (k->job || (k->job = deflate_pool_take(k->press)))
        drop_job(k);
    close_file(k, &k->fd);
    err_clear(&k->late);
    k->next = k->turn = i;
    k->at = 0;
    k->again = false;
    k->given = 0;
}

void deflate_stream_close(struct deflate_stream *k)
{
    if (!k)
        return;
    start_at(k, SIZE_MAX);
    deflate_pool_close(k->press);
    free(k);
}

/* Bytes of a member's file that are compressed; `ends`: they end its stream. */
struct stream_span {
    uint64_t offset, size;
    uint32_t crc;
    bool ends;
};

static struct stream_span span_of(const struct deflate_stream *k, size_t i)
{
    const struct plan_member *m = &k->plan->members[i];
    const struct plan_pixels *pixels = k->plan->pixels ? &k->plan->pixels[i] : NULL;

    if (m->source == PLAN_SPLICED)
        return (struct stream_span){pixels->offset, pixels->length, pixels->crc, false};
    return (struct stream_span){0, m->file_size, m->file_crc, true};
}

/* Return the size that this is deflated to, 0 if it is not known. */
static uint64_t deflated_size(const struct deflate_stream *k, size_t i)
{
    const struct plan_member *m = &k->plan->members[i];
    const struct plan_fact fact = plan_progress_fact(k->progress, m);

    if (m->source == PLAN_SPLICED)
        return fact.deflated_size;
    return fact.known ? fact.stored_size : 0;
}

static bool open_next(struct deflate_stream *k)
{
    const struct plan_member *m = &k->plan->members[k->next];

    if (k->fd >= 0)
        return true;
    if (k->files == FILES_MAX || file_source_open_alone(k->source, k->next, &k->fd, &k->late))
        return false;
    k->files++;
    posix_fadvise(k->fd, 0, (off_t)m->file_size, POSIX_FADV_SEQUENTIAL);
    return true;
}

/*
 * Return whether a member has to be compressed once only to determine its size,
 * which its head names. One of a single block is kept meanwhile.
 */
static bool needs_size_first(const struct deflate_stream *k, size_t i)
{
    return span_of(k, i).size > DEFLATE_BLOCK && !deflated_size(k, i);
}

static void end_member(struct deflate_stream *k)
{
    k->at = 0;
    if (needs_size_first(k, k->next) && !k->again && !k->sizes_only) {
        k->again = true;
        return;
    }
    k->again = false;
    k->fd = -1; /* the pool uses it; drop_job closes it */
    k->next++;
}

/* The first jobs are small, so that the first bytes do not wait for many
 * pieces. */
static bool has_room(const struct deflate_stream *k, const struct deflate_pool_job *j, size_t len)
{
    return (k->given >= SMALL_JOBS || j->count < 1u << k->given) && deflate_pool_fits(j, len);
}

/* Add the next block of the next member. Returns false if it does not fit or
 * cannot be read. */
static bool add_piece(struct deflate_stream *k, struct deflate_pool_job *j)
{
    const struct stream_span span = span_of(k, k->next);
    uint64_t rest = span.size - k->at;
    size_t len = rest < DEFLATE_BLOCK ? (size_t)rest : DEFLATE_BLOCK;
    bool last = len == rest,
         done = last && (!needs_size_first(k, k->next) || k->again || k->sizes_only);

    if (!has_room(k, j, len) || !open_next(k))
        return false;
    j->pieces[j->count++] =
        (struct deflate_pool_piece){.fd = k->fd,
                                    .offset = span.offset + k->at,
                                    .len = len,
                                    .last = last && span.ends,
                                    .tag = (done ? CLOSES : 0) | (last ? ENDS : 0)};
    j->taken += len;
    k->at += len;
    if (last)
        end_member(k);
    return true;
}

/* Converted members are deflated by wadozip-dicom; a spliced one can be sent
 * without pixel data. */
static bool is_packed(const struct deflate_stream *k, size_t i)
{
    const struct plan_member *m = &k->plan->members[i];
    const struct plan_fact fact = plan_progress_fact(k->progress, m);
    bool sized = deflated_size(k, i) > 0;

    return fact.deflated && m->source != PLAN_CONVERTED && !(k->sizes_only && sized) &&
           !(m->source == PLAN_SPLICED && fact.known && !sized);
}

static bool find_next(struct deflate_stream *k)
{
    while (k->next <= k->to && k->next < k->plan->count && !is_packed(k, k->next))
        k->next++;
    return k->next <= k->to && k->next < k->plan->count && !k->late.kind;
}

/* Submit as much as the pool takes. */
static void deflate_stream_fill(struct deflate_stream *k)
{
    struct deflate_pool_job *j;

    while (find_next(k) && (j = deflate_pool_begin(k->press))) {
        while (find_next(k) && add_piece(k, j))
            ;
        if (j->count == 0)
            return;
        deflate_pool_submit(k->press);
        k->given++;
    }
}

static const char *deflate_stream_label(const struct deflate_stream *k, size_t i)
{
    return file_source_label(k->source, &k->plan->members[i]);
}

/* Take the next piece, which belongs to the current member. */
static int next_piece(struct deflate_stream *k, const struct deflate_pool_piece **piece,
                      struct err *e)
{
    if (!k->job) {
        deflate_stream_fill(k);
        k->job = deflate_pool_take(k->press);
    }
    if (!k->job)
        return err_set(e, k->late.kind ? k->late.kind : ERR_SYSTEM, "%s",
                       k->late.kind ? k->late.text : "nothing was given to the compressor");
    if (k->job->err.kind)
        return err_set(e, k->job->err.kind, "%s: %s", deflate_stream_label(k, k->turn),
                       k->job->err.text);
    *piece = &k->job->pieces[k->piece];
    return 0;
}

static void deflate_stream_step(struct deflate_stream *k)
{
    if (++k->piece < k->job->count)
        return;
    drop_job(k);
    deflate_stream_fill(k);
}

/* Totals of one pass over a member. */
struct sum {
    uint64_t made;
    uint32_t crc;
    bool end;
};

static void add_up(struct sum *s, const struct deflate_pool_piece *piece)
{
    s->made += piece->made;
    s->crc = crc_join(s->crc, piece->crc, piece->len);
    s->end = (piece->tag & ENDS) != 0;
}

static int check_crc(const struct deflate_stream *k, size_t i, const struct sum *s, struct err *e)
{
    uint32_t crc = span_of(k, i).crc;

    if (s->crc == crc)
        return 0;
    return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded",
                   deflate_stream_label(k, i), s->crc, crc);
}

/*
 * A member of one block has its size in the piece that will be sent. Others
 * need an additional pass.
 */
static int learn_size(struct deflate_stream *k, size_t i, struct err *e)
{
    const struct plan_member *m = &k->plan->members[i];
    struct plan_fact *fact = plan_progress_edit(k->progress, m, e);
    struct sum s = {0};

    if (!fact)
        return -1;
    while (!s.end) {
        const struct deflate_pool_piece *piece;

        if (next_piece(k, &piece, e))
            return -1;
        add_up(&s, piece);
        if (k->sizes_only || needs_size_first(k, i))
            deflate_stream_step(k);
    }
    if (check_crc(k, i, &s, e))
        return -1;
    if (m->source == PLAN_SPLICED) {
        fact->deflated_size = s.made;
    } else {
        fact->stored_size = s.made;
        fact->known = true;
    }
    return 0;
}

int deflate_stream_ready(struct deflate_stream *k, size_t i, size_t to, struct err *e)
{
    k->to = to;
    if (k->turn > i || k->next < i || k->turn == SIZE_MAX)
        start_at(k, i);
    k->turn = i;
    return deflated_size(k, i) ? 0 : learn_size(k, i, e);
}

int deflate_stream_measure(struct deflate_stream *k, size_t i, struct err *e)
{
    k->sizes_only = true;
    if (deflate_stream_ready(k, i, k->plan->count - 1, e))
        return -1;
    k->turn = i + 1;
    return 0;
}

int deflate_stream_send(struct deflate_stream *k, size_t i, struct range_filter *w, bool *wrong,
                        struct err *e)
{
    const uint64_t size = deflated_size(k, i);
    bool whole = range_filter_covers(w, size);
    uint64_t from = w->at;
    struct sum s = {0};

    *wrong = false;
    while (!s.end && w->at < w->end) {
        const struct deflate_pool_piece *piece;

        if (next_piece(k, &piece, e))
            return -1;
        add_up(&s, piece);
        *wrong = s.made > size || (s.end && s.made < size);
        if (*wrong)
            return err_set(e, ERR_DATA,
                           "%s was deflated to %s than the %llu bytes that are recorded",
                           deflate_stream_label(k, i), s.made > size ? "more" : "fewer",
                           (unsigned long long)size);
        if (range_filter_put(w, k->job->data + piece->at, piece->made, e))
            return -1;
        deflate_stream_step(k);
    }
    w->at = from + size;
    k->turn = s.end ? i + 1 : SIZE_MAX;
    return whole ? check_crc(k, i, &s, e) : 0;
}
