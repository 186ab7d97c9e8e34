/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fastcgi/cgi_params.h"

static struct mem arena;

static int setup(void **state)
{
    (void)state;
    mem_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mem_reset(&arena);
    return 0;
}

static void variables_become_fields(void **state)
{
    char *const envp[] = {
        (char[]){"REQUEST_METHOD=GET"},      (char[]){"REQUEST_URI=/dicom-web/studies/1.2?a=b=c"},
        (char[]){"HTTP_ACCEPT=*/*"},         (char[]){"HTTP_IF_RANGE=\"x\""},
        (char[]){"HTTP_RANGE=bytes=0-1"},    (char[]){"SCRIPT_NAME=/dicom-web"},
        (char[]){"PATH_INFO=/studies/1.2"},  (char[]){"REMOTE_USER=jo"},
        (char[]){"HTTP_ACCEPT_ENCODING=br"}, NULL};
    struct request_in in;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(cgi_params_read(envp, &arena, &in, &e), &e);
    assert_string_equal(in.method, "GET");
    assert_string_equal(in.uri, "/dicom-web/studies/1.2?a=b=c");
    assert_string_equal(in.accept, "*/*");
    assert_string_equal(in.if_range, "\"x\"");
    assert_string_equal(in.range, "bytes=0-1");
    assert_string_equal(in.script_name, "/dicom-web");
    assert_string_equal(in.path_info, "/studies/1.2");
    assert_string_equal(in.remote_user, "jo");
    assert_null(in.query);
    assert_null(in.if_match);
    assert_true(in.uri != envp[1] + 12);
}

static void empty_values_are_none_but_for_accept(void **state)
{
    char *const envp[] = {(char[]){"REMOTE_USER="}, (char[]){"HTTP_ACCEPT="}, NULL};
    struct request_in in;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(cgi_params_read(envp, &arena, &in, &e), &e);
    assert_null(in.remote_user);
    assert_string_equal(in.accept, "");
}

static void the_first_of_equal_names_counts(void **state)
{
    char *const envp[] = {(char[]){"REMOTE_USER=jo"}, (char[]){"REMOTE_USER=root"}, NULL};
    struct request_in in;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(cgi_params_read(envp, &arena, &in, &e), &e);
    assert_string_equal(in.remote_user, "jo");
}

/* A variable of `name` whose value has `len` bytes. */
static char *variable(const char *name, size_t len)
{
    size_t head = strlen(name);
    char *s = mem_alloc(&arena, head + 1 + len + 1, &(struct err)ERR_INIT);

    assert_non_null(s);
    memcpy(s, name, head);
    s[head] = '=';
    memset(s + head + 1, 'x', len);
    return s;
}

static void values_are_bounded(void **state)
{
    char *envp[] = {NULL, NULL};
    struct request_in in;
    struct err e = ERR_INIT;

    (void)state;
    envp[0] = variable("REQUEST_URI", CGI_PARAMS_MAX);
    assert_ok(cgi_params_read(envp, &arena, &in, &e), &e);
    assert_int_equal(strlen(in.uri), CGI_PARAMS_MAX);
    envp[0] = variable("REQUEST_URI", CGI_PARAMS_MAX + 1);
    assert_err(cgi_params_read(envp, &arena, &in, &e), ERR_URI_TOO_LONG, &e);
    envp[0] = variable("HTTP_RANGE", CGI_PARAMS_MAX + 1);
    assert_err(cgi_params_read(envp, &arena, &in, &e), ERR_REQUEST, &e);
    envp[0] = variable("HTTP_COOKIE", 3 * CGI_PARAMS_MAX);
    assert_ok(cgi_params_read(envp, &arena, &in, &e), &e);
}

static void the_arena_caps_memory(void **state)
{
    char *envp[] = {variable("REQUEST_URI", CGI_PARAMS_MAX), NULL};
    struct mem small;
    struct request_in in;
    struct err e = ERR_INIT;

    (void)state;
    mem_init(&small, 1024);
    assert_err(cgi_params_read(envp, &small, &in, &e), ERR_MEMORY, &e);
    mem_reset(&small);
}

static void find_compares_whole_names(void **state)
{
    char *const envp[] = {(char[]){"CONTENT_LENGTH_X=1"}, (char[]){"CONTENT_LENGTH=2"}, NULL};

    (void)state;
    assert_string_equal(cgi_params_find(envp, "CONTENT_LENGTH"), "2");
    assert_null(cgi_params_find(envp, "CONTENT_LENGT"));
    assert_null(cgi_params_find(envp, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(variables_become_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_values_are_none_but_for_accept, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_of_equal_names_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(values_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(the_arena_caps_memory, setup, teardown),
        cmocka_unit_test(find_compares_whole_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
