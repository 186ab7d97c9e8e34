/* SPDX-License-Identifier: MIT */
#include "cli/deid_study.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"
#include "dicom/deid_key.h"
#include "helper/helper_run.h"
#include "retrieve/retrieve_tools.h"

#define NAMES_MAX ((size_t)1 << 30) /* bytes of names of files and UIDs */
#define LIST_MAX ((uint64_t)256 << 20)

struct study_file {
    const char *series, *sop, *file;
    uint32_t folder;
};

struct study_run {
    struct retrieve_tools tools;
    struct deid_profile profile;
    struct deid_report *report;
    struct mem mem;
    struct study_file *files;
    size_t count, room;
};

static int keep_file(void *ctx, const struct instance *i, struct err *e)
{
    struct study_run *s = ctx;
    const char *name;
    struct study_file *f;

    if (mem_grow(&s->files, &s->room, s->count + 1,
                 MEM_ELEMENTS(struct study_file, UINT32_MAX, "files"), e))
        return -1;
    f = &s->files[s->count++];
    if (store_name(s->tools.store, i->root, i->path, &f->folder, &name, e))
        return -1;
    f->file = mem_strdup(&s->mem, name, e);
    f->sop = mem_strdup(&s->mem, i->sop_uid, e);
    if (s->count > 1 && strcmp(f[-1].series, i->series_uid) == 0)
        f->series = f[-1].series;
    else
        f->series = mem_strdup(&s->mem, i->series_uid, e);
    return f->file && f->sop && f->series ? 0 : -1;
}

static int read_elements(const struct helper_result *r, struct deid_elements *out, struct err *e)
{
    size_t len = (size_t)r->size;
    char *text;

    if (r->size > LIST_MAX)
        return err_set(e, ERR_TOO_LARGE, "a list of elements is larger than %llu MiB",
                       (unsigned long long)(LIST_MAX >> 20));
    text = malloc(len + 1);
    if (!text)
        return err_set(e, ERR_MEMORY, "no memory left for a list of elements");
    if (io_pread(r->fd, text, len, 0) != (ssize_t)len) {
        free(text);
        return err_sys(e, ERR_SYSTEM, "cannot read a list of elements");
    }
    return deid_elements_parse(text, len, out, e);
}

/* Take what helper_run() needs: it closes the descriptor. */
static int run_on_copy(struct study_run *s, int fd, const struct helper_order *o,
                       struct helper_result *r, struct err *e)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    *r = (struct helper_result){.fd = -1};
    if (copy < 0)
        return err_sys(e, ERR_SYSTEM, "cannot use a file twice");
    return helper_run(s->tools.helpers, copy, o, r, e);
}

static int list_elements(struct study_run *s, int fd, struct deid_elements *out, struct err *e)
{
    struct helper_result r;
    int rc = run_on_copy(s, fd, &(const struct helper_order){.kind = HELPER_LIST}, &r, e);

    if (rc == 0 && (r.class != HELPER_INSTANCE || r.fd < 0))
        rc = err_set(e, ERR_DATA, "the elements cannot be listed: %s", r.reason);
    if (rc == 0)
        rc = read_elements(&r, out, e);
    io_close(&r.fd);
    return rc;
}

static int compare_files(struct study_run *s, int before_fd, int after_fd, struct err *e)
{
    struct deid_elements before = {.count = 0}, after = {.count = 0};
    const bool moved = s->profile.options & DEID_MODIFIED_DATES;
    int rc = list_elements(s, before_fd, &before, e);

    if (rc == 0)
        rc = list_elements(s, after_fd, &after, e);
    if (rc == 0)
        rc = deid_change_each(&before, &after, moved, deid_report_add, s->report, e);
    deid_elements_release(&before);
    deid_elements_release(&after);
    return rc;
}

static int report_open_file(struct study_run *s, int fd, struct err *e)
{
    const struct helper_order order = {.kind = HELPER_DEIDENTIFY, .profile = s->profile.text};
    struct helper_result r;
    int rc = run_on_copy(s, fd, &order, &r, e);

    if (rc)
        return -1;
    if (r.class == HELPER_INSTANCE && r.fd >= 0)
        rc = compare_files(s, fd, r.fd, e);
    else
        rc = deid_report_refuse(s->report, r.reason, e);
    if (rc == 0 && r.class == HELPER_INSTANCE)
        deid_report_end_instance(s->report);
    io_close(&r.fd);
    return rc;
}

static int report_file(struct study_run *s, const struct study_file *f, struct err *e)
{
    struct store_meta meta;
    int fd, rc;

    if (cli_stopped)
        return err_set(e, ERR_PEER, "interrupted");
    if (store_file(s->tools.store, f->folder, f->file, &fd, &meta, e))
        return -1;
    deid_report_begin_instance(s->report, f->sop);
    rc = report_open_file(s, fd, e);
    io_close(&fd);
    return rc;
}

static void print_title(const struct study_run *s, const char *study)
{
    char options[DEID_OPTIONS_TEXT];

    if (s->report->format == DEID_REPORT_CSV)
        return;
    deid_options_format(s->profile.options, options);
    fprintf(s->report->out, "Study %s\nProfile %s: %s\n\n", study, s->profile.name, options);
}

static int report_files(struct study_run *s, struct err *e)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct study_file *f = &s->files[i];
        const bool last = i + 1 == s->count || f[1].series != f->series;

        if (report_file(s, f, e))
            return -1;
        if (last && deid_report_end_series(s->report, f->series, e))
            return -1;
    }
    deid_report_finish(s->report);
    return 0;
}

static int find_files(struct study_run *s, const char *study, struct err *e)
{
    const struct catalog_query q = {.study = study, .max_instances = s->tools.conf->max_instances};

    if (retrieve_tools_open(&s->tools, e) || catalog_find(s->tools.catalog, &q, keep_file, s, e))
        return -1;
    return retrieve_tools_start_helpers(&s->tools, e);
}

int deid_study_report(const struct conf *c, const char *study, const char *profile,
                      struct deid_report *r, struct err *e)
{
    const struct conf_deid *found = conf_deid_of(&c->deid, profile);
    struct study_run s = {.tools.conf = c, .tools.helper_count = 1, .report = r};
    int rc;

    if (!found)
        return err_set(e, ERR_REQUEST, "there is no profile \"%s\" (settings deid.NAME)", profile);
    if (deid_key_load(found, &s.profile, e))
        return -1;
    mem_init(&s.mem, NAMES_MAX);
    rc = find_files(&s, study, e);
    if (rc == 0) {
        print_title(&s, study);
        rc = report_files(&s, e);
    }
    retrieve_tools_close(&s.tools);
    free(s.files);
    mem_reset(&s.mem);
    return rc;
}
