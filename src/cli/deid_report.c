/* SPDX-License-Identifier: MIT */
#include "cli/deid_report.h"

#include <inttypes.h>
#include <search.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cli/text_table.h"

#define ROWS_MAX ((size_t)1 << 30) /* bytes of a series */
#define VALUE_MAX 48               /* bytes of a value within the text */
#define PIXEL_DATA "7FE00010"

struct report_row {
    const char *path, *vr, *keyword, *before, *after, *sop;
    enum deid_act act;
    bool free_text, several; /* several: other values than the first ones were seen as well */
    uint64_t times;
};

#define CSV_HEAD "series,first_instance,tag,keyword,vr,action,instances,before,after,note\r\n"

static const char *const columns[] = {"TAG",   "KEYWORD", "VR",    "ACTION",
                                      "TIMES", "BEFORE",  "AFTER", "NOTE"};

#define COLUMNS (sizeof columns / sizeof *columns)

/* An attribute of a series: text has one row for it and its act. */
static int compare_attributes(const void *a, const void *b)
{
    const struct report_row *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    if (order == 0)
        order = (int)x->act - (int)y->act;
    return order ? order : strcmp(x->vr, y->vr);
}

static int compare_changes(const void *a, const void *b)
{
    const struct report_row *x = a, *y = b;
    int order = compare_attributes(x, y);

    if (order == 0)
        order = strcmp(x->before, y->before);
    return order ? order : strcmp(x->after, y->after);
}

static void release_row(void *row)
{
    (void)row; /* of the arena */
}

void deid_report_open(struct deid_report *r, enum deid_report_format format, FILE *out)
{
    *r = (struct deid_report){.format = format, .out = out, .sop = ""};
    mem_init(&r->mem, ROWS_MAX);
    if (format == DEID_REPORT_CSV)
        fputs(CSV_HEAD, out);
}

static void forget_rows(struct deid_report *r)
{
    tdestroy(r->rows, release_row);
    r->rows = NULL;
    mem_reset(&r->mem);
}

void deid_report_release(struct deid_report *r)
{
    forget_rows(r);
}

void deid_report_begin_instance(struct deid_report *r, const char *sop_uid)
{
    r->sop = sop_uid;
    r->seen = DEID_PIXELS_NONE;
}

void deid_report_end_instance(struct deid_report *r)
{
    r->instances++;
    r->of_pixels[r->seen]++;
}

/* Copy the caller's strings when a row is new. */
static struct report_row *keep_row(struct deid_report *r, const struct report_row *from,
                                   struct err *e)
{
    struct report_row *row = mem_alloc(&r->mem, sizeof *row, e);
    const char **const fields[] = {&row->path,   &row->vr,    &row->keyword,
                                   &row->before, &row->after, &row->sop};

    if (!row)
        return NULL;
    *row = *from;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!(*fields[i] = mem_strdup(&r->mem, *fields[i], e)))
            return NULL;
    return row;
}

static int add_row(struct deid_report *r, const struct report_row *wanted, struct err *e)
{
    int (*const compare)(const void *, const void *) =
        r->format == DEID_REPORT_CSV ? compare_changes : compare_attributes;
    struct report_row **found = tfind(wanted, &r->rows, compare),
                      *row = found ? *found : keep_row(r, wanted, e);

    if (!row)
        return -1;
    row->times++;
    row->several |=
        strcmp(row->before, wanted->before) != 0 || strcmp(row->after, wanted->after) != 0;
    if (found)
        return 0;
    r->free_texts += row->free_text;
    return tsearch(row, &r->rows, compare)
               ? 0
               : err_set(e, ERR_MEMORY, "no memory left for the report");
}

static enum deid_report_pixels pixels_of(enum deid_act act)
{
    switch (act) {
    case DEID_ACT_REMOVED:
    case DEID_ACT_EMPTIED:
        return DEID_PIXELS_REMOVED;
    case DEID_ACT_KEPT:
        return DEID_PIXELS_KEPT;
    case DEID_ACT_WITHHELD:
        return DEID_PIXELS_WITHHELD;
    default:
        return DEID_PIXELS_CLEANED;
    }
}

/* Replace the numbers of items by asterisks. */
static void write_shape(char *path)
{
    char *to = path;

    for (const char *from = path; *from;) {
        size_t len = strcspn(from, "/");

        if (len == 6) {
            *to++ = '*';
        } else {
            memmove(to, from, len);
            to += len;
        }
        from += len;
        if (*from)
            *to++ = *from++;
    }
    *to = '\0';
}

int deid_report_add(void *report, const struct deid_change *c, struct err *e)
{
    struct deid_report *r = report;
    struct report_row row = {c->path, c->vr,  c->keyword,   c->before, c->after,
                             r->sop,  c->act, c->free_text, false,     0};
    struct buf path;
    int rc;

    if (strcmp(c->path, PIXEL_DATA) == 0)
        r->seen = pixels_of(c->act);
    if (r->format == DEID_REPORT_CSV)
        return add_row(r, &row, e);
    buf_init(&path, ROWS_MAX);
    buf_str(&path, c->path);
    rc = buf_check(&path, "a path", e);
    if (rc == 0) {
        write_shape(path.data);
        row.path = path.data;
        rc = add_row(r, &row, e);
    }
    buf_release(&path);
    return rc;
}

int deid_report_refuse(struct deid_report *r, const char *reason, struct err *e)
{
    const struct report_row row = {"",    "",    "", "", reason, r->sop, DEID_ACT_REFUSED,
                                   false, false, 0};

    r->refused++;
    return add_row(r, &row, e);
}

