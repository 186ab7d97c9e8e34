/* SPDX-License-Identifier: MIT */
#include "catalog/search_sql.h"

#include <string.h>

#include "catalog/catalog_db.h"

#define STATEMENT_MAX ((size_t)256 << 10)
#define STATEMENT_MS 5000 /* a search that takes longer is too broad */
#define TIMEOUT "57014"   /* SQLSTATE query_canceled */

/* Look-ups of retrieval restrict the planner to one plan; a search does not. */
#define SETTINGS \
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL statement_timeout = %d; "

#define OF_STUDY " FROM series m WHERE m.study_id = st.id"

/* SQL expressions by attribute; null for constants. Table m: of search.c. */
static const char *const columns[SEARCH_ATTRIBUTES] = {
    [SEARCH_SOP_CLASS] = "i.sop_class",
    [SEARCH_SOP_UID] = "i.uid",
    [SEARCH_STUDY_DATE] = "st.study_date",
    [SEARCH_SERIES_DATE] = "se.date",
    [SEARCH_STUDY_TIME] = "st.study_time",
    [SEARCH_SERIES_TIME] = "se.time",
    [SEARCH_ACCESSION] = "st.accession",
    [SEARCH_MODALITY] = "se.modality",
    [SEARCH_MODALITIES] = "m.modalities",
    [SEARCH_REFERRING] = "st.referring_physician",
    [SEARCH_STUDY_DESCRIPTION] = "st.description",
    [SEARCH_SERIES_DESCRIPTION] = "se.description",
    [SEARCH_PATIENT_NAME] = "st.patient_name",
    [SEARCH_PATIENT_ID] = "st.patient_id",
    [SEARCH_PATIENT_ISSUER] = "st.patient_issuer",
    [SEARCH_BIRTH_DATE] = "st.patient_birth_date",
    [SEARCH_SEX] = "st.patient_sex",
    [SEARCH_BODY_PART] = "se.body_part",
    [SEARCH_STUDY_UID] = "st.uid",
    [SEARCH_SERIES_UID] = "se.uid",
    [SEARCH_STUDY_ID] = "st.dicom_id",
    [SEARCH_SERIES_NUMBER] = "se.number",
    [SEARCH_NUMBER] = "i.number",
    [SEARCH_STUDY_SERIES] = "m.series",
    [SEARCH_STUDY_INSTANCES] = "m.instances",
    [SEARCH_SERIES_INSTANCES] = "se.instances",
    [SEARCH_FRAMES] = "i.frames",
    [SEARCH_ROWS] = "i.rows",
    [SEARCH_COLUMNS] = "i.columns",
    [SEARCH_BITS] = "i.bits",
    [SEARCH_PPS_DATE] = "se.pps_date",
    [SEARCH_PPS_TIME] = "se.pps_time",
    [SEARCH_SPS_ID] = "se.sps_id",
    [SEARCH_REQUESTED_ID] = "se.requested_id",
};

static const char *const tables[] = {
    [SEARCH_STUDIES] = "study st",
    [SEARCH_SERIES] = "study st JOIN series se ON se.study_id = st.id",
    [SEARCH_INSTANCES] =
        "study st JOIN series se ON se.study_id = st.id JOIN wadozip.instance i ON i.series_id = se.id",
};

static const char *const orders[] = {
    [SEARCH_STUDIES] = "st.study_date DESC, st.study_time DESC, st.id DESC",
    [SEARCH_SERIES] = "st.study_date DESC, st.study_time DESC, st.id DESC, se.number, se.uid",
    [SEARCH_INSTANCES] =
        "st.study_date DESC, st.study_time DESC, st.id DESC, se.number, se.uid, i.number, i.uid",
};

/* Begin a parameter: text added to b->texts until end_value() is its value. */
static void begin_value(struct search_sql *b)
{
    b->overflow |= b->count == SEARCH_SQL_VALUES;
    if (!b->overflow)
        b->starts[b->count++] = b->texts.len;
}

static void end_value(struct search_sql *b)
{
    buf_add(&b->texts, "", 1);
}

void search_sql_parameter(struct search_sql *b, const char *text)
{
    begin_value(b);
    buf_str(&b->texts, text);
    end_value(b);
}

/* Add sql, replacing # by the last parameter and @ by the column. */
static void add_sql(struct search_sql *b, const char *sql, const char *column)
{
    for (; *sql; sql++) {
        if (*sql == '#')
            buf_printf(&b->sql, "$%zu", b->count);
        else if (*sql == '@')
            buf_str(&b->sql, column);
        else
            buf_add(&b->sql, sql, 1);
    }
}

