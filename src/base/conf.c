#include "base/conf.h"

#include <errno.h>
#include <limits.h>

#include "base/net.h"
#include "base/num.h"

#define LINE_MAX_BYTES 4096
#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

extern char **environ;

enum row_type { ROW_TEXT, ROW_URL, ROW_NETS, ROW_CHOICE, ROW_NUMBER, ROW_SIZE, ROW_AUTO }; /* up to ROW_CHOICE a string */

struct row {
    const char *key;
    enum row_type type;
    size_t field;         /* offset in struct conf */
    const char *standard; /* the default */
    const char *choices;  /* ROW_CHOICE: words between bars */
    uint64_t min, max;
    const char *help;
};

#define TEXT(key, standard, help) \
    {#key, ROW_TEXT, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define URL(key, standard, help) \
    {#key, ROW_URL, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define NETS(key, standard, help) \
    {#key, ROW_NETS, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define CHOICE(key, standard, choices, help) \
    {#key, ROW_CHOICE, offsetof(struct conf, key), standard, choices, 0, 0, help}
#define NUMBER(key, standard, min, max, help) \
    {#key, ROW_NUMBER, offsetof(struct conf, key), standard, NULL, min, max, help}
#define AUTO(key, max, help) \
    {#key, ROW_AUTO, offsetof(struct conf, key), "auto", NULL, 0, max, help}
#define SIZE(key, standard, min, max, help) \
    {#key, ROW_SIZE, offsetof(struct conf, key), standard, NULL, min, max, help}

static const struct row table[] = {
    TEXT(database, "dbname=wadozip",
         "libpq connection string; the responder uses the reader role, the command the writer role"),
    CHOICE(access, "none", "|none|user|all|",
           "who may retrieve: none, user (whoever the web server has authenticated: REMOTE_USER), all"),
    URL(public_url, "none",
        "address of the service in front of /studies, for addresses in metadata; none: as the request has it"),
    NETS(trusted_proxies, "none",
         "addresses or networks (10.0.0.5 10.1.0.0/16) whose Forwarded and X-Forwarded- headers are believed; or none"),
    NUMBER(require_accept, "0", 0, 1,
           "1: a request without an Accept header and without ?accept= is refused with 406 (PS3.18 8.7.5)"),
    CHOICE(framing, "auto", "|auto|chunked|", "auto: an exact length whenever it is known; chunked: never"),
    CHOICE(log_level, "info", "|error|warn|info|debug|", "least important line that is logged"),
    TEXT(helper, WADOZIP_LIBEXEC "/wadozip-dicom", "the program that reads DICOM"),
    TEXT(form_cache, "none", "folder that keeps converted members, for this service alone; none: none are kept"),
    SIZE(form_cache_size, "10G", MIB, UINT64_MAX >> 8, "most bytes in it; what is least recently used goes first"),
    TEXT(spool, "/var/tmp", "folder for unlinked temporary files of large conversions, the count of downloads and sendfile"),
    CHOICE(entry_time, "data", "|data|none|", "time of ZIP members: of the acquisition, or 1980-01-01 for all"),
    CHOICE(sendfile, "none", "|none|lighttpd|",
           "lighttpd: stored files are handed to it by name (X-Sendfile2), where it may read roots and spool"),
    NUMBER(workers, "8", 1, 1024, "processes of the pool: one download each"),
    NUMBER(worker_requests, "10000", 0, 1000000000, "requests after which a worker is replaced; 0: never"),
    AUTO(max_downloads, 8192, "most downloads at once (503 beyond); auto: two fewer than workers; 0: no limit"),
    AUTO(max_downloads_per_client, 8192,
         "most downloads at once of one address (429 beyond); auto: half of max_downloads; 0: no limit"),
    NUMBER(idle_timeout, "120", 0, 86400, "seconds after which a client that takes nothing is cut off; 0: never"),
    SIZE(least_rate, "4K", 0, GIB, "bytes a second, over a minute, below which a client is cut off; 0: never"),
    NUMBER(max_instances, "1000000", 1, 10000000, "most instances in one answer (413 beyond)"),
    SIZE(max_bytes, "1T", 1, UINT64_MAX >> 8, "most bytes in one answer (413 beyond)"),
    SIZE(request_memory, "16M", MIB, 4 * GIB, "most memory of a request besides its list of instances"),
    SIZE(socket_buffer, "0", 0, 16 * MIB, "SO_SNDBUF of the web server's connection; 32K behind lighttpd; 0: the system's"),
    NUMBER(helpers, "0", 0, 256, "wadozip-dicom processes at work; 0: one a processor"),
    SIZE(helper_memory, "512M", 64 * MIB, 64 * GIB, "most memory of one of them"),
    NUMBER(helper_seconds, "30", 1, 3600, "most seconds it may work on one file; one more for each 8 MiB of it"),
    NUMBER(index_batch, "500", 1, 10000, "files in one transaction of the index"),
    CHOICE(compression, "auto", "|auto|none|deflate|",
           "of ZIP members: auto deflates where the size is known and a tenth is saved; ?compression= overrides"),
    NUMBER(compress_threads, "0", 0, 16, "threads that deflate for one download; 0: one a processor, at most 4"),
    NUMBER(index_deflate, "1", 0, 1, "1: the index learns what deflate makes of each file, so that auto can use it"),
    NUMBER(index_sha256, "0", 0, 1, "1: the index learns the SHA-256 of each file, so that manifests cost nothing"),
    NUMBER(lenient_uids, "0", 0, 1,
           "1: UIDs may have leading zeros or empty components: digits and dots, at most 64, compared as text"),
    NUMBER(lossy_conversion, "0", 0, 1, "1: lossy transfer syntaxes may be made on request"),
};

#define ROWS (sizeof table / sizeof *table)

_Static_assert(ROWS <= 64, "a bit for each row");

static void *field(const struct conf *c, const struct row *r)
{
    return (char *)c + r->field;
}

static bool is_choice(const struct row *r, const char *value)
{
    size_t len = strlen(value);
    const char *at = strstr(r->choices, value);

    return len && !strchr(value, '|') && at && at[-1] == '|' && at[len] == '|';
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

/* What may stand in front of a path, in a header field, in JSON and in XML as it is (RFC 3986 2). */
static bool is_url(const char *s)
{
    size_t len = strlen(s), scheme = strncmp(s, "http://", 7) == 0 ? 7 : strncmp(s, "https://", 8) == 0 ? 8 : 0;

    for (size_t i = 0; i < len; i++)
        if (s[i] <= ' ' || s[i] >= 0x7f || strchr("\"<>\\^`{|}?#", s[i]))
            return false;
    return scheme && len > scheme && len <= CONF_URL_MAX && s[len - 1] != '/';
}

static int set_row(struct conf *c, const struct row *r, const char *value, const char *where, struct err *e)
{
    uint64_t *number = field(c, r);

    switch (r->type) {
    case ROW_CHOICE:
        if (!is_choice(r, value))
            return err_set(e, ERR_CONFIG, "%s: %s must be one of %s, not \"%s\"", where, r->key, r->choices, value);
        return set_text(field(c, r), value, e);
    case ROW_URL:
        if (strcmp(value, "none") != 0 && !is_url(value))
            return err_set(e, ERR_CONFIG, "%s: %s must be none, or begin with http:// or https:// and end without a slash",
                           where, r->key);
        return set_text(field(c, r), value, e);
    case ROW_NETS:
        if (strcmp(value, "none") != 0 && !net_list_valid(value))
            return err_set(e, ERR_CONFIG, "%s: %s must be none or addresses and networks parted by blanks, not \"%s\"", where,
                           r->key, value);
        return set_text(field(c, r), value, e);
    case ROW_TEXT:
        return set_text(field(c, r), value, e);
    case ROW_AUTO:
        if (strcmp(value, "auto") == 0) {
            *number = CONF_AUTO;
            return 0;
        }
        if (num_parse(value, strlen(value), r->max, number))
            return 0;
        return err_set(e, ERR_CONFIG, "%s: %s must be auto or a number up to %llu, not \"%s\"", where, r->key,
                       (unsigned long long)r->max, value);
    case ROW_NUMBER:
        if (num_parse(value, strlen(value), r->max, number) && *number >= r->min)
            return 0;
        break;
    case ROW_SIZE:
        if (num_parse_size(value, r->max, number) && *number >= r->min)
            return 0;
        break;
    }
    return err_set(e, ERR_CONFIG, "%s: %s must be a number from %llu to %llu, not \"%s\"", where, r->key,
                   (unsigned long long)r->min, (unsigned long long)r->max, value);
}

static bool is_root_name(const char *name)
{
    size_t len = strlen(name);

    return len && len <= CONF_ROOT_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static int set_root(struct conf *c, const char *name, const char *path, const char *where, struct err *e)
{
    struct conf_root *r = NULL;

    if (!is_root_name(name))
        return err_set(e, ERR_CONFIG, "%s: a root's name has 1 to %d of a-z 0-9 _ -, not \"%s\"", where,
                       CONF_ROOT_NAME_MAX, name);
    if (path[0] != '/')
        return err_set(e, ERR_CONFIG, "%s: root.%s must be an absolute path, not \"%s\"", where, name, path);
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

static const struct row *find_row(const char *key)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

/* A line of the file. `seen`: rows that stood in it before; roots have no other source by then. */
static int set(struct conf *c, const char *key, const char *value, uint64_t *seen, const char *where, struct err *e)
{
    bool root = strncmp(key, "root.", 5) == 0;
    const struct row *r = find_row(key);
    uint64_t bit = r ? (uint64_t)1 << (r - table) : 0;

    if (!root && !r)
        return err_set(e, ERR_CONFIG, "%s: there is no setting \"%s\" (wadozip settings lists them)", where, key);
    if (root ? conf_root_path(c, key + 5) != NULL : (*seen & bit) != 0)
        return err_set(e, ERR_CONFIG, "%s: %s is set twice", where, key);
    *seen |= bit;
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

/* `key = value`; a line that starts with # is a comment. */
static int set_line(struct conf *c, char *text, uint64_t *seen, const char *where, struct err *e)
{
    char *key = trim(text), *sign;

    if (!*key || *key == '#')
        return 0;
    sign = strchr(key, '=');
    if (!sign)
        return err_set(e, ERR_CONFIG, "%s: expected key = value", where);
    *sign = '\0';
    return set(c, trim(key), trim(sign + 1), seen, where, e);
}

/*
 * A reader of its own: the packaged inih cuts lines at 200 bytes without a word and takes " ;" for a comment, and
 * connection strings may hold both.
 */
static int load_file(struct conf *c, const char *file, bool optional, struct err *e)
{
    FILE *f = fopen(file, "re");
    char text[LINE_MAX_BYTES], where[PATH_MAX + 32];
    uint64_t seen = 0;
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
            rc = set_line(c, text, &seen, where, e);
    }
    if (rc == 0 && ferror(f))
        rc = err_sys(e, ERR_CONFIG, "cannot read the settings %s", file);
    fclose(f);
    return rc;
}

static void lower(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
}

/* Other variables that begin with WADOZIP_ (CONFIG, those of tests) are nobody's error here. */
static int load_variable(struct conf *c, const char *variable, struct err *e)
{
    char name[64], where[96];
    const char *sign = strchr(variable, '=');
    const struct row *row;
    size_t len = sign ? (size_t)(sign - variable) : 0;

    if (strncmp(variable, "WADOZIP_", 8) != 0 || len < 9 || len - 8 >= sizeof name)
        return 0;
    memcpy(name, variable + 8, len - 8);
    name[len - 8] = '\0';
    lower(name);
    snprintf(where, sizeof where, "environment variable %.*s", (int)len, variable);
    if (strncmp(name, "root_", 5) == 0)
        return set_root(c, name + 5, sign + 1, where, e);
    row = find_row(name);
    return row ? set_row(c, row, sign + 1, where, e) : 0;
}

int conf_load(const char *file, struct conf *c, struct err *e)
{
    *c = (struct conf){0};
    for (size_t i = 0; i < ROWS; i++)
        if (set_row(c, &table[i], table[i].standard, "default", e))
            return -1;
    if (load_file(c, file ? file : CONF_DEFAULT_FILE, !file, e))
        return -1;
    for (char **v = environ; *v; v++)
        if (load_variable(c, *v, e))
            return -1;
    return 0;
}

void conf_release(struct conf *c)
{
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].type <= ROW_CHOICE)
            free(*(char **)field(c, &table[i]));
    for (size_t i = 0; i < c->root_count; i++)
        free(c->roots[i].path);
    *c = (struct conf){0};
}

void conf_each(const struct conf *c, void (*show)(void *ctx, const char *key, const char *value, const char *help),
               void *ctx)
{
    char key[CONF_ROOT_NAME_MAX + 8], number[32];

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &table[i];
        bool text = r->type <= ROW_CHOICE;

        if (r->type == ROW_AUTO && *(uint64_t *)field(c, r) == CONF_AUTO)
            snprintf(number, sizeof number, "auto");
        else if (!text)
            snprintf(number, sizeof number, "%llu", (unsigned long long)*(uint64_t *)field(c, r));
        show(ctx, r->key, text ? *(char **)field(c, r) : number, r->help);
    }
    for (size_t i = 0; i < c->root_count; i++) {
        snprintf(key, sizeof key, "root.%s", c->roots[i].name);
        show(ctx, key, c->roots[i].path, "a folder tree that holds images");
    }
}

const char *conf_root_path(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->root_count; i++)
        if (strcmp(c->roots[i].name, name) == 0)
            return c->roots[i].path;
    return NULL;
}
