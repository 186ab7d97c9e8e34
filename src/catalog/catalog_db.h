/* SPDX-License-Identifier: MIT */
/* The catalogue's connection, for the files of this folder. */
#ifndef WADOZIP_CATALOG_CATALOG_DB_H
#define WADOZIP_CATALOG_CATALOG_DB_H

#include "db/db.h"
#include "dicom/instance.h"

struct catalog;
struct catalog_query;

struct db *catalog_db(struct catalog *c);

/* Where discovered facts are recorded. */
struct catalog_learner {
    struct db *db; /* null: the catalogue's own connection */
    double paused_until; /* io_now(); nothing is recorded before */
};
struct catalog_learner *catalog_learner(struct catalog *c);

/* Open a connection with the settings and checks of the catalogue. */
int catalog_connect(const char *conninfo, unsigned statement_ms, struct db **out,
                    struct err *e) MUST_CHECK;

/* The first parameters of every look-up of instances, and buffers for their
 * text. */
#define CATALOG_FIND_VALUES 4
struct catalog_find_values {
    char codec_version[16], limit[24];
};
void catalog_find_values(const struct catalog_query *q, struct catalog_find_values *v,
                         const char *values[CATALOG_FIND_VALUES]);

/* The receiver of the rows of a look-up, and the number of instances. */
struct catalog_finding {
    const struct catalog_query *query;
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
    uint64_t *count;
    bool numbered; /* rows have ordinals of patients and studies */
};

/* Run a look-up with the columns of find_sql.h. */
int catalog_find_rows(struct catalog *c, const struct db_statement *st, const char *const *values,
                      const struct catalog_finding *s, struct err *e) MUST_CHECK;

/* Fail with ERR_NOT_FOUND for a look-up without rows, with ERR_GONE if there
 * were some before. */
int catalog_find_nothing(struct catalog *c, const struct catalog_query *q,
                         struct err *e) MUST_CHECK;

#endif
