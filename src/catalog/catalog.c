#include "catalog/catalog.h"

#include "base/mem.h"
#include "base/num.h"
#include "catalog/connection.h"
#include "catalog/schema.h"

#define SERIES_NAMES_MAX ((size_t)1 << 20) /* bytes of a series' attributes */
#define STATEMENT_MS 30000 /* no look-up of the responder takes longer on a healthy server */

struct catalog {
    struct db *db;
    char path[ROW_PATH_MAX]; /* of the row that is being shown */
    unsigned char keys[MEDIA_KEYS_MAX], sha256[INSTANCE_SHA256];
};

/*
 * Parameters: 1 target, 2 recipe, 3 most rows, 4 compressor, 5 whether all is wanted, 6 study, 7 series, 8 instance.
 *
 * A lateral join can only be made as a loop over what stands before it, so rows come in order, the first of them at once,
 * by one index look-up for each series: that is what PLANNER is for. That they are in order is looked at row by row.
 *
 * What makes the look-up of thousands of rows slow is values being turned into text, the mere number of columns, and libpq,
 * which makes a result of each row: those of a study or series are copied. So each series comes first as a row of its own,
 * without a path, and what decides on a conversion, with the form learnt from it, is one column of numbers, NULL where the
 * file itself will do.
 */
#define PLAIN "1.2.840.10008.1.2.1"
#define OTHER                                                                                                        \
    "CASE WHEN i.transfer_syntax <> $1 OR i.transfer_syntax <> '" PLAIN "' OR NOT i.part10 THEN concat_ws(' ',"       \
    " i.part10::int, i.lossy::int, i.frames, i.rows, i.columns, i.bits, i.samples,"                                   \
    " (SELECT concat_ws(' ', f.size, f.crc32, coalesce(f.deflated_size, 0)) FROM form f"                              \
    " WHERE (f.instance_id, f.target, f.recipe, f.source_crc32) = (i.id, $1, $2::int, i.crc32))) END"

#define NONE "NULL::bigint, "

/*
 * When the newest of what has been removed went, of a study or series. An instance that is there was never removed, or came
 * back. roles.sql gives readers no functions: as microseconds() has it.
 */
#define REMOVED(of_series)                                                                                            \
    "(SELECT (extract(epoch FROM max(at)) * 1000000)::bigint FROM gone WHERE study_uid = $6" of_series "), "

/* `none` and `more`: one more column, of a series' row and of an instance's. */
#define FIND_WITH(of_series, of_instance, removed, none, more)                                                           \
    "SELECT r.* FROM (SELECT * FROM series WHERE study_id = (SELECT id FROM study WHERE uid = $6)" of_series          \
    " ORDER BY number, uid OFFSET 0) s CROSS JOIN LATERAL (SELECT s.uid, s.number, s.modality, NULL::bytea,"          \
    " " NONE NONE NONE NONE removed NONE "s.description, NULL, NULL" none " UNION ALL"                                \
    " (SELECT i.uid, i.number, i.root, i.path, i.size, i.mtime_ns, i.crc32, i.acquired, i.updated,"                   \
    " CASE WHEN i.deflated_by = $4 THEN i.deflated_size END,"                                                         \
    " CASE WHEN i.transfer_syntax <> '" PLAIN "' THEN i.transfer_syntax END, " OTHER ","                              \
    " CASE WHEN $5::bool THEN i.sop_class END" more                                                                   \
    " FROM (SELECT * FROM instance WHERE series_id = s.id" of_instance " ORDER BY number, uid OFFSET 0) i)) r"        \
    " LIMIT $3::bigint"

#define OF_SERIES " AND uid = $7"
#define OF_INSTANCE " AND uid = $8"
#define GONE_OF_SERIES " AND series_uid = $7"
#define FIND(of_series, of_instance, removed) FIND_WITH(of_series, of_instance, removed, "", "")
#define FIND_KEYS(of_series, of_instance, removed)                                                                    \
    FIND_WITH(of_series, of_instance, removed, ", NULL::bytea", ", i.record_keys")
