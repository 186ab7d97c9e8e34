/* SPDX-License-Identifier: MIT */
/* Archives whose last member is a manifest. */
#include "tests/unit/body/response.h"

#include "format/manifest.h"
#include "format/zip.h"

/* The archive is unzipped, its manifest compared with what lies there. */
#define SHA256SUM "cd \"$1\" && unzip -q archive.zip && sha256sum --strict -c MANIFEST.sha256 && " \
                  "[ $(wc -l < MANIFEST.sha256) = $2 ] && [ $(find . -name '*.dcm' | wc -l) = $2 ]"
#define CSV \
    "cd \"$1\" && unzip -q archive.zip && tail -n +2 MANIFEST.csv | tr -d '\\r' | " \
    "awk -F, '{print $NF \"  \" $1}' | sha256sum --strict -c && [ $(wc -l < MANIFEST.csv) = $(($2 + 1)) ]"

/* `count` files of data that compresses, each of `size` bytes and some. */
static unsigned char known[SHA256_BYTES]; /* of every second file, where there is one */

static void add_files(struct fixture *f, struct manifest *l, int count, size_t size)
{
    uint8_t *data = calloc(size + (size_t)count, 1);

    for (int n = 0; n < count; n++) {
        char name[32], sop[32];
        struct instance i;

        snprintf(name, sizeof name, "f%d", n);
        fixture_fill(data, size / 3, (uint32_t)n);
        fixture_write(f, name, data, size + (size_t)n);
        i = fixture_row(f, name, n);
        snprintf(sop, sizeof sop, "1.2.3.1.%d", n + 1);
        i.sop_uid = sop;
        i.sha256 = known[0] && n % 2 ? known : NULL;
        assert_ok(manifest_add(l, f->store, &i, &f->e), &f->e);
    }
    free(data);
    content_init(&f->content, &f->progress, f->store, NULL, &f->learn);
}

static void open_archive(struct fixture *f, struct manifest *l, enum plan_compression c,
                         enum manifest_format format, int count, size_t size)
{
    struct plan_options o = fixture_options();

    o.compression = c;
    fixture_open(f, &o);
    manifest_init(l, &f->plan, format);
    add_files(f, l, count, size);
    assert_ok(finish_table(l, &f->progress, &f->e), &f->e);
}

static void close_archive(struct fixture *f, struct manifest *l)
{
    fixture_close(f);
    manifest_release(l);
}

static void check(enum plan_compression c, enum manifest_format format, int count, size_t size)
{
    struct fixture f;
    struct manifest l;
    char number[16];

    open_archive(&f, &l, c, format, count, size);
    assert_int_equal(f.progress.length_known, c == PLAN_COMPRESS_NONE);
    assert_int_equal(l.missing, count);
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(l.missing, 0);
    if (f.progress.length_known)
        assert_int_equal(f.out_len, f.progress.length);
    fixture_write(&f, "archive.zip", f.out, f.out_len);
    snprintf(number, sizeof number, "%d", count);
    assert_int_equal(
        fixture_run(format == MANIFEST_CSV_SHA256 ? CSV : SHA256SUM, f.root, number, ""), 0);
    close_archive(&f, &l);
}

static void sha256sum_agrees(void **state)
{
    (void)state;
    check(PLAN_COMPRESS_NONE, MANIFEST_SHA256, 40, 100000);
    check(PLAN_COMPRESS_NONE, MANIFEST_SHA256, 1, 0);
}

static void sha256sum_agrees_on_what_was_deflated(void **state)
{
    (void)state;
    check(PLAN_COMPRESS_DEFLATE, MANIFEST_SHA256, 10, 100000);
    check(PLAN_COMPRESS_DEFLATE, MANIFEST_SHA256, 2, 3000000);
}

static void the_table_has_digests(void **state)
{
    (void)state;
    check(PLAN_COMPRESS_NONE, MANIFEST_CSV_SHA256, 40, 1000);
    check(PLAN_COMPRESS_DEFLATE, MANIFEST_CSV_SHA256, 10, 100000);
}

/* Where the last instance ends. */
static size_t data_end(const struct fixture *f)
{
    uint8_t head[FRAMING_HEAD_MAX];
    size_t at = 0;

    for (size_t i = 0; i < f->plan.count; i++)
        at += zip_head(&f->progress, &f->plan.members[i], head) +
              (size_t)f->plan.members[i].stored_size;
    return at;
}

static void forget_digests(struct manifest *l)
{
    for (size_t i = 0; i < l->plan->count; i++)
        l->rows[i].digested = false;
    l->missing = l->plan->count;
}

