/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "conf/settings.h"

static char path[] = "/tmp/wadozip-conf-XXXXXX";

static const char *write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return path;
}

static void defaults_stand(void **state)
{
    struct err e = ERR_INIT;
    struct conf c;

    (void)state;
    assert_ok(settings_load(write_file(""), &c, &e), &e);
    assert_int_equal(c.access, CONF_ACCESS_NONE);
    assert_int_equal(c.framing, CONF_FRAMING_AUTO);
    assert_int_equal(c.workers, 8);
    assert_int_equal(c.root_count, 0);
    assert_null(conf_root_path(&c, "archive"));
    settings_release(&c);
}

struct wanted {
    const char *key, *value;
    int seen;
};

static void compare(void *ctx, const char *key, const char *value, const char *help)
{
    struct wanted *w = ctx;

    (void)help;
    if (strcmp(key, w->key) == 0) {
        assert_string_equal(value, w->value);
        w->seen++;
    }
}

/* The word of each enumerator, in the file and as settings_each() shows it. */
static void choices_are_enums(void **state)
{
#define CHOICE(key, word, number) {#key, word, offsetof(struct conf, key), number}
    static const struct {
        const char *key, *word;
        size_t field;
        unsigned number;
    } rows[] = {
        CHOICE(access, "none", CONF_ACCESS_NONE),
        CHOICE(access, "user", CONF_ACCESS_USER),
        CHOICE(access, "open", CONF_ACCESS_OPEN),
        CHOICE(access, "grants", CONF_ACCESS_GRANTS),
        CHOICE(framing, "auto", CONF_FRAMING_AUTO),
        CHOICE(framing, "chunked", CONF_FRAMING_CHUNKED),
        CHOICE(log_level, "error", LOG_LEVEL_ERROR),
        CHOICE(log_level, "warn", LOG_LEVEL_WARN),
        CHOICE(log_level, "info", LOG_LEVEL_INFO),
        CHOICE(log_level, "debug", LOG_LEVEL_DEBUG),
        CHOICE(entry_time, "data", CONF_ENTRY_TIME_DATA),
        CHOICE(entry_time, "none", CONF_ENTRY_TIME_NONE),
        CHOICE(sendfile, "none", CONF_SENDFILE_NONE),
        CHOICE(sendfile, "lighttpd", CONF_SENDFILE_LIGHTTPD),
        CHOICE(compression, "auto", CONF_COMPRESSION_AUTO),
        CHOICE(compression, "none", CONF_COMPRESSION_NONE),
        CHOICE(compression, "deflate", CONF_COMPRESSION_DEFLATE),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wanted w = {rows[i].key, rows[i].word, 0};
        struct err e = ERR_INIT;
        unsigned number = ~0u;
        char line[64];
        struct conf c;

        snprintf(line, sizeof line, "%s = %s\n", rows[i].key, rows[i].word);
        assert_ok(settings_load(write_file(line), &c, &e), &e);
        memcpy(&number, (char *)&c + rows[i].field, sizeof number);
        assert_int_equal(number, rows[i].number);
        settings_each(&c, compare, &w);
        assert_int_equal(w.seen, 1);
        settings_release(&c);
    }
}

