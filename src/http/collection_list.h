/* SPDX-License-Identifier: MIT */
/*
 * The list of a new collection: a table or text, a .tcia manifest, or a JSON
 * object. Pure; time and memory are linear in the input, without recursion.
 */
#ifndef WADOZIP_HTTP_COLLECTION_LIST_H
#define WADOZIP_HTTP_COLLECTION_LIST_H

#include "base/buf.h"
#include "conf/conf_deid.h"

#define COLLECTION_LIST_MAX ((size_t)16 << 20) /* bytes of a list */
#define COLLECTION_LIST_UIDS 1000000
#define COLLECTION_LIST_SEARCH 8192 /* bytes of a search */
#define COLLECTION_LIST_NAME 800 /* bytes of a name, at most 200 characters */

/* Media types, for messages. */
#define COLLECTION_LIST_TYPES \
    "text/csv, text/plain, application/x-nbia-manifest-file, application/json"

struct collection_list {
    /* the inside of a PostgreSQL array: 1.2,1.3; data is null if there are none
     */
    struct buf uids;
    struct buf modalities; /* likewise; empty: all */
    size_t count;          /* of uids */
    char name[COLLECTION_LIST_NAME + 1];     /* "" if the list has none */
    /* query of a search, perhaps with its level: "series?Modality=CT"; or "" */
    char search[COLLECTION_LIST_SEARCH + 1];
    char profile[CONF_DEID_NAME_MAX + 1]; /* of de-identification; "" if it has none */
    const char *creator; /* UTF-8, set by the caller; not copied; null: not known */
};

void collection_list_init(struct collection_list *l);
void collection_list_release(struct collection_list *l);

enum collection_list_kind { COLLECTION_LIST_TEXT, COLLECTION_LIST_JSON };

/*
 * Find the kind by the media type (a Content-Type field, may be null). Fails
 * with ERR_MEDIA_TYPE.
 */
int collection_list_kind(const char *type, enum collection_list_kind *out,
                         struct err *e) MUST_CHECK;

/*
 * Parse a list into *l. Text: lines of fields between commas, semicolons or
 * tabs, quoted as in RFC 4180. If the first line names a column
 * SeriesInstanceUID (or Series UID, series_uid) that one counts, else
 * StudyInstanceUID (Study UID, study_uid); else each field that is a UID, but
 * only one of a line. UIDs of the standard (1.2.840.10008) are passed over.
 * JSON: an object of "studies", "series" or "uids" (arrays of UIDs), "search",
 * "modalities" (array), "name" and "profile"; others are an error. Fails with
 * ERR_UNPROCESSABLE, naming the line or the key, and if there is no UID and no
 * search, with ERR_TOO_LARGE beyond COLLECTION_LIST_UIDS, with ERR_MEMORY.
 */
int collection_list_parse(const char *data, size_t len, enum collection_list_kind kind,
                          struct collection_list *l, struct err *e) MUST_CHECK;

/* For the parts of this parser. */
int collection_list_text(const char *data, size_t len, struct collection_list *l,
                         struct err *e) MUST_CHECK;
int collection_list_json(const char *data, size_t len, struct collection_list *l,
                         struct err *e) MUST_CHECK;
int collection_list_add(struct collection_list *l, const char *uid, size_t len,
                        struct err *e) MUST_CHECK;

#endif
