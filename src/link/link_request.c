/* SPDX-License-Identifier: MIT */
#include "link/link_request.h"

#include <string.h>

#include "base/expiry.h"
#include "base/hex.h"
#include "base/num.h"
#include "http/json_scan.h"

#define DOWNLOADS_MAX 1000000
#define COLLECTION_ID 32
#define KEYS \
    "studies, series, collections, label, expires, passcode, max_downloads, transfer_syntax, dicomdir and deidentify"

bool link_things_add(struct link_things *t, const char *kind, const char *id)
{
    if (t->count == LINK_REQUEST_THINGS || !*id)
        return false;
    return snprintf(t->of[t->count++], LINK_REQUEST_THING, "%s %s", kind, id) < LINK_REQUEST_THING;
}

static int add_thing(struct link_things *t, const char *kind, const struct json_scan *s,
                     struct err *e)
{
    if (link_things_add(t, kind, s->text))
        return 0;
    return err_set(e, ERR_UNPROCESSABLE, "a link has at most %d studies, series and collections",
                   LINK_REQUEST_THINGS);
}

static int add_uid_of(struct link_things *t, const char *kind, const struct json_scan *s,
                      struct err *e)
{
    if (!uid_valid(s->text, s->len))
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not a well-formed UID", s->text);
    return add_thing(t, kind, s, e);
}

static int add_link_study(void *ctx, struct json_scan *s, struct err *e)
{
    return add_uid_of(ctx, "study", s, e);
}

static int add_link_series(void *ctx, struct json_scan *s, struct err *e)
{
    return add_uid_of(ctx, "series", s, e);
}

static int add_collection(void *ctx, struct json_scan *s, struct err *e)
{
    if (s->len != COLLECTION_ID || strspn(s->text, HEX_DIGITS) != COLLECTION_ID)
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not the identifier of a collection",
                       s->text);
    return add_thing(ctx, "collection", s, e);
}

static int take_label(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (json_scan_text(s, "the label", LINK_REQUEST_LABEL, e))
        return -1;
    memcpy(out->label, s->text, s->len + 1); /* 4 bytes a character at most */
    return 0;
}

static int take_expiry(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (json_scan_string(s, "a time such as \"7d\"", e))
        return -1;
    if (expiry_parse(s->text, &out->seconds))
        return 0;
    return err_set(e, ERR_UNPROCESSABLE,
                   "expires is a time such as \"30m\", \"12h\", \"7d\" or \"4w\", not \"%.32s\"",
                   s->text);
}

static int take_bool(struct json_scan *s, const char *key, bool *out, struct err *e)
{
    if (json_scan_word(s, e))
        return -1;
    *out = strcmp(s->text, "true") == 0;
    if (*out || strcmp(s->text, "false") == 0)
        return 0;
    return err_set(e, ERR_UNPROCESSABLE, "%s is true or false, not %s", key, s->text);
}

static int take_passcode(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (!json_scan_is_string(s))
        return take_bool(s, "passcode", &out->choose, e);
    if (json_scan_text(s, "the passcode", SECRET_PASSCODE_MAX, e))
        return -1;
    if (s->len < SECRET_PASSCODE_MIN || s->len > SECRET_PASSCODE_MAX)
        return err_set(e, ERR_UNPROCESSABLE, "a passcode has %d to %d bytes", SECRET_PASSCODE_MIN,
                       SECRET_PASSCODE_MAX);
    memcpy(out->passcode, s->text, s->len + 1);
    return 0;
}

static int take_downloads(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (json_scan_word(s, e))
        return -1;
    if (num_parse(s->text, s->len, DOWNLOADS_MAX, &out->max_downloads) && out->max_downloads)
        return 0;
    return err_set(e, ERR_UNPROCESSABLE, "max_downloads is a number from 1 to %d, not %s",
                   DOWNLOADS_MAX, s->text);
}

static int take_syntax(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (json_scan_string(s, "the UID of a transfer syntax, or \"*\"", e))
        return -1;
    if (!uid_valid(s->text, s->len) && strcmp(s->text, "*") != 0)
        return err_set(e, ERR_UNPROCESSABLE, "transfer_syntax is a UID or \"*\", not \"%.64s\"",
                       s->text);
    memcpy(out->transfer_syntax, s->text, s->len + 1);
    return 0;
}

static int take_profile(struct json_scan *s, struct link_request *out, struct err *e)
{
    if (json_scan_string(s, "the name of a profile", e))
        return -1;
    if (!s->len || s->len > CONF_DEID_NAME_MAX)
        return err_set(e, ERR_REQUEST, "there is no profile of de-identification \"%.32s\"",
                       s->text);
    memcpy(out->profile, s->text, s->len + 1);
    return 0;
}

/* Read the value of a key. */
static int take_link_value(void *ctx, struct json_scan *s, struct err *e)
{
    struct link_request *out = ctx;
    char key[32];

    if (s->len >= sizeof key)
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not known: a link has " KEYS, s->text);
    memcpy(key, s->text, s->len + 1);
    if (json_scan_null(s))
        return 0;
    if (strcmp(key, "studies") == 0)
        return json_scan_array(s, add_link_study, &out->things, e);
    if (strcmp(key, "series") == 0)
        return json_scan_array(s, add_link_series, &out->things, e);
    if (strcmp(key, "collections") == 0)
        return json_scan_array(s, add_collection, &out->things, e);
    if (strcmp(key, "label") == 0)
        return take_label(s, out, e);
    if (strcmp(key, "expires") == 0)
        return take_expiry(s, out, e);
    if (strcmp(key, "passcode") == 0)
        return take_passcode(s, out, e);
    if (strcmp(key, "max_downloads") == 0)
        return take_downloads(s, out, e);
    if (strcmp(key, "transfer_syntax") == 0)
        return take_syntax(s, out, e);
    if (strcmp(key, "dicomdir") == 0)
        return take_bool(s, "dicomdir", &out->dicomdir, e);
    if (strcmp(key, "deidentify") == 0)
        return take_profile(s, out, e);
    return err_set(e, ERR_UNPROCESSABLE, "\"%s\" is not known: a link has " KEYS, key);
}

int link_request_parse(const char *data, size_t len, struct link_request *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (json_scan_object(data, len, take_link_value, out, e))
        return -1;
    if (out->things.count)
        return 0;
    return err_set(e, ERR_UNPROCESSABLE,
                   "a link needs contents: name studies, series or collections");
}