/* Convert wildcards of PS3.4 C.2.2.2.4 to a LIKE pattern. */
static void add_pattern(struct search_sql *b, const char *text)
{
    begin_value(b);
    for (; *text; text++) {
        if (strchr("%_\\", *text))
            buf_add(&b->texts, "\\", 1);
        buf_add(&b->texts, *text == '*' ? "%" : *text == '?' ? "_" : text, 1);
    }
    end_value(b);
}

static void match_text(struct search_sql *b, const char *column, const char *value)
{
    if (strpbrk(value, "*?"))
        add_pattern(b, value);
    else
        search_sql_parameter(b, value);
    add_sql(b, strpbrk(value, "*?") ? "@ LIKE #" : "@ = #", column);
}

static void match_codes(struct search_sql *b, const char *column, const struct search_key *k)
{
    bool exists = k->attribute == SEARCH_MODALITIES;

    buf_str(&b->sql, exists ? "EXISTS (SELECT" OF_STUDY " AND (" : "(");
    for (size_t i = 0; i < k->count; i++) {
        buf_str(&b->sql, i ? " OR " : "");
        match_text(b, exists ? "m.modality" : column, k->values[i]);
    }
    buf_str(&b->sql, exists ? "))" : ")");
}

/* Match an array of text. UIDs need no quotes. */
static void match_uids(struct search_sql *b, const char *column, const struct search_key *k)
{
    begin_value(b);
    for (size_t i = 0; i < k->count; i++) {
        buf_add(&b->texts, i ? "," : "{", 1);
        buf_str(&b->texts, k->values[i]);
    }
    buf_add(&b->texts, "}", 1);
    end_value(b);
    add_sql(b, "@ = ANY (#::text[])", column);
}

/* Absent values match no range. */
static void match_range(struct search_sql *b, const char *column, const struct search_key *k)
{
    add_sql(b, "(@ <> ''", column);
    if (*k->values[0]) {
        search_sql_parameter(b, k->values[0]);
        add_sql(b, " AND @ >= #", column);
    }
    if (*k->values[1]) {
        search_sql_parameter(b, k->values[1]);
        add_sql(b, " AND @ <= #", column);
    }
    buf_str(&b->sql, ")");
}

/* Compare in the form of the bounds: HHMMSSFFFFFF. */
static void match_times(struct search_sql *b, const char *column, const struct search_key *k)
{
    char text[96];

    snprintf(text, sizeof text, "rpad(nullif(translate(%s, ':. ', ''), ''), 12, '0')", column);
    match_range(b, text, k);
}

/* Each word of the query must begin a word of the name. */
static void match_words(struct search_sql *b, const char *column, const struct search_key *k)
{
    for (size_t i = 0; i < k->count; i++) {
        buf_str(&b->sql, i ? " AND " : "(");
        add_pattern(b, k->values[i]);
        add_sql(
            b,
            "@ LIKE '%' || fold(#) || '%' AND ' ' || translate(@, '^=,', '   ') LIKE '% ' || fold(#) || '%'",
            column);
    }
    buf_str(&b->sql, ")");
}

/* Check whether the value is "*text*": a group of the name holds the text if
 * the name does. */
static bool is_part(const char *value)
{
    size_t len = strlen(value);

    return len > 2 && value[0] == '*' && 1 + strcspn(value + 1, "*?") == len - 1 &&
           value[len - 1] == '*';
}

/* Match the whole name or one of its groups. The first condition can use the
 * trigram index. */
static void match_name(struct search_sql *b, const char *column, const char *value)
{
    add_pattern(b, value);
    if (strchr(value, '=') || is_part(value))
        add_sql(b, "@ LIKE fold(#)", column);
    else
        add_sql(
            b,
            "(@ LIKE '%' || fold(#) || '%' AND CASE WHEN position('=' IN @) = 0 THEN @ LIKE fold(#)"
            " ELSE EXISTS (SELECT FROM unnest(string_to_array(@, '=')) g WHERE g LIKE fold(#)) END)",
            column);
}

/* Descriptions are read by people: fuzzy matching ignores case and accents in
 * them too. */
static bool is_description(enum search_attribute a)
{
    return a == SEARCH_STUDY_DESCRIPTION || a == SEARCH_SERIES_DESCRIPTION;
}

static void match_fuzzy_text(struct search_sql *b, const char *column, const char *value)
{
    add_pattern(b, value);
    add_sql(b, "fold(@) LIKE fold(#)", column);
}

