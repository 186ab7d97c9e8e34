/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/crc.h"
#include "respond/metrics.h"

static char folder[] = "/tmp/wzmetricsXXXXXX";

static const char *written(void)
{
    static struct buf text;

    buf_release(&text);
    buf_init(&text, 1 << 20);
    metrics_write(&text);
    return text.data;
}

/* Run a worker that counts a request, and is killed in the middle of another
 * one. */
static void run_worker(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct err e = ERR_INIT;

        if (metrics_open(folder, "service", &e))
            _exit(1);
        metrics_begin();
        metrics_end(&(struct metrics_request){METRICS_TABLE, 200, true, 1000, 0.5});
        metrics_begin();
        metrics_conversion();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void assert_counts(const char *text)
{
    assert_non_null(strstr(text, "\nwadozip_requests_total{form=\"table\",status=\"200\"} 2\n"));
    assert_non_null(strstr(text, "\nwadozip_response_bytes_total{form=\"table\"} 2000\n"));
    assert_non_null(strstr(text, "\nwadozip_conversions_total 2\n"));
    assert_non_null(strstr(text, "\nwadozip_request_seconds_bucket{le=\"0.1\"} 0\n"));
    assert_non_null(strstr(text, "\nwadozip_request_seconds_bucket{le=\"1\"} 2\n"));
    assert_non_null(strstr(text, "\nwadozip_request_seconds_sum 1.000000\n"));
    assert_non_null(strstr(text, "\nwadozip_workers 1\n"));
    assert_non_null(strstr(text, "\nwadozip_busy_workers 1\n"));
}

static void processes_count_together_in_a_file(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    run_worker();
    run_worker();
    assert_ok(metrics_open(folder, "service", &e), &e);
    metrics_begin();
    assert_counts(written());
    metrics_close();
}

static void workers_of_a_pool_count_together(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(metrics_share(&e), &e);
    run_worker();
    run_worker();
    assert_ok(metrics_open("/nonexistent", "", &e), &e);
    metrics_begin();
    assert_counts(written());
    metrics_end(&(struct metrics_request){METRICS_OTHER, 299, false, 0, 4000});
    assert_non_null(strstr(written(), "{form=\"other\",status=\"0\"} 1\n"));
    assert_non_null(strstr(written(), "\nwadozip_aborted_total 1\n"));
    assert_non_null(strstr(written(), "\nwadozip_request_seconds_bucket{le=\"3600\"} 2\n"));
    assert_non_null(strstr(written(), "\nwadozip_request_seconds_bucket{le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(written(), "\nwadozip_busy_workers 0\n"));
    metrics_close();
}

static void without_a_folder_nothing_is_counted(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_int_equal(metrics_open("/nonexistent", "", &e), -1);
    metrics_begin();
    metrics_end(&(struct metrics_request){METRICS_TABLE, 200, true, 1000, 0.5});
    assert_non_null(strstr(written(), "\nwadozip_request_seconds_count 0\n"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/wadozip-%lu-%08x.metrics1", folder, (unsigned long)geteuid(),
             (unsigned)crc_update(0, "service", 7));
    return unlink(path) || rmdir(folder) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_count_together_in_a_file),
        cmocka_unit_test(workers_of_a_pool_count_together),
        cmocka_unit_test(without_a_folder_nothing_is_counted),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
