/* SPDX-License-Identifier: MIT */
/*
 * A finished plan in a file, so that a request for a range of a large archive
 * need not make it again. For the programs of one machine and one version: the
 * layout is that of memory. The caller protects the bytes with a checksum and
 * names them after everything on which the plan depends.
 */
#ifndef WADOZIP_PLAN_PLAN_FILE_H
#define WADOZIP_PLAN_PLAN_FILE_H

#include "base/sink.h"
#include "plan/plan_progress.h"

/*
 * Return whether a plan can be written: an archive of instances without
 * DICOMDIR, of whose members everything is known but sizes that follow from
 * headers (PLAN_SPLICED).
 */
bool plan_file_can_hold(const struct plan_progress *g);

/* Write a plan that can be held. Fails as sink_put(), and with ERR_MEMORY. */
int plan_file_write(const struct plan_progress *g, const struct store *s, struct sink *to,
                    struct err *e) MUST_CHECK;

/* Where a plan is read to. The plan is empty and has its options; the progress
 * was begun with it. */
struct plan_file_place {
    struct plan *plan;
    struct plan_progress *progress;
    struct store *store; /* its folders get numbers there */
};

/* Read a plan from the first bytes of a file of `size` bytes; *end is the
 * number of bytes read. Fails with ERR_DATA if the bytes are not such a plan,
 * with ERR_CONFIG if one of its roots is not configured; the plan is then
 * empty. */
int plan_file_read(const struct plan_file_place *to, int fd, uint64_t size, uint64_t *end,
                   struct err *e) MUST_CHECK;

#endif
