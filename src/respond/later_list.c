/* SPDX-License-Identifier: MIT */
#include "respond/later_list.h"

#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/sink.h"
#include "base/spool.h"

#define ALL "-"
#define LINE_MAX_BYTES (3 * (UID_MAX + 1) + 1)

struct listing {
    struct sink out;
    uint32_t sum;
};

static int put_line(struct listing *l, const char *study, const char *series, const char *instance,
                    struct err *e)
{
    char line[LINE_MAX_BYTES];
    int len = snprintf(line, sizeof line, "%s %s %s\n", study, *series ? series : ALL,
                       *instance ? instance : ALL);

    if (len < 0 || (size_t)len >= sizeof line)
        return err_set(e, ERR_DATA, "a UID is longer than %d characters", UID_MAX);
    l->sum = crc_update(l->sum, line, (size_t)len);
    return sink_put(&l->out, line, (size_t)len, e);
}

/*
 * List what the plan converts, also members that are converted already: the
 * list, and so its sum, stays the same while the work proceeds.
 */
static int put_members(struct listing *l, const struct plan *p, bool each, struct err *e)
{
    const struct plan_series *last = NULL;

    for (size_t i = 0; i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        const struct plan_series *s = plan_series_of(p, m);

        if (m->source != PLAN_CONVERTED || !s || (!each && s == last))
            continue;
        last = s;
        if (put_line(l, plan_text(p, s->study), plan_text(p, s->uid),
                     each ? plan_text(p, m->sop_uid) : "", e))
            return -1;
    }
    return 0;
}

static int later_list_fill(const struct response *a, int fd, uint32_t *sum, struct err *e)
{
    const struct request *r = &a->request;
    const char *target = conversion_rules_target(&a->item->wish);
    struct listing l = {.sum = crc_update(0, target, strlen(target))};
    bool each = r->search && r->search->level == SEARCH_INSTANCES;
    int rc = sink_open(&l.out, sink_to_fd, &fd, e);

    if (rc == 0)
        rc = r->search || r->collection ? put_members(&l, &a->retrieval.plan, each, e)
                                        : put_line(&l, r->study, r->series, r->instance, e);
    if (rc == 0)
        rc = sink_flush(&l.out, e);
    sink_close(&l.out);
    *sum = l.sum;
    if (rc == 0 && lseek(fd, 0, SEEK_SET) != 0)
        return err_sys(e, ERR_SYSTEM, "cannot rewind a temporary file (setting spool)");
    return rc;
}

int later_list_write(const struct response *a, uint32_t *sum, struct err *e)
{
    int fd = spool_unlinked_file(a->s->conf->spool, e);

    if (fd >= 0 && later_list_fill(a, fd, sum, e))
        io_close(&fd);
    return fd;
}

static bool read_uid(const char **at, char end, bool required, char out[UID_MAX + 1])
{
    size_t len = strcspn(*at, " \n");
    bool all = !required && len == strlen(ALL) && strncmp(*at, ALL, len) == 0;

    if ((*at)[len] != end || (!all && !uid_valid(*at, len)))
        return false;
    snprintf(out, UID_MAX + 1, "%.*s", all ? 0 : (int)len, *at);
    *at += len + 1;
    return true;
}

int later_list_read(FILE *f, struct later_item *item, struct err *e)
{
    char line[LINE_MAX_BYTES];
    const char *at = line;

    if (!fgets(line, sizeof line, f))
        return ferror(f) ? err_sys(e, ERR_SYSTEM, "cannot read the list of conversions") : 0;
    if (!read_uid(&at, ' ', true, item->study) || !read_uid(&at, ' ', false, item->series) ||
        !read_uid(&at, '\n', false, item->instance) || *at)
        return err_set(e, ERR_CONFIG, "--convert reads lines of three UIDs from standard input");
    return 1;
}
