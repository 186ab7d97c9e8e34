/* SPDX-License-Identifier: MIT */
#include "http/capabilities.h"

#include <json.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/http/response.h"
#include "http/response_header.h"

static void capabilities(const char *base, enum accept_capabilities form, const char *known,
                         struct buf *out)
{
    struct request r = {.base = base, .capabilities = form, .if_none_match = known};
    struct err e = ERR_INIT;

    buf_init(out, ANSWER_CAP);
    assert_int_equal(response_header_capabilities(&r, out, &e), 0);
    answer_check(out);
}

/* Check-list line 33. */
static void test_capabilities_json(void **state)
{
    struct buf b;
    json_object *o, *resources;

    (void)state;
    capabilities("/wado", ACCEPT_CAPABILITIES_JSON, NULL, &b);
    answer_expect(&b, "Status", "200 OK");
    answer_expect(&b, "Content-Type", "application/json");
    answer_expect(&b, "Allow", "GET, HEAD, OPTIONS");
    assert_int_equal(strtoul(answer_header(&b, "Content-Length"), NULL, 10),
                     strlen(answer_body(&b)));
    o = json_tokener_parse(answer_body(&b));
    assert_non_null(o);
    resources = json_object_object_get(json_object_object_get(o, "application"), "resources");
    assert_string_equal(json_object_get_string(json_object_object_get(resources, "base")), "/wado");
    json_object_put(o);
    answer_holds(
        &b,
        "\"application/zip\" | \"studies/{study}\" | \"series/{series}\" | \"instances/{instance}\"",
        true);
    answer_holds(&b, "null | anonymize", false);
    buf_release(&b);
}

/* Python's parser says whether a text is XML. */
static void check_xml(const char *text)
{
    static char script[] = "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])";
    char path[] = "/tmp/wadozip-wadl-XXXXXX", program[] = "python3", dash_c[] = "-c";
    char *argv[] = {program, dash_c, script, path, NULL};
    int fd = mkstemp(path), status = -1;
    pid_t pid;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(posix_spawnp(&pid, program, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    remove(path);
    assert_int_equal(status, 0);
}

/* Check-list line 33; a base that holds markup does no harm. */
static void test_capabilities_wadl(void **state)
{
    struct buf b;

    (void)state;
    capabilities("/a\"<&'>b", ACCEPT_WADL, NULL, &b);
    answer_expect(&b, "Content-Type", "application/vnd.sun.wadl+xml");
    check_xml(answer_body(&b));
    answer_holds(
        &b,
        "base=\"/a&quot;&lt;&amp;&#39;&gt;b\" | mediaType=\"application/zip\" | id=\"RetrieveStudy\" | "
        "id=\"RetrieveSeries\" | id=\"RetrieveInstance\" | name=\"HEAD\" | name=\"OPTIONS\" | "
        "name=\"dicomdir\" style=\"query\" | value=\"1.2.840.10008.1.2.4.90\"",
        true);
    answer_holds(&b, "value=\"1.2.840.10008.1.2\" | value=\"1.2.840.10008.1.2.2\" | anonymize",
                 false);
    buf_release(&b);
}

static void test_capabilities_known(void **state)
{
    struct buf first, again;
    char etag[512];

    (void)state;
    capabilities("/wado", ACCEPT_WADL, NULL, &first);
    snprintf(etag, sizeof etag, "%s", answer_header(&first, "ETag"));
    capabilities("/wado", ACCEPT_WADL, etag, &again);
    answer_expect(&again, "Status", "304 Not Modified");
    answer_expect(&again, "ETag", etag);
    answer_expect(&again, "Content-Length", NULL);
    assert_string_equal(answer_body(&again), "");
    buf_release(&again);
    capabilities("/wado", ACCEPT_CAPABILITIES_JSON, etag, &again);
    answer_expect(&again, "Status", "200 OK");
    buf_release(&again);
    capabilities("/other", ACCEPT_WADL, etag, &again);
    answer_expect(&again, "Status", "200 OK");
    buf_release(&again);
    buf_release(&first);
}

/* A buffer that is too small is an error and nothing else. */
static void test_cap(void **state)
{
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 20);
    assert_int_equal(capabilities_body("", ACCEPT_WADL, &b, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    buf_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capabilities_json),
        cmocka_unit_test(test_capabilities_wadl),
        cmocka_unit_test(test_capabilities_known),
        cmocka_unit_test(test_cap),
    };

    return cmocka_run_group_tests_name("capabilities", tests, NULL, NULL);
}
