/* SPDX-License-Identifier: MIT */
/* What needs no database. */
#include "tests/unit/unit.h"

#include "catalog/catalog.h"

static const char *name(struct buf *b, const char *conninfo)
{
    struct err e = ERR_INIT;

    buf_clear(b);
    assert_ok(catalog_name(conninfo, b, &e), &e);
    return b->data ? b->data : "";
}

/* It ends up where others may look. */
static void a_name_holds_no_password(void **state)
{
    static const char *const same[] = {
        "host=a,b dbname=x user=u",
        "host=a,b dbname=x user=u password=secret",
        "password='it\\'s secret' user=u dbname='x' host=a,b sslpassword=secret",
        "postgresql://u:secret@a,b/x",
        "postgresql://a,b/x?user=u&password=secret",
    };
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_null(strstr(name(&b, same[i]), "secret"));
        assert_non_null(strstr(b.data, "host=a,b\n"));
        assert_non_null(strstr(b.data, "dbname=x\n"));
        assert_non_null(strstr(b.data, "user=u\n"));
    }
    assert_null(strstr(name(&b, "dbname=y"), "dbname=x"));
    assert_string_equal(name(&b, "no connection string, but a secret"), "");
    buf_release(&b);
}

static void a_name_is_bounded(void **state)
{
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_err(catalog_name("dbname=a-long-one", &b, &e), ERR_MEMORY, &e);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_holds_no_password),
        cmocka_unit_test(a_name_is_bounded),
    };

    return cmocka_run_group_tests_name("catalog_name", tests, NULL, NULL);
}
