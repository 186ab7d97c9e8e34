/* SPDX-License-Identifier: MIT */
/*
 * Collections: lists of instances that were frozen when they were created. The
 * identifier is derived from the content, so the same list has the same one.
 */
#ifndef WADOZIP_CATALOG_COLLECTION_H
#define WADOZIP_CATALOG_COLLECTION_H

#include "catalog/catalog.h"
#include "conf/conf_deid.h"

#define COLLECTION_ID 32 /* lower-case hexadecimal digits */
#define COLLECTION_TEXT_MAX 200 /* characters of a name or a creator */
#define COLLECTION_TEXT_BYTES (4 * COLLECTION_TEXT_MAX + 1)

struct collection {
    char id[COLLECTION_ID + 1];
    char name[COLLECTION_TEXT_BYTES], creator[COLLECTION_TEXT_BYTES]; /* UTF-8, may be "" */
    char profile[CONF_DEID_NAME_MAX + 1]; /* it is sent only so; "": the original */
    char created[32]; /* YYYY-MM-DDThh:mm:ssZ */
    uint64_t studies, series, instances, bytes;
    uint64_t crc_sum;  /* of the CRC-32 of all files */
    char state[48];    /* changes whenever its instances change in the catalogue */
};

/* Return whether the text has the form of an identifier. */
bool collection_is_id(const char *text);

/* The content of a new collection. All strings are UTF-8. */
struct collection_wish {
    const char *uids;       /* of studies and series, as a PostgreSQL array: {1.2,1.3} */
    const char *modalities; /* of the series to take, as an array; "{}": all */
    const char *name, *creator; /* may be "" */
    const char *profile; /* of de-identification, which the identifier depends on; "": none */
};

/*
 * Call `each` for UIDs that are neither of a study nor of a series, in order,
 * at most `most`; a row has the UID and the number of all of them.
 */
typedef int collection_each_uid(void *ctx, const char *uid, uint64_t all, struct err *e);
int collection_unknown(struct catalog *c, const char *uids, uint64_t most,
                       collection_each_uid *each, void *ctx, struct err *e) MUST_CHECK;

/*
 * Create a collection, or find the one with the same content. Needs no more
 * rights than a reader has. Unknown UIDs are ignored. *fresh: it was created
 * now. Fails with ERR_UNPROCESSABLE if nothing is left to freeze.
 */
int collection_create(struct catalog *c, const struct collection_wish *w, struct collection *out,
                      bool *fresh, struct err *e) MUST_CHECK;

/* Read a collection. Fails with ERR_NOT_FOUND. */
int collection_read(struct catalog *c, const char *id, struct collection *out,
                    struct err *e) MUST_CHECK;

/* Copy the name of the profile of a collection, "" if it has none or does not
 * exist. Not subject to restrictions of the request. */
int collection_profile(struct catalog *c, const char *id, char out[CONF_DEID_NAME_MAX + 1],
                       struct err *e) MUST_CHECK;

/* Call `each` for all collections, oldest first. */
typedef int collection_each(void *ctx, const struct collection *c, struct err *e);
int collection_list(struct catalog *c, collection_each *each, void *ctx, struct err *e) MUST_CHECK;

/* Delete a collection; the instances stay. Needs the rights of a writer. Fails
 * with ERR_NOT_FOUND. */
int collection_delete(struct catalog *c, const char *id, struct err *e) MUST_CHECK;

/* A series of a collection. Strings are valid during the call. */
struct collection_series {
    uint32_t place; /* from 1, in the order of archives */
    const char *study_uid, *series_uid;
    uint64_t instances, bytes;
};

/* Call `each` for the series of a collection in order. */
typedef int collection_each_series(void *ctx, const struct collection_series *s, struct err *e);
int collection_series(struct catalog *c, const char *id, collection_each_series *each, void *ctx,
                      struct err *e) MUST_CHECK;

/* Places of series, half-open. */
struct collection_part {
    uint32_t first, end;
};

/* Receives instances; each row is valid during the call. */
struct collection_visitor {
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
    /* writes the UID by which errors name a study; null: its own */
    int (*shown)(void *ctx, const char *study, char uid[UID_MAX + 1], struct err *e);
};

/* Call to->each for the instances of a part, in archive order. q: as for
 * catalog_find(), without UIDs and keys. Fails with ERR_GONE, naming studies,
 * if instances are missing or have another content than when they were frozen,
 * and with ERR_NOT_FOUND if there is no such part. Call collection_read()
 * before: it decides whether the collection is granted. */
int collection_find(struct catalog *c, const char *id, struct collection_part part,
                    const struct catalog_query *q, const struct collection_visitor *to,
                    struct err *e) MUST_CHECK;

/*
 * Call `each` for studies of a part of which instances are missing or have
 * another content than when they were frozen; `all` is the number of series.
 */
int collection_broken(struct catalog *c, const char *id, struct collection_part part,
                      collection_each_uid *each, void *ctx, struct err *e) MUST_CHECK;

#endif
