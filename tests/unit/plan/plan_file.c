/* SPDX-License-Identifier: MIT */
#include "plan/plan_file.h"

#include "base/sink.h"
#include "tests/unit/body/rows.h"

/* A finished plan of three instances in two folders, written to a file in the
 * root. */
struct kept {
    struct fixture f;
    int fd;
    uint64_t size;
};

static int keep_bytes(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct kept *k = ctx;

    (void)e;
    k->size += len;
    return io_write(k->fd, data, len);
}

static const struct deid_profile basic = {.name = "basic", .text = "0 0 k"};

static void kept_open_as(struct kept *k, const struct deid_profile *profile)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(12);
    struct sink s = {0};

    *k = (struct kept){.fd = -1};
    o.study_folders = true;
    o.profile = profile;
    i.pixel_offset = 300;
    i.pixel_length = 700;
    i.pixel_crc = 7;
    fixture_open(&k->f, &o);
    add(&k->f, &i);
    i.number = 13;
    i.path = "a/b/d";
    add(&k->f, &i);
    i.series_uid = "1.2.2";
    i.path = "e";
    add(&k->f, &i);
    assert_ok(finish_plan(&k->f.plan, &k->f.progress, &k->f.e), &k->f.e);
    assert_true(plan_file_can_hold(&k->f.progress));
    k->fd = open(fixture_path(&k->f, "plan"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_ok(sink_open(&s, keep_bytes, k, &k->f.e), &k->f.e);
    assert_ok(plan_file_write(&k->f.progress, k->f.store, &s, &k->f.e), &k->f.e);
    assert_ok(sink_flush(&s, &k->f.e), &k->f.e);
    sink_close(&s);
}

static void kept_open(struct kept *k)
{
    kept_open_as(k, NULL);
}

static void kept_close(struct kept *k)
{
    io_close(&k->fd);
    fixture_close(&k->f);
}

static int read_kept(const struct kept *k, uint64_t size, struct fixture *to)
{
    const struct plan_file_place place = {&to->plan, &to->progress, to->store};
    uint64_t end;

    return plan_file_read(&place, k->fd, size, &end, &to->e) || end != size ? -1 : 0;
}

static void expect_same(const struct kept *k, const struct fixture *got)
{
    char path[PLAN_PATH_BUFFER], other[PLAN_PATH_BUFFER];

    assert_int_equal(got->plan.count, 3);
    assert_true(got->progress.length_known == k->f.progress.length_known);
    assert_int_equal(got->progress.length, k->f.progress.length);
    assert_int_equal(got->progress.mark_count, k->f.progress.mark_count);
    assert_string_equal(got->progress.etag, k->f.progress.etag);
    assert_int_equal(got->plan.modified, 1700000000);
    for (size_t i = 0; i < 3; i++) {
        const struct plan_member *m = &got->plan.members[i], *of = &k->f.plan.members[i];

        plan_path(&got->plan, m, path);
        plan_path(&k->f.plan, of, other);
        assert_string_equal(path, other);
        assert_string_equal(plan_syntax(&got->plan, m), TRANSFER_SYNTAX_EXPLICIT_LE);
        snprintf(path, sizeof path, "%s",
                 store_label(got->store, m->folder, plan_text(&got->plan, m->file)));
        assert_string_equal(path,
                            store_label(k->f.store, of->folder, plan_text(&k->f.plan, of->file)));
        assert_int_equal(m->mtime_ns, 5);
        assert_int_equal(m->source, of->source);
    }
}

/* Also in a store that numbers its folders otherwise. */
static void a_plan_comes_back(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture got;
    struct kept k;
    const char *file;
    uint32_t number;

    (void)state;
    kept_open(&k);
    for (int other = 0; other < 2; other++) {
        o.study_folders = true;
        fixture_open(&got, &o);
        if (other)
            assert_ok(store_name(got.store, "main", "x/y", &number, &file, &got.e), &got.e);
        assert_ok(read_kept(&k, k.size, &got), &got.e);
        expect_same(&k, &got);
        fixture_close(&got);
    }
    kept_close(&k);
}

/* Its sizes are not known, the places of pixel data are. */
static void a_deidentified_plan_comes_back(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture got;
    struct kept k;

    (void)state;
    kept_open_as(&k, &basic);
    assert_false(k.f.progress.length_known);
    assert_int_equal(k.f.plan.members[0].source, PLAN_SPLICED);
    o.study_folders = true;
    o.profile = &basic;
    fixture_open(&got, &o);
    assert_ok(read_kept(&k, k.size, &got), &got.e);
    expect_same(&k, &got);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got.plan.pixels[i].offset, 300);
        assert_int_equal(got.plan.pixels[i].length, 700);
        assert_int_equal(got.plan.pixels[i].crc, 7);
        assert_false(got.plan.members[i].known);
    }
    fixture_close(&got);
    kept_close(&k);
}

