/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>

#include "base/mem.h"
#include "catalog/search.h"
#include "cli/text_table.h"
#include "search/search_answer.h"
#include "base/uri.h"

#define ARENA_MAX ((size_t)4 << 20)
#define ANSWER_MAX ((size_t)64 << 20)

static struct {
    enum { SHOW_TABLE, SHOW_CSV, SHOW_JSON } show;
} options;

/* Columns of the table by level, the result's UID last; terminated by
 * SEARCH_ATTRIBUTES. */
static const enum search_attribute columns[][12] = {
    [SEARCH_STUDIES] = {SEARCH_STUDY_DATE, SEARCH_PATIENT_ID, SEARCH_PATIENT_NAME, SEARCH_ACCESSION,
                        SEARCH_MODALITIES, SEARCH_STUDY_SERIES, SEARCH_STUDY_INSTANCES,
                        SEARCH_STUDY_DESCRIPTION, SEARCH_STUDY_UID, SEARCH_ATTRIBUTES},
    [SEARCH_SERIES] = {SEARCH_STUDY_DATE, SEARCH_PATIENT_ID, SEARCH_STUDY_UID, SEARCH_MODALITY,
                       SEARCH_SERIES_NUMBER, SEARCH_SERIES_INSTANCES, SEARCH_SERIES_DESCRIPTION,
                       SEARCH_SERIES_UID, SEARCH_ATTRIBUTES},
    [SEARCH_INSTANCES] = {SEARCH_STUDY_UID, SEARCH_SERIES_UID, SEARCH_MODALITY,
                          SEARCH_SERIES_NUMBER, SEARCH_NUMBER, SEARCH_FRAMES, SEARCH_SOP_CLASS,
                          SEARCH_SOP_UID, SEARCH_ATTRIBUTES},
};

struct finding {
    struct search_query query;
    struct text_table table;
    struct search_answer answer; /* for SHOW_CSV and SHOW_JSON */
    struct buf text;
    uint64_t count;
};

static bool cmd_search_option(void *ctx, int key, const char *value)
{
    (void)ctx, (void)value;
    options.show = key == 'c' ? SHOW_CSV : SHOW_JSON;
    return true;
}

static bool search_level_parse(const char *word, enum search_level *out)
{
    static const char *const words[] = {"studies", "series", "instances"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum search_level)i;
            return true;
        }
    return false;
}

/* Join KEY=VALUE arguments to the query string of a search. */
static int join_query(int count, char **keys, struct mem *m, struct buf *out, struct err *e)
{
    for (int i = 0; i < count; i++) {
        size_t len = strcspn(keys[i], "=");
        char *key = mem_copy(m, keys[i], len, e), *name, *value;

        if (!keys[i][len])
            return err_set(e, ERR_REQUEST,
                           "%s has no value: write KEY=VALUE, as in PatientName=smith*", keys[i]);
        name = key ? uri_encode_path(m, key, e) : NULL;
        value = name ? uri_encode_path(m, keys[i] + len + 1, e) : NULL;
        if (!value)
            return -1;
        buf_printf(out, "%s%s=%s", i ? "&" : "", name, value);
    }
    return buf_check(out, "the query", e);
}

static bool is_shown(const struct search_query *q, enum search_attribute a)
{
    for (const enum search_attribute *c = columns[q->level]; *c != SEARCH_ATTRIBUTES; c++)
        if (*c == a)
            return true;
    return false;
}

/* The table has fixed columns, followed by those that the query names. */
static void choose_columns(struct finding *f)
{
    const enum search_attribute *last = columns[f->query.level];

    for (; *last != SEARCH_ATTRIBUTES; last++)
        text_table_cell(&f->table, search_definition(*last)->keyword);
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        bool wanted = f->query.wanted[i] && !search_definition((enum search_attribute)i)->always;

        f->query.wanted[i] = wanted || is_shown(&f->query, (enum search_attribute)i);
        if (f->query.wanted[i] && !is_shown(&f->query, (enum search_attribute)i))
            text_table_cell(&f->table, search_definition((enum search_attribute)i)->keyword);
    }
    text_table_end_row(&f->table);
}