static void match(struct search_sql *b, const struct search_query *q, const struct search_key *k)
{
    const char *column = columns[k->attribute];
    const char *name =
        k->attribute == SEARCH_PATIENT_NAME ? "st.folded_name" : "st.folded_referring";

    switch (search_definition(k->attribute)->rule) {
    case SEARCH_UIDS:
        match_uids(b, column, k);
        break;
    case SEARCH_CODES:
        match_codes(b, column, k);
        break;
    case SEARCH_DATES:
        match_range(b, column, k);
        break;
    case SEARCH_TIMES:
        match_times(b, column, k);
        break;
    case SEARCH_NUMBERS:
        search_sql_parameter(b, k->values[0]);
        add_sql(b, "@ = #::int", column);
        break;
    case SEARCH_NAME:
        if (q->fuzzy)
            match_words(b, name, k);
        else
            match_name(b, name, k->values[0]);
        break;
    case SEARCH_TEXT:
    case SEARCH_RETURNED:
        if (q->fuzzy && is_description(k->attribute))
            match_fuzzy_text(b, column, k->values[0]);
        else
            match_text(b, column, k->values[0]);
        break;
    }
}

static void match_path(struct search_sql *b, const char *column, const char *uid)
{
    if (!*uid)
        return;
    search_sql_parameter(b, uid);
    add_sql(b, " AND @ = #", column);
}

void search_sql_init(struct search_sql *b)
{
    b->count = 0;
    b->overflow = false;
    buf_init(&b->sql, STATEMENT_MAX);
    buf_init(&b->texts, STATEMENT_MAX);
}

void search_sql_release(struct search_sql *b)
{
    buf_release(&b->texts);
    buf_release(&b->sql);
}

const char *search_sql_column(enum search_attribute a)
{
    return columns[a];
}

void search_sql_from(struct search_sql *b, const struct search_query *q)
{
    buf_printf(&b->sql, " FROM %s WHERE true", tables[q->level]);
    match_path(b, "st.uid", q->study);
    match_path(b, "se.uid", q->series);
    for (size_t i = 0; i < q->count; i++) {
        buf_str(&b->sql, " AND ");
        match(b, q, &q->keys[i]);
    }
}

void search_sql_ids(struct search_sql *b, const struct search_query *q)
{
    static const char *const ids[] = {
        [SEARCH_STUDIES] = "st.id AS study_id",
        [SEARCH_SERIES] = "st.id AS study_id, se.id AS series_id",
        [SEARCH_INSTANCES] = "st.id AS study_id, se.id AS series_id, i.id AS instance_id",
    };

    buf_printf(&b->sql, "SELECT %s", ids[q->level]);
    search_sql_from(b, q);
}

void search_sql_order(struct search_sql *b, enum search_level level)
{
    buf_printf(&b->sql, " ORDER BY %s", orders[level]);
}

void search_sql_page(struct search_sql *b, const struct search_query *q, uint64_t limit)
{
    search_sql_order(b, q->level);
    buf_printf(&b->sql, " LIMIT %llu OFFSET %llu", (unsigned long long)limit,
               (unsigned long long)q->offset);
}

int search_sql_end(const struct search_sql *b, const char *values[SEARCH_SQL_VALUES], struct err *e)
{
    if (b->overflow)
        return err_set(e, ERR_REQUEST, "the query has more than %d values", SEARCH_VALUES_MAX);
    for (size_t i = 0; i < b->count; i++)
        values[i] = b->texts.data + b->starts[i];
    return buf_check(&b->sql, "a search", e) || buf_check(&b->texts, "the values of a search", e)
               ? -1
               : 0;
}

void search_sql_begin(struct search_sql *b)
{
    buf_printf(&b->sql, SETTINGS, STATEMENT_MS);
}

int search_sql_run(struct catalog *c, const struct search_sql *b, int width, db_each *each,
                   void *ctx, struct err *e)
{
    const struct db_statement st = {.sql = b->sql.data, .params = (int)b->count, .columns = width};
    const char *values[SEARCH_SQL_VALUES];

    if (search_sql_end(b, values, e))
        return -1;
    if (db_query(catalog_db(c), &st, values, each, ctx, e) == 0)
        return 0;
    if (strcmp(e->sqlstate, TIMEOUT) != 0)
        return -1;
    err_clear(e);
    return err_set(e, ERR_TOO_LARGE, "the search takes longer than %d seconds; narrow it",
                   STATEMENT_MS / 1000);
}