static void a_short_file_is_refused(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture got;
    struct kept k;

    (void)state;
    kept_open(&k);
    fixture_open(&got, &o);
    for (uint64_t size = 0; size < k.size; size++) {
        assert_err(read_kept(&k, size, &got), ERR_DATA, &got.e);
        assert_int_equal(got.plan.count, 0);
        assert_null(got.plan.members);
    }
    fixture_close(&got);
    kept_close(&k);
}

/* The caller's checksum finds damage; here nothing is read or written out of
 * bounds (make asan). */
static void damage(const struct deid_profile *profile)
{
    struct plan_options o = fixture_options();
    char path[PLAN_PATH_BUFFER];
    struct fixture got;
    size_t refused = 0;
    struct kept k;
    uint8_t byte;

    o.profile = profile;
    kept_open_as(&k, profile);
    for (uint64_t at = 0; at < k.size; at++) {
        assert_int_equal(io_pread(k.fd, &byte, 1, at), 1);
        byte ^= 0xff;
        assert_int_equal(pwrite(k.fd, &byte, 1, (off_t)at), 1);
        fixture_open(&got, &o);
        if (read_kept(&k, k.size, &got)) {
            refused++;
        } else {
            for (size_t i = 0; i < got.plan.count; i++) {
                plan_path(&got.plan, &got.plan.members[i], path);
                assert_true(got.plan.pixels || got.plan.members[i].source != PLAN_SPLICED);
                (void)store_label(got.store, got.plan.members[i].folder,
                                  plan_text(&got.plan, got.plan.members[i].file));
            }
        }
        fixture_close(&got);
        byte ^= 0xff;
        assert_int_equal(pwrite(k.fd, &byte, 1, (off_t)at), 1);
    }
    assert_in_range(refused, 100, k.size);
    kept_close(&k);
}

static void damage_does_no_harm(void **state)
{
    (void)state;
    damage(NULL);
    damage(&basic);
}

static void a_root_must_be_configured(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture got;
    struct kept k;

    (void)state;
    kept_open(&k);
    fixture_open(&got, &o);
    store_close(got.store);
    got.conf.roots[0].name[0] = 'n';
    assert_ok(store_open(&got.conf, &got.store, &got.e), &got.e);
    assert_err(read_kept(&k, k.size, &got), ERR_CONFIG, &got.e);
    assert_null(got.plan.members);
    fixture_close(&got);
    kept_close(&k);
}

/* Otherwise a later request would have to find out again what is not known. */
static void everything_must_be_known(void **state)
{
    struct kept k;

    (void)state;
    kept_open(&k);
    k.f.plan.members[2].known = false;
    assert_false(plan_file_can_hold(&k.f.progress));
    k.f.plan.members[2].known = true;
    assert_true(plan_file_can_hold(&k.f.progress));
    k.f.progress.length_known = false;
    assert_false(plan_file_can_hold(&k.f.progress));
    k.f.progress.length_known = true;
    k.f.plan.options.framing = PLAN_MULTIPART;
    assert_false(plan_file_can_hold(&k.f.progress));
    kept_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_comes_back),
        cmocka_unit_test(a_deidentified_plan_comes_back),
        cmocka_unit_test(a_short_file_is_refused),
        cmocka_unit_test(damage_does_no_harm),
        cmocka_unit_test(a_root_must_be_configured),
        cmocka_unit_test(everything_must_be_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
