/* SPDX-License-Identifier: MIT */
#include "conf/conf_deid.h"

#include <string.h>

#include "base/num.h"

#define HELP "de-identification profile; see wadozip.conf(5)"
#define VALUE_MAX 96

enum key { OPTIONS, KEY, DAYS, PIXELS, KEYS };

static const char *const keys[KEYS] = {"options", "key", "days", "pixels"};
static const char *const pixels_words[] = {
    [CONF_DEID_REFUSE] = "refuse", [CONF_DEID_WITHHOLD] = "withhold", [CONF_DEID_TRUST] = "trust"};

static struct conf_deid *conf_deid_find(struct conf_deid_set *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->count; i++)
        if (strlen(c->of[i].name) == len && memcmp(c->of[i].name, name, len) == 0)
            return &c->of[i];
    return NULL;
}

const struct conf_deid *conf_deid_of(const struct conf_deid_set *c, const char *name)
{
    return conf_deid_find((struct conf_deid_set *)c, name, strlen(name));
}

static int conf_deid_set_key(struct conf_deid *p, const char *path, struct err *e)
{
    char *copy = strdup(path);

    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory left for a setting");
    free(p->key);
    p->key = copy;
    return 0;
}

static int set_pixels(struct conf_deid *p, const char *value, const char *where, struct err *e)
{
    for (size_t i = 0; i < sizeof pixels_words / sizeof *pixels_words; i++)
        if (strcmp(pixels_words[i], value) == 0) {
            p->pixels = (enum conf_deid_pixels)i;
            return 0;
        }
    return err_set(e, ERR_CONFIG, "%s: deid.%s.pixels must be refuse, withhold or trust, not \"%s\"", where,
                   p->name, value);
}

static int conf_deid_set_value(struct conf_deid *p, enum key key, const char *value,
                               const char *where, struct err *e)
{
    switch (key) {
    case OPTIONS:
        if (deid_options_parse(value, &p->options))
            return 0;
        return err_set(
            e, ERR_CONFIG,
            "%s: deid.%s.options are words of basic uids device institution patient full-dates"
            " modified-dates safe-private, not \"%s\"",
            where, p->name, value);
    case KEY:
        if (value[0] == '/')
            return conf_deid_set_key(p, value, e);
        return err_set(e, ERR_CONFIG,
                       "%s: deid.%s.key must be the absolute path of a file, not \"%s\"", where,
                       p->name, value);
    case DAYS:
        if (num_parse(value, strlen(value), DEID_DAYS_MAX, &p->days) && p->days > 0)
            return 0;
        return err_set(e, ERR_CONFIG, "%s: deid.%s.days must be a number from 1 to %d, not \"%s\"",
                       where, p->name, DEID_DAYS_MAX, value);
    case PIXELS:
    case KEYS:
        break;
    }
    return set_pixels(p, value, where, e);
}

static int conf_deid_add(struct conf_deid_set *c, const char *name, size_t len,
                         struct conf_deid **out, const char *where, struct err *e)
{
    if (len == 0 || len > CONF_DEID_NAME_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
        return err_set(e, ERR_CONFIG,
                       "%s: the setting is deid.NAME.KEY, with a name of 1 to %d of a-z 0-9 _ -",
                       where, CONF_DEID_NAME_MAX);
    if (c->count == CONF_DEID_MAX)
        return err_set(e, ERR_CONFIG, "%s: more than %d profiles", where, CONF_DEID_MAX);
    *out = &c->of[c->count++];
    memcpy((*out)->name, name, len);
    (*out)->days = DEID_DAYS_DEFAULT;
    return 0;
}

int conf_deid_apply(struct conf_deid_set *c, const struct conf_line *l, struct err *e)
{
    const char *dot = strchr(l->key, '.'), *key = dot ? dot + 1 : NULL;
    size_t len = dot ? (size_t)(dot - l->key) : 0;
    struct conf_deid *p = conf_deid_find(c, l->key, len);

    for (int i = 0; key && i < KEYS; i++) {
        if (strcmp(keys[i], key) != 0)
            continue;
        if (!p && conf_deid_add(c, l->key, len, &p, l->where, e))
            return -1;
        if (l->once && p->set & 1u << i)
            return err_set(e, ERR_CONFIG, "%s: deid.%s is set twice", l->where, l->key);
        p->set |= 1u << i;
        return conf_deid_set_value(p, (enum key)i, l->value, l->where, e);
    }
    return err_set(e, ERR_CONFIG, "%s: there is no setting \"deid.%s\"", l->where, l->key);
}

int conf_deid_complete(struct conf_deid_set *c, struct err *e)
{
    struct conf_deid *basic = conf_deid_find(c, CONF_DEID_BASIC, strlen(CONF_DEID_BASIC));

    if (!basic && conf_deid_add(c, CONF_DEID_BASIC, strlen(CONF_DEID_BASIC), &basic, "default", e))
        return -1;
    if (!basic->key && conf_deid_set_key(basic, CONF_DEID_BASIC_KEY, e))
        return -1;
    for (size_t i = 0; i < c->count; i++)
        if (!c->of[i].key)
            return err_set(
                e, ERR_CONFIG,
                "deid.%s.key is missing: the file of its key, made with wadozip deid key",
                c->of[i].name);
    return 0;
}

void conf_deid_release(struct conf_deid_set *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->of[i].key);
}

static const char *deid_value(const struct conf_deid *p, enum key key, char out[VALUE_MAX])
{
    if (key == OPTIONS)
        deid_options_format(p->options, out);
    else if (key == DAYS)
        snprintf(out, VALUE_MAX, "%llu", (unsigned long long)p->days);
    return key == KEY ? p->key : key == PIXELS ? pixels_words[p->pixels] : out;
}

void conf_deid_each(const struct conf_deid_set *c,
                    void (*show)(void *ctx, const char *key, const char *value, const char *help),
                    void *ctx)
{
    char name[CONF_DEID_NAME_MAX + 16], value[VALUE_MAX];

    for (size_t i = 0; i < c->count; i++)
        for (int k = 0; k < KEYS; k++) {
            snprintf(name, sizeof name, "deid.%s.%s", c->of[i].name, keys[k]);
            show(ctx, name, deid_value(&c->of[i], (enum key)k, value), HELP);
        }
}
