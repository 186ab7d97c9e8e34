/* SPDX-License-Identifier: MIT */
#include "http/croissant.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct croissant trial = {.id = "0123456789abcdef0123456789abcdef",
                                       .name = "trial \"7\"\n",
                                       .service = "https://example.org/dicom-web",
                                       .created = "2026-01-02T03:04:05Z",
                                       .license = "https://example.org/license",
                                       .studies = 1,
                                       .series = 2,
                                       .instances = 3,
                                       .bytes = 4000};

/* Write the description with `count` archives and parse it again. */
static node *described(const struct croissant *c, const struct croissant_archive *archives,
                       size_t count)
{
    node *root = croissant_begin(c), *parsed;
    struct err e = ERR_INIT;
    struct buf text;

    assert_non_null(root);
    for (size_t i = 0; i < count; i++)
        croissant_add(root, &archives[i]);
    buf_init(&text, (size_t)1 << 20);
    assert_ok(croissant_write(root, &text, &e), &e);
    json_object_put(root);
    parsed = json_tokener_parse(text.data);
    assert_non_null(parsed);
    buf_release(&text);
    return parsed;
}

static void expect_text(node *of, const char *key, const char *value)
{
    assert_string_equal(json_object_get_string(json_object_object_get(of, key)), value);
}

static node *file_at(node *root, size_t i)
{
    return json_object_array_get_idx(json_object_object_get(root, "distribution"), i);
}

static void a_dataset_has_what_is_required(void **state)
{
    const struct croissant_archive archive = {.name = "a.zip",
                                              .url = "https://example.org/a.zip?x=1&y=2",
                                              .sha256 = "00ff",
                                              .sized = true,
                                              .size = 18446744073709551615ull};
    node *root = described(&trial, &archive, 1);

    (void)state;
    expect_text(root, "@type", "sc:Dataset");
    expect_text(root, "conformsTo", "http://mlcommons.org/croissant/1.0");
    expect_text(root, "name", "trial \"7\"\n");
    expect_text(
        root, "description",
        "3 DICOM instances of 2 series and 1 studies, 4000 bytes, frozen 2026-01-02T03:04:05Z");
    expect_text(root, "license", "https://example.org/license");
    expect_text(root, "url",
                "https://example.org/dicom-web/collections/0123456789abcdef0123456789abcdef");
    expect_text(json_object_object_get(root, "creator"), "name", "https://example.org/dicom-web");
    expect_text(root, "datePublished", "2026-01-02T03:04:05Z");
    assert_int_equal(json_object_array_length(json_object_object_get(root, "distribution")), 2);
    expect_text(file_at(root, 0), "contentUrl", "https://example.org/a.zip?x=1&y=2");
    expect_text(file_at(root, 0), "contentSize", "18446744073709551615 B");
    expect_text(file_at(root, 0), "sha256", "00ff");
    json_object_put(root);
}

static void what_is_not_known_is_absent(void **state)
{
    const struct croissant_archive archives[] = {{.name = "a.zip", .url = "u", .sha256 = ""},
                                                 {"b.zip", "v", "", true, 0}};
    struct croissant plain = trial;
    node *root, *within;

    (void)state;
    plain.license = NULL;
    plain.name = "";
    root = described(&plain, archives, 2);
    assert_null(json_object_object_get(root, "license"));
    expect_text(root, "name", trial.id);
    assert_null(json_object_object_get(file_at(root, 0), "sha256"));
    assert_null(json_object_object_get(file_at(root, 0), "contentSize"));
    expect_text(file_at(root, 1), "contentSize", "0 B");
    within = json_object_object_get(file_at(root, 2), "containedIn");
    assert_int_equal(json_object_array_length(within), 2);
    expect_text(json_object_array_get_idx(within, 1), "@id", "b.zip");
    json_object_put(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_has_what_is_required),
        cmocka_unit_test(what_is_not_known_is_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
