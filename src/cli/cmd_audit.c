/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>

#include "base/num.h"
#include "rights/audit.h"
#include "rights/grants.h"
#include "base/expiry.h"
#include "cli/forwarding.h"
#include "cli/text_table.h"

static struct {
    struct audit_query query;
    bool csv, expire, forward, watch;
} options = {.query = {.seconds = 7 * 86400, .limit = 100000}};

struct audit_output {
    struct text_table table;
    bool csv;
};

static bool cmd_audit_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'w': options.query.who = value; return *value != '\0';
    case 'r': options.query.resource = value; return *value != '\0';
    case 'c': options.csv = true; return true;
    case 'x': options.expire = true; return true;
    case 'f': options.forward = true; return true;
    case 'W': options.watch = true; return true;
    default: return expiry_parse(value, &options.query.seconds);
    }
}

/* A field of CSV (RFC 4180). */
static void print_field(const char *text, bool first)
{
    printf("%s\"", first ? "" : ",");
    for (; *text; text++)
        printf(*text == '"' ? "\"\"" : "%c", *text);
    printf("\"");
}

static int cmd_audit_take(void *ctx, struct db_row *r, struct err *e)
{
    struct audit_output *s = ctx;

    if (!s->csv)
        return text_table_take(&s->table, r, e);
    for (int i = 0; i < AUDIT_COLUMNS; i++)
        print_field(db_row_text(r, i), i == 0);
    printf("\r\n");
    return 0;
}

static int print_entries(struct db *db, struct err *e)
{
    static const char *const titles[AUDIT_COLUMNS] = {"time",     "who",     "client",   "act",
                                                      "resource", "content", "requests", "bytes",
                                                      "status",   "outcome"};
    struct audit_output s = {.csv = options.csv};
    int rc;

    text_table_init(&s.table);
    for (int i = 0; s.csv && i < AUDIT_COLUMNS; i++)
        printf("%s%s", titles[i], i + 1 < AUDIT_COLUMNS ? "," : "\r\n");
    if (!s.csv)
        text_table_row(&s.table, titles, AUDIT_COLUMNS);
    rc = audit_list(db, &options.query, cmd_audit_take, &s, e);
    if (rc == 0 && !s.csv)
        text_table_print(&s.table, stdout);
    text_table_release(&s.table);
    return rc;
}

static int expire_now(const struct conf *c, struct db *db, struct err *e)
{
    uint64_t deleted = 0;

    if (!c->audit_days)
        return err_set(e, ERR_CONFIG, "audit --expire: audit_days is 0: entries are kept for ever");
    if (audit_expire(db, (unsigned)c->audit_days, conf_audit_receiver(c) != NULL, &deleted, e))
        return -1;
    printf("%" PRIu64 " entries deleted\n", deleted);
    return 0;
}

static int cmd_audit_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct db *db;
    int rc;

    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("audit takes no arguments");
    if (options.watch && !options.forward)
        return cli_misuse("audit: --watch is of --forward");
    if (options.forward)
        return forwarding_run(c, options.watch, &e) ? cli_fail(&e) : CLI_OK;
    if (grants_open(c->database, &db, &e))
        return cli_fail(&e);
    rc = options.expire ? expire_now(c, db, &e) : print_entries(db, &e);
    db_close(db);
    return rc ? cli_fail(&e) : CLI_OK;
}

static const struct option audit_options[] = {
    {"who", required_argument, NULL, 'w'},   {"resource", required_argument, NULL, 'r'},
    {"since", required_argument, NULL, 's'}, {"csv", no_argument, NULL, 'c'},
    {"expire", no_argument, NULL, 'x'},      {"forward", no_argument, NULL, 'f'},
    {"watch", no_argument, NULL, 'W'},       {0}};

const struct cli_command cmd_audit = {
    .name = "audit",
    .arguments = "",
    .summary = "prints who retrieved and searched what",
    .options = "  --who NAME       of this user, or link:NUMBER\n"
               "  --resource TEXT  as \"study 1.2.3\"\n"
               "  --since TIME     so long ago: 30m, 12h, 7d (the default) or 4w\n"
               "  --csv            comma-separated values\n"
               "  --expire         delete entries older than audit_days\n"
               "  --forward        send new entries to audit_syslog or audit_fhir\n"
               "  --watch          then go on until it is stopped\n",
    .long_options = audit_options,
    .short_options = "",
    .option = cmd_audit_option,
    .run = cmd_audit_run,
};
