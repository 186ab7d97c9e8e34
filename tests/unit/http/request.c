/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include "http/query.h"
#include "tests/unit/http/media_words.h"
#include "tests/unit/table.h"

#define ARENA_CAP ((size_t)4 << 20)

static size_t describe_accept(const struct accept_list *list, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct accept_item *item = &list->items[i];

        n += (size_t)snprintf(out + n, room - n, " %s:%s", media_words[item->media],
                              item->wish.rule == WISH_ANY     ? "*"
                              : item->wish.rule == WISH_NAMED ? item->wish.uid
                                                              : "default");
    }
    return n;
}

static size_t describe_options(const struct request *r, char *out, size_t room)
{
    struct render_job j = {.options = r->render};
    char text[RENDER_OPTIONS_TEXT_MAX];

    if (!r->render.window && !r->render.columns && !r->render.quality)
        return 0;
    render_options_text(&j, text);
    return (size_t)snprintf(out, room, " options=%s", text + strlen("0 0 "));
}

static void describe(const struct request *r, char *out, size_t room)
{
    static const char *const methods[] = {"", "HEAD ", "OPTIONS ", "POST ", "DELETE "};
    static const char *const levels[] = {"base", "study", "series", "instance"};
    static const char *const pixels[] = {"", "frames", "rendered", "thumbnail"};
    static const char *const searched[] = {"studies", "series", "instances"};
    size_t n = (size_t)snprintf(out, room, "%s%s", methods[r->method], levels[r->level]);

    n += (size_t)snprintf(out + n, room - n, "%s%s%s%s%s%s", *r->study ? " " : "", r->study,
                          *r->series ? " " : "", r->series, *r->instance ? " " : "", r->instance);
    n += (size_t)snprintf(out + n, room - n, " base=%s", r->base);
    if (r->collection)
        n += (size_t)snprintf(out + n, room - n, " collection=%s", r->collection);
    if (r->link)
        n += (size_t)snprintf(out + n, room - n, " link=%s", r->link);
    if (r->part_bytes)
        n += (size_t)snprintf(out + n, room - n, " part=%u of %llu", r->part,
                              (unsigned long long)r->part_bytes);
    n += describe_accept(&r->accept, out + n, room - n);
    if (r->method == REQUEST_OPTIONS)
        n += (size_t)snprintf(out + n, room - n, " %s",
                              r->capabilities == ACCEPT_WADL ? "wadl" : "json");
    if (r->names == REQUEST_NAMES_UID)
        n += (size_t)snprintf(out + n, room - n, " names=uid");
    if (r->manifest)
        n += (size_t)snprintf(out + n, room - n, " manifest=%s", r->manifest);
    if (r->compression)
        n += (size_t)snprintf(out + n, room - n, " compression=%s", r->compression);
    if (r->dicomdir)
        n += (size_t)snprintf(out + n, room - n, " dicomdir");
    if (r->deidentify)
        n += (size_t)snprintf(out + n, room - n, " deidentify=%s", r->deidentify);
    if (r->filename)
        n += (size_t)snprintf(out + n, room - n, " filename=%s", r->filename);
    if (r->element)
        n += (size_t)snprintf(out + n, room - n, " element=%s", r->element);
    if (r->pixels)
        n += (size_t)snprintf(out + n, room - n, " %s", pixels[r->pixels]);
    for (size_t i = 0; i < r->frame_count; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%u", i ? "," : " frames=", r->frames[i]);
    if (r->pixels > REQUEST_FRAMES)
        n += describe_options(r, out + n, room - n);
    if (r->search)
        n += (size_t)snprintf(out + n, room - n, " search=%s%s", searched[r->search->level],
                              r->counted ? " counted" : "");
    if (r->search && r->search->count)
        snprintf(out + n, room - n, " keys=%zu", r->search->count);
    if (r->metadata)
        snprintf(out + n, room - n, " metadata of=%s", r->origin ? r->origin : "");
}

static const char *status(enum err_kind kind)
{
    switch (kind) {
    case ERR_REQUEST:
        return "400";
    case ERR_NOT_FOUND:
        return "404";
    case ERR_METHOD:
        return "405";
    case ERR_NOT_ACCEPTABLE:
        return "406";
    case ERR_URI_TOO_LONG:
        return "414";
    default:
        return "?";
    }
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct request_in in = {
        .method = row->cells[1],
        .uri = row->cells[2],
        .script_name = row->cells[3],
        .path_info = row->cells[4],
        .query = row->cells[5],
        .accept = row->cells[6],
        .host = "example.org",
    };
    struct err e = ERR_INIT;
    struct request r;
    struct mem m;
    char got[4096];

    mem_init(&m, ARENA_CAP);
    if (request_parse(&in, &m, &r, &e))
        snprintf(got, sizeof got, "%s", status(e.kind));
    else
        describe(&r, got, sizeof got);
    mem_reset(&m);
    if (strcmp(got, row->cells[7]) != 0)
        print_error("%s: %s\n", row->name, e.text);
    assert_string_equal(got, row->cells[7]);
}

static struct err parse_failing(const struct request_in *in, struct request *r)
{
    struct err e = ERR_INIT;
    struct mem m;

    mem_init(&m, ARENA_CAP);
    assert_int_equal(request_parse(in, &m, r, &e), -1);
    mem_reset(&m);
    return e;
}

/* How an error is reported is known even when nothing else is. */
static void test_text_on_failure(void **state)
{
    struct request_in in = {.method = "GET", .uri = "/studies/1..2", .accept = "application/json"};
    struct request r;

    (void)state;
    assert_int_equal(parse_failing(&in, &r).kind, ERR_REQUEST);
    assert_int_equal(r.text, ACCEPT_JSON);
    in.method = "TRACE";
    assert_int_equal(parse_failing(&in, &r).kind, ERR_METHOD);
    assert_int_equal(r.text, ACCEPT_JSON);
    in.method = NULL;
    in.accept = NULL;
    assert_int_equal(parse_failing(&in, &r).kind, ERR_METHOD);
    assert_int_equal(r.text, ACCEPT_HTML);
}

/* A refusal says what is offered instead. */
static void test_words(void **state)
{
    struct request_in in = {.method = "GET", .uri = "/studies/1.2/pixeldata", .accept = "*/*"};
    struct request r;

    (void)state;
    assert_non_null(strstr(parse_failing(&in, &r).text, "/studies/{study}"));
    in.uri = "/studies?Modality=CT";
    assert_non_null(strstr(parse_failing(&in, &r).text, "use ModalitiesInStudy"));
    in.uri = "/studies/1.2?anonymize=yes";
    assert_non_null(strstr(parse_failing(&in, &r).text, "anonymize is not offered"));
    in.uri = "/studies/1.2?deidentify=";
    assert_non_null(strstr(parse_failing(&in, &r).text, "such as basic"));
    in.uri = "/studies/1.2?names=x";
    assert_non_null(strstr(parse_failing(&in, &r).text, "series or uid"));
    in.uri = "/studies/1.2/series/x";
    assert_non_null(strstr(parse_failing(&in, &r).text, "the series in the path"));
    in.uri = "/studies/1.2/series/1.3/instances/x";
    assert_non_null(strstr(parse_failing(&in, &r).text, "the instance in the path"));
    in.uri = "/a b/studies/1.2";
    assert_non_null(strstr(parse_failing(&in, &r).text, "percent-encoded"));
}

static void test_passed_on(void **state)
{
    struct request_in in = {.method = "GET",
                            .uri = "/studies/1.2",
                            .accept = "*/*",
                            .range = "bytes=0-1",
                            .if_range = "\"a\"",
                            .if_match = "\"b\"",
                            .if_none_match = "\"c\"",
                            .if_modified_since = "d",
                            .if_unmodified_since = "e",
                            .remote_user = "anna"};
    struct err e = ERR_INIT;
    struct request r;
    struct mem m;

    (void)state;
    mem_init(&m, ARENA_CAP);
    assert_int_equal(request_parse(&in, &m, &r, &e), 0);
    assert_string_equal(r.range, "bytes=0-1");
    assert_string_equal(r.if_range, "\"a\"");
    assert_string_equal(r.if_match, "\"b\"");
    assert_string_equal(r.if_none_match, "\"c\"");
    assert_string_equal(r.if_modified_since, "d");
    assert_string_equal(r.if_unmodified_since, "e");
    assert_string_equal(r.user, "anna");
    in.remote_user = "";
    assert_int_equal(request_parse(&in, &m, &r, &e), 0);
    assert_null(r.user);
    mem_reset(&m);
}

/* Check-list line 4: PS3.18 8.7.5 by the setting, under which the parameter
 * still decides alone. */
static void test_require_accept(void **state)
{
    static const struct {
        const char *method, *uri, *accept;
        enum err_kind wanted;
    } cases[] = {
        {"GET", "/studies/1.2", NULL, ERR_NOT_ACCEPTABLE},
        {"HEAD", "/studies/1.2/metadata", NULL, ERR_NOT_ACCEPTABLE},
        {"GET", "/studies/1.2", "*/*", ERR_NONE},
        {"GET", "/studies/1.2?accept=application/zip", NULL, ERR_NONE},
        {"OPTIONS", "/studies/1.2", NULL, ERR_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request_in in = {.method = cases[i].method,
                                .uri = cases[i].uri,
                                .accept = cases[i].accept,
                                .host = "example.org"};
        struct err e = ERR_INIT;
        struct request r;
        struct mem m;

        mem_init(&m, ARENA_CAP);
        assert_int_equal(request_parse(&in, &m, &r, &e), 0);
        in.require_accept = true;
        assert_int_equal(request_parse(&in, &m, &r, &e), cases[i].wanted ? -1 : 0);
        assert_int_equal(e.kind, cases[i].wanted);
        mem_reset(&m);
    }
}

/* An arena that is too small is an error, never a crash. */
static void test_no_memory(void **state)
{
    struct request_in in = {.method = "GET", .uri = "/studies/1.2", .accept = "*/*"};
    struct err e = ERR_INIT;
    struct request r;
    struct mem m;

    (void)state;
    mem_init(&m, 1);
    assert_int_equal(request_parse(&in, &m, &r, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    mem_reset(&m);
}

static void test_parameters(void **state)
{
    size_t n = 0;

    (void)state;
    while (query_parameter(n)) {
        assert_non_null(query_parameter(n)->values);
        assert_string_not_equal(query_parameter(n)->name, "anonymize");
        n++;
    }
    assert_true(n >= 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_on_failure), cmocka_unit_test(test_words),
        cmocka_unit_test(test_passed_on),       cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_parameters),      cmocka_unit_test(test_require_accept),
    };
    int failed = cmocka_run_group_tests_name("request", tests, NULL, NULL);

    return failed + table_run("request.tsv", 9, test_row) ? 1 : 0;
}
