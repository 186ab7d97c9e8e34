/* SPDX-License-Identifier: MIT */
/* Which file the frames of a de-identified instance come from. wadozip-dicom,
 * the cache and the store are played. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/le.h"
#include "helper/helper_run.h"
#include "respond/pixel_deid.h"

#define ARENA_CAP ((size_t)1 << 20)
#define OWN "the file" /* what files contain */
#define CLEAN "the cleaned file"
#define ENTRIES 3

static struct {
    char calls[256];
    enum helper_class class; /* of a de-identified instance */
    bool cut;                /* the frames of the file contain no text */
    enum helper_class table_class;
    uint64_t end; /* of the frames in the table: entry n has a byte at its end */
    char kept[256];
} world;

static struct serve serve;
static struct response response;
static const char profile_text[] = "0 7 key";
static char plan_strings[] = "1.2.3";
static struct plan_member member = {.file_size = 1000, .file_crc = 77};

static void note(char *list, size_t room, const char *what)
{
    size_t len = strlen(list);

    snprintf(list + len, room - len, "%s%s", len ? ", " : "", what);
}

static int file_of(const void *data, size_t len)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, data, len), 0);
    return fd;
}

static int table_file(void)
{
    uint8_t table[FRAME_TABLE_HEAD + ENTRIES * FRAME_TABLE_ENTRY] = {FRAME_TABLE_FRAGMENT, ENTRIES};

    for (size_t i = 0; i < ENTRIES; i++) {
        le32_put(table + FRAME_TABLE_HEAD + i * FRAME_TABLE_ENTRY, (uint32_t)(world.end - i - 1));
        le32_put(table + FRAME_TABLE_HEAD + i * FRAME_TABLE_ENTRY + 6, 1);
    }
    return file_of(table, sizeof table);
}

int file_source_open_alone(struct file_source *s, size_t i, int *fd, struct err *e)
{
    (void)e;
    assert_ptr_equal(s, &response.retrieval.content.source);
    assert_int_equal(i, 0);
    *fd = file_of(OWN, strlen(OWN));
    return 0;
}

int helper_run(struct helper_pool *p, int fd_take, const struct helper_order *o,
               struct helper_result *r, struct err *e)
{
    char content[64] = "";

    (void)e;
    assert_null(p);
    assert_true(io_pread(fd_take, content, 32, 0) > 0);
    close(fd_take);
    *r = (struct helper_result){.fd = -1, .reason = "why"};
    if (o->kind == HELPER_DEIDENTIFY_HEADER) {
        note(world.calls, sizeof world.calls, "deidentify");
        assert_string_equal(content, OWN);
        assert_string_equal(o->target, "300 600");
        assert_string_equal(o->profile, profile_text);
        r->class = world.class;
        r->cut = world.cut ? 20 : 0;
        r->size = strlen(CLEAN);
        r->fd = r->class == HELPER_INSTANCE ? file_of(CLEAN, strlen(CLEAN)) : -1;
        return 0;
    }
    assert_int_equal(o->kind, HELPER_FRAME_TABLE);
    assert_null(o->profile);
    assert_string_equal(content, CLEAN);
    note(world.calls, sizeof world.calls, "find frames");
    r->class = world.table_class;
    r->fd = r->class == HELPER_INSTANCE ? table_file() : -1;
    r->size = FRAME_TABLE_HEAD + ENTRIES * FRAME_TABLE_ENTRY;
    return 0;
}

static void assert_key(const struct cache *k, const struct cache_key *key)
{
    assert_ptr_equal(k, serve.tools.spool_cache);
    assert_string_equal(key->sop_uid, "1.2.3");
    assert_string_equal(key->profile, profile_text);
    assert_int_equal(key->source_size, 1000);
    assert_int_equal(key->source_crc, 77);
    assert_int_equal(key->codec_version, 9);
}

bool cache_get(struct cache *k, const struct cache_key *key, enum helper_packing packing,
               struct helper_result *r)
{
    bool own = strcmp(key->target, "frames of the file") == 0,
         clean = strcmp(key->target, "frames cleaned") == 0;

    assert_key(k, key);
    assert_int_equal(packing, HELPER_PACK_NOTHING);
    assert_int_equal(r->fd, -1);
    if (!strstr(world.kept, key->target))
        return false;
    r->fd = own || clean ? file_of(CLEAN, strlen(CLEAN)) : table_file();
    r->size = own || clean ? strlen(CLEAN) : FRAME_TABLE_HEAD + ENTRIES * FRAME_TABLE_ENTRY;
    return true;
}

void cache_put(struct cache *k, const struct cache_key *key, const struct helper_result *r)
{
    assert_key(k, key);
    assert_true(r->fd >= 0);
    note(world.kept, sizeof world.kept, key->target);
}

/* An instance whose stored frames are asked for, and an empty cache. */
static int begin(void **state)
{
    static const uint32_t frames[] = {3, 1};

    (void)state;
    memset(&world, 0, sizeof world);
    memset(&response, 0, sizeof response);
    memset(&serve, 0, sizeof serve);
    world.class = world.table_class = HELPER_INSTANCE;
    world.end = strlen(CLEAN);
    mem_init(&serve.mem, ARENA_CAP);
    serve.tools.spool_cache = (struct cache *)&world; /* passed on only */
    serve.tools.codec_version = 9;
    response.s = &serve;
    response.profile = &response.loaded;
    snprintf(response.loaded.text, sizeof response.loaded.text, "%s", profile_text);
    response.retrieval.plan.options.profile = response.profile;
    response.retrieval.plan.members = &member;
    response.retrieval.plan.text = plan_strings;
    response.pixels.table =
        (struct frame_table){.kind = FRAME_TABLE_FRAGMENT, .count = 5, .pixels = {300, 600}};
    response.request.frames = frames;
    response.request.frame_count = 2;
    return 0;
}

