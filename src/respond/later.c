/* SPDX-License-Identifier: MIT */
#include "respond/later.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/spool.h"
#include "dicom/uid.h"
#include "respond/later_list.h"
#include "retrieve/retrieve_convert.h"

#define AT_ONCE 2       /* conversion processes of this account on this machine */
#define SECONDS 14400   /* time limit of one */
#define NICE 10
#define LOCKS 3        /* its descriptor of the lock file */

enum later_state {
    LATER_NOT,     /* all slots are taken */
    LATER_WORKING, /* a process works on the same request */
    LATER_STARTED, /* the caller has a slot and starts one */
};

/*
 * Locks on bytes of one file, released when the process that holds them ends:
 * AT_ONCE slots, then one byte for each possible request. The process inherits
 * the descriptor and with it the locks.
 */
static int open_locks(const struct conf *c, struct err *e)
{
    char name[48];

    snprintf(name, sizeof name, "wadozip-%lu.later", (unsigned long)geteuid());
    return spool_named_file(c->spool, name, e);
}

static bool lock(int fd, off_t at)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &l) == 0;
}

/* Take a slot for the request. */
static enum later_state take_place(int fd, uint32_t request)
{
    if (!lock(fd, AT_ONCE + (off_t)request))
        return LATER_WORKING;
    for (off_t i = 0; i < AT_ONCE; i++)
        if (lock(fd, i))
            return LATER_STARTED;
    return LATER_NOT;
}

/*
 * Keep only the list as standard input, standard error and the locks, and in
 * particular not the web server's socket.
 */
static bool leave_descriptors(int list, int locks)
{
    int null = open("/dev/null", O_RDWR);

    return null >= 0 && dup2(list, STDIN_FILENO) == STDIN_FILENO &&
           dup2(null, STDOUT_FILENO) == STDOUT_FILENO && dup2(locks, LOCKS) == LOCKS &&
           fcntl(LOCKS, F_SETFD, 0) == 0 && close_range(LOCKS + 1, UINT_MAX, 0) == 0;
}

/*
 * Runs in a grandchild, for which nobody waits. Only functions that are safe
 * after a fork of a process with threads.
 */
static _Noreturn void become(char *const argv[], int list, int locks)
{
    if (fork() == 0 && leave_descriptors(list, locks)) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setsid();
        execv("/proc/self/exe", argv);
    }
    _exit(0);
}

static int start(const char *target, int list, int locks, struct err *e)
{
    char *argv[] = {(char *)"wadozip-fcgi", (char *)"--convert", (char *)target, NULL};
    pid_t pid = fork();

    if (pid < 0)
        return err_sys(e, ERR_SYSTEM, "no process can be started");
    if (pid == 0)
        become(argv, list, locks);
    waitpid(pid, NULL, 0);
    return 0;
}

bool later_start(const struct response *a)
{
    struct err e = ERR_INIT;
    enum later_state state = LATER_NOT;
    uint32_t request = 0;
    int list = later_list_write(a, &request, &e),
        locks = list < 0 ? -1 : open_locks(a->s->conf, &e);

    if (locks >= 0)
        state = take_place(locks, request);
    if (state == LATER_STARTED &&
        start(conversion_rules_target(&a->item->wish), list, locks, &e) == 0)
        log_info("conversions go on in the background");
    if (e.kind)
        log_error("conversions do not go on in the background: %s", e.text);
    io_close(&locks);
    io_close(&list);
    return state != LATER_NOT && !e.kind;
}

static void log_not_recorded(void *ctx, const char *what, const struct err *why)
{
    (void)ctx;
    log_warn("not recorded: %s: %s", what, why->text);
}

static int later_open(struct retrieve_tools *t, struct err *e)
{
    struct err none = ERR_INIT;

    (void)!cache_open(t->conf, false, &t->cache, &none);
    if (!t->cache)
        (void)!cache_open_spool(t->conf, &t->spool_cache, &none);
    return retrieve_tools_open(t, e) || retrieve_tools_find_codec_version(t, e) ? -1 : 0;
}

/*
 * Convert an item of the list. It may have been removed since the list was
 * made. A member that cannot be converted is recorded for the next request.
 */
static int later_make_item(struct retrieval *r, const struct plan_options *o,
                           const struct later_item *item, struct err *e)
{
    const struct retrieve_convert_watch nobody = {0};
    struct catalog_query q = {.study = item->study,
                              .series = item->series,
                              .instance = item->instance,
                              .target = o->wish.uid,
                              .codec_version = o->codec_version,
                              .max_instances = o->max_instances};

    retrieve_begin(r, o);
    if (catalog_find(r->tools->catalog, &q, retrieve_add, r, e) == 0)
        return retrieve_convert(r, &nobody, e);
    if (e->kind != ERR_NOT_FOUND && e->kind != ERR_GONE)
        return -1;
    err_clear(e);
    return 0;
}

static int later_work(struct retrieval *r, const char *target, struct err *e)
{
    const struct conf *c = r->tools->conf;
    struct plan_options o = {
        .framing = PLAN_MULTIPART,
        .max_instances = c->max_instances,
        .max_bytes = UINT64_MAX,
        .wish = {.rule = WISH_NAMED, .lossy_allowed = c->lossy_conversion != 0}};
    struct later_item item;
    int more;

    snprintf(o.wish.uid, sizeof o.wish.uid, "%s", target);
    if (later_open(r->tools, e))
        return -1;
    o.codec_version = r->tools->codec_version;
    while ((more = later_list_read(stdin, &item, e)) > 0)
        if (later_make_item(r, &o, &item, e))
            return -1;
    return more;
}

int later_run(const struct conf *c, const char *target, struct err *e)
{
    struct retrieve_tools tools = {.conf = c};
    struct retrieval r = {
        .tools = &tools, .report.unrecorded = log_not_recorded, .body = SPOOLED_NONE};
    int rc;

    if (!uid_valid(target, strlen(target)))
        return err_set(e, ERR_CONFIG, "--convert takes a transfer syntax UID, not \"%s\"", target);
    if (fcntl(LOCKS, F_SETFD, FD_CLOEXEC))
        return err_set(e, ERR_CONFIG, "--convert is for the responder itself");
    alarm(SECONDS);
    (void)!setpriority(PRIO_PROCESS, 0, NICE);
    rc = later_work(&r, target, e);
    retrieve_release(&r);
    retrieve_tools_close(&tools);
    return rc;
}