/* Every part is a slice of what was sent, also when no member before it was;
 * only the manifest makes digests needed. */
static void every_range_is_a_slice(void **state)
{
    struct fixture f;
    struct manifest l;
    uint8_t *whole;
    size_t len, instances;

    (void)state;
    open_archive(&f, &l, PLAN_COMPRESS_NONE, MANIFEST_SHA256, 3, 30);
    assert_ok(fixture_send(&f), &f.e);
    len = f.out_len;
    whole = malloc(len);
    memcpy(whole, f.out, len);
    instances = data_end(&f);
    for (size_t first = 0; first < len; first += 3)
        for (size_t last = first; last < len; last += 5) {
            forget_digests(&l);
            assert_ok(fixture_send_range(&f, first, last), &f.e);
            assert_true(l.missing == 0 || last < instances);
            assert_int_equal(f.out_len, last - first + 1);
            assert_memory_equal(f.out, whole + first, f.out_len);
        }
    forget_digests(&l);
    assert_ok(fixture_send_range(&f, 1, instances - 2), &f.e);
    assert_int_equal(l.missing, 1); /* of the last instance, which was not sent whole */
    free(whole);
    close_archive(&f, &l);
}

/* What the catalogue knows is reported and not computed; what was computed is there
 * to be learned, piece by piece. */
static void known_digests_are_not_computed(void **state)
{
    static const enum plan_compression all[] = {PLAN_COMPRESS_NONE, PLAN_COMPRESS_DEFLATE};

    (void)state;
    memset(known, 0xCD, sizeof known);
    for (int n = 0; n < 2; n++) {
        struct instance_digest fresh[2];
        struct fixture f;
        struct manifest l;
        size_t at = 0;

        open_archive(&f, &l, all[n], MANIFEST_SHA256, 6, 3000);
        assert_int_equal(l.missing, 3);
        assert_int_equal(manifest_fresh(&l, &at, fresh, 2), 0);
        assert_ok(fixture_send(&f), &f.e);
        assert_memory_equal(l.rows[1].digest, known, SHA256_BYTES);
        at = 0;
        assert_int_equal(manifest_fresh(&l, &at, fresh, 2), 2);
        assert_string_equal(fresh[1].sop_uid, "1.2.3.1.3");
        assert_int_equal(fresh[1].crc, f.plan.members[2].file_crc);
        assert_ptr_equal(fresh[1].sha256, l.rows[2].digest);
        f.plan.members[4].source = PLAN_CONVERTED; /* not of the file */
        assert_int_equal(manifest_fresh(&l, &at, fresh, 2), 0);
        close_archive(&f, &l);
    }
    memset(known, 0, sizeof known);
}

static void the_tag_depends_on_the_manifest(void **state)
{
    static const enum manifest_format formats[] = {MANIFEST_SHA256, MANIFEST_CSV_SHA256};
    struct fixture f[2];
    struct manifest l[2];
    char without[PLAN_ETAG_MAX];

    (void)state;
    for (int i = 0; i < 2; i++)
        open_archive(&f[i], &l[i], PLAN_COMPRESS_NONE, formats[i], 3, 30);
    assert_string_not_equal(f[0].progress.etag, f[1].progress.etag);
    snprintf(without, sizeof without, "%s", f[0].progress.etag);
    f[0].progress.manifest = NULL;
    assert_ok(finish_plan(&f[0].plan, &f[0].progress, &f[0].e), &f[0].e);
    assert_string_not_equal(f[0].progress.etag, without);
    for (int i = 0; i < 2; i++)
        close_archive(&f[i], &l[i]);
}

/* A file that is not what was recorded breaks the archive off before its digest
 * is written down. */
static void a_changed_file_gets_no_digest(void **state)
{
    static const enum plan_compression all[] = {PLAN_COMPRESS_NONE, PLAN_COMPRESS_DEFLATE};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        struct manifest l;

        open_archive(&f, &l, all[i], MANIFEST_SHA256, 3, 30000);
        f.plan.members[1].crc ^= 1;
        f.plan.members[1].file_crc ^= 1;
        assert_err(fixture_send(&f), ERR_DATA, &f.e);
        assert_int_equal(l.missing, 2);
        close_archive(&f, &l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256sum_agrees),
        cmocka_unit_test(sha256sum_agrees_on_what_was_deflated),
        cmocka_unit_test(the_table_has_digests),
        cmocka_unit_test(every_range_is_a_slice),
        cmocka_unit_test(known_digests_are_not_computed),
        cmocka_unit_test(the_tag_depends_on_the_manifest),
        cmocka_unit_test(a_changed_file_gets_no_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
