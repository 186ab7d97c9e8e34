/* SPDX-License-Identifier: MIT */
#include "http/query.h"

#include <string.h>
#include <strings.h>

#include "conf/conf_deid.h"
#include "base/num.h"
#include "base/uri.h"

struct taking {
    struct mem *mem;
    struct request *out;
    const char *accept;
    bool named; /* the parameter names was given */
};

/* Check and store one decoded value. */
typedef int take_fn(struct taking *t, const char *value, struct err *e);

static bool is_one_of(const char *value, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return false;
}

/* The parameter may be repeated, as in addresses made for other servers. Each
 * adds alternatives. */
static int take_accept(struct taking *t, const char *value, struct err *e)
{
    if (!*value)
        return err_set(e, ERR_REQUEST, "the query parameter accept is empty");
    t->accept = t->accept ? mem_printf(t->mem, e, "%s,%s", t->accept, value) : value;
    return t->accept ? 0 : -1;
}

/* Other character sets are ignored: only UTF-8 is offered (PS3.18 8.8). */
static int take_charset(struct taking *t, const char *value, struct err *e)
{
    (void)t;
    (void)value;
    (void)e;
    return 0;
}

static int take_names(struct taking *t, const char *value, struct err *e)
{
    if (strcmp(value, "series") != 0 && strcmp(value, "uid") != 0)
        return err_set(e, ERR_REQUEST, "the query parameter names may be series or uid");
    t->named = true;
    t->out->names = value[0] == 'u' ? REQUEST_NAMES_UID : REQUEST_NAMES_SERIES;
    return 0;
}

static int take_compression(struct taking *t, const char *value, struct err *e)
{
    static const char *const words[] = {"auto", "none", "deflate"};

    if (!is_one_of(value, words, 3))
        return err_set(e, ERR_REQUEST,
                       "the query parameter compression may be auto, none or deflate");
    t->out->compression = value;
    return 0;
}

static int take_manifest(struct taking *t, const char *value, struct err *e)
{
    static const char *const words[] = {"sha256", "csv"};

    if (!is_one_of(value, words, 2))
        return err_set(e, ERR_REQUEST, "the query parameter manifest may be sha256 or csv");
    t->out->manifest = value;
    return 0;
}

static int take_dicomdir(struct taking *t, const char *value, struct err *e)
{
    static const char *const no[] = {"false", "no", "0"}, *const yes[] = {"true", "yes", "1"};

    t->out->dicomdir = is_one_of(value, yes, 3);
    if (!t->out->dicomdir && !is_one_of(value, no, 3))
        return err_set(e, ERR_REQUEST, "the query parameter dicomdir may be true or false");
    return 0;
}

/* Powers of 1024, as sizes in the settings. */
static int take_part_bytes(struct taking *t, const char *value, struct err *e)
{
    if (num_parse_size(value, INT64_MAX, &t->out->part_bytes) && t->out->part_bytes)
        return 0;
    return err_set(
        e, ERR_REQUEST,
        "the query parameter part_bytes is a number of bytes, perhaps with K, M, G or T");
}

static int take_part(struct taking *t, const char *value, struct err *e)
{
    uint64_t part;

    if (!num_parse(value, strlen(value), UINT32_MAX, &part) || !part)
        return err_set(e, ERR_REQUEST, "the query parameter part is a number from 1");
    t->out->part = (uint32_t)part;
    return 0;
}

static int take_window(struct taking *t, const char *value, struct err *e)
{
    return render_options_window(value, &t->out->render, e);
}

static int take_viewport(struct taking *t, const char *value, struct err *e)
{
    return render_options_viewport(value, &t->out->render, e);
}

static int take_quality(struct taking *t, const char *value, struct err *e)
{
    return render_options_quality(value, &t->out->render, e);
}

static int take_annotation(struct taking *t, const char *value, struct err *e)
{
    (void)e;
    t->out->annotation = value;
    return 0;
}

/*
 * Ignoring the parameter would send identified data to a client that asked for
 * the opposite. It asks for clean pixels, too (PS3.18 9.4.1.2.1).
 */
static int refuse_anonymize(struct taking *t, const char *value, struct err *e)
{
    (void)t;
    (void)value;
    return err_set(
        e, ERR_REQUEST,
        "anonymize is not offered, as it demands that names are removed from the pixels, too:"
        " ask for deidentify=basic, or leave it out to get the data as it is");
}

/* A name that could be ignored, or is not known, would give identified data to
 * a client that asked for the opposite. */
static int take_deidentify(struct taking *t, const char *value, struct err *e)
{
    if (t->out->deidentify)
        return err_set(e, ERR_REQUEST, "the query parameter deidentify stands more than once");
    if (!*value || strlen(value) > CONF_DEID_NAME_MAX)
        return err_set(
            e, ERR_REQUEST,
            "the query parameter deidentify names a profile of de-identification, such as basic");
    t->out->deidentify = value;
    return 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Device names of Windows, which are reserved with any extension. */
static bool is_device(const char *s)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul"};
    size_t len = strcspn(s, ".");

    for (size_t i = 0; i < 4; i++)
        if (len == 3 && strncasecmp(s, devices[i], 3) == 0)
            return true;
    return len == 4 && s[3] >= '0' && s[3] <= '9' &&
           (strncasecmp(s, "com", 3) == 0 || strncasecmp(s, "lpt", 3) == 0);
}

