/* SPDX-License-Identifier: MIT */
/* When a statement is attempted again, in the database that
 * tests/system/test_catalog.py has made for catalog.c. */
#include "tests/unit/unit.h"

#include "db/db.h"

/* `runs` counts whatever becomes of the transactions. */
#define CONTENT \
    "CREATE SEQUENCE runs;" \
    "CREATE FUNCTION fail(state text, times int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN" \
    " IF nextval('runs') <= times THEN RAISE EXCEPTION 'no' USING ERRCODE = state; END IF; RETURN 1; END $$;" \
    "CREATE FUNCTION break_off() RETURNS int LANGUAGE plpgsql AS $$ BEGIN" \
    " PERFORM nextval('runs'), pg_terminate_backend(pg_backend_pid()), pg_sleep(60); RETURN 1; END $$;" \
    "CREATE FUNCTION pass() RETURNS int LANGUAGE sql AS $$ SELECT nextval('runs')::int $$"

static const struct db_statement do_fail = {"SELECT fail($1, $2::int)", 2, 1, DB_ROWS};
static const struct db_statement do_break = {"SELECT break_off()", 0, 1, DB_ROWS};
static const struct db_statement do_pass = {"SELECT pass()", 0, 1, DB_ROWS};

static const char *database;

static struct db *open_db(void)
{
    const struct db_setup setup = {.conninfo = database};
    struct err e = ERR_INIT;
    struct db *db = NULL;

    assert_ok(db_open(&setup, &db, &e), &e);
    return db;
}

static int take(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

/* On a connection of its own. */
static int64_t ask(const char *sql)
{
    struct db *db = open_db();
    struct err e = ERR_INIT;
    int64_t n = -1;

    assert_ok(db_script(db, sql, take, &n, &e), &e);
    db_close(db);
    return n;
}

/* How often something ran since the last time. */
static int64_t runs(void)
{
    int64_t n = ask("SELECT last_value - (NOT is_called)::int FROM runs");

    (void)ask("SELECT setval('runs', 1, false)");
    return n;
}

static void break_connections(void)
{
    (void)ask("SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static int prepare_content(void **state)
{
    (void)state;
    if (database)
        (void)ask(CONTENT);
    return 0;
}

static void what_gave_way_to_others_is_tried_again(void **state)
{
    static const struct {
        const char *code, *times;
        enum err_kind kind;
        int64_t runs;
    } cases[] = {
        {"40P01", "0", ERR_NONE, 1}, {"40P01", "1", ERR_NONE, 2}, {"40001", "2", ERR_NONE, 3},
        {"40P01", "9", ERR_AWAY, 3}, {"40002", "1", ERR_AWAY, 1}, {"57014", "1", ERR_AWAY, 1},
        {"23505", "1", ERR_DATA, 1},
    };
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int once = 0; once < 2; once++) {
            const char *values[] = {cases[i].code, cases[i].times};
            struct err e = ERR_INIT;
            int64_t got = 0;
            int rc = (once ? db_query_once : db_query)(db, &do_fail, values, take, &got, &e);

            assert_string_equal(err_kind_name(e.kind), err_kind_name(cases[i].kind));
            assert_int_equal(rc, cases[i].kind ? -1 : 0);
            assert_int_equal(got, cases[i].kind ? 0 : 1);
            assert_int_equal(runs(), cases[i].runs);
        }
    }
    db_close(db);
}

/* Where the connection had been there before; a new one is not made a second
 * time. */
static void what_may_be_done_twice_is_sent_again(void **state)
{
    struct err e = ERR_INIT;
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_err(db_query(db, &do_break, NULL, take, &(int64_t){0}, &e), ERR_AWAY, &e);
    assert_int_equal(runs(), 1);
    assert_ok(db_ready(db, &e), &e);
    assert_err(db_query(db, &do_break, NULL, take, &(int64_t){0}, &e), ERR_AWAY, &e);
    assert_int_equal(runs(), 2);
    db_close(db);
}

static void what_may_not_is_not(void **state)
{
    struct err e = ERR_INIT;
    int64_t got = 0;
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_ok(db_ready(db, &e), &e);
    assert_int_equal(db_query_once(db, &do_break, NULL, take, &got, &e), -1);
    assert_non_null(strstr(e.text, "whether it was done before is not known"));
    assert_err(-1, ERR_AWAY, &e);
    assert_int_equal(runs(), 1);

    assert_ok(db_ready(db, &e), &e);
    break_connections(); /* noticed before it is sent */
    assert_ok(db_query_once(db, &do_pass, NULL, take, &got, &e), &e);
    assert_int_equal(got, 1);
    assert_int_equal(runs(), 1);
    break_connections();
    assert_ok(db_query_once(db, &do_pass, NULL, take, &got, &e), &e);
    assert_int_equal(runs(), 1);
    db_close(db);
}

/* What came before in it would be missing. */
static void nothing_is_tried_again_inside_a_transaction(void **state)
{
    const char *values[] = {"40P01", "1"};
    struct err e = ERR_INIT;
    struct db *db;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    db = open_db();
    assert_ok(db_script(db, "BEGIN", NULL, NULL, &e), &e);
    assert_err(db_query(db, &do_fail, values, take, &(int64_t){0}, &e), ERR_AWAY, &e);
    assert_int_equal(runs(), 1);
    assert_ok(db_script(db, "ROLLBACK; BEGIN", NULL, NULL, &e), &e);
    break_connections();
    assert_err(db_query(db, &do_pass, NULL, take, &(int64_t){0}, &e), ERR_AWAY, &e);
    assert_int_equal(runs(), 0);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_gave_way_to_others_is_tried_again),
        cmocka_unit_test(what_may_be_done_twice_is_sent_again),
        cmocka_unit_test(what_may_not_is_not),
        cmocka_unit_test(nothing_is_tried_again_inside_a_transaction),
    };

    database = getenv("WADOZIP_TEST_DATABASE");
    return cmocka_run_group_tests(tests, prepare_content, NULL);
}
