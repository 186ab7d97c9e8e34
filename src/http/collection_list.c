/* SPDX-License-Identifier: MIT */
#include "http/collection_list.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "dicom/uid.h"

#define STANDARD "1.2.840.10008."

/* The kinds of a column. */
enum column { COLUMN_OTHER, COLUMN_STUDY, COLUMN_SERIES };

/* The lines of a text, with the column that counts. */
struct table {
    const char *at, *end;
    size_t line;   /* number, from 1 */
    size_t column; /* that counts, from 0; ANY_COLUMN: every one */
};

#define ANY_COLUMN SIZE_MAX

struct field {
    const char *text;
    size_t len;
    bool last; /* of its line */
};

void collection_list_init(struct collection_list *l)
{
    *l = (struct collection_list){.count = 0};
    buf_init(&l->uids, COLLECTION_LIST_MAX + 1);
    buf_init(&l->modalities, 4096);
}

void collection_list_release(struct collection_list *l)
{
    buf_release(&l->uids);
    buf_release(&l->modalities);
}

int collection_list_kind(const char *type, enum collection_list_kind *out, struct err *e)
{
    static const struct {
        const char *name;
        enum collection_list_kind kind;
    } known[] = {
        {"text/csv", COLLECTION_LIST_TEXT},
        {"text/plain", COLLECTION_LIST_TEXT},
        {"text/tab-separated-values", COLLECTION_LIST_TEXT},
        {"application/x-nbia-manifest-file", COLLECTION_LIST_TEXT},
        {"application/json", COLLECTION_LIST_JSON},
    };
    size_t len = type ? strcspn(type, "; \t") : 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (len == strlen(known[i].name) && strncasecmp(type, known[i].name, len) == 0) {
            *out = known[i].kind;
            return 0;
        }
    return err_set(e, ERR_MEDIA_TYPE, "the list of a collection is read from " COLLECTION_LIST_TYPES
                   ": name one of them in Content-Type");
}

int collection_list_add(struct collection_list *l, const char *uid, size_t len, struct err *e)
{
    if (l->count == COLLECTION_LIST_UIDS)
        return err_set(e, ERR_TOO_LARGE, "the list has more than %d UIDs", COLLECTION_LIST_UIDS);
    if (l->count++)
        buf_add(&l->uids, ",", 1);
    buf_add(&l->uids, uid, len);
    return buf_check(&l->uids, "the UIDs of a list", e);
}

/* Take the next field of a line, without its quotes and the blanks around it.
 */
static struct field next_field(struct table *t)
{
    const char *start, *stop;

    while (t->at < t->end && *t->at == ' ')
        t->at++;
    if (t->at < t->end && *t->at == '"') {
        start = ++t->at;
        while (t->at < t->end && (*t->at != '"' || (t->at + 1 < t->end && t->at[1] == '"')))
            t->at += *t->at == '"' ? 2 : 1;
        stop = t->at;
    } else {
        start = t->at;
        stop = NULL;
    }
    while (t->at < t->end && !memchr(",;\t\n", *t->at, 4))
        t->at++;
    if (!stop)
        stop = t->at;
    while (stop > start && memchr(" \r", stop[-1], 2))
        stop--;
    t->at += t->at < t->end;
    return (struct field){start, (size_t)(stop - start), t->at == t->end || t->at[-1] == '\n'};
}

/* Compare letters alone, so that "Series Instance UID" and series_uid are the
 * same word with and without "instance". */
static enum column column_of(const struct field *f)
{
    char word[32];
    size_t n = 0;

    for (size_t i = 0; i < f->len && n < sizeof word - 1; i++) {
        char c = f->text[i];

        if (c >= 'A' && c <= 'Z')
            word[n++] = (char)(c + 32);
        else if (c >= 'a' && c <= 'z')
            word[n++] = c;
    }
    word[n] = '\0';
    if (strcmp(word, "seriesinstanceuid") == 0 || strcmp(word, "seriesuid") == 0)
        return COLUMN_SERIES;
    if (strcmp(word, "studyinstanceuid") == 0 || strcmp(word, "studyuid") == 0)
        return COLUMN_STUDY;
    return COLUMN_OTHER;
}

