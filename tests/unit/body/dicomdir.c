/* SPDX-License-Identifier: MIT */
/* Archives whose first member is a DICOMDIR: what wadozip-dicom receives, and
 * what becomes of its answer. */
#include "tests/unit/body/response.h"
#include "tests/unit/body/rows.h"

#include <sys/mman.h>

#include "format/dicomdir.h"
#include "format/manifest.h"

#define MADE "this is a DICOMDIR"

/* In place of helper/helper_pool.c. */
struct helper_pool {
    uint8_t listed[1 << 16];
    size_t listed_len;
    char target[HELPER_TARGET_MAX + 1];
    uint64_t cookie;
    unsigned asked, stale; /* answers to other jobs that come first */
    enum helper_class class;
};

unsigned helper_pool_room(const struct helper_pool *p)
{
    return p->stale ? 0 : 1;
}

int helper_pool_order(struct helper_pool *p, int fd, const struct helper_order *o, struct err *e)
{
    (void)e;
    assert_int_equal(o->kind, HELPER_MAKE_DICOMDIR);
    assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    p->listed_len = (size_t)io_pread(fd, p->listed, sizeof p->listed, 0);
    snprintf(p->target, sizeof p->target, "%s", o->target);
    p->cookie = o->cookie;
    p->asked++;
    close(fd);
    return 0;
}

int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r, struct err *e)
{
    (void)timeout_ms, (void)e;
    *r = (struct helper_result){
        .cookie = p->cookie, .kind = HELPER_MAKE_DICOMDIR, .class = p->class, .fd = -1};
    if (p->stale) {
        p->stale--;
        r->cookie = 7;
        return 1;
    }
    if (p->class != HELPER_INSTANCE) {
        snprintf(r->reason, sizeof r->reason, "it does not want to");
        return 1;
    }
    r->fd = memfd_create("made", MFD_CLOEXEC);
    assert_int_equal(io_write(r->fd, MADE, sizeof MADE - 1), 0);
    r->size = sizeof MADE - 1;
    r->crc = crc_update(0, MADE, sizeof MADE - 1);
    return 1;
}

static struct plan_options media_options(void)
{
    struct plan_options o = fixture_options();

    o.names = PLAN_NAMES_MEDIA;
    return o;
}

static const struct dicomdir_study study = {.study_uid = "1.2", .patient_name = "N"};

static void begin(struct fixture *f, struct dicomdir *d)
{
    const struct plan_options o = media_options();

    fixture_open(f, &o);
    assert_ok(dicomdir_init(d, &f->plan, &study, &f->e), &f->e);
}

static struct instance row(const char *series, const char *sop, int32_t number)
{
    static const unsigned char keys[] = {1, 2, 3, 4};
    struct instance i = made_up(number);

    i.series_uid = series;
    i.sop_uid = sop;
    i.keys = keys;
    i.key_bytes = sizeof keys;
    return i;
}

static void list(struct fixture *f, struct dicomdir *d, struct instance i)
{
    add(f, &i);
    assert_ok(dicomdir_add(d, &i, &f->e), &f->e);
}

static void end(struct fixture *f, struct dicomdir *d)
{
    fixture_close(f);
    dicomdir_release(d);
}

static void three(struct fixture *f, struct dicomdir *d, uint32_t crc)
{
    struct instance first = row("1.2.1", "1.2.1.1", 5);

    begin(f, d);
    first.crc = crc;
    list(f, d, first);
    list(f, d, row("1.2.1", "1.2.1.2", 5));
    list(f, d, row("1.2.2", "1.2.2.1", 5));
}

static void what_is_listed(void **state)
{
    const struct helper_pool nothing = {.stale = 2};
    static struct helper_pool pool;
    struct dicomdir_entry entries[2];
    struct dicomdir_instance last;
    struct dicomdir_series series;
    struct dicomdir d;
    struct fixture f;
    size_t size = sizeof entries[0] + sizeof last + 4;

    (void)state;
    pool = nothing;
    three(&f, &d, 1);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_int_equal(pool.stale, 0);
    assert_int_equal(pool.listed_len,
                     sizeof study + 2 * (sizeof entries[0] + sizeof series) + 3 * size);
    assert_int_equal(((struct dicomdir_study *)pool.listed)->acquired, 20240229120000);
    memcpy(&entries[0], pool.listed + sizeof study, sizeof entries[0]);
    memcpy(&entries[1], pool.listed + pool.listed_len - size, sizeof entries[1]);
    memcpy(&last, pool.listed + pool.listed_len - size + sizeof entries[1], sizeof last);
    assert_int_equal(entries[0].kind, DICOMDIR_SERIES);
    assert_int_equal(entries[1].kind, DICOMDIR_INSTANCE);
    assert_int_equal(entries[1].keys, 4);
    assert_string_equal(last.file_id, "DICOM\\S0000002\\I0000001");
    assert_string_equal(last.transfer_syntax, TRANSFER_SYNTAX_EXPLICIT_LE);
    assert_memory_equal(pool.listed + pool.listed_len - 4, "\1\2\3\4", 4);
    assert_int_equal(strncmp(pool.target, "2.25.", 5), 0);
    assert_true(uid_valid(pool.target, strlen(pool.target)));
    end(&f, &d);
}

