/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "link/link_path.h"

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDE-_"
#define KEY "00112233445566778899aabbccddeeff"

static void addresses_of_links(void **state)
{
    static const struct {
        const char *uri, *base, *key;
        enum link_resource resource;
    } cases[] = {
        {"/s/" TOKEN, "/s/" TOKEN, "", LINK_PAGE},
        {"/s/" TOKEN "/", "/s/" TOKEN, "", LINK_PAGE},
        {"/s/" TOKEN "?utm=1", "/s/" TOKEN, "", LINK_PAGE},
        {"/dicom-web/s/" TOKEN "/archive.zip?x", "/dicom-web/s/" TOKEN, "", LINK_ARCHIVE},
        {"http://host/s/" TOKEN "/archive.zip", "/s/" TOKEN, "", LINK_ARCHIVE},
        {"/s/s/" TOKEN "/studies/1.2", "/s/s/" TOKEN, "", LINK_DICOMWEB},
        {"/s/" TOKEN "/series", "/s/" TOKEN, "", LINK_DICOMWEB},
        {"/s/" TOKEN "/k/" KEY "/archive.zip", "/s/" TOKEN, KEY, LINK_ARCHIVE},
        {"/s/" TOKEN "/k/" KEY "/studies", "/s/" TOKEN, KEY, LINK_DICOMWEB},
        {"/s/" TOKEN "/k/" KEY "0/archive.zip", "/s/" TOKEN, "", LINK_NONE},
        {"/s/" TOKEN "/manifest.zip", "/s/" TOKEN, "", LINK_ARCHIVE},
        {"/s/" TOKEN "/dicomdir.zip?x", "/s/" TOKEN, "", LINK_ARCHIVE},
        {"/s/" TOKEN "/archive.zip/", "/s/" TOKEN, "", LINK_NONE},
        {"/s/" TOKEN "//archive.zip", "/s/" TOKEN, "", LINK_NONE},
        {"/s/" TOKEN "0", NULL, "", LINK_NONE},
        {"/s/" TOKEN "%30", NULL, "", LINK_NONE},
        {"/S/" TOKEN, NULL, "", LINK_NONE},
        {"/s/", NULL, "", LINK_NONE},
        {"/studies/1.2?x=/s/" TOKEN, NULL, "", LINK_NONE},
        {"/x?/s/" TOKEN, NULL, "", LINK_NONE},
        {"/studies/s/" TOKEN, NULL, "", LINK_NONE},
        {"*", NULL, "", LINK_NONE},
        {"", NULL, "", LINK_NONE},
    };
    struct mem m;

    (void)state;
    mem_init(&m, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct link_path p;
        bool is_link;

        assert_ok(link_path_parse(cases[i].uri, &m, &p, &is_link, &e), &e);
        if (is_link != (cases[i].base != NULL) || p.resource != cases[i].resource)
            fail_msg("%s: %d %d", cases[i].uri, is_link, (int)p.resource);
        if (!is_link)
            continue;
        assert_string_equal(p.base, cases[i].base);
        assert_string_equal(p.key, cases[i].key);
        assert_string_equal(p.token, TOKEN);
    }
    mem_reset(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses_of_links)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
