/* SPDX-License-Identifier: MIT */
#include "conf/settings.h"

#include <errno.h>
#include <limits.h>

#include "conf/conf_rows.h"
#include "conf/conf_value.h"
#include "base/host_port.h"
#include "base/net.h"
#include "base/num.h"

#define LINE_MAX_BYTES 4096

extern char **environ;

static void *field(const struct conf *c, const struct conf_row *r)
{
    return (char *)c + r->field;
}

/* The word of choice n, not terminated, and its length; length 0 if there are
 * fewer choices. */
static const char *choice_word(const struct conf_row *r, unsigned n, size_t *len)
{
    const char *word = r->choices + 1;

    while (n-- && *word)
        word += strcspn(word, "|") + 1;
    *len = strcspn(word, "|");
    return word;
}

static int set_choice(struct conf *c, const struct conf_row *r, const char *value,
                      const char *where, struct err *e)
{
    const char *word;
    size_t len;

    for (unsigned n = 0; (word = choice_word(r, n, &len)), len > 0; n++) {
        if (len == strlen(value) && memcmp(word, value, len) == 0) {
            memcpy(field(c, r), &n, sizeof n);
            return 0;
        }
    }
    return err_set(e, ERR_CONFIG, "%s: %s must be one of %s, not \"%s\"", where, r->key, r->choices,
                   value);
}

static int set_text(char **text, const char *value, struct err *e)
{
    char *copy = strdup(value);

    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory left for a setting");
    free(*text);
    *text = copy;
    return 0;
}

static int set_host(char **text, const char *key, const char *value, const char *where,
                    struct err *e)
{
    struct host_port unused;

    if (strcmp(value, "none") != 0 && !host_port_split(value, "", &unused))
        return err_set(e, ERR_CONFIG,
                       "%s: %s must be none, HOST, HOST:PORT or [ADDRESS]:PORT, not \"%s\"", where,
                       key, value);
    return set_text(text, value, e);
}

/* Set a text that must be none or follow a rule. */
static int set_checked(struct conf *c, const struct conf_row *r, const char *value,
                       const char *where, struct err *e)
{
    static const struct {
        bool (*follows)(const char *value);
        const char *rule;
    } rules[] = {
        [ROW_URL] = {conf_value_is_url,
                     "none, or begin with http:// or https:// and end without a slash"},
        [ROW_VIEWER] = {conf_value_is_viewer, "none or an address with {studies} in it"},
        [ROW_NETS] = {net_list_valid, "none or addresses and networks parted by blanks"},
        [ROW_ORIGINS] = {conf_value_are_origins,
                         "none, * or origins as https://viewer.example, in lower case and without a"
                         " slash at the end"},
        [ROW_VARIABLE] = {conf_value_is_variable,
                          "none or a CGI variable that clients cannot set (not HTTP_...)"},
    };

    if (strcmp(value, "none") == 0 || rules[r->type].follows(value))
        return set_text(field(c, r), value, e);
    return err_set(e, ERR_CONFIG, "%s: %s must be %s, not \"%s\"", where, r->key,
                   rules[r->type].rule, value);
}

static int set_in_range(struct conf *c, const struct conf_row *r, const char *value,
                      const char *where, struct err *e)
{
    uint64_t *number = field(c, r);
    bool is_number = r->type == ROW_SIZE ? num_parse_size(value, r->max, number)
                                         : num_parse(value, strlen(value), r->max, number);

    if (is_number && *number >= r->min)
        return 0;
    return err_set(e, ERR_CONFIG, "%s: %s must be a number from %llu to %llu, not \"%s\"", where,
                   r->key, (unsigned long long)r->min, (unsigned long long)r->max, value);
}

static int set_auto(struct conf *c, const struct conf_row *r, const char *value, const char *where,
                    struct err *e)
{
    uint64_t *number = field(c, r);

    if (strcmp(value, "auto") == 0)
        *number = CONF_AUTO;
    else if (!num_parse(value, strlen(value), r->max, number))
        return err_set(e, ERR_CONFIG, "%s: %s must be auto or a number up to %llu, not \"%s\"",
                       where, r->key, (unsigned long long)r->max, value);
    return 0;
}

static int set_row(struct conf *c, const struct conf_row *r, const char *value, const char *where,
                   struct err *e)
{
    switch (r->type) {
    case ROW_TEXT:
        return set_text(field(c, r), value, e);
    case ROW_CHOICE:
        return set_choice(c, r, value, where, e);
    case ROW_HOST:
        return set_host(field(c, r), r->key, value, where, e);
    case ROW_AUTO:
        return set_auto(c, r, value, where, e);
    case ROW_NUMBER:
    case ROW_SIZE:
        return set_in_range(c, r, value, where, e);
    case ROW_URL:
    case ROW_VIEWER:
    case ROW_NETS:
    case ROW_ORIGINS:
    case ROW_VARIABLE:
        return set_checked(c, r, value, where, e);
    }
    return err_set(e, ERR_CONFIG, "%s: %s is of no known type", where, r->key);
}

