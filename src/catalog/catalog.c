/* SPDX-License-Identifier: MIT */
#include "catalog/catalog.h"

#include "base/mem.h"
#include "catalog/catalog_db.h"
#include "catalog/find_sql.h"
#include "db/schema.h"
#include "catalog/summary.h"
#include "dicom/transfer_syntax.h"

#define STUDY_COLUMN 6 /* FIND_STUDY */
#define SERIES_NAMES_MAX ((size_t)1 << 20) /* bytes of a series' attributes */
#define LISTED_MAX 160 /* bytes of LISTED */
#define STATEMENT_MS 30000 /* a look-up takes far less on a working server */

struct catalog {
    struct db *db;
    struct catalog_learner learner;
    char summary[SUMMARY_FILE_MAX], conversion[SUMMARY_CONVERSION_MAX]; /* of the current row */
    char listed[LISTED_MAX];
    unsigned char keys[DICOMDIR_KEYS_MAX], sha256[INSTANCE_SHA256];
};

/*
 * Parameters: 1 target, 2 codec version, 3 most rows, 4 which list columns are
 * wanted (LISTED), 5 study, 6 series, 7 instance.
 *
 * PLANNER forces the lateral join into a loop over the series, so rows arrive
 * in order, the first one at once, with one index scan per series. The order is
 * checked row by row.
 *
 * The cost of thousands of rows is the conversion of values to text, the number
 * of columns, and libpq, which builds a result per row. So a study or series is
 * read by COPY. The file's values are one stored text (summary.h). The values
 * that decide about a conversion, with the recorded conversion, are another; it
 * is NULL if the file can be sent as stored. Each series starts with a row of
 * its own, without a summary. Whether anything of the study may be seen is
 * decided before a series is read (sql/023_reached_studies.sql).
 */
/*
 * Time of the latest removal from a study or series. An existing instance was
 * never removed, or came back. roles.sql does not grant readers microseconds(),
 * so this repeats it.
 */
#define REMOVED(of_series) \
    "coalesce((SELECT (extract(epoch FROM max(at)) * 1000000)::bigint FROM gone WHERE study_uid = $5" of_series \
    "), 0)"

/* `none` and `more`: one more column, in a series' row and in an instance's. */
#define FIND_WITH(of_series, of_instance, removed, none, more) \
    "SELECT r.* FROM reached($5) f CROSS JOIN LATERAL (SELECT * FROM series WHERE study_id = f.id" of_series \
    " ORDER BY number, uid OFFSET 0) s CROSS JOIN LATERAL (SELECT NULL, s.uid, s.modality," \
    " concat_ws(' ', s.number, " removed ", s.description)" none " UNION ALL" \
    " (SELECT i.summary, " OTHER ", " LISTED ", NULL" more \
    " FROM (SELECT * FROM wadozip.instance WHERE series_id = s.id" of_instance \
    " ORDER BY number, uid OFFSET 0) i)) r" \
    " LIMIT $3::bigint"

#define OF_SERIES " AND uid = $6"
#define OF_INSTANCE " AND uid = $7"
#define GONE_OF_SERIES " AND series_uid = $6"
#define FIND(of_series, of_instance, removed) FIND_WITH(of_series, of_instance, removed, "", "")
#define FIND_KEYS(of_series, of_instance, removed) \
    FIND_WITH(of_series, of_instance, removed, ", NULL::bytea", ", i.record_keys")
#define FIND_DIGESTS(of_series, of_instance, removed) \
    FIND_WITH(of_series, of_instance, removed, ", NULL::bytea, NULL::bytea", \
              ", i.record_keys," \
              " (SELECT d.sha256 FROM digest d WHERE (d.instance_id, d.crc32) = (i.id, i.crc32))")

/*
 * Index scans return rows in order; the statistics of a new catalogue, and
 * those of LIMIT, make other plans look cheaper. JIT compilation takes longer
 * than the query. Facts recorded while sending may be lost if the database's
 * machine fails, so nobody waits for its disk.
 */
#define PLANNER \
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;" \
    " SET LOCAL synchronous_commit = off; "

/* By level, and by extra columns: none, keys of directory records, keys and
 * SHA-256. */
