/* SPDX-License-Identifier: MIT */
/* Facts reach the catalogue with the right names and values; what is not
 * recorded is reported by name. */
#include "tests/unit/unit.h"

#include "base/deflate.h"
#include "catalog/catalog_learn.h"
#include "dicom/transfer_syntax.h"
#include "retrieve/kept_plan.h"
#include "retrieve/retrieve_learn.h"

#define DIGESTS (CATALOG_DIGESTS + 3)

static struct {
    char recorded[512], unrecorded[128];
    bool refuses;             /* the catalogue records nothing */
    unsigned dropped;         /* kept plans */
    unsigned made, failed, lost; /* reports of conversions: of these, not recorded */
} world;

__attribute__((format(printf, 2, 3))) static int record(struct err *e, const char *format, ...)
{
    size_t len = strlen(world.recorded);
    va_list args;

    va_start(args, format);
    vsnprintf(world.recorded + len, sizeof world.recorded - len, format, args);
    va_end(args);
    return world.refuses ? err_set(e, ERR_AWAY, "read-only") : 0;
}

int catalog_learn_at(struct catalog *c, const char *conninfo, struct err *e)
{
    (void)c, (void)conninfo, (void)e;
    return 0;
}

int catalog_learn_mtime(struct catalog *c, const char *root, const char *path, int64_t old_ns,
                        int64_t new_ns, struct err *e)
{
    (void)c;
    return record(e, "%s %s %lld %lld", root, path, (long long)old_ns, (long long)new_ns);
}

int catalog_learn_conversion(struct catalog *c, const char *sop_uid, uint32_t crc,
                             const struct catalog_conversion *f, struct err *e)
{
    (void)c;
    return record(e, "%s %x %s %u %llu %llu %x", sop_uid, crc, f->target, f->codec_version,
                  (unsigned long long)f->size, (unsigned long long)f->deflated, f->crc);
}

int catalog_learn_deflated(struct catalog *c, const struct catalog_deflated *d, struct err *e)
{
    (void)c;
    assert_string_equal(d->compressor, deflate_identity());
    return record(e, "%s %s %x %llu", d->root, d->path, d->crc_of_file,
                  (unsigned long long)d->size);
}

int catalog_learn_sizes(struct catalog *c, uint32_t codec_version,
                        const struct instance_size *sizes, size_t count, struct err *e)
{
    (void)c;
    assert_int_equal(count, 2);
    return record(e, "%u: %s %x %llu, %s %x %llu", codec_version, sizes[0].sop_uid, sizes[0].crc,
                  (unsigned long long)sizes[0].size, sizes[1].sop_uid, sizes[1].crc,
                  (unsigned long long)sizes[1].size);
}

int catalog_learn_digests(struct catalog *c, const struct instance_digest *digests, size_t count,
                          struct err *e)
{
    (void)c, (void)digests;
    return record(e, "%zu digests, ", count);
}

void kept_plan_drop(struct retrieval *r)
{
    (void)r;
    world.dropped++;
}

static void note_unrecorded(void *ctx, const char *what, const struct err *why)
{
    assert_ptr_equal(ctx, &world);
    snprintf(world.unrecorded, sizeof world.unrecorded, "%.80s: %.40s", what, why->text);
}

static void note_converted(void *ctx, bool made, bool recorded)
{
    assert_ptr_equal(ctx, &world);
    world.made += made;
    world.failed += !made;
    world.lost += !recorded;
}

static struct plan_conversion conversions[2] = {{111, 0}, {222, 0}};
static struct plan_member members[2] = {
    {.file = 1, .file_crc = 0xabc, .mtime_ns = 55, .sop_uid = 6, .source = PLAN_CONVERTED},
    {.file = 1, .file_crc = 0xdef, .mtime_ns = 66, .sop_uid = 10, .source = PLAN_CONVERTED},
};
static char text[] = "\0file\0" "1.2\0" "1.3";
static struct retrieve_tools tools;

/* Files of a root: one in a folder with a colon. No file is opened. */
static int open_store(void **state)
{
    static char root[] = "/tmp";
    static struct conf conf = {.root_count = 1, .roots = {{.name = "ward", .path = root}}};
    struct err e = ERR_INIT;
    const char *file;

    (void)state;
    assert_ok(store_open(&conf, &tools.store, &e), &e);
    assert_ok(store_name(tools.store, "ward", "a/file", &members[0].folder, &file, &e), &e);
    assert_ok(store_name(tools.store, "ward", "in:side/file", &members[1].folder, &file, &e), &e);
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    store_close(tools.store);
    return 0;
}