static bool is_root_name(const char *name)
{
    size_t len = strlen(name);

    return len && len <= CONF_ROOT_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static int set_root(struct conf *c, const char *name, const char *path, const char *where,
                    struct err *e)
{
    struct conf_root *r = NULL;

    if (!is_root_name(name))
        return err_set(e, ERR_CONFIG, "%s: a root's name has 1 to %d of a-z 0-9 _ -, not \"%s\"",
                       where, CONF_ROOT_NAME_MAX, name);
    if (path[0] != '/' && !conf_s3_is_url(path))
        return err_set(e, ERR_CONFIG,
                       "%s: root.%s must be an absolute path or s3://BUCKET, not \"%s\"", where,
                       name, path);
    for (size_t i = 0; i < c->root_count && !r; i++)
        if (strcmp(c->roots[i].name, name) == 0)
            r = &c->roots[i];
    if (!r && c->root_count == CONF_ROOTS_MAX)
        return err_set(e, ERR_CONFIG, "%s: more than %d roots", where, CONF_ROOTS_MAX);
    if (!r) {
        r = &c->roots[c->root_count++];
        snprintf(r->name, sizeof r->name, "%s", name);
    }
    return set_text(&r->path, path, e);
}

static const struct conf_row *find_row(const char *key)
{
    for (size_t i = 0; i < conf_row_count; i++)
        if (strcmp(conf_rows[i].key, key) == 0)
            return &conf_rows[i];
    return NULL;
}

/*
 * Apply one line of the file. `seen` is true for each row that an earlier
 * line has set. Roots come only from the file at this point.
 */
static int conf_set(struct conf *c, const char *key, const char *value, bool *seen,
                    const char *where, struct err *e)
{
    bool root = strncmp(key, "root.", 5) == 0;
    const struct conf_row *r = find_row(key);

    if (strncmp(key, "s3.", 3) == 0)
        return conf_s3_apply(&c->s3, &(const struct conf_line){key + 3, value, where, true}, e);
    if (strncmp(key, "deid.", 5) == 0)
        return conf_deid_apply(&c->deid, &(const struct conf_line){key + 5, value, where, true}, e);
    if (!root && !r)
        return err_set(e, ERR_CONFIG,
                       "%s: there is no setting \"%s\" (wadozip settings lists them)", where, key);
    if (root ? conf_root_path(c, key + 5) != NULL : seen[r - conf_rows])
        return err_set(e, ERR_CONFIG, "%s: %s is set twice", where, key);
    if (r)
        seen[r - conf_rows] = true;
    return root ? set_root(c, key + 5, value, where, e) : set_row(c, r, value, where, e);
}

static char *trim(char *s)
{
    size_t len;

    s += strspn(s, " \t\r");
    len = strlen(s);
    while (len && strchr(" \t\r\n", s[len - 1]))
        s[--len] = '\0';
    return s;
}

/* Parse `key = value`. A line that starts with # is a comment. */
static int set_line(struct conf *c, char *text, bool *seen, const char *where, struct err *e)
{
    char *key = trim(text), *sign;

    if (!*key || *key == '#')
        return 0;
    sign = strchr(key, '=');
    if (!sign)
        return err_set(e, ERR_CONFIG, "%s: expected key = value", where);
    *sign = '\0';
    return conf_set(c, trim(key), trim(sign + 1), seen, where, e);
}

/*
 * inih is not used: it truncates lines at 200 bytes without an error and treats
 * " ;" as a comment, and connection strings can contain both.
 */
static int load_file(struct conf *c, const char *file, bool optional, struct err *e)
{
    FILE *f = fopen(file, "re");
    char text[LINE_MAX_BYTES], where[PATH_MAX + 32];
    bool seen[CONF_ROWS_MAX] = {false};
    int rc = 0;

    if (!f && optional && errno == ENOENT)
        return 0;
    if (!f)
        return err_sys(e, ERR_CONFIG, "cannot open the settings %s", file);
    for (unsigned n = 1; rc == 0 && fgets(text, sizeof text, f); n++) {
        snprintf(where, sizeof where, "%s line %u", file, n);
        if (strlen(text) == sizeof text - 1)
            rc = err_set(e, ERR_CONFIG, "%s: longer than %d bytes", where, LINE_MAX_BYTES - 2);
        else
            rc = set_line(c, text, seen, where, e);
    }
    if (rc == 0 && ferror(f))
        rc = err_sys(e, ERR_CONFIG, "cannot read the settings %s", file);
    fclose(f);
    return rc;
}

static void conf_lower(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
}

/* Ignores other variables that begin with WADOZIP_, such as WADOZIP_CONFIG. */
static int load_variable(struct conf *c, const char *variable, struct err *e)
{
    char name[64], where[96];
    const char *sign = strchr(variable, '=');
    const struct conf_row *row;
    size_t len = sign ? (size_t)(sign - variable) : 0;

    if (strncmp(variable, "WADOZIP_", 8) != 0 || len < 9 || len - 8 >= sizeof name)
        return 0;
    memcpy(name, variable + 8, len - 8);
    name[len - 8] = '\0';
    conf_lower(name);
    snprintf(where, sizeof where, "environment variable %.*s", (int)len, variable);
    if (strncmp(name, "root_", 5) == 0)
        return set_root(c, name + 5, sign + 1, where, e);
    if (strncmp(name, "s3_", 3) == 0 && strrchr(name, '_') > name + 3) {
        *strrchr(name, '_') = '.';
        return conf_s3_apply(&c->s3, &(const struct conf_line){name + 3, sign + 1, where, false},
                             e);
    }
    if (strncmp(name, "deid_", 5) == 0 && strrchr(name, '_') > name + 5) {
        *strrchr(name, '_') = '.';
        return conf_deid_apply(&c->deid,
                               &(const struct conf_line){name + 5, sign + 1, where, false}, e);
    }
    row = find_row(name);
    return row ? set_row(c, row, sign + 1, where, e) : 0;
}

int settings_load(const char *file, struct conf *c, struct err *e)
{
    *c = (struct conf){0};
    for (size_t i = 0; i < conf_row_count; i++)
        if (set_row(c, &conf_rows[i], conf_rows[i].standard, "default", e))
            return -1;
    if (load_file(c, file ? file : CONF_DEFAULT_FILE, !file, e))
        return -1;
    for (char **v = environ; *v; v++)
        if (load_variable(c, *v, e))
            return -1;
    if (c->access == CONF_ACCESS_ALL)
        c->access = CONF_ACCESS_OPEN;
    if (strcmp(c->cors, "*") == 0 && c->access != CONF_ACCESS_OPEN)
        return err_set(e, ERR_CONFIG, "cors = * needs access = open: list the origins instead");
    return conf_complete(c, e);
}

void settings_release(struct conf *c)
{
    for (size_t i = 0; i < conf_row_count; i++)
        if (conf_rows[i].type < ROW_CHOICE)
            free(*(char **)field(c, &conf_rows[i]));
    for (size_t i = 0; i < c->root_count; i++)
        free(c->roots[i].path);
    conf_s3_release(&c->s3);
    conf_deid_release(&c->deid);
    *c = (struct conf){0};
}

/* The value as the settings file has it. */
static void format_value(const struct conf *c, const struct conf_row *r, char *out, size_t room)
{
    const char *word;
    unsigned choice;
    size_t len;

    if (r->type == ROW_CHOICE) {
        memcpy(&choice, field(c, r), sizeof choice);
        word = choice_word(r, choice, &len);
        snprintf(out, room, "%.*s", (int)len, word);
    } else if (r->type == ROW_AUTO && *(uint64_t *)field(c, r) == CONF_AUTO) {
        snprintf(out, room, "auto");
    } else {
        snprintf(out, room, "%llu", (unsigned long long)*(uint64_t *)field(c, r));
    }
}

void settings_each(const struct conf *c,
                   void (*show)(void *ctx, const char *key, const char *value, const char *help),
                   void *ctx)
{
    char key[CONF_ROOT_NAME_MAX + 8], value[32];

    for (size_t i = 0; i < conf_row_count; i++) {
        const struct conf_row *r = &conf_rows[i];
        bool text = r->type < ROW_CHOICE;

        if (!text)
            format_value(c, r, value, sizeof value);
        show(ctx, r->key, text ? *(char **)field(c, r) : value, r->help);
    }
    for (size_t i = 0; i < c->root_count; i++) {
        snprintf(key, sizeof key, "root.%s", c->roots[i].name);
        show(ctx, key, c->roots[i].path,
             "a folder tree that holds images, or a part of an object store");
    }
    conf_s3_each(&c->s3, show, ctx);
    conf_deid_each(&c->deid, show, ctx);
}