/* Append a path as (0008,1140)[1].(0008,1155). */
static void put_path(struct buf *out, const char *path)
{
    for (; *path; path += strcspn(path, "/"), path += *path == '/') {
        size_t len = strcspn(path, "/");

        if (len == 8)
            buf_printf(out, "%s(%.4s,%.4s)", out->len ? "." : "", path, path + 4);
        else
            buf_printf(out, "[%.*s]", (int)(len - strspn(path, "0")), path + strspn(path, "0"));
    }
}

/* Return how many bytes of a value, cut between characters, the text shows. */
static size_t shown_length(const char *s)
{
    size_t len = strlen(s), at = 0;

    while (at < len && at < VALUE_MAX) {
        size_t n = utf8_character(s + at, len - at);

        at += n ? n : 1;
    }
    return at;
}

static void put_short(struct buf *out, const char *s)
{
    size_t len = shown_length(s);

    buf_add(out, s, len);
    buf_str(out, s[len] ? " ..." : "");
}

static bool is_numeric(const char *s)
{
    return s[strspn(s, "0123456789+-.eE\\ ")] == '\0';
}

/* RFC 4180; a spreadsheet must not execute a value. */
static void put_quoted(struct buf *out, const char *s)
{
    buf_str(out, *s && strchr("=+-@", *s) && !is_numeric(s) ? "\"'" : "\"");
    for (; *s; s++)
        buf_add(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    buf_str(out, "\"");
}

static const char *note_of(const struct deid_report *r, const struct report_row *row)
{
    if (row->free_text)
        return "free text";
    return r->format == DEID_REPORT_TEXT && row->several ? "first of several" : "";
}

struct printing {
    const struct deid_report *report;
    const char *series;
    struct buf line;
    struct text_table table;
};

static void print_csv_row(struct printing *p, const struct report_row *row)
{
    struct buf *l = &p->line;

    buf_clear(l);
    put_path(l, row->path);
    fprintf(p->report->out, "%s,%s,\"%s\",", p->series, row->sop, l->len ? l->data : "");
    buf_clear(l);
    put_quoted(l, row->keyword);
    buf_printf(l, ",%s,%s,%" PRIu64 ",", row->vr, deid_change_word(row->act), row->times);
    put_quoted(l, row->before);
    buf_str(l, ",");
    put_quoted(l, row->after);
    buf_printf(l, ",%s\r\n", note_of(p->report, row));
    fwrite(l->data, 1, l->len, p->report->out);
}

static void print_text_row(struct printing *p, const struct report_row *row)
{
    char times[24];
    const char *const cells[] = {row->keyword, row->vr, deid_change_word(row->act), times};
    const char *const values[] = {row->before, row->after};

    snprintf(times, sizeof times, "%" PRIu64, row->times);
    buf_clear(&p->line);
    put_path(&p->line, row->path);
    text_table_cell(&p->table, p->line.len ? p->line.data : "instance");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        text_table_cell(&p->table, cells[i]);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        buf_clear(&p->line);
        put_short(&p->line, values[i]);
        text_table_cell(&p->table, p->line.data);
    }
    text_table_cell(&p->table, note_of(p->report, row));
    text_table_end_row(&p->table);
}

static void print_row(const void *node, VISIT when, void *printing)
{
    struct printing *p = printing;
    const struct report_row *row = *(struct report_row *const *)node;

    if (when != postorder && when != leaf)
        return;
    if (p->report->format == DEID_REPORT_CSV)
        print_csv_row(p, row);
    else
        print_text_row(p, row);
}

int deid_report_end_series(struct deid_report *r, const char *series_uid, struct err *e)
{
    struct printing p = {.report = r, .series = series_uid};
    int rc;

    buf_init(&p.line, ROWS_MAX);
    text_table_init(&p.table);
    for (size_t i = 0; i < COLUMNS && r->format == DEID_REPORT_TEXT; i++)
        text_table_cell(&p.table, columns[i]);
    text_table_end_row(&p.table);
    twalk_r(r->rows, print_row, &p);
    rc = buf_check(&p.line, "the report", e) || text_table_check(&p.table, e) ? -1 : 0;
    if (rc == 0 && r->format == DEID_REPORT_TEXT) {
        fprintf(r->out, "Series %s\n\n", series_uid);
        text_table_print(&p.table, r->out);
        fputc('\n', r->out);
    }
    buf_release(&p.line);
    text_table_release(&p.table);
    forget_rows(r);
    return rc;
}

void deid_report_finish(const struct deid_report *r)
{
    if (r->format == DEID_REPORT_CSV)
        return;
    fprintf(r->out,
            "%" PRIu64 " instances: pixels of %" PRIu64 " kept, of %" PRIu64
            " cleaned of text, of %" PRIu64 " withheld, of %" PRIu64 " removed; %" PRIu64 " have none; %" PRIu64
            " refused\n",
            r->instances + r->refused, r->of_pixels[DEID_PIXELS_KEPT],
            r->of_pixels[DEID_PIXELS_CLEANED], r->of_pixels[DEID_PIXELS_WITHHELD],
            r->of_pixels[DEID_PIXELS_REMOVED],
            r->of_pixels[DEID_PIXELS_NONE], r->refused);
    if (r->free_texts)
        fprintf(r->out,
                "Lines with free text that is kept: %" PRIu64
                ". Read them before you send the study.\n",
                r->free_texts);
}
