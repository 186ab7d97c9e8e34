/* SPDX-License-Identifier: MIT */
#include "conf/conf_s3.h"

#include "base/num.h"

#define CONNECTIONS 16
#define CONNECTIONS_MAX 128
#define SECONDS 30
#define SECONDS_MAX 3600
#define REGION "us-east-1" /* what servers other than Amazon's expect by default */
#define HELP "object storage of the root; see wadozip.conf(5)"

enum key {
    ENDPOINT,
    REGION_KEY,
    CREDENTIALS,
    ADDRESSING,
    CHECK,
    CONNECTIONS_KEY,
    SECONDS_KEY,
    KEYS
};

static const char *const keys[KEYS] = {"endpoint", "region",      "credentials", "addressing",
                                       "check",    "connections", "seconds"};
static const char *const checks[] = {"list", "head", "trust"};
static const char *const addressings[] = {"path", "host"};

bool conf_s3_is_url(const char *path)
{
    return strncmp(path, CONF_S3_SCHEME, strlen(CONF_S3_SCHEME)) == 0;
}

static struct conf_s3 *conf_s3_find(struct conf_s3_set *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->count; i++)
        if (strlen(c->of[i].name) == len && memcmp(c->of[i].name, name, len) == 0)
            return &c->of[i];
    return NULL;
}

const struct conf_s3 *conf_s3_of(const struct conf_s3_set *c, const char *root)
{
    return conf_s3_find((struct conf_s3_set *)c, root, strlen(root));
}

static char **text_of(struct conf_s3 *s, enum key key)
{
    return key == ENDPOINT ? &s->endpoint : key == REGION_KEY ? &s->region : &s->credentials;
}

static int conf_s3_set_text(struct conf_s3 *s, enum key key, const char *value, struct err *e)
{
    char **text = text_of(s, key);
    char *copy = strdup(value);

    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory left for a setting");
    free(*text);
    *text = copy;
    return 0;
}

/* Blanks and control characters would end a header field. */
static bool is_plain(const char *value)
{
    for (; *value; value++)
        if (*value <= ' ' || *value >= 0x7f)
            return false;
    return true;
}

static bool is_endpoint(const char *value)
{
    size_t scheme = strncmp(value, "http://", 7) == 0    ? 7
                    : strncmp(value, "https://", 8) == 0 ? 8
                                                         : 0;

    return scheme && value[scheme] && is_plain(value) && value[strlen(value) - 1] != '/' &&
           !strpbrk(value, "?#@");
}

/* Return the number of a word, or `count` for another word. */
static size_t find_word(const char *const words[], size_t count, const char *value)
{
    size_t i = 0;

    while (i < count && strcmp(words[i], value) != 0)
        i++;
    return i;
}

static int set_check(struct conf_s3 *s, const char *value, const char *where, struct err *e)
{
    size_t i = find_word(checks, sizeof checks / sizeof *checks, value);

    if (i < sizeof checks / sizeof *checks) {
        s->check = (enum conf_s3_check)i;
        return 0;
    }
    return err_set(e, ERR_CONFIG, "%s: s3.%s.check must be list, head or trust, not \"%s\"", where,
                   s->name, value);
}

static int set_addressing(struct conf_s3 *s, const char *value, const char *where, struct err *e)
{
    size_t i = find_word(addressings, sizeof addressings / sizeof *addressings, value);

    if (i < sizeof addressings / sizeof *addressings) {
        s->addressing = (enum conf_s3_addressing)i;
        return 0;
    }
    return err_set(e, ERR_CONFIG, "%s: s3.%s.addressing must be path or host, not \"%s\"", where,
                   s->name, value);
}

static int set_number(uint64_t *number, const struct conf_s3 *s, enum key key, const char *value,
                      const char *where, struct err *e)
{
    uint64_t max = key == SECONDS_KEY ? SECONDS_MAX : CONNECTIONS_MAX;

    if (num_parse(value, strlen(value), max, number) && *number > 0)
        return 0;
    return err_set(e, ERR_CONFIG, "%s: s3.%s.%s must be a number from 1 to %llu, not \"%s\"", where,
                   s->name, keys[key], (unsigned long long)max, value);
}

