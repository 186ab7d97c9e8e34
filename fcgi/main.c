/* SPDX-License-Identifier: MIT */
/*
 * wadozip-fcgi. Starts up in a fixed order: descriptors, options, settings,
 * signals, socket; then a pool or a single worker.
 */
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "conf/settings.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/option.h"
#include "respond/later.h"
#include "fastcgi/listen.h"
#include "fcgi/pool.h"
#include "fcgi/start_check.h"
#include "fcgi/worker.h"
#include "store/probe.h"
#include "store/write_guard.h"

#define WORKERS_MAX 1024
#define DRAIN_MAX 86400

struct options {
    const char *config, *listen;
    unsigned workers, drain;
    bool check, convert;
};

static const char usage[] =
    "usage: wadozip-fcgi [--config FILE] [--listen unix:/PATH | tcp:ADDRESS:PORT] [--workers N] [--drain SECONDS]\n"
    "       wadozip-fcgi [--config FILE] --check\n"
    "\n"
    "Answers FastCGI requests for DICOM studies, series and instances as ZIP. Without --listen it serves the socket\n"
    "that systemd passes, or descriptor 0 where a web server or spawn-fcgi has started it. --check tries what\n"
    "the service needs and exits with 1 if something is missing. See wadozip-fcgi(8).\n";

/* A missing standard descriptor would be reused by the first file that is
 * opened. */
static int open_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int number(const char *name, const char *text, uint64_t min, uint64_t max, unsigned *value,
                  struct err *e)
{
    uint64_t v;

    if (!num_parse(text, strlen(text), max, &v) || v < min)
        return err_set(e, ERR_CONFIG, "--%s takes a number from %llu to %llu, not \"%s\"", name,
                       (unsigned long long)min, (unsigned long long)max, text);
    *value = (unsigned)v;
    return 0;
}

static _Noreturn void main_show(const char *text)
{
    fputs(text, stdout);
    exit(fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int main_parse(int argc, char **argv, struct options *o, struct err *e)
{
    static const struct option table[] = {
        {"config", required_argument, NULL, 'c'},  {"listen", required_argument, NULL, 'l'},
        {"workers", required_argument, NULL, 'w'}, {"drain", required_argument, NULL, 'd'},
        {"check", no_argument, NULL, 'k'},         {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},       {"convert", no_argument, NULL, 'C'},
        {NULL, 0, NULL, 0},
    };
    char wrong[128];
    int opt, rc = 0;

    opterr = 0;
    while (rc == 0 && (opt = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        switch (opt) {
        case 'c': o->config = optarg; break;
        case 'l': o->listen = optarg; break;
        case 'w': rc = number("workers", optarg, 1, WORKERS_MAX, &o->workers, e); break;
        case 'd': rc = number("drain", optarg, 0, DRAIN_MAX, &o->drain, e); break;
        case 'k': o->check = true; break;
        case 'C': o->convert = true; break;
        case 'h': main_show(usage);
        case 'V': main_show("wadozip-fcgi " WADOZIP_VERSION "\n");
        default:
            option_describe(opt, argv, wrong, sizeof wrong);
            return err_set(e, ERR_CONFIG, "%s; see wadozip-fcgi --help", wrong);
        }
    }
    if (rc == 0 && optind < argc && !(o->convert && argc - optind == 1))
        return err_set(e, ERR_CONFIG, "\"%s\" is not expected here; see wadozip-fcgi --help",
                       argv[optind]);
    return rc;
}

static int load_settings(const struct options *o, struct conf *c, struct err *e)
{
    if (settings_load(o->config, c, e) || write_guard_check_all(c, e))
        return -1;
    if (o->workers)
        c->workers = o->workers;
    log_open("wadozip-fcgi", c->log_level);
    log_set_format(c->log_format);
    if (geteuid() == 0)
        log_warn("running as root: give the service a user of its own");
    return 0;
}

/* Run in place, if the web server manages the processes, or as a pool. */
static int serve(const struct options *o, struct conf *c, struct listen_socket *l, struct err *e)
{
    struct pool_setup setup = {
        .config = o->config, .conf = c, .socket = l, .workers = o->workers, .drain = o->drain};

    if (probe_system(e) || worker_block_signals(e))
        return -1;
    if (o->listen ? listen_open(o->listen, l, e) : listen_inherit(l, e))
        return -1;
    if (l->kind == LISTEN_WEB_SERVER && !o->workers)
        return worker_run(c, l->fd, &(struct serve_shared){-1, -1}, e);
    return pool_run(&setup, e);
}

int main(int argc, char **argv)
{
    struct options o = {.config = getenv("WADOZIP_CONFIG"), .drain = 600};
    struct listen_socket l = {.fd = -1};
    struct conf c = {0};
    struct err e = ERR_INIT;
    int rc;

    mem_setup();
    if (open_standard_descriptors())
        return EXIT_FAILURE;
    log_open("wadozip-fcgi", LOG_LEVEL_INFO);
    if (main_parse(argc, argv, &o, &e)) {
        log_error("%s", e.text);
        return 2;
    }
    if (o.config && !*o.config)
        o.config = NULL;
    if (o.config && setenv("WADOZIP_CONFIG", o.config, 1))
        return EXIT_FAILURE;
    rc = load_settings(&o, &c, &e);
    if (rc == 0 && o.check)
        rc = start_check(&c) ? -1 : 0;
    else if (rc == 0 && o.convert)
        rc = later_run(&c, argv[argc - 1], &e);
    else if (rc == 0)
        rc = serve(&o, &c, &l, &e);
    if (e.kind)
        log_error("%s", e.text);
    listen_close(&l);
    settings_release(&c);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