/* Choose the column by the first line, and skip that if it has names. */
static void take_header(struct table *t)
{
    struct table ahead = *t;
    size_t found[] = {[COLUMN_STUDY] = ANY_COLUMN, [COLUMN_SERIES] = ANY_COLUMN};
    struct field f;
    size_t n = 0;

    do {
        enum column c;

        f = next_field(&ahead);
        c = column_of(&f);
        if (c != COLUMN_OTHER && found[c] == ANY_COLUMN)
            found[c] = n;
        n++;
    } while (!f.last);
    t->column = found[COLUMN_SERIES] != ANY_COLUMN ? found[COLUMN_SERIES] : found[COLUMN_STUDY];
    if (t->column == ANY_COLUMN)
        return;
    *t = (struct table){ahead.at, t->end, 2, t->column};
}

/* Numbers, dates and versions are no UIDs: those have four components, or are
 * made of a UUID (PS3.5 B.2). */
static bool looks_like_uid(const struct field *f)
{
    size_t dots = 0;

    if (!f->len || f->len > UID_MAX || !memchr("012", *f->text, 3) || !uid_valid(f->text, f->len))
        return false;
    for (size_t i = 0; i < f->len; i++)
        dots += f->text[i] == '.';
    if (f->len > strlen(STANDARD) && memcmp(f->text, STANDARD, strlen(STANDARD)) == 0)
        return false;
    return dots >= 3 || (f->len > 5 && memcmp(f->text, "2.25.", 5) == 0);
}

static int take_named(const struct table *t, const struct field *f, struct collection_list *l,
                      struct err *e)
{
    if (!f->len)
        return 0;
    if (!uid_valid(f->text, f->len))
        return err_set(e, ERR_UNPROCESSABLE, "line %zu: \"%.*s\" is not a well-formed UID", t->line,
                       f->len > UID_MAX ? UID_MAX : (int)f->len, f->text);
    return collection_list_add(l, f->text, f->len, e);
}

static int take_line(struct table *t, struct collection_list *l, struct err *e)
{
    struct field f, uid = {.len = 0};
    size_t n = 0;

    do {
        f = next_field(t);
        if (n++ == t->column && take_named(t, &f, l, e))
            return -1;
        if (t->column != ANY_COLUMN || !looks_like_uid(&f))
            continue;
        if (uid.len && (uid.len != f.len || memcmp(uid.text, f.text, f.len) != 0))
            return err_set(e, ERR_UNPROCESSABLE,
                           "line %zu has several UIDs: add a first line that names the column that"
                           " counts SeriesInstanceUID or StudyInstanceUID",
                           t->line);
        uid = f;
    } while (!f.last);
    t->line++;
    return uid.len ? collection_list_add(l, uid.text, uid.len, e) : 0;
}

int collection_list_text(const char *data, size_t len, struct collection_list *l, struct err *e)
{
    struct table t = {data, data + len, 1, ANY_COLUMN};

    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        t.at += 3;
    take_header(&t);
    while (t.at < t.end)
        if (take_line(&t, l, e))
            return -1;
    return 0;
}

int collection_list_parse(const char *data, size_t len, enum collection_list_kind kind,
                          struct collection_list *l, struct err *e)
{
    if ((kind == COLLECTION_LIST_JSON ? collection_list_json : collection_list_text)(data, len, l,
                                                                                     e))
        return -1;
    if (!l->count && !l->search[0])
        return err_set(e, ERR_UNPROCESSABLE,
                       "the list names no study and no series: give their UIDs, one a line%s",
                       kind == COLLECTION_LIST_JSON
                           ? ", or as \"studies\" or \"series\", or a \"search\""
                           : "");
    return 0;
}
