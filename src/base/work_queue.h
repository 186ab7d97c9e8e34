/* SPDX-License-Identifier: MIT */
/*
 * A bounded ring of jobs for threads, which end in the order of submission. One
 * thread, the owner, fills slots, submits them, awaits the oldest and frees it;
 * the others are internal. The queue knows numbers of slots only; their data
 * belongs to the owner's arrays, and to one thread while its job runs.
 */
#ifndef WADOZIP_BASE_WORK_QUEUE_H
#define WADOZIP_BASE_WORK_QUEUE_H

#include <stdint.h>

#include "base/err.h"

#define WORK_QUEUE_THREADS_MAX 16
#define WORK_QUEUE_NONE UINT32_MAX

struct work_queue;

/* Run the job in a slot. `station` is the thread's own data. */
typedef void work_queue_run(void *station, uint32_t slot);

/* Open a queue with at least one slot and no thread. Fails with ERR_MEMORY. */
int work_queue_open(uint32_t slots, work_queue_run *run, struct work_queue **out,
                    struct err *e) MUST_CHECK;

/*
 * Wait for the jobs that run, end the threads, and discard the jobs that wait.
 * Stations and data of slots may then be released. Null is allowed.
 */
void work_queue_close(struct work_queue *q);

/* Start a thread, up to WORK_QUEUE_THREADS_MAX. Fails with ERR_SYSTEM if none
 * can be started. */
int work_queue_add_thread(struct work_queue *q, void *station, struct err *e) MUST_CHECK;
unsigned work_queue_threads(const struct work_queue *q);

/* Return the slot of the next job, to be filled; WORK_QUEUE_NONE if all slots
 * are in use. */
uint32_t work_queue_begin(const struct work_queue *q);

/* Submit the slot that work_queue_begin() returned. Returns the number of jobs
 * that no thread has taken yet. */
uint32_t work_queue_submit(struct work_queue *q);

/* Run the next waiting job in the calling thread. Only if the queue has no
 * threads. */
void work_queue_run_here(struct work_queue *q, void *station);

/* Wait for the oldest job in use and return its slot; WORK_QUEUE_NONE if none
 * is. */
uint32_t work_queue_await(struct work_queue *q);

/* Free the slot of the oldest job, which work_queue_await() has returned. */
void work_queue_drop(struct work_queue *q);

#endif
