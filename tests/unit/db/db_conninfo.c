/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "db/db_conninfo.h"

static void expect(const char *conninfo, const char *shown)
{
    struct err e = ERR_INIT;
    struct buf b;

    buf_init(&b, 4096);
    assert_ok(db_conninfo_show(conninfo, &b, &e), &e);
    assert_string_equal(b.data, shown);
    buf_release(&b);
}

static void secrets_are_hidden_in_every_spelling(void **state)
{
    (void)state;
    expect("dbname=wadozip", "dbname=wadozip");
    expect("postgresql://db.example/wadozip", "postgresql://db.example/wadozip");
    expect("dbname=w password=geheim host=h", "password='***' dbname='w' host='h'");
    expect("dbname = w password = 'ge heim\\'x'", "password='***' dbname='w'");
    expect("postgresql://anna:geheim@h/w", "user='anna' password='***' dbname='w' host='h'");
    expect("postgres://anna@h/w?password=geheim", "user='anna' password='***' dbname='w' host='h'");
    expect("dbname='it\\'s' sslpassword=geheim", "dbname='it\\'s' sslpassword='***'");
    expect("password=geheim nonsense", "*** (not a connection string)");
    expect("postgresql://anna:geheim@h:port:x/w?nonsense=1", "*** (not a connection string)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(secrets_are_hidden_in_every_spelling)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
