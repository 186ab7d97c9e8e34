/* SPDX-License-Identifier: MIT */
/* Which statements are prepared, and when, in the database that
 * tests/system/test_catalog.py has made for catalog.c. */
#include "tests/unit/unit.h"

#include "db/db.h"
#include "db/db_prepared.h"

#define CONTENT \
    "CREATE SCHEMA one; CREATE TABLE one.number AS SELECT 1 AS n;" \
    "CREATE SCHEMA two; CREATE TABLE two.number AS SELECT 2 AS n"
#define IN_ONE "SET LOCAL search_path = one; "
#define IN_TWO "SET LOCAL search_path = two; "

static const struct db_statement ask_number = {"SELECT n + $1::int FROM number WHERE $2 = 'it''s'",
                                               2, 1, DB_PREPARED};
static const struct db_statement ask_three = {"SET LOCAL extra_float_digits = 0; SELECT 3", 0, 1,
                                              DB_PREPARED};
static const struct db_statement count_prepared = {
    "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'wadozip%'", 0, 1, DB_ROWS};

static const char *database;

static void every_statement_has_a_number(void **state)
{
    static const struct db_statement many[DB_PREPARED_MAX + 1];
    struct db_prepared p = {.count = 0};
    bool is_new;

    (void)state;
    for (size_t i = 0; i < DB_PREPARED_MAX; i++) {
        assert_int_equal(db_prepared_number(&p, &many[i], &is_new), i + 1);
        assert_true(is_new);
        assert_int_equal(db_prepared_number(&p, &many[0], &is_new), 1);
        assert_false(is_new);
    }
    assert_int_equal(db_prepared_number(&p, &many[DB_PREPARED_MAX], &is_new), 0);
    assert_false(is_new);
    assert_int_equal(db_prepared_number(&p, &many[DB_PREPARED_MAX - 1], &is_new), DB_PREPARED_MAX);
}

static int take(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

static int64_t ask(struct db *db, const struct db_statement *st)
{
    static const char *const values[] = {"40", "it's"};
    struct err e = ERR_INIT;
    int64_t n = -1;

    assert_ok(db_query(db, st, values, take, &n, &e), &e);
    return n;
}

static void script(struct db *db, const char *sql)
{
    struct err e = ERR_INIT;

    assert_ok(db_script(db, sql, NULL, NULL, &e), &e);
}

static void use(struct db *db, const char *settings)
{
    struct err e = ERR_INIT;

    assert_ok(db_set_more(db, settings, &e), &e);
}

static struct db *open_db(void)
{
    const struct db_setup setup = {.conninfo = database};
    struct err e = ERR_INIT;
    struct db *db = NULL;

    assert_ok(db_open(&setup, &db, &e), &e);
    use(db, IN_ONE);
    return db;
}

static int prepare_content(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        return 0;
    db = open_db();
    script(db, CONTENT);
    db_close(db);
    return 0;
}

static void a_statement_is_prepared_once(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_int_equal(ask(db, &count_prepared), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(db, &ask_number), 41);
    assert_int_equal(ask(db, &ask_three), 3);
    assert_int_equal(ask(db, &count_prepared), 2);
    db_close(db);
}

/* A user's views are found by the search path: the plan must not be another user's. */
static void a_plan_follows_the_search_path(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    for (int i = 0; i < 20; i++) {
        use(db, i % 3 == 2 ? IN_TWO : IN_ONE);
        assert_int_equal(ask(db, &ask_number), i % 3 == 2 ? 42 : 41);
    }
    assert_int_equal(ask(db, &count_prepared), 1);
    db_close(db);
}

/* As through a pooler that announces the server's process ID. */
static void a_lost_statement_is_sent_whole(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_int_equal(ask(db, &ask_number), 41);
    script(db, "DEALLOCATE ALL");
    assert_int_equal(ask(db, &ask_number), 41);
    assert_int_equal(ask(db, &ask_three), 3);
    assert_int_equal(ask(db, &count_prepared), 0);
    db_close(db);

    db = open_db();
    script(db, "PREPARE wadozip_1 AS SELECT 7");
    assert_int_equal(ask(db, &ask_number), 41);
    assert_int_equal(ask(db, &count_prepared), 1);
    db_close(db);
}

static void columns_may_change_their_type(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_int_equal(ask(db, &ask_number), 41);
    script(db, "ALTER TABLE one.number ALTER n TYPE numeric");
    assert_int_equal(ask(db, &ask_number), 41);
    assert_int_equal(ask(db, &count_prepared), 1);
    assert_int_equal(ask(db, &ask_number), 41);
    db_close(db);
}

/* A failure there could not be repaired. */
static void nothing_is_prepared_inside_a_transaction(void **state)
{
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    script(db, "BEGIN; SET LOCAL search_path = one");
    assert_int_equal(ask(db, &ask_number), 41);
    script(db, "COMMIT");
    assert_int_equal(ask(db, &count_prepared), 0);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_has_a_number),
        cmocka_unit_test(a_statement_is_prepared_once),
        cmocka_unit_test(a_plan_follows_the_search_path),
        cmocka_unit_test(a_lost_statement_is_sent_whole),
        cmocka_unit_test(columns_may_change_their_type),
        cmocka_unit_test(nothing_is_prepared_inside_a_transaction),
    };

    database = getenv("WADOZIP_TEST_DATABASE");
    return cmocka_run_group_tests(tests, prepare_content, NULL);
}
