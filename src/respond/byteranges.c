/* SPDX-License-Identifier: MIT */
#include "respond/byteranges.h"

#define HEADS_MAX ((size_t)64 << 10)
/*
 * Constant for a representation. It cannot occur in our content: the boundary
 * of multipart/related begins differently.
 */
#define BOUNDARY "wadozip-range-%.32s"
#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

static uint64_t bytes(const struct range_set *set)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < set->count; i++)
        sum += set->ranges[i].last - set->ranges[i].first + 1;
    return sum;
}

int byteranges_describe(struct byteranges *p, struct response *a, const struct range_set *set,
                        struct response_header *r, struct err *e)
{
    char boundary[BOUNDARY_MAX + 1];
    const char *type = r->type;

    *p = (struct byteranges){.set = set};
    buf_init(&p->heads, HEADS_MAX);
    r->status = 206;
    r->length = bytes(set);
    if (set->count == 1) {
        r->range = &set->ranges[0];
        return 0;
    }
    /* without its quote */
    snprintf(boundary, sizeof boundary, BOUNDARY, a->retrieval.progress.etag + 1);
    for (size_t i = 0; i < set->count; i++) {
        if (response_header_part(&p->heads, boundary, type, &set->ranges[i], r->size, e))
            return -1;
        p->ends[i] = p->heads.len;
    }
    if (response_header_last_part(&p->heads, boundary, e))
        return -1;
    p->ends[set->count] = p->heads.len;
    r->length += p->heads.len;
    r->type = mem_printf(&a->s->mem, e, "multipart/byteranges; boundary=%s", boundary);
    return r->type ? 0 : -1;
}

void byteranges_release(struct byteranges *p)
{
    buf_release(&p->heads);
}

static int byteranges_put_head(const struct byteranges *p, size_t i, struct sink *s, struct err *e)
{
    size_t from = i ? p->ends[i - 1] : 0;

    return p->heads.len ? sink_put(s, p->heads.data + from, p->ends[i] - from, e) : 0;
}

int byteranges_walk(const struct byteranges *p, struct sink *s, byteranges_part *part, void *ctx,
                    struct err *e)
{
    for (size_t i = 0; i < p->set->count; i++) {
        const struct range *r = &p->set->ranges[i];

        if (byteranges_put_head(p, i, s, e) || part(ctx, r->first, r->last + 1, e))
            return -1;
    }
    return byteranges_put_head(p, p->set->count, s, e);
}

static int send_part(void *ctx, uint64_t first, uint64_t end, struct err *e)
{
    return response_send(ctx, first, end, e);
}

int byteranges_send(const struct byteranges *p, struct response *a, struct err *e)
{
    return byteranges_walk(p, &a->s->sink, send_part, a, e);
}