static int cmd_search_take(void *ctx, const char *const values[SEARCH_ATTRIBUTES], struct err *e)
{
    struct finding *f = ctx;

    f->count++;
    if (options.show != SHOW_TABLE) {
        search_answer_add(&f->answer, values);
        return buf_check(&f->text, "the results", e);
    }
    for (const enum search_attribute *c = columns[f->query.level]; *c != SEARCH_ATTRIBUTES; c++)
        text_table_cell(&f->table, search_result_text(values, *c));
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        if (f->query.wanted[i] && !is_shown(&f->query, (enum search_attribute)i))
            text_table_cell(&f->table, search_result_text(values, (enum search_attribute)i));
    text_table_end_row(&f->table);
    return text_table_check(&f->table, e);
}

static void begin_search(struct finding *f, const struct conf *c)
{
    text_table_init(&f->table);
    buf_init(&f->text, ANSWER_MAX);
    if (options.show == SHOW_TABLE) {
        choose_columns(f);
        return;
    }
    f->answer =
        (struct search_answer){.query = &f->query,
                               .service = strcmp(c->public_url, "none") != 0 ? c->public_url : "",
                               .format = options.show == SHOW_CSV ? SEARCH_CSV : SEARCH_JSON,
                               .out = &f->text};
    search_answer_begin(&f->answer);
}

static void print(struct finding *f, bool more)
{
    if (options.show == SHOW_TABLE && f->count) {
        text_table_print(&f->table, stdout);
    } else if (options.show != SHOW_TABLE) {
        search_answer_end(&f->answer);
        printf("%s%s", f->text.data ? f->text.data : "", options.show == SHOW_JSON ? "\n" : "");
    }
    if (more)
        fprintf(stderr, "wadozip: there are more results: add offset=%" PRIu64 "\n",
                f->query.offset + f->count);
    else if (!f->count)
        fprintf(stderr, "wadozip: nothing matches\n");
}

static int search_find_all(struct finding *f, const struct conf *c, struct err *e)
{
    struct catalog *catalog;
    bool more = false;
    int rc;

    if (catalog_open(c->database, &catalog, e))
        return -1;
    begin_search(f, c);
    rc = catalog_search(catalog, &f->query, cmd_search_take, f, &more, e);
    if (rc == 0)
        print(f, more);
    buf_release(&f->text);
    text_table_release(&f->table);
    catalog_close(catalog);
    return rc;
}

static int cmd_search_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct finding f = {.count = 0};
    struct err e = ERR_INIT;
    enum search_level level;
    struct buf query;
    struct mem m;
    int rc;

    (void)ctx;
    if (argc == 0 || !search_level_parse(argv[0], &level))
        return cli_misuse("search: for what? Say studies, series or instances");
    mem_init(&m, ARENA_MAX);
    buf_init(&query, ARENA_MAX);
    rc = join_query(argc - 1, argv + 1, &m, &query, &e);
    if (rc == 0)
        rc = search_query_parse(query.data ? query.data : "",
                                &(const struct search_target){level, "", "", false}, &m, &f.query,
                                &e);
    if (rc == 0)
        rc = search_find_all(&f, c, &e);
    buf_release(&query);
    mem_reset(&m);
    return rc ? cli_fail(&e) : CLI_OK;
}

static const struct option long_options[] = {
    {"csv", no_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'}, {0}};

const struct cli_command cmd_search = {
    .name = "search",
    .arguments = "[--csv | --json] studies|series|instances [KEY=VALUE...]",
    .summary = "prints what of the catalogue matches, as searches of the service find it",
    .options = "      --csv     print the table that the service sends as text/csv\n"
               "      --json    print DICOM JSON\n",
    .long_options = long_options,
    .short_options = "",
    .option = cmd_search_option,
    .run = cmd_search_run,
};