static const struct db_statement find[][3] = {
    {{FIND("", "", REMOVED("")), 5, 4, DB_COPY},
     {FIND_KEYS("", "", REMOVED("")), 5, 5, DB_COPY},
     {FIND_DIGESTS("", "", REMOVED("")), 5, 6, DB_COPY}},
    {{FIND(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 6, 4, DB_COPY},
     {FIND_KEYS(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 6, 5, DB_COPY},
     {FIND_DIGESTS(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 6, 6, DB_COPY}},
    {{FIND(OF_SERIES, OF_INSTANCE, "0"), 7, 4, DB_PREPARED},
     {FIND_KEYS(OF_SERIES, OF_INSTANCE, "0"), 7, 5, DB_PREPARED},
     {FIND_DIGESTS(OF_SERIES, OF_INSTANCE, "0"), 7, 6, DB_PREPARED}},
};

static const struct db_statement find_dicomdir_study = {
    "SELECT uid, study_date, study_time, dicom_id, accession, patient_id, patient_name, patient_birth_date, patient_sex,"
    " description, coalesce(patient_issuer, '') FROM wadozip.study WHERE uid = $1",
    1, 11, DB_ROWS};

static const struct db_statement find_gone = {
    "SELECT 1 FROM reached_gone($1) f CROSS JOIN LATERAL (SELECT FROM gone WHERE study_uid = f.uid"
    " AND ($2 = '' OR series_uid = $2) AND ($3 = '' OR sop_uid = $3) LIMIT 1) x",
    3, 1, DB_ROWS};

int catalog_name(const char *conninfo, struct buf *out, struct err *e)
{
    return db_name(conninfo, out, e);
}

int catalog_connect(const char *conninfo, unsigned statement_ms, struct db **out, struct err *e)
{
    const struct db_setup setup = {conninfo, statement_ms, PLANNER, schema_check, NULL};

    return db_open(&setup, out, e);
}

int catalog_open(const char *conninfo, struct catalog **out, struct err *e)
{
    struct catalog *c = calloc(1, sizeof *c);

    *out = c;
    if (!c)
        return err_set(e, ERR_MEMORY, "no memory left for the catalogue");
    if (catalog_connect(conninfo, STATEMENT_MS, &c->db, e) == 0)
        return 0;
    free(c);
    *out = NULL;
    return -1;
}

struct db *catalog_db(struct catalog *c)
{
    return c->db;
}

struct catalog_learner *catalog_learner(struct catalog *c)
{
    return &c->learner;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    db_close(c->learner.db);
    db_close(c->db);
    free(c);
}

int catalog_check(struct catalog *c, struct err *e)
{
    return db_ready(c->db, e) ? -1 : schema_check(c->db, NULL, e);
}

struct verify_result {
    struct catalog *catalog;
    const struct catalog_query *query;
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
    uint64_t count;
    bool numbered;
    struct mem names;           /* strings of the series */
    char study[SUMMARY_FILE_MAX]; /* FIND_STUDY of the current row */
    struct instance series;     /* has the attributes of the current series */
    int32_t number;             /* of the previous row */
    char sop_uid[UID_MAX + 1];
};

/* Read the ordinals after a study's date and end the date there. Returns the
 * last character before the description, or null. */
static char *read_ordinals(char *at, struct instance *s)
{
    char *end = at;

    s->patient_number = (uint32_t)strtoul(at + 1, &end, 10);
    s->study_number = *end == ' ' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
    *at = '\0';
    return s->patient_number && s->study_number && *end == ' ' ? end : NULL;
}

/*
 * Read the study of a series (FIND_STUDY) if the look-up covers several
 * studies. Returns null for a malformed row.
 */
static bool read_study(struct verify_result *f, struct db_row *r, struct instance *s)
{
    char *date, *description;

    s->study_uid = f->query->study;
    if (r->columns <= STUDY_COLUMN)
        return true;
    s->study_uid = db_row_copy(r, STUDY_COLUMN, f->study, sizeof f->study);
    date = s->study_uid ? strchr(f->study, ' ') : NULL;
    description = date ? strchr(date + 1, ' ') : NULL;
    if (description && f->numbered)
        description = read_ordinals(description, s);
    if (!description)
        return false;
    *date = *description = '\0';
    s->study_date = date + 1;
    s->study_description = description + 1;
    return true;
}

/* Copy the result of read_study(), so that it outlives the row. */
static bool keep_study(struct verify_result *f, struct instance *s, struct err *e)
{
    if (!s->study_date)
        return true;
    s->study_uid = mem_strdup(&f->names, s->study_uid, e);
    s->study_date = mem_strdup(&f->names, s->study_date, e);
    s->study_description = mem_strdup(&f->names, s->study_description, e);
    return s->study_uid && s->study_date && s->study_description;
}

/* Series of one study arrive in order. */
static bool series_follows(const struct instance *before, const struct instance *s, const char *uid)
{
    if (!before->series_uid || strcmp(s->study_uid, before->study_uid) != 0)
        return true;
    return s->series_number > before->series_number ||
           (s->series_number == before->series_number && strcmp(uid, before->series_uid) > 0);
}

/* Handle a row with the attributes of the next series. Series arrive in order,
 * too. */
static int enter_series(struct verify_result *f, struct db_row *r, struct err *e)
{
    struct instance s = {0};
    const char *uid = db_row_text(r, 1);
    char *text = db_row_copy(r, 3, f->catalog->summary, sizeof f->catalog->summary);

    if (!text || r->bad || !summary_series(text, &s) || !read_study(f, r, &s))
        return err_set(e, ERR_DATA, "the catalogue's row of series %s is out of bounds", uid);
    if (!series_follows(&f->series, &s, uid))
        return err_set(e, ERR_SYSTEM, "the database gave series %s out of order", uid);
    mem_reset(&f->names);
    f->sop_uid[0] = '\0';
    s.series_uid = mem_strdup(&f->names, uid, e);
    s.modality = mem_strdup(&f->names, db_row_text(r, 2), e);
    s.series_description = mem_strdup(&f->names, s.series_description, e);
    f->series = s;
    return s.series_uid && s.modality && s.series_description && keep_study(f, &f->series, e) ? 0
                                                                                              : -1;
}

static void read_instance(struct verify_result *f, struct db_row *r, struct instance *i)
{
    struct catalog *c = f->catalog;

    db_row_copy(r, 0, c->summary, sizeof c->summary);
    r->bad |= !summary_file(c->summary, f->query->compressor, f->query->codec_version, i) ||
              !summary_conversion(db_row_copy(r, 1, c->conversion, sizeof c->conversion), i);
    snprintf(c->listed, sizeof c->listed, "%s", db_row_text(r, 2));
    r->bad |= !summary_listed(c->listed, i);
    i->keys = r->columns > 4 && !db_row_null(r, 4) ? c->keys : NULL;
    i->key_bytes = i->keys ? db_row_bytes(r, 4, c->keys, sizeof c->keys) : 0;
    i->sha256 = r->columns > 5 && !db_row_null(r, 5) ? c->sha256 : NULL;
    r->bad |= i->sha256 && db_row_bytes(r, 5, c->sha256, sizeof c->sha256) != sizeof c->sha256;
}

/* Return whether this row follows the previous one of its series in order, and
 * remember it. */
static bool follows(struct verify_result *f, const struct instance *i)
{
    bool good = !f->sop_uid[0] || i->number > f->number ||
                (i->number == f->number && strcmp(i->sop_uid, f->sop_uid) > 0);
    size_t len = strnlen(i->sop_uid, UID_MAX);

    f->number = i->number;
    memcpy(f->sop_uid, i->sop_uid, len);
    f->sop_uid[len] = '\0';
    return good;
}

static int catalog_show(void *ctx, struct db_row *r, struct err *e)
{
    struct verify_result *f = ctx;
    struct instance i;

    if (db_row_null(r, 0))
        return enter_series(f, r, e);
    if (++f->count > f->query->max_instances)
        return err_set(e, ERR_TOO_LARGE, "more than %llu instances",
                       (unsigned long long)f->query->max_instances);
    i = f->series;
    read_instance(f, r, &i);
    if (r->bad || !i.series_uid)
        return err_set(e, ERR_DATA, "the catalogue's row of instance %s is out of bounds",
                       i.sop_uid ? i.sop_uid : "?");
    if (!follows(f, &i))
        return err_set(e, ERR_SYSTEM, "the database gave instance %s out of order", i.sop_uid);
    return f->each(f->ctx, &i, e);
}

static int is_gone(void *ctx, struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)ctx = true;
    return 0;
}

int catalog_find_nothing(struct catalog *c, const struct catalog_query *q, struct err *e)
{
    const char *values[] = {q->study, q->series ? q->series : "", q->instance ? q->instance : ""};
    bool gone = false;

    if (db_query(c->db, &find_gone, values, is_gone, &gone, e))
        return -1;
    if (gone)
        return err_set(e, ERR_GONE, "what was here has been removed");
    return err_set(e, ERR_NOT_FOUND, "%s", CATALOG_NOTHING);
}

void catalog_find_values(const struct catalog_query *q, struct catalog_find_values *v,
                         const char *values[CATALOG_FIND_VALUES])
{
    /* no series is empty */
    uint64_t most = q->max_instances < INT64_MAX / 4 ? 2 * (q->max_instances + 1) : INT64_MAX;

    snprintf(v->codec_version, sizeof v->codec_version, "%u", q->codec_version);
    snprintf(v->limit, sizeof v->limit, "%llu", (unsigned long long)most);
    values[0] = q->target;
    values[1] = v->codec_version;
    values[2] = v->limit;
    values[3] = q->places ? "2" : q->all ? "1" : "0";
}

int catalog_find_rows(struct catalog *c, const struct db_statement *st, const char *const *values,
                      const struct catalog_finding *s, struct err *e)
{
    struct verify_result f = {
        .catalog = c, .query = s->query, .each = s->each, .ctx = s->ctx, .numbered = s->numbered};
    int rc;

    mem_init(&f.names, SERIES_NAMES_MAX);
    rc = db_query(c->db, st, values, catalog_show, &f, e);
    mem_reset(&f.names);
    *s->count = f.count;
    return rc;
}

int catalog_find(struct catalog *c, const struct catalog_query *q,
                 int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx,
                 struct err *e)
{
    bool series = q->series && *q->series, instance = series && q->instance && *q->instance;
    struct catalog_find_values v;
    const char *values[CATALOG_FIND_VALUES + 3] = {
        [CATALOG_FIND_VALUES] = q->study, q->series, q->instance};
    uint64_t count;
    const struct catalog_finding f = {q, each, ctx, &count, false};

    catalog_find_values(q, &v, values);
    if (catalog_find_rows(c,
                          &find[instance ? 2
                                : series ? 1
                                         : 0][q->digests ? 2 : q->keys],
                          values, &f, e))
        return -1;
    return count ? 0 : catalog_find_nothing(c, q, e);
}

struct taking_study {
    struct dicomdir_study *study;
    char *issuer;
};

static int catalog_take_study(void *ctx, struct db_row *r, struct err *e)
{
    const struct taking_study *t = ctx;
    struct dicomdir_study *s = t->study;
    const struct {
        char *to;
        size_t room;
    } fields[] = {
        {s->study_uid, sizeof s->study_uid},
        {s->study_date, sizeof s->study_date},
        {s->study_time, sizeof s->study_time},
        {s->study_id, sizeof s->study_id},
        {s->accession, sizeof s->accession},
        {s->patient_id, sizeof s->patient_id},
        {s->patient_name, sizeof s->patient_name},
        {s->patient_birth_date, sizeof s->patient_birth_date},
        {s->patient_sex, sizeof s->patient_sex},
        {s->study_description, sizeof s->study_description},
    };

    (void)e;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        snprintf(fields[i].to, fields[i].room, "%s", db_row_text(r, (int)i));
    db_row_copy(r, (int)(sizeof fields / sizeof *fields), t->issuer, HELPER_TEXT_MAX + 1);
    return 0;
}

int catalog_dicomdir_study(struct catalog *c, const char *study, struct dicomdir_study *out,
                           char issuer[HELPER_TEXT_MAX + 1], struct err *e)
{
    struct taking_study t = {out, issuer};

    issuer[0] = '\0';
    memset(out, 0, sizeof *out); /* clears the padding, too: the struct is hashed
                                  * (format/dicomdir.c) */
    return db_query(c->db, &find_dicomdir_study, (const char *[]){study}, catalog_take_study, &t,
                    e);
}