static int set_key(struct conf_s3 *s, enum key key, const char *value, const char *where,
                   struct err *e)
{
    switch (key) {
    case ENDPOINT:
        if (is_endpoint(value))
            break;
        return err_set(
            e, ERR_CONFIG,
            "%s: s3.%s.endpoint must begin with http:// or https:// and end without a slash, not"
            " \"%s\"",
            where, s->name, value);
    case CREDENTIALS:
        if (value[0] == '/' || strcmp(value, CONF_S3_ENVIRONMENT) == 0)
            break;
        return err_set(e, ERR_CONFIG,
                       "%s: s3.%s.credentials must be " CONF_S3_ENVIRONMENT
                       " or the absolute path of a file,"
                       " not \"%s\"",
                       where, s->name, value);
    case ADDRESSING:
        return set_addressing(s, value, where, e);
    case CHECK:
        return set_check(s, value, where, e);
    case CONNECTIONS_KEY:
        return set_number(&s->connections, s, key, value, where, e);
    case SECONDS_KEY:
        return set_number(&s->seconds, s, key, value, where, e);
    case REGION_KEY:
    case KEYS:
        if (*value && is_plain(value) && !strchr(value, ':'))
            break;
        return err_set(e, ERR_CONFIG,
                       "%s: s3.%s.region must be a name such as " REGION ", not \"%s\"", where,
                       s->name, value);
    }
    return conf_s3_set_text(s, key, value, e);
}

static bool conf_s3_is_set(const struct conf_s3 *s, enum key key)
{
    switch (key) {
    case ADDRESSING:
        return s->addressing != CONF_S3_PATH;
    case CHECK:
        return s->check != CONF_S3_CHECK_LIST;
    case CONNECTIONS_KEY:
        return s->connections != 0;
    case SECONDS_KEY:
        return s->seconds != 0;
    default:
        return *text_of((struct conf_s3 *)s, key) != NULL;
    }
}

static int conf_s3_add(struct conf_s3_set *c, const char *name, size_t len, struct conf_s3 **out,
                       const char *where, struct err *e)
{
    if (len == 0 || len > CONF_S3_NAME_MAX)
        return err_set(e, ERR_CONFIG, "%s: the setting is s3.NAME.KEY for a root.NAME", where);
    if (c->count == CONF_S3_MAX)
        return err_set(e, ERR_CONFIG, "%s: more than %d roots in object storage", where,
                       CONF_S3_MAX);
    *out = &c->of[c->count++];
    memcpy((*out)->name, name, len);
    return 0;
}

int conf_s3_apply(struct conf_s3_set *c, const struct conf_line *l, struct err *e)
{
    const char *dot = strchr(l->key, '.'), *key = dot ? dot + 1 : NULL;
    size_t len = dot ? (size_t)(dot - l->key) : 0;
    struct conf_s3 *s = conf_s3_find(c, l->key, len);

    for (int i = 0; key && i < KEYS; i++) {
        if (strcmp(keys[i], key) != 0)
            continue;
        if (!s && conf_s3_add(c, l->key, len, &s, l->where, e))
            return -1;
        if (l->once && conf_s3_is_set(s, (enum key)i))
            return err_set(e, ERR_CONFIG, "%s: s3.%s is set twice", l->where, l->key);
        return set_key(s, (enum key)i, l->value, l->where, e);
    }
    return err_set(e, ERR_CONFIG, "%s: there is no setting \"s3.%s\"", l->where, l->key);
}

static int set_defaults(struct conf_s3 *s, struct err *e)
{
    if (!s->endpoint)
        return err_set(e, ERR_CONFIG,
                       "s3.%s.endpoint is missing: the address of the object store of root.%s",
                       s->name, s->name);
    s->connections = s->connections ? s->connections : CONNECTIONS;
    s->seconds = s->seconds ? s->seconds : SECONDS;
    if (!s->region && conf_s3_set_text(s, REGION_KEY, REGION, e))
        return -1;
    return s->credentials ? 0 : conf_s3_set_text(s, CREDENTIALS, CONF_S3_ENVIRONMENT, e);
}

int conf_s3_complete(struct conf_s3_set *c, struct err *e)
{
    for (size_t i = 0; i < c->count; i++)
        if (set_defaults(&c->of[i], e))
            return -1;
    return 0;
}

void conf_s3_release(struct conf_s3_set *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->of[i].endpoint);
        free(c->of[i].region);
        free(c->of[i].credentials);
    }
}

static const char *value_of(const struct conf_s3 *s, enum key key, char *out, size_t room)
{
    switch (key) {
    case ADDRESSING:
        return addressings[s->addressing];
    case CHECK:
        return checks[s->check];
    case CONNECTIONS_KEY:
    case SECONDS_KEY:
        snprintf(out, room, "%llu",
                 (unsigned long long)(key == SECONDS_KEY ? s->seconds : s->connections));
        return out;
    default:
        return *text_of((struct conf_s3 *)s, key);
    }
}

void conf_s3_each(const struct conf_s3_set *c,
                  void (*show)(void *ctx, const char *key, const char *value, const char *help),
                  void *ctx)
{
    char name[CONF_S3_NAME_MAX + 32], number[32];

    for (size_t i = 0; i < c->count; i++)
        for (int k = 0; k < KEYS; k++) {
            snprintf(name, sizeof name, "s3.%s.%s", c->of[i].name, keys[k]);
            show(ctx, name, value_of(&c->of[i], (enum key)k, number, sizeof number), HELP);
        }
}