static void file_then_environment(void **state)
{
    struct err e = ERR_INIT;
    struct conf c;

    (void)state;
    setenv("WADOZIP_WORKERS", "3", 1);
    setenv("WADOZIP_ROOT_ARCHIVE", "/srv/b", 1);
    setenv("WADOZIP_ROOT_TEACHING", "/srv/t", 1);
    setenv("WADOZIP_TEST_SOMETHING", "x", 1);
    assert_ok(settings_load(
                  write_file("# a comment = x\n\n  workers = 5\naccess=all\r\n"
                             "database = host=/run/pg  dbname=x;y # no comment\nmax_bytes = 2G\n"
                             "root.archive = /srv/a\nroot.old-1 = /srv/with space\n"),
                  &c, &e),
              &e);
    unsetenv("WADOZIP_WORKERS");
    unsetenv("WADOZIP_ROOT_ARCHIVE");
    unsetenv("WADOZIP_ROOT_TEACHING");
    assert_int_equal(c.workers, 3);
    assert_int_equal(c.access, CONF_ACCESS_OPEN); /* "all" is another word for it */
    assert_string_equal(c.database, "host=/run/pg  dbname=x;y # no comment");
    assert_int_equal(c.max_bytes, (uint64_t)2 << 30);
    assert_int_equal(c.root_count, 3);
    assert_string_equal(conf_root_path(&c, "archive"), "/srv/b");
    assert_string_equal(conf_root_path(&c, "old-1"), "/srv/with space");
    assert_string_equal(conf_root_path(&c, "teaching"), "/srv/t");
    settings_release(&c);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"workers = 0\n", "workers must be a number from 1 to 1024"},
        {"\n\nworkers = many\n", "line 3"},
        {"workers = 1025\n", "1024"},
        {"access = everybody\n", "access must be one of"},
        {"access = none|user\n", "access must be one of"},
        {"access =\n", "access must be one of"},
        {"public_url = example.org\n", "public_url must be none, or begin with http"},
        {"public_url = example.org\n", "not \"example.org\""},
        {"public_url = https://\n", "public_url must be none"},
        {"public_url = https://example.org/x/\n", "public_url must be none"},
        {"public_url = https://example.org/\"\n", "public_url must be none"},
        {"viewer_url = https://viewer.example/\n", "with {studies} in it"},
        {"viewer_url = javascript:{studies}\n", "with {studies} in it"},
        {"viewer_url = https://viewer.example/\"{studies}\n", "with {studies} in it"},
        {"cors = viewer.example\n", "cors must be none, * or origins"},
        {"cors = https://viewer.example/\n", "cors must be none, * or origins"},
        {"cors = https://a.example, https://b.example\n", "cors must be none, * or origins"},
        {"cors = https://\n", "cors must be none, * or origins"},
        {"groups_variable = HTTP_X_GROUPS\n", "that clients cannot set"},
        {"patient_variable = a b\n", "that clients cannot set"},
        {"cors = *\n", "cors = * needs access = open"},
        {"access = user\ncors = *\n", "cors = * needs access = open"},
        {"trusted_proxies = localhost\n", "trusted_proxies must be none or addresses"},
        {"audit_syslog = a:b:c\n", "audit_syslog must be none, HOST, HOST:PORT or [ADDRESS]:PORT"},
        {"max_downloads = some\n", "max_downloads must be auto or a number up to 8192"},
        {"colour = blue\n", "there is no setting \"colour\""},
        {"workers\n", "expected key = value"},
        {"access = user\n\naccess = all\n", "line 3: access is set twice"},
        {"root.a = /x\nroot.b = /x\nroot.a = /y\n", "line 3: root.a is set twice"},
        {"root.Archive = /x\n", "a root's name"},
        {"root. = /x\n", "a root's name"},
        {"root.a = x\n", "absolute"},
        {"max_bytes = 1Q\n", "max_bytes"},
        {"max_rate = 4095\n", "max_rate must be 0 or at least 4K, not 4095"},
        {"request_memory = 1K\n", "request_memory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = ERR_INIT;
        struct conf c;

        assert_int_equal(settings_load(write_file(rows[i].text), &c, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        if (!strstr(e.text, rows[i].words))
            fail_msg("\"%s\" gave \"%s\"", rows[i].text, e.text);
        settings_release(&c);
    }
}

static void a_line_too_long_is_refused(void **state)
{
    struct err e = ERR_INIT;
    struct conf c;
    char *text = malloc(9000);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', 8999);
    memcpy(text, "spool = ", 8);
    text[8999] = '\0';
    assert_err(settings_load(write_file(text), &c, &e), ERR_CONFIG, &e);
    settings_release(&c);
    free(text);
}

static void a_named_file_must_exist(void **state)
{
    struct err e = ERR_INIT;
    struct conf c;

    (void)state;
    assert_err(settings_load("/nonexistent/wadozip.conf", &c, &e), ERR_CONFIG, &e);
    settings_release(&c);
}

static void count(void *ctx, const char *key, const char *value, const char *help)
{
    assert_non_null(key);
    assert_non_null(value);
    assert_true(strlen(help) > 10);
    ++*(int *)ctx;
}

static void every_setting_is_shown(void **state)
{
    struct err e = ERR_INIT;
    struct conf c;
    int n = 0;

    (void)state;
    assert_ok(settings_load(write_file("root.a = /a\n"), &c, &e), &e);
    settings_each(&c, count, &n);
    assert_true(n > 15);
    settings_release(&c);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void limits_of_downloads_follow_the_workers(void **state)
{
    static const struct {
        const char *text;
        uint64_t all, each;
    } cases[] = {
        {"", 6, 3},
        {"workers = 1\n", 0, 0},
        {"workers = 2\n", 1, 1},
        {"workers = 3\n", 1, 1},
        {"workers = 50\n", 48, 24},
        {"max_downloads = 5\n", 5, 3},
        {"max_downloads = 0\n", 0, 0},
        {"max_downloads = auto\n", 6, 3},
        {"max_downloads_per_client = 0\n", 6, 0},
        {"max_downloads=0\nmax_downloads_per_client = 9\n", 0, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conf c;
        struct err e = ERR_INIT;

        assert_ok(settings_load(write_file(cases[i].text), &c, &e), &e);
        assert_true(conf_max_downloads(&c) == cases[i].all &&
                    conf_max_downloads_per_client(&c) == cases[i].each);
        settings_release(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand),
        cmocka_unit_test(choices_are_enums), cmocka_unit_test(file_then_environment),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_line_too_long_is_refused),
        cmocka_unit_test(a_named_file_must_exist),
        cmocka_unit_test(limits_of_downloads_follow_the_workers),
        cmocka_unit_test(every_setting_is_shown),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
