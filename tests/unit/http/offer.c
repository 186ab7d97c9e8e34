/* SPDX-License-Identifier: MIT */
#include "http/offer.h"

#include <string.h>

#include "dicom/transfer_syntax.h"
#include "http/accept.h"
#include "tests/unit/unit.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(offer_name(ACCEPT_ZIP), "application/zip");
    assert_string_equal(offer_name(ACCEPT_MULTIPART), "multipart/related");
    assert_string_equal(offer_name(ACCEPT_DICOM), "application/dicom");
    assert_string_equal(offer_name(ACCEPT_TABLE_CSV), "text/csv");
    assert_string_equal(offer_name(ACCEPT_TABLE_JSON), "application/json");
}

/* What an offer tells of itself selects it, on every resource that has it and
 * on no other. */
static void test_offers_are_accepted(void **state)
{
    const struct offer *o;

    (void)state;
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        for (unsigned c = ACCEPT_CONTAINER; c <= ACCEPT_COUNT; c++) {
            struct accept_list list;
            struct err e = ERR_INIT;
            int rc = accept_parse(o->type, NULL, (enum accept_category)c, &list, &e);

            assert_int_equal(rc == 0 && list.items[0].media == o->media, (o->categories >> c & 1));
            assert_memory_equal(o->type, o->name, strlen(o->name));
        }
}

/* A 406 response names every representation of the resource. */
static void test_words_name_all_offers(void **state)
{
    const struct offer *o;

    (void)state;
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        for (unsigned c = ACCEPT_CONTAINER; c <= ACCEPT_COLLECTION; c++)
            if (o->categories >> c & 1)
                assert_non_null(strstr(offer_words((enum accept_category)c), o->type));
}

/* Frames as stored are offered by the media type of every transfer syntax. */
static void test_stored_frames_have_all_types(void **state)
{
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);
    const char *help = offer_of(ACCEPT_STORED_FRAMES)->help;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *type = transfer_syntax_media_type(all[i].uid);

        if (strcmp(type, "application/octet-stream") == 0)
            continue;
        assert_non_null(strstr(help, type));
        assert_non_null(strstr(offer_words(ACCEPT_FRAMES), type));
    }
}

static void test_ids_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; offer_at(i); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(offer_at(i)->id, offer_at(k)->id);
}

/* Every representation has a row of its own, a file name's ending. */
static void test_rows_are_complete(void **state)
{
    const struct offer *o;

    (void)state;
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++) {
        assert_ptr_equal(offer_of(o->media), o);
        assert_true(o->ending[0] == '.' && o->ending[1]);
        assert_true(!(o->allows & OFFER_EXTRAS) ||
                    (o->framing == PLAN_ZIP && o->holds == PLAN_INSTANCES));
        assert_true(!o->content == !strstr(o->type, "type=") || o->media == ACCEPT_ZIP);
        assert_int_equal(accept_is_multipart(o->media), strncmp(o->type, "multipart/", 10) == 0);
        assert_int_equal(accept_is_table(o->media), (o->allows & OFFER_TABLE) != 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_offers_are_accepted),
        cmocka_unit_test(test_words_name_all_offers),
        cmocka_unit_test(test_stored_frames_have_all_types),
        cmocka_unit_test(test_ids_are_unique),
        cmocka_unit_test(test_rows_are_complete),
    };

    return cmocka_run_group_tests_name("offer", tests, NULL, NULL);
}