static void names_and_places(void **state)
{
    static struct helper_pool pool;
    char path[PLAN_PATH_BUFFER];
    struct dicomdir d;
    struct fixture f;

    (void)state;
    three(&f, &d, 1);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_true(f.progress.length_known);
    assert_int_equal(plan_instances(&f.plan), 3);
    assert_int_equal(f.plan.members[0].stored_size, sizeof MADE - 1);
    assert_string_equal(plan_syntax(&f.plan, &f.plan.members[0]), TRANSFER_SYNTAX_EXPLICIT_LE);
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"DICOMDIR", "DICOM/S0000001/I0000001",
                                            "DICOM/S0000001/I0000002", "DICOM/S0000002/I0000001"};

        assert_int_equal(plan_path(&f.plan, &f.plan.members[i], path), strlen(names[i]));
        assert_string_equal(path, names[i]);
    }
    end(&f, &d);
}

/* File-set UID and entity tag of the three with this CRC-32 of the first. */
static void identities(uint32_t crc, char uid[UID_MAX + 1], char etag[PLAN_ETAG_MAX])
{
    static struct helper_pool pool;
    struct dicomdir d;
    struct fixture f;

    three(&f, &d, crc);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    memcpy(uid, d.uid, sizeof d.uid);
    memcpy(etag, f.progress.etag, PLAN_ETAG_MAX);
    end(&f, &d);
}

static void the_content_names_it(void **state)
{
    char uids[3][UID_MAX + 1], etags[3][PLAN_ETAG_MAX];

    (void)state;
    identities(1, uids[0], etags[0]);
    identities(1, uids[1], etags[1]);
    identities(2, uids[2], etags[2]);
    assert_string_equal(uids[0], uids[1]);
    assert_string_not_equal(uids[0], uids[2]);
    assert_string_equal(etags[0], etags[1]);
    assert_string_not_equal(etags[0], etags[2]);
}

static void what_cannot_be_made(void **state)
{
    static struct helper_pool pool = {.class = HELPER_REFUSED};
    struct instance unknown = row("1.2.1", "1.2.1.1", 1), refused = unknown;
    struct dicomdir d;
    struct fixture f;

    (void)state;
    three(&f, &d, 1);
    assert_err(dicomdir_make(&d, &pool, &f.e), ERR_HELPER, &f.e);
    end(&f, &d);
    begin(&f, &d);
    unknown.keys = NULL;
    add(&f, &unknown);
    assert_err(dicomdir_add(&d, &unknown, &f.e), ERR_DATA, &f.e);
    end(&f, &d);
    /* Nobody is asked where there will be no archive. */
    pool.asked = 0;
    begin(&f, &d);
    refused.part10 = false;
    refused.transfer_syntax = "1.2.3";
    add(&f, &refused);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_NOT_ACCEPTABLE, &f.e);
    end(&f, &d);
    begin(&f, &d);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_NOT_FOUND, &f.e);
    assert_int_equal(pool.asked, 0);
    end(&f, &d);
}

/* A plan that came to nothing has its DICOMDIR's place, and a manifest without
 * rows. */
static void a_manifest_of_nothing(void **state)
{
    struct instance_digest fresh[4];
    struct dicomdir d;
    struct manifest l;
    struct fixture f;
    size_t at = 0;

    (void)state;
    begin(&f, &d);
    manifest_init(&l, &f.plan, MANIFEST_SHA256);
    assert_int_equal(manifest_fresh(&l, &at, fresh, 4), 0);
    manifest_release(&l);
    end(&f, &d);
}

/* With a manifest, from files, through an unzipper. */
static void an_archive(void **state)
{
    static struct helper_pool pool;
    struct dicomdir d;
    struct manifest l;
    struct fixture f;
    struct instance i;

    (void)state;
    begin(&f, &d);
    manifest_init(&l, &f.plan, MANIFEST_SHA256);
    fixture_write(&f, "one", "content", 7);
    i = fixture_row(&f, "one", 1);
    i.keys = (const unsigned char *)"";
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_ok(dicomdir_add(&d, &i, &f.e), &f.e);
    assert_ok(dicomdir_make(&d, &pool, &f.e), &f.e);
    assert_ok(finish_table(&l, &f.progress, &f.e), &f.e);
    content_init(&f.content, &f.progress, f.store, NULL, &f.learn);
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(f.out_len, f.progress.length);
    assert_memory_equal(f.out + 30, "DICOMDIR" MADE, 8 + sizeof MADE - 1);
    fixture_write(&f, "archive.zip", f.out, f.out_len);
    assert_int_equal(
        fixture_run("cd \"$1\" && unzip -q archive.zip && sha256sum --strict -c MANIFEST.sha256 && "
                    "[ $(wc -l < MANIFEST.sha256) = 2 ] && [ \"$(cat DICOMDIR)\" = \"$2\" ]",
                    f.root, MADE, ""),
        0);
    fixture_close(&f);
    manifest_release(&l);
    dicomdir_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_listed),        cmocka_unit_test(names_and_places),
        cmocka_unit_test(the_content_names_it), cmocka_unit_test(what_cannot_be_made),
        cmocka_unit_test(an_archive),           cmocka_unit_test(a_manifest_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
