/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdarg.h>
#include <unistd.h>

#include "body/self_check.h"
#include "db/migrate.h"
#include "catalog/writer.h"
#include "cli/forwarding.h"
#include "cli/incomplete.h"
#include "cli/node_check.h"
#include "cli/site_check.h"
#include "dicom/uid.h"
#include "rights/audit_forward.h"
#include "rights/grants.h"

#define USER_MAX 1024        /* bytes of NAME:PASSWORD with its NUL */
#define BACKLOG_SECONDS 3600 /* the age of an audit record from which on something is wrong */

static struct site_check_setup options;
static const char *user_file;
static unsigned bad_count;

static bool cmd_doctor_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'u': user_file = value; return *value != '\0';
    case 'a': options.cacert = value; return *value != '\0';
    case 's': options.study = value; return uid_valid(value, strlen(value));
    case 'o': options.origin = value; return *value != '\0';
    default: options.insecure = true; return true;
    }
}

/* Read the first line of a file, or of standard input, as NAME:PASSWORD: arguments can be seen by
 * all accounts of the machine. */
static int read_user(const char *path, char out[USER_MAX], struct err *e)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "re");
    bool read;

    if (!f)
        return err_sys(e, ERR_CONFIG, "doctor: cannot open %s", path);
    read = fgets(out, USER_MAX, f) != NULL;
    if (!standard)
        fclose(f);
    if (read)
        out[strcspn(out, "\r\n")] = '\0';
    if (!read || !strchr(out, ':') || strlen(out) == USER_MAX - 1)
        return err_set(e, ERR_CONFIG, "doctor: the first line of %s is not NAME:PASSWORD", path);
    return 0;
}

static int check_from_outside(const char *url)
{
    char user[USER_MAX];
    struct err e = ERR_INIT;

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return cli_misuse(
            "the address of the service begins with https:// or http:// and ends before /studies");
    options.url = url;
    if (user_file && read_user(user_file, user, &e))
        return cli_fail(&e);
    options.user = user_file ? user : NULL;
    return site_check_run(&options) ? CLI_INCOMPLETE : CLI_OK;
}

__attribute__((format(printf, 2, 3))) static bool ok(bool good, const char *format, ...)
{
    va_list args;

    printf("%-4s ", good ? "ok" : "bad");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    bad_count += !good;
    return good;
}

static void show_finding(void *ctx, bool good, const char *text)
{
    (void)ctx;
    ok(good, "%s", text);
}

static void look_at_limits(const struct conf *c)
{
    if (c->max_downloads != CONF_AUTO && c->max_downloads >= c->workers)
        printf(
            "note max_downloads: %llu, with %llu workers in a pool: only a worker that is free can refuse, so have more\n",
            (unsigned long long)c->max_downloads, (unsigned long long)c->workers);
}

static void show_right(bool has, const char *database, const char *kind, const char *use)
{
    if (has)
        ok(true, "rights: this account may %s", use);
    else
        printf("note rights: this account may not %s; GRANT \"%s_%s\" TO it if it should\n", use,
               database, kind);
}

/* Facts that are found while sending are recorded in the database, or where
 * database_learn says. */
static void look_at_learning(const struct conf *c, bool read_only)
{
    struct migrate_rights there;
    struct err e = ERR_INIT;

    if (strcmp(c->database_learn, "none") == 0) {
        if (read_only)
            printf(
                "note database: a standby, where sizes and digests found while sending cannot be recorded: set"
                " database_learn to the primary\n");
        return;
    }
    if (migrate_rights(c->database_learn, &there, &e))
        ok(false, "database_learn: %s", e.text);
    else if (there.read_only)
        ok(false,
           "database_learn: this server is read-only: name the primary by target_session_attrs=read-write");
    else if (!there.serve)
        ok(false, "database_learn: this account may not record there: GRANT \"%s_reader\" TO it",
           there.database);
    else
        ok(true, "database_learn: reachable and writable");
}

static void look_at_rights(const struct conf *c)
{
    struct migrate_rights rights;
    struct err e = ERR_INIT;

    if (migrate_rights(c->database, &rights, &e)) {
        ok(false, "rights: %s", e.text);
        return;
    }
    show_right(rights.serve, rights.database, "reader", "serve");
    show_right(rights.index, rights.database, "writer", "index");
    look_at_learning(c, rights.read_only);
    node_check(c, &rights);
}

