/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <pthread.h>

#include "base/work_queue.h"

#define SLOTS 5

/* A job multiplies; job `held` waits for the gate. */
struct bench {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;       /* the gate */
    unsigned inside; /* threads that wait at it */
    uint32_t held;   /* slot; WORK_QUEUE_NONE: no job waits */
    unsigned ran;
    uint64_t in[SLOTS], out[SLOTS];
    struct work_queue *queue;
    struct err e;
};

static void multiply(void *station, uint32_t slot)
{
    struct bench *b = station;

    pthread_mutex_lock(&b->lock);
    b->ran++;
    if (slot == b->held) {
        b->inside++;
        pthread_cond_broadcast(&b->changed);
        while (!b->open)
            pthread_cond_wait(&b->changed, &b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    b->out[slot] = b->in[slot] * 3; /* without a lock: the slot is this thread's */
}

static void open_bench(struct bench *b, unsigned threads)
{
    *b = (struct bench){.held = WORK_QUEUE_NONE};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    assert_ok(work_queue_open(SLOTS, multiply, &b->queue, &b->e), &b->e);
    for (unsigned i = 0; i < threads; i++)
        assert_ok(work_queue_add_thread(b->queue, b, &b->e), &b->e);
    assert_int_equal(work_queue_threads(b->queue), threads);
}

static void close_bench(struct bench *b)
{
    work_queue_close(b->queue);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
}

static uint32_t submit(struct bench *b, uint64_t value)
{
    uint32_t slot = work_queue_begin(b->queue);

    assert_true(slot < SLOTS);
    b->in[slot] = value;
    return work_queue_submit(b->queue);
}

static void open_gate(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    b->open = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void await_inside(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    while (!b->inside)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void take(struct bench *b, uint64_t value)
{
    uint32_t slot = work_queue_await(b->queue);

    assert_true(slot < SLOTS);
    assert_int_equal(b->out[slot], 3 * value);
    work_queue_drop(b->queue);
}

/* Whatever thread ends first. The ring goes round many times, full most of the
 * time. */
static void jobs_come_back_in_order(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        uint64_t given = 0, taken = 0;
        struct bench b;

        open_bench(&b, threads);
        while (taken < 5000) {
            while (given < 5000 && work_queue_begin(b.queue) != WORK_QUEUE_NONE)
                submit(&b, ++given);
            assert_true(given - taken == SLOTS || given == 5000);
            take(&b, ++taken);
        }
        assert_int_equal(work_queue_await(b.queue), WORK_QUEUE_NONE);
        assert_int_equal(b.ran, 5000);
        close_bench(&b);
    }
}

/* The second job ends while the first is held; the first still comes first. */
static void a_later_job_that_ended_waits_for_its_turn(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, 2);
    b.held = 0;
    submit(&b, 10);
    await_inside(&b);
    submit(&b, 11);
    open_gate(&b);
    take(&b, 10);
    take(&b, 11);
    close_bench(&b);
}

/* Closing waits for the running job; a queue that was full, or whose owner gave
 * up, closes, too. */
static void closing_waits_for_running_jobs_only(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, 1);
    b.held = 0;
    for (uint64_t i = 0; i < SLOTS; i++)
        submit(&b, i + 1);
    assert_int_equal(work_queue_begin(b.queue), WORK_QUEUE_NONE);
    await_inside(&b);
    open_gate(&b);
    close_bench(&b);
    assert_int_equal(b.out[0], 3);
    assert_in_range(b.ran, 1, SLOTS);

    open_bench(&b, 0);
    submit(&b, 1);
    close_bench(&b);
    assert_int_equal(b.ran, 0);
    work_queue_close(NULL);
}

static void without_threads_the_owner_runs_jobs(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, 0);
    work_queue_run_here(b.queue, &b); /* nothing to run */
    assert_int_equal(submit(&b, 5), 1);
    assert_int_equal(submit(&b, 6), 2);
    work_queue_run_here(b.queue, &b);
    assert_int_equal(b.ran, 1);
    assert_int_equal(submit(&b, 7), 2);
    for (int i = 0; i < 2; i++)
        work_queue_run_here(b.queue, &b);
    for (uint64_t i = 5; i <= 7; i++)
        take(&b, i);
    close_bench(&b);
}

static void threads_are_bounded(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, WORK_QUEUE_THREADS_MAX);
    assert_err(work_queue_add_thread(b.queue, &b, &b.e), ERR_SYSTEM, &b.e);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_back_in_order),
        cmocka_unit_test(a_later_job_that_ended_waits_for_its_turn),
        cmocka_unit_test(closing_waits_for_running_jobs_only),
        cmocka_unit_test(without_threads_the_owner_runs_jobs),
        cmocka_unit_test(threads_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
