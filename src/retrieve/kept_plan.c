/* SPDX-License-Identifier: MIT */
#include "retrieve/kept_plan.h"

#include <inttypes.h>

#include "base/deflate.h"
#include "base/hex.h"
#include "base/io.h"
#include "format/etag.h"
#include "plan/plan_file.h"

#define KEY_TEXT_MAX ((size_t)64 << 10)
#define VERSION 2 /* of the layout of entries */

_Static_assert(2 * SHA256_BYTES + 1 == RETRIEVAL_KEPT_BUFFER, "a key is a digest");

/* The text of a profile has the key, of which only a digest is kept. */
static void put_profile(struct buf *text, const struct deid_profile *p)
{
    if (p)
        buf_printf(text, "\n%d %s %s", DEID_VERSION, p->name, p->text);
}

/* De-identified bytes are made by helper processes, too. */
static bool needs_version(const struct retrieval *r)
{
    return plan_converts(&r->plan) || r->plan.options.profile;
}

/* Make the key of everything on which the plan depends. `of` names the resource
 * and the catalogue's state. */
static bool kept_plan_key(const struct retrieval *r, const char *of, uint32_t codec_version,
                          char out[RETRIEVAL_KEPT_BUFFER])
{
    const struct plan_options *o = &r->plan.options;
    uint8_t digest[SHA256_BYTES];
    struct err none = ERR_INIT;
    struct buf text;
    bool good;

    buf_init(&text, KEY_TEXT_MAX);
    buf_printf(&text, "%d %s\n%s\n%s\n%s\n", VERSION, ETAG_GENERATOR, of, r->tools->conf->database,
               deflate_identity());
    buf_printf(&text, "%d %d %d %s %d %d %d %" PRIu32 " %" PRIu64 " %" PRIu64 " %d", o->names,
               o->study_folders, o->wish.rule, o->wish.rule == WISH_NAMED ? o->wish.uid : "",
               o->wish.lossy_allowed, o->compression, o->entry_time, codec_version,
               o->max_instances, o->max_bytes,
               r->manifest.plan ? (int)r->manifest.format : (int)MANIFEST_FORMATS);
    put_profile(&text, o->profile);
    good = buf_check(&text, "a key", &none) == 0 &&
           sha256_bytes(text.data, text.len, digest, &none) == 0;
    buf_release(&text);
    if (good)
        hex_write(out, digest, SHA256_BYTES);
    return good;
}

static struct cache_key kept_plan_entry(const char *key)
{
    return (struct cache_key){.sop_uid = key, .target = "plan"};
}

/* Rows of a manifest have strings of the plan; all digests are known. */
static int kept_plan_take_rows(struct retrieval *r, int fd, uint64_t at, uint64_t size,
                               struct err *e)
{
    struct manifest *l = &r->manifest;
    size_t bytes = r->plan.count * sizeof *l->rows;
    bool sound;

    if (!l->plan)
        return 0;
    free(l->rows);
    l->rows = malloc(bytes);
    l->room = l->rows ? r->plan.count : 0;
    l->missing = 0;
    sound = l->rows && size - at == bytes && io_pread(fd, l->rows, bytes, at) == (ssize_t)bytes;
    for (size_t i = 0; i < l->room && sound; i++)
        sound = l->rows[i].sop_uid < r->plan.text_len && l->rows[i].sop_class < r->plan.text_len &&
                l->rows[i].syntax < r->plan.text_len && l->rows[i].digested;
    if (!sound)
        return err_set(e, ERR_DATA, "a kept manifest is damaged");
    r->progress.manifest = l;
    return 0;
}

static void empty_plan(struct retrieval *r)
{
    plan_release(&r->plan);
    plan_progress_begin(&r->progress, &r->plan);
    if (r->manifest.plan) {
        free(r->manifest.rows);
        manifest_init(&r->manifest, &r->plan, r->manifest.format);
    }
}

static bool take_entry(struct retrieval *r, const char *key)
{
    const struct cache_key k = kept_plan_entry(key);
    const struct plan_file_place to = {&r->plan, &r->progress, r->tools->store};
    struct helper_result found;
    struct err why = ERR_INIT;
    uint64_t end;
    bool good;

    if (!cache_get(r->tools->spool_cache, &k, HELPER_PACK_NOTHING, &found))
        return false;
    good = plan_file_read(&to, found.fd, found.size, &end, &why) == 0 &&
           kept_plan_take_rows(r, found.fd, end, found.size, &why) == 0;
    io_close(&found.fd);
    if (good)
        return true;
    empty_plan(r);
    cache_drop(r->tools->spool_cache, &k);
    return false;
}

/* A plan without conversions does not depend on the codec version. */
bool kept_plan_get(struct retrieval *r, const char *of)
{
    const uint32_t versions[] = {0, r->tools->codec_version};

    if (!r->tools->spool_cache)
        return false;
    for (size_t i = 0; i < 2 && (i == 0 || versions[i]); i++)
        if (kept_plan_key(r, of, versions[i], r->kept) && take_entry(r, r->kept))
            return true;
    r->kept[0] = '\0';
    return false;
}

static int write_all(const struct retrieval *r, struct sink *s, struct err *e)
{
    const struct manifest *l = &r->manifest;

    if (plan_file_write(&r->progress, r->tools->store, s, e))
        return -1;
    if (l->plan && sink_put(s, l->rows, r->plan.count * sizeof *l->rows, e))
        return -1;
    return sink_flush(s, e);
}

void kept_plan_put(struct retrieval *r, const char *of)
{
    struct spooled body = SPOOLED_NONE;
    struct sink s = {0};
    struct err ignored = ERR_INIT;
    bool good = r->tools->spool_cache && plan_file_can_hold(&r->progress) && !r->manifest.missing &&
                kept_plan_key(r, of, needs_version(r) ? r->tools->codec_version : 0, r->kept);

    if (good && spooled_open(&body, r->tools->conf->spool, &s, &ignored) == 0 &&
        write_all(r, &s, &ignored) == 0) {
        const struct cache_key k = kept_plan_entry(r->kept);
        const struct helper_result made = {
            .fd = body.fd, .size = body.length, .crc = body.crc, .packed_crc = body.crc};

        cache_put(r->tools->spool_cache, &k, &made);
    }
    sink_close(&s);
    spooled_release(&body);
}

void kept_plan_drop(struct retrieval *r)
{
    const struct cache_key k = kept_plan_entry(r->kept);

    if (r->kept[0])
        cache_drop(r->tools->spool_cache, &k);
    r->kept[0] = '\0';
}
