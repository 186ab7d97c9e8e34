/* SPDX-License-Identifier: MIT */
#include "cli/forwarding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/io.h"
#include "cli/cli.h"
#include "rights/audit.h"
#include "rights/audit_forward.h"
#include "rights/grants.h"

#define LOOK_NS 500000000 /* between checks for a signal */
#define LOOK_SECONDS 2    /* between looks for new records */
#define RETRY_MAX 60      /* seconds */
#define EXPIRE_SECONDS 3600.0

struct forwarding {
    const struct conf *conf;
    struct db *db;
    double expire_at; /* io_now() */
};

static struct audit_receiver forwarding_receiver(const struct conf *c)
{
    return (struct audit_receiver){
        .fhir = strcmp(c->audit_fhir, "none") != 0,
        .syslog = {c->audit_syslog, c->audit_syslog_ca, c->audit_syslog_client, &cli_stopped},
        .rest = {c->audit_fhir, c->audit_fhir_ca, c->audit_fhir_client, c->audit_fhir_token,
                 &cli_stopped}};
}

static int expire_delivered(struct forwarding *f, struct err *e)
{
    uint64_t deleted;

    if (!f->conf->audit_days || io_now() < f->expire_at)
        return 0;
    f->expire_at = io_now() + EXPIRE_SECONDS;
    return audit_expire(f->db, (unsigned)f->conf->audit_days, true, &deleted, e);
}

static int pass(struct forwarding *f, struct err *e)
{
    const struct audit_forward forward = {forwarding_receiver(f->conf), f->conf->audit_source,
                                          &cli_stopped};
    uint64_t count = 0;
    int rc = audit_forward_run(f->db, &forward, &count, e);

    if (count) {
        printf("%" PRIu64 " audit records forwarded to %s\n", count,
               conf_audit_receiver(f->conf));
        fflush(stdout);
    }
    return rc ? rc : expire_delivered(f, e);
}

static void wait_seconds(unsigned seconds)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    double end = io_now() + seconds;

    while (!cli_stopped && io_now() < end)
        nanosleep(&look, NULL);
}

static void go_on(struct forwarding *f)
{
    unsigned retry = 0;

    sd_notify(0, "READY=1\nSTATUS=forwarding");
    while (!cli_stopped) {
        struct err e = ERR_INIT;

        if (pass(f, &e) == 0) {
            if (retry)
                sd_notify(0, "STATUS=forwarding");
            retry = 0;
        } else if (!cli_stopped) {
            retry = retry == 0 ? 1 : retry * 2 > RETRY_MAX ? RETRY_MAX : retry * 2;
            fprintf(stderr, "wadozip: %s; trying again in %u s\n", e.text, retry);
            sd_notifyf(0, "STATUS=%s", e.text);
        }
        wait_seconds(retry ? retry : LOOK_SECONDS);
    }
    sd_notify(0, "STOPPING=1");
}

static bool is_configured(const struct conf *c, struct err *e)
{
    if (conf_audit_receiver(c))
        return true;
    err_set(e, ERR_CONFIG,
            "audit --forward: name the receiver in the setting audit_syslog or audit_fhir");
    return false;
}

int forwarding_run(const struct conf *c, bool watch, struct err *e)
{
    struct forwarding f = {.conf = c};
    int rc = 0;

    if (!is_configured(c, e) || grants_open(c->database, &f.db, e))
        return -1;
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL does not write with MSG_NOSIGNAL */
    cli_catch_signals();
    if (watch)
        go_on(&f);
    else
        rc = pass(&f, e);
    db_close(f.db);
    return rc;
}

static int try_fhir(const struct fhir_setup *s, char found[FORWARDING_FOUND_MAX], struct err *e)
{
    char version[FHIR_VERSION_MAX] = "";
    struct fhir_post *post = NULL;
    int rc = fhir_open(s, &post, e) || fhir_try(post, version, e) ? -1 : 0;

    if (*version)
        snprintf(found, FORWARDING_FOUND_MAX, "speaks FHIR %s over TLS", version);
    else
        snprintf(found, FORWARDING_FOUND_MAX, "answers over TLS, without a capability statement");
    fhir_close(post);
    return rc;
}

int forwarding_try(const struct conf *c, char found[FORWARDING_FOUND_MAX], struct err *e)
{
    const struct audit_receiver receiver = forwarding_receiver(c);

    (void)signal(SIGPIPE, SIG_IGN);
    if (receiver.fhir)
        return try_fhir(&receiver.rest, found, e);
    snprintf(found, FORWARDING_FOUND_MAX, "accepts messages over TLS");
    return syslog_tls_deliver(&receiver.syslog, NULL, 0, e);
}
