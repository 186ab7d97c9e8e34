/* SPDX-License-Identifier: MIT */
/* Requests for de-identified files with pixel data, and the cache that they
 * share. */
#ifndef WADOZIP_TESTS_UNIT_BODY_KEPT_SPLICES_H
#define WADOZIP_TESTS_UNIT_BODY_KEPT_SPLICES_H

#include "tests/unit/body/header_pool.h"

#include "body/splice.h"
#include "body/splice_table.h"

#define MEMBERS 40
#define BEFORE 100 /* bytes before the value of pixel data in a file */
#define PIXELS 700

/* One request: its content, and the cache of the first one. */
struct site {
    struct fixture f;
    struct helper_pool pool;
    struct deid_profile profile;
    struct cache *cache;
    bool owner;
};

struct site_change {
    const char *key;                   /* of the profile */
    uint32_t seed;                     /* of the files' content */
    bool no_pixels;                    /* their place is not known */
    bool smooth;     /* pixels become smaller */
    enum plan_compression compression;
    uint64_t deflated; /* size of all pixels as the catalogue has it; 0: not known */
    const struct content_learn *learn;
};

static inline void site_member(struct site *s, int n, const struct site_change *c)
{
    uint8_t data[BEFORE + PIXELS];
    struct instance i;
    char name[16], sop[32];

    fixture_fill(data + BEFORE, PIXELS, (uint32_t)n);
    for (size_t k = BEFORE; k < sizeof data && c->smooth; k++)
        data[k] &= 3;
    memset(data, n + (int)c->seed, BEFORE);
    snprintf(name, sizeof name, "f%d", n);
    fixture_write(&s->f, name, data, sizeof data);
    i = fixture_row(&s->f, name, n);
    snprintf(sop, sizeof sop, "1.2.3.1.%d", n + 1);
    i.sop_uid = sop;
    i.pixel_offset = c->no_pixels ? 0 : BEFORE;
    i.pixel_length = c->no_pixels ? 0 : PIXELS;
    i.pixel_deflated = c->deflated;
    i.pixel_crc = c->no_pixels ? 0 : crc_update(0, data + BEFORE, PIXELS);
    assert_ok(plan_add(&s->f.plan, s->f.store, &i, &s->f.e), &s->f.e);
}

/* The same files as those of `first`, and its cache; null: a cache of its
 * own. */
static inline void site_open_as(struct site *s, const struct site *first,
                                const struct site_change *c)
{
    struct plan_options o = fixture_options();

    *s = (struct site){.owner = !first, .profile = {.name = "basic"}};
    snprintf(s->profile.text, sizeof s->profile.text, "0 0 %s", c->key);
    o.profile = &s->profile;
    o.compression = c->compression;
    fixture_open(&s->f, &o);
    s->f.conf.spool = s->f.root;
    s->f.conf.spool_cache_size = (uint64_t)1 << 20;
    s->cache = first ? first->cache : NULL;
    assert_true(first || cache_open_spool(&s->f.conf, &s->cache, &s->f.e) == 0);
    for (int n = 0; n < MEMBERS; n++)
        site_member(s, n, c);
    assert_ok(finish_plan(&s->f.plan, &s->f.progress, &s->f.e), &s->f.e);
    content_init(&s->f.content, &s->f.progress, s->f.store, &s->pool, c->learn);
}

static inline void site_open(struct site *s, const struct site *first)
{
    site_open_as(s, first, &(struct site_change){.key = "0"});
}

static inline void site_close(struct site *s)
{
    if (s->owner)
        cache_close(s->cache);
    fixture_close(&s->f);
}

/* The first request makes all headers and sends everything. */
static inline void site_first(struct site *s)
{
    assert_true(splice_due(&s->f.content));
    assert_ok(splice_make(&s->f.content, s->f.root, &s->f.e), &s->f.e);
    splice_table_put(&s->f.content, s->cache, s->f.root);
    assert_ok(finish_measure(&s->f.progress, &s->f.e), &s->f.e);
    assert_ok(fixture_send(&s->f), &s->f.e);
}

/* A later one finds their sizes; false: it does not. */
static inline bool site_take(struct site *s)
{
    if (!splice_table_get(&s->f.content, s->cache, s->f.root))
        return false;
    assert_ok(finish_measure(&s->f.progress, &s->f.e), &s->f.e);
    return true;
}

#endif
