/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "dicom/uid.h"
#include "http/collection_list.h"
#include "http/json_scan.h"

#define NAME_CHARACTERS 200

static int add_uid(void *ctx, struct json_scan *s, struct err *e)
{
    if (!uid_valid(s->text, s->len))
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not a well-formed UID", s->text);
    return collection_list_add(ctx, s->text, s->len, e);
}

/* A code string (PS3.5 6.2): nothing that an array's text would have to quote.
 */
static int add_modality(void *ctx, struct json_scan *s, struct err *e)
{
    struct collection_list *l = ctx;

    if (!s->len || s->len > 16 ||
        strspn(s->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != s->len)
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not a modality such as CT", s->text);
    buf_printf(&l->modalities, "%s%s", l->modalities.len ? "," : "", s->text);
    return buf_check(&l->modalities, "the modalities of a list", e);
}

static int take_list_name(struct json_scan *s, struct collection_list *l, struct err *e)
{
    if (json_scan_text(s, "the name", NAME_CHARACTERS, e))
        return -1;
    memcpy(l->name, s->text, s->len + 1); /* 4 bytes a character at most */
    return 0;
}

static int take_list_search(struct json_scan *s, struct collection_list *l, struct err *e)
{
    if (json_scan_string(s, "the query of a search", e))
        return -1;
    snprintf(l->search, sizeof l->search, "%s", s->text);
    return 0;
}

static int take_list_profile(struct json_scan *s, struct collection_list *l, struct err *e)
{
    if (json_scan_text(s, "the profile", CONF_DEID_NAME_MAX, e))
        return -1;
    if (!s->len || s->len > CONF_DEID_NAME_MAX)
        return err_set(
            e, ERR_UNPROCESSABLE,
            "a profile is named as in the settings deid.NAME: leave it out for the original");
    memcpy(l->profile, s->text, s->len + 1);
    return 0;
}

static int take_list_value(void *ctx, struct json_scan *s, struct err *e)
{
    static const char *const uids[] = {"studies", "series", "uids"};
    struct collection_list *l = ctx;

    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
        if (strcmp(s->text, uids[i]) == 0)
            return json_scan_array(s, add_uid, l, e);
    if (strcmp(s->text, "modalities") == 0)
        return json_scan_array(s, add_modality, l, e);
    if (strcmp(s->text, "name") == 0)
        return take_list_name(s, l, e);
    if (strcmp(s->text, "search") == 0)
        return take_list_search(s, l, e);
    if (strcmp(s->text, "profile") == 0)
        return take_list_profile(s, l, e);
    if (strcmp(s->text, "deidentify") == 0)
        return err_set(e, ERR_UNPROCESSABLE,
                       "a list names its profile of de-identification as \"profile\"");
    return err_set(e, ERR_UNPROCESSABLE,
                   "\"%.64s\" is not known: a list has studies, series, uids, search, modalities,"
                   " name and profile",
                   s->text);
}

int collection_list_json(const char *data, size_t len, struct collection_list *l, struct err *e)
{
    return json_scan_object(data, len, take_list_value, l, e);
}

_Static_assert(COLLECTION_LIST_SEARCH == JSON_SCAN_STRING, "a search is a string");
