/* SPDX-License-Identifier: MIT */
/* Keys from a file: the first section counts, a replaced file is read again,
 * one without keys changes nothing. */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/s3_credentials.h"

struct fixture {
    char path[40];
    struct conf_s3 conf;
    struct s3_credentials *keys;
    struct err e;
};

static void replace(const struct fixture *f, const char *text)
{
    char new[48];
    FILE *file;

    snprintf(new, sizeof new, "%s-new", f->path);
    file = fopen(new, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(new, 0600), 0);
    assert_int_equal(rename(new, f->path), 0);
}

static void open_keys(struct fixture *f, const char *text)
{
    *f = (struct fixture){.e = ERR_INIT};
    snprintf(f->path, sizeof f->path, "/tmp/wadozip-keys-%d", (int)getpid());
    memcpy(f->conf.name, "r", 2);
    f->conf.credentials = f->path;
    replace(f, text);
    assert_ok(s3_credentials_open(&f->conf, &f->keys, &f->e), &f->e);
}

static void close_keys(struct fixture *f)
{
    s3_credentials_close(f->keys);
    unlink(f->path);
}

static void expect(struct fixture *f, const char *user, const char *token, unsigned version)
{
    struct s3_key key;

    s3_credentials_get(f->keys, &key);
    assert_string_equal(key.user, user);
    assert_string_equal(key.token, token);
    assert_int_equal(key.version, version);
    assert_int_equal(s3_credentials_version(f->keys), version);
    s3_key_release(&key);
}

#define KEYS \
    "# comment\n[default]\n aws_access_key_id = ID\r\naws_secret_access_key=a/b=c\n[other]\naws_access_key_id = NO\n"

static void test_the_first_section_counts(void **state)
{
    struct fixture f;

    (void)state;
    open_keys(&f, KEYS);
    expect(&f, "ID:a/b=c", "", 1);
    expect(&f, "ID:a/b=c", "", 1);
    close_keys(&f);
}

static void test_a_replaced_file_is_read_again(void **state)
{
    struct fixture f;

    (void)state;
    open_keys(&f, KEYS);
    replace(&f, "aws_access_key_id=I\naws_secret_access_key=s\naws_session_token=t\n");
    expect(&f, "I:s", "t", 2);
    replace(&f, "aws_access_key_id=J\n");
    expect(&f, "I:s", "t", 2);
    unlink(f.path);
    expect(&f, "I:s", "t", 2);
    replace(&f, KEYS);
    expect(&f, "ID:a/b=c", "", 3);
    close_keys(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_section_counts),
        cmocka_unit_test(test_a_replaced_file_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