static void begin(struct retrieval *r, bool refuses)
{
    *r = (struct retrieval){.tools = &tools, .report = {note_unrecorded, note_converted, &world}};
    r->plan =
        (struct plan){.members = members, .count = 2, .conversions = conversions, .text = text};
    r->plan.options.codec_version = 9;
    r->progress.plan = &r->plan;
    memset(&world, 0, sizeof world);
    world.refuses = refuses;
}

/* Call the callback of a fact; both outcomes, and without a program that
 * listens. */
static void check(void (*fact)(const struct content_learn *l, struct retrieval *r),
                  const char *recorded, const char *unrecorded)
{
    struct retrieval r;
    struct content_learn l;

    for (int refuses = 0; refuses < 3; refuses++) {
        begin(&r, refuses > 0);
        if (refuses == 2)
            r.report = (struct retrieve_report){0};
        l = retrieve_learn(&r);
        fact(&l, &r);
        assert_string_equal(world.recorded, recorded);
        assert_string_equal(world.unrecorded, refuses == 1 ? unrecorded : "");
    }
}

static void pass_mtime(const struct content_learn *l, struct retrieval *r)
{
    l->mtime(l->ctx, &r->plan, &members[1], 77);
    assert_int_equal(world.dropped, 1); /* a kept plan has the former time */
}

static void pass_deflated(const struct content_learn *l, struct retrieval *r)
{
    l->deflated(l->ctx, &r->plan, &members[0], 44);
    assert_int_equal(world.dropped, 0);
}

static void pass_conversion(const struct content_learn *l, struct retrieval *r)
{
    l->conversion(l->ctx, &r->plan, &members[1], 500, 0x12, 400);
    if (!r->report.converted)
        return;
    assert_int_equal(world.made, 1);
    assert_int_equal(world.failed, 0);
    assert_int_equal(world.lost, world.refuses);
}

static void pass_sizes(const struct content_learn *l, struct retrieval *r)
{
    l->sizes(l->ctx, &r->progress, (const uint32_t[]){1, 0}, 2);
}

static void facts_of_files_are_recorded(void **state)
{
    (void)state;
    check(pass_mtime, "ward in:side/file 66 77", "the new time of ward:in:side/file: read-only");
    check(pass_deflated, "ward a/file abc 44", "the deflated size of ward:a/file: read-only");
}

static void facts_of_conversions_are_recorded(void **state)
{
    (void)state;
    check(pass_conversion, "1.3 def " TRANSFER_SYNTAX_EXPLICIT_LE " 9 500 400 12",
          "the converted size of 1.3: read-only");
    check(pass_sizes, "9: 1.3 def 222, 1.2 abc 111", "measured sizes: read-only");
}

static void a_failed_conversion_counts_as_such(void **state)
{
    struct retrieval r;
    struct content_learn l;

    (void)state;
    begin(&r, false);
    l = retrieve_learn(&r);
    l.conversion(l.ctx, &r.plan, &members[0], 0, 0, 0);
    assert_int_equal(world.made, 0);
    assert_int_equal(world.failed, 1);
    assert_int_equal(world.lost, 0);
}

/* More digests than one call takes go in batches; an error ends them. */
static void digests_are_recorded_in_batches(void **state)
{
    struct plan_member *many = calloc(DIGESTS, sizeof *many);
    struct retrieval r;

    (void)state;
    begin(&r, false);
    r.plan.members = many;
    r.plan.count = DIGESTS;
    r.manifest = (struct manifest){
        .plan = &r.plan, .rows = calloc(DIGESTS, sizeof *r.manifest.rows), .room = DIGESTS};
    for (size_t i = 0; i < DIGESTS; i++)
        r.manifest.rows[i].fresh = i != 5;
    retrieve_learn_digests(&r);
    assert_string_equal(world.recorded, "1000 digests, 2 digests, ");
    world.refuses = true;
    world.recorded[0] = '\0';
    retrieve_learn_digests(&r);
    assert_string_equal(world.recorded, "1000 digests, ");
    assert_string_equal(world.unrecorded, "digests of the manifest: read-only");
    free(r.manifest.rows);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_files_are_recorded),
        cmocka_unit_test(facts_of_conversions_are_recorded),
        cmocka_unit_test(a_failed_conversion_counts_as_such),
        cmocka_unit_test(digests_are_recorded_in_batches),
    };

    return cmocka_run_group_tests(tests, open_store, close_store);
}