static void cmd_doctor_show_broken(void *ctx, const char *name, const char *detail)
{
    (void)ctx;
    ok(false, "catalogue: %s: %s", name, detail);
}

static void look_at_catalogue(const struct conf *c)
{
    struct err e = ERR_INIT;
    unsigned before = bad_count;

    if (migrate_checks(c->database, cmd_doctor_show_broken, NULL, &e))
        ok(false, "catalogue: %s", e.text);
    else if (bad_count == before)
        ok(true, "catalogue: what must hold does hold");
}

static void look_at_studies(struct writer *w)
{
    struct err e = ERR_INIT;

    if (incomplete_show(w, stdout, "note ", UINT64_MAX, &e))
        ok(false, "studies: %s", e.text);
}

static void look_at_backlog(const struct conf *c)
{
    struct audit_backlog b = {0};
    struct err e = ERR_INIT;
    struct db *db = NULL;

    if (grants_open(c->database, &db, &e) || audit_forward_backlog(db, &b, &e))
        ok(false, "audit: %s", e.text);
    else if (b.seconds > BACKLOG_SECONDS)
        ok(false, "audit: %llu records wait, the oldest since %llu minutes: start wadozip-audit.service, and see its journal",
           (unsigned long long)b.rows, (unsigned long long)b.seconds / 60);
    else
        ok(true, "audit: %llu records wait to be forwarded", (unsigned long long)b.rows);
    db_close(db);
}

static void look_at_audit(const struct conf *c)
{
    char found[FORWARDING_FOUND_MAX];
    struct err e = ERR_INIT;

    if (!conf_audit_receiver(c))
        return;
    if (forwarding_try(c, found, &e))
        ok(false, "audit: %s", e.text);
    else
        ok(true, "audit: %s %s", conf_audit_receiver(c), found);
    if (!c->audit)
        printf("note audit: only links are recorded and forwarded until the settings say audit = 1\n");
    look_at_backlog(c);
}

static void look_at_database(const struct conf *c)
{
    struct writer *w = NULL;
    struct err e = ERR_INIT;

    if (writer_open(c->database, &w, &e) == 0 && writer_check(w, &e) == 0) {
        ok(true, "database: reachable, schema up to date");
        look_at_rights(c);
        look_at_catalogue(c);
        look_at_studies(w);
        look_at_audit(c);
    } else {
        ok(false, "database: %s", e.text);
    }
    writer_close(w);
}

static int cmd_doctor_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    (void)ctx;
    if (argc > 1)
        return cli_misuse("doctor takes one address at most");
    if (argc)
        return check_from_outside(argv[0]);
    if (user_file || options.cacert || options.study || options.origin || options.insecure)
        return cli_misuse("these options need the address of a service");
    ok(true, "settings: readable");
    self_check(c, false, show_finding, NULL);
    if (geteuid() == 0)
        printf(
            "note account: root may read everything; the service logs what it finds with its own rights when it starts: "
            "journalctl -u wadozip -g check:\n");
    if (c->access == CONF_ACCESS_NONE)
        printf("note access: none: the web service answers 404 to everybody; see setting access\n");
    if (c->framing == CONF_FRAMING_CHUNKED)
        printf(
            "note framing: chunked is ignored unless a broken answer shows: HTTP/1.1 behind lighttpd or mod_proxy_fcgi\n");
    look_at_limits(c);
    look_at_database(c);
    return bad_count ? CLI_INCOMPLETE : CLI_OK;
}

static const struct option cmd_doctor_long[] = {
    {"user-file", required_argument, NULL, 'u'}, {"cacert", required_argument, NULL, 'a'},
    {"insecure", no_argument, NULL, 'i'},        {"study", required_argument, NULL, 's'},
    {"origin", required_argument, NULL, 'o'},    {NULL, 0, NULL, 0},
};

const struct cli_command cmd_doctor = {
    .name = "doctor",
    .arguments = "[URL]",
    .summary = "looks whether everything is in place and says what to do",
    .options =
        "  --user-file FILE  with URL: its first line is NAME:PASSWORD of an account that may\n"
        "                    retrieve; \"-\": standard input\n"
        "  --cacert FILE     trust the certificates in FILE\n"
        "  --insecure        do not check certificates\n"
        "  --study UID       try with this study instead of the first one\n"
        "  --origin ORIGIN   a page that must be able to read (https://viewer.example)\n",
    .long_options = cmd_doctor_long,
    .short_options = "",
    .option = cmd_doctor_option,
    .run = cmd_doctor_run,
};