static int end(void **state)
{
    (void)state;
    mem_reset(&serve.mem);
    return 0;
}

/* Open the file; assert what it contains, and what was done for it. */
static void assert_opens(const char *content, const char *calls, const char *kept)
{
    char got[64] = "";
    struct err e = ERR_INIT;
    int fd = -1;

    world.calls[0] = '\0';
    assert_ok(pixel_deid_open(&response, &fd, &e), &e);
    assert_true(io_pread(fd, got, sizeof got - 1, 0) > 0);
    close(fd);
    assert_string_equal(got, content);
    assert_string_equal(world.calls, calls);
    assert_string_equal(world.kept, kept);
}

static void assert_fails(enum err_kind kind, const char *words)
{
    struct err e = ERR_INIT;
    int fd = -1;

    assert_int_equal(pixel_deid_open(&response, &fd, &e), -1);
    assert_string_equal(err_kind_name(e.kind), err_kind_name(kind));
    if (!strstr(e.text, words))
        fail_msg("%s", e.text);
}

static void frames_without_text_are_those_of_the_file(void **state)
{
    (void)state;
    world.cut = true;
    assert_opens(OWN, "deidentify", "frames of the file");
    assert_opens(OWN, "", "frames of the file"); /* the verdict is kept */
    assert_false(response.pixels.cleaned);
    assert_int_equal(response.pixels.table.pixels.at, 300);
}

static void native_frames_are_those_of_the_file(void **state)
{
    (void)state;
    response.pixels.table.kind = FRAME_TABLE_NATIVE;
    assert_opens(OWN, "deidentify", "");
    assert_false(response.pixels.cleaned);
}

static void assert_cleaned(void)
{
    const struct frame_table *t = &response.pixels.table;

    assert_true(response.pixels.cleaned);
    assert_int_equal(t->entry_count, 2); /* frames 3 and 1 */
    assert_int_equal(frame_table_extent(t, 0, 0).at, world.end - 3);
    assert_int_equal(frame_table_extent(t, 1, 0).at, world.end - 1);
    assert_int_equal(t->pixels.at, 0);
    assert_int_equal(t->pixels.size, strlen(CLEAN));
}

static void frames_with_text_are_those_of_the_cleaned_file(void **state)
{
    (void)state;
    assert_opens(CLEAN, "deidentify, find frames", "frames cleaned, places of them");
    assert_cleaned();
    response.pixels.table.entry_count = 0;
    response.pixels.cleaned = false;
    assert_opens(CLEAN, "", "frames cleaned, places of them");
    assert_cleaned();
}

static void half_of_an_entry_is_not_enough(void **state)
{
    (void)state;
    snprintf(world.kept, sizeof world.kept, "frames cleaned");
    assert_opens(CLEAN, "deidentify, find frames",
                 "frames cleaned, frames cleaned, places of them");
    assert_cleaned();
}

static void nothing_is_kept_without_a_cache(void **state)
{
    (void)state;
    serve.tools.spool_cache = NULL;
    assert_opens(CLEAN, "deidentify, find frames", "");
    end(state);
    begin(state);
    serve.tools.spool_cache = NULL;
    world.cut = true;
    assert_opens(OWN, "deidentify", "");
}

/* All frames: the table as it is. */
static void whole_instances_have_all_entries(void **state)
{
    (void)state;
    response.request.frames = NULL;
    assert_opens(CLEAN, "deidentify, find frames", "frames cleaned, places of them");
    assert_int_equal(response.pixels.table.entry_count, ENTRIES);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    static const uint32_t beyond[] = {1, ENTRIES + 1};

    (void)state;
    world.class = HELPER_RISK;
    assert_fails(ERR_NOT_ACCEPTABLE, "why");
    world.class = HELPER_REFUSED;
    assert_fails(ERR_HELPER, "cannot de-identify the frames: why");
    world.class = HELPER_INSTANCE;
    world.table_class = HELPER_REFUSED;
    assert_fails(ERR_HELPER, "cannot find the de-identified frames: why");
    assert_string_equal(world.kept, "");
    world.table_class = HELPER_INSTANCE;
    world.end = strlen(CLEAN) + 1; /* an entry leads out of the file */
    assert_fails(ERR_HELPER, "the frames are not found");
    world.end = strlen(CLEAN);
    response.request.frames = beyond;
    assert_fails(ERR_HELPER, "has no frame 4");
}

/* No case above leaves a descriptor open. */
static void descriptors_are_closed(void **state)
{
    int before = dup(STDERR_FILENO), after;

    close(before);
    frames_with_text_are_those_of_the_cleaned_file(state);
    end(state);
    begin(state);
    frames_without_text_are_those_of_the_file(state);
    end(state);
    begin(state);
    half_of_an_entry_is_not_enough(state);
    end(state);
    begin(state);
    native_frames_are_those_of_the_file(state);
    end(state);
    begin(state);
    what_cannot_be_sent_is_refused(state);
    after = dup(STDERR_FILENO);
    close(after);
    assert_int_equal(after, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_without_text_are_those_of_the_file, begin, end),
        cmocka_unit_test_setup_teardown(native_frames_are_those_of_the_file, begin, end),
        cmocka_unit_test_setup_teardown(frames_with_text_are_those_of_the_cleaned_file, begin, end),
        cmocka_unit_test_setup_teardown(half_of_an_entry_is_not_enough, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_kept_without_a_cache, begin, end),
        cmocka_unit_test_setup_teardown(whole_instances_have_all_entries, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_sent_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(descriptors_are_closed, begin, end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