#define FIND_DIGESTS(of_series, of_instance, removed)                                                                 \
    FIND_WITH(of_series, of_instance, removed, ", NULL::bytea, NULL::bytea", ", i.record_keys,"                       \
              " (SELECT d.sha256 FROM digest d WHERE (d.instance_id, d.crc32) = (i.id, i.crc32))")

enum { OTHER_NUMBERS = 7, OTHER_AND_FORM = 10 };

/*
 * Index scans give the rows in their order; the estimates of a young catalogue, and those of LIMIT, make anything else
 * look cheap. Compiling a statement takes longer than running it. What is learnt may be lost when the database's machine
 * fails: nobody waits for its disk.
 */
#define PLANNER "SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off; SET synchronous_commit = off"

/* By level, and whether the keys of directory records are wanted, too, or these and SHA-256. */
static const struct db_statement find[][3] = {
    {{NULL, FIND("", "", REMOVED("")), 6, 13},
     {NULL, FIND_KEYS("", "", REMOVED("")), 6, 14},
     {NULL, FIND_DIGESTS("", "", REMOVED("")), 6, 15}},
    {{NULL, FIND(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 7, 13},
     {NULL, FIND_KEYS(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 7, 14},
     {NULL, FIND_DIGESTS(OF_SERIES, "", REMOVED(GONE_OF_SERIES)), 7, 15}},
    {{"find_instance", FIND(OF_SERIES, OF_INSTANCE, NONE), 8, 13},
     {"find_instance_keys", FIND_KEYS(OF_SERIES, OF_INSTANCE, NONE), 8, 14},
     {"find_instance_digests", FIND_DIGESTS(OF_SERIES, OF_INSTANCE, NONE), 8, 15}},
};

static const struct db_statement find_media = {
    "find_media",
    "SELECT uid, study_date, study_time, dicom_id, accession, patient_id, patient_name, patient_birth_date, patient_sex,"
    " description FROM study WHERE uid = $1", 1, 10};

static const struct db_statement find_gone = {
    "find_gone",
    "SELECT 1 FROM gone WHERE study_uid = $1 AND ($2 = '' OR series_uid = $2) AND ($3 = '' OR sop_uid = $3)"
    " LIMIT 1", 3, 1};

static int greet(struct db *db, void *unused, struct err *e)
{
    return schema_check(db, unused, e) || db_script(db, PLANNER, NULL, NULL, e) ? -1 : 0;
}

int catalog_name(const char *conninfo, struct buf *out, struct err *e)
{
    return db_name(conninfo, out, e);
}

int catalog_open(const char *conninfo, struct catalog **out, struct err *e)
{
    const struct db_setup setup = {conninfo, STATEMENT_MS, greet, NULL};
    struct catalog *c = calloc(1, sizeof *c);

    *out = c;
    if (!c)
        return err_set(e, ERR_MEMORY, "no memory left for the catalogue");
    if (db_open(&setup, &c->db, e) == 0)
        return 0;
    free(c);
    *out = NULL;
    return -1;
}

struct db *catalog_db(struct catalog *c)
{
    return c->db;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    db_close(c->db);
    free(c);
}

int catalog_check(struct catalog *c, struct err *e)
{
    return db_ready(c->db, e) ? -1 : schema_check(c->db, NULL, e);
}

struct finding {
    struct catalog *catalog;
    const struct catalog_query *query;
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
    uint64_t count;
    struct mem names;           /* strings of the series */
    struct instance series;     /* with the attributes of the series whose rows come */
    int32_t number;             /* of the row before */
    char sop_uid[DUID_MAX + 1];
};

/* A row with the attributes of the series whose instances follow. Series come in order, too. */
static int enter_series(struct finding *f, struct row *r, struct err *e)
{
    struct instance *s = &f->series;
    int32_t number = (int32_t)row_int(r, 1, INT32_MIN, INT32_MAX);
    const char *uid = row_text(r, 0);

    if (s->series_uid && (number < s->series_number || (number == s->series_number && strcmp(uid, s->series_uid) <= 0)))
        return err_set(e, ERR_SYSTEM, "the database gave series %s out of order", uid);
    mem_reset(&f->names);
    f->sop_uid[0] = '\0';
    s->series_number = number;
    s->removed = row_int(r, 8, 0, INT64_MAX) / 1000000;
    s->series_uid = mem_strdup(&f->names, uid, e);
    s->modality = mem_strdup(&f->names, row_text(r, 2), e);
    s->series_description = mem_strdup(&f->names, row_text(r, 10), e);
    return s->series_uid && s->modality && s->series_description ? 0 : -1;
}

/* Numbers with single spaces between them; how many there are, 0 where it is anything else or more than `most`. */
static size_t read_numbers(const char *s, uint64_t *out, size_t most)
{
    size_t n = 0;

    for (size_t len = strcspn(s, " "); n < most && num_parse(s, len, INT64_MAX, &out[n]); len = strcspn(s, " ")) {
        n++;
        if (!s[len])
            return n;
        s += len + 1;
    }
    return 0;
}

/* Where the file itself is what is wanted nothing more is told of it: it is Explicit VR Little Endian with a meta header. */
static void read_other(struct row *r, struct instance *i)
{
    uint64_t n[OTHER_AND_FORM] = {1};
    size_t count = row_null(r, 11) ? OTHER_NUMBERS : read_numbers(row_text(r, 11), n, OTHER_AND_FORM);

    for (size_t k = 2; k < OTHER_NUMBERS; k++)
        r->bad |= n[k] > INT32_MAX;
    r->bad |= (count != OTHER_NUMBERS && count != OTHER_AND_FORM) || n[8] > UINT32_MAX;
    i->transfer_syntax = row_null(r, 10) ? PLAIN : row_text(r, 10);
    i->part10 = n[0] != 0;
    i->lossy = n[1] != 0;
    i->frames = (uint32_t)n[2];
    i->rows = (uint32_t)n[3];
    i->columns = (uint32_t)n[4];
    i->bits_allocated = (uint32_t)n[5];
    i->samples = (uint32_t)n[6];
    i->form_known = count == OTHER_AND_FORM && n[7] > 0;
    i->form_failed = count == OTHER_AND_FORM && n[7] == 0;
    i->form_size = n[7];
    i->form_crc = (uint32_t)n[8];
    i->form_deflated = n[9];
}

static void read_instance(struct catalog *c, struct row *r, struct instance *i)
{
    i->sop_uid = row_text(r, 0);
    i->number = (int32_t)row_int(r, 1, INT32_MIN, INT32_MAX);
    i->root = row_text(r, 2);
    i->path = row_path(r, 3, c->path);
    i->size = (uint64_t)row_int(r, 4, 0, INT64_MAX);
    i->mtime_ns = row_int(r, 5, INT64_MIN, INT64_MAX);
    i->crc = (uint32_t)row_int(r, 6, 0, UINT32_MAX);
    i->acquired = row_int(r, 7, 0, INT64_MAX);
    i->updated = row_int(r, 8, 0, INT64_MAX) / 1000000;
    i->deflated_size = (uint64_t)row_int(r, 9, 0, INT64_MAX);
    i->sop_class = row_text(r, 12);
    read_other(r, i);
    i->keys = r->columns > 13 && !row_null(r, 13) ? c->keys : NULL;
    i->key_bytes = i->keys ? row_bytes(r, 13, c->keys, sizeof c->keys) : 0;
    i->sha256 = r->columns > 14 && !row_null(r, 14) ? c->sha256 : NULL;
    r->bad |= i->sha256 && row_bytes(r, 14, c->sha256, sizeof c->sha256) != sizeof c->sha256;
}

/* Whether this row may follow the one before in its series; remembers it. */
static bool follows(struct finding *f, const struct instance *i)
{
    bool good = !f->sop_uid[0] || i->number > f->number || (i->number == f->number && strcmp(i->sop_uid, f->sop_uid) > 0);
    size_t len = strnlen(i->sop_uid, DUID_MAX);

    f->number = i->number;
    memcpy(f->sop_uid, i->sop_uid, len);
    f->sop_uid[len] = '\0';
    return good;
}

static int show(void *ctx, struct row *r, struct err *e)
{
    struct finding *f = ctx;
    struct instance i;

    if (row_null(r, 3))
        return enter_series(f, r, e);
    if (++f->count > f->query->max_instances)
        return err_set(e, ERR_TOO_LARGE, "more than %llu instances", (unsigned long long)f->query->max_instances);
    i = f->series;
    i.study_uid = f->query->study;
    read_instance(f->catalog, r, &i);
    if (r->bad || !i.series_uid)
        return err_set(e, ERR_DATA, "the catalogue's row of instance %s is out of bounds", i.sop_uid);
    if (!follows(f, &i))
        return err_set(e, ERR_SYSTEM, "the database gave instance %s out of order", i.sop_uid);
    return f->each(f->ctx, &i, e);
}

static int is_gone(void *ctx, struct row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)ctx = true;
    return 0;
}

static int say_nothing(struct catalog *c, const struct catalog_query *q, struct err *e)
{
    const char *values[] = {q->study, q->series ? q->series : "", q->instance ? q->instance : ""};
    bool gone = false;

    if (db_query(c->db, &find_gone, values, is_gone, &gone, e))
        return -1;
    if (gone)
        return err_set(e, ERR_GONE, "what was here has been removed");
    return err_set(e, ERR_NOT_FOUND, "%s", CATALOG_NOTHING);
}

int catalog_find(struct catalog *c, const struct catalog_query *q,
                 int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx, struct err *e)
{
    struct finding f = {.catalog = c, .query = q, .each = each, .ctx = ctx};
    bool series = q->series && *q->series, instance = series && q->instance && *q->instance;
    uint64_t most = q->max_instances < INT64_MAX / 4 ? 2 * (q->max_instances + 1) : INT64_MAX; /* no series is empty */
    char recipe[16], limit[24];
    const char *values[] = {q->target, recipe, limit, q->compressor, q->all ? "true" : "false", q->study, q->series,
                            q->instance};
    int rc;

    snprintf(recipe, sizeof recipe, "%u", q->recipe);
    snprintf(limit, sizeof limit, "%llu", (unsigned long long)most);
    mem_init(&f.names, SERIES_NAMES_MAX);
    rc = db_query(c->db, &find[instance ? 2 : series ? 1 : 0][q->digests ? 2 : q->keys], values, show, &f, e);
    mem_reset(&f.names);
    if (rc)
        return -1;
    return f.count ? 0 : say_nothing(c, q, e);
}

static int take_study(void *ctx, struct row *r, struct err *e)
{
    struct media_study *s = ctx;
    const struct {
        char *to;
        size_t room;
    } fields[] = {
        {s->study_uid, sizeof s->study_uid},       {s->study_date, sizeof s->study_date},
        {s->study_time, sizeof s->study_time},     {s->study_id, sizeof s->study_id},
        {s->accession, sizeof s->accession},       {s->patient_id, sizeof s->patient_id},
        {s->patient_name, sizeof s->patient_name}, {s->patient_birth_date, sizeof s->patient_birth_date},
        {s->patient_sex, sizeof s->patient_sex},   {s->study_description, sizeof s->study_description},
    };

    (void)e;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        snprintf(fields[i].to, fields[i].room, "%s", row_text(r, (int)i));
    return 0;
}

int catalog_media(struct catalog *c, const char *study, struct media_study *out, struct err *e)
{
    memset(out, 0, sizeof *out); /* what lies between the fields, too: it is digested (archive/dicomdir.c) */
    return db_query(c->db, &find_media, (const char *[]){study}, take_study, out, e);
}