/* The cleaned name can be empty: then the parameter counts as absent. */
static int take_filename(struct taking *t, const char *value, struct err *e)
{
    char name[QUERY_FILENAME_MAX + 1] = "_"; /* the first character is only for device names */
    size_t n = 1;

    for (const char *c = value; *c && n < QUERY_FILENAME_MAX; c++) {
        if (is_letter_or_digit(*c) || *c == '_' || (n > 1 && (*c == '.' || *c == '-')))
            name[n++] = *c;
        else if (*c == ' ' && n > 1)
            name[n++] = '_';
    }
    while (n > 1 && strchr("._-", name[n - 1]))
        n--;
    name[n] = '\0';
    if (n == 1)
        return 0;
    t->out->filename = mem_strdup(t->mem, is_device(name + 1) ? name : name + 1, e);
    return t->out->filename ? 0 : -1;
}

/* One row per parameter. Rows without a help text are recognised, not offered,
 * and come last. */
static const struct parameter {
    struct query_parameter offered;
    bool repeatable, any_case;
    take_fn *take;
} table[] = {
    {{"accept", "media types, without wildcards",
      "media types in place of the Accept header (PS3.18 8.3.3.1)", QUERY_ANY},
     true,
     false,
     take_accept},
    {{"names", "series, uid", "names in the archive: by series and number (default), or by UID",
      QUERY_ARCHIVES},
     false,
     false,
     take_names},
    {{"filename", "a name",
      "name of the downloaded file; ASCII letters, digits, dot, hyphen and underscore are kept",
      QUERY_ANY},
     false,
     false,
     take_filename},
    {{"compression", "auto, none, deflate",
      "of archive members: auto deflates where it is known to pay, none stores, deflate also where sizes are unknown",
      QUERY_ARCHIVES},
     false,
     false,
     take_compression},
    {{"manifest", "sha256, csv",
      "adds a last member to the archive: MANIFEST.sha256 for sha256sum -c, or MANIFEST.csv, a table with digests",
      QUERY_ARCHIVES},
     false,
     false,
     take_manifest},
    {{"dicomdir", "true, false",
      "true: the archive is a File-set with a DICOMDIR as its first member, and names of 8 characters (PS3.12 Annex V)",
      QUERY_ARCHIVES},
     false,
     false,
     take_dicomdir},
    {{"charset", "UTF-8", "of metadata, which always is in UTF-8: others are ignored (PS3.18 8.8)",
      QUERY_ANY},
     true,
     false,
     take_charset},
    {{"window", "center,width[,function]",
      "of rendered images: in place of the image's own; function is linear (default), linear-exact or sigmoid",
      QUERY_IMAGES},
     false,
     false,
     take_window},
    {{"viewport", "width,height[,left,top,width,height]",
      "of rendered images: the size to fit, and the region of the image that is shown",
      QUERY_IMAGES},
     false,
     false,
     take_viewport},
    {{"quality", "1 to 100", "of rendered images as JPEG", QUERY_IMAGES},
     false,
     false,
     take_quality},
    {{"deidentify", "a profile",
      "de-identifies by a profile of the service, such as basic (PS3.15 Annex E)", QUERY_ANY},
     true,
     true,
     take_deidentify},
    {{"part_bytes", NULL, NULL, QUERY_ANY}, false, false, take_part_bytes},
    {{"part", NULL, NULL, QUERY_ANY}, false, false, take_part},
    {{"annotation", NULL, NULL, QUERY_ANY}, true, false, take_annotation},
    {{"anonymize", NULL, NULL, QUERY_ANY}, true, true, refuse_anonymize},
    {{"anonymise", NULL, NULL, QUERY_ANY}, true, true, refuse_anonymize},
};

#define TABLE_ROWS (sizeof table / sizeof *table)

static const struct parameter *query_find(const char *key)
{
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if ((table[i].any_case ? strcasecmp : strcmp)(table[i].offered.name, key) == 0)
            return &table[i];
    return NULL;
}

static int query_take_pair(struct taking *t, const char *pair, size_t len, unsigned *seen,
                           struct err *e)
{
    const char *equals = memchr(pair, '=', len);
    size_t key_len = equals ? (size_t)(equals - pair) : len;
    size_t value_at = equals ? key_len + 1 : len;
    char *key = uri_decode(t->mem, pair, key_len, "the query", e);
    char *value = key ? uri_decode(t->mem, pair + value_at, len - value_at, "the query", e) : NULL;
    const struct parameter *p = value ? query_find(key) : NULL;
    unsigned bit = p ? 1u << (p - table) : 0;

    if (!value)
        return -1;
    if (!p)
        return 0;
    if ((*seen & bit) && !p->repeatable)
        return err_set(e, ERR_REQUEST, "the query parameter %s stands more than once",
                       p->offered.name);
    *seen |= bit;
    return p->take(t, value, e);
}

int query_parse(const char *raw, struct mem *m, struct request *out, const char **accept,
                struct err *e)
{
    struct taking t = {.mem = m, .out = out};
    unsigned seen = 0;
    size_t count = 0;

    *accept = NULL;
    while (*raw) {
        size_t len = strcspn(raw, "&");

        if (len && ++count > QUERY_PARAMETERS_MAX)
            return err_set(e, ERR_REQUEST, "the query has more than %d parameters",
                           QUERY_PARAMETERS_MAX);
        if (len && query_take_pair(&t, raw, len, &seen, e))
            return -1;
        raw += len + (raw[len] == '&');
    }
    *accept = t.accept;
    if (t.named && out->dicomdir)
        return err_set(e, ERR_REQUEST,
                       "with a DICOMDIR names are those that PS3.10 allows: leave names out");
    return 0;
}

const struct query_parameter *query_parameter(size_t i)
{
    return i < TABLE_ROWS && table[i].offered.help ? &table[i].offered : NULL;
}
