/* SPDX-License-Identifier: MIT */
#include "helper/helper_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/utf8.h"

#define DESCRIPTORS_MAX 253 /* most descriptors that the kernel allows in a message (SCM_MAX_FD) */
#define LOG_MAX ((size_t)64 << 10) /* bytes of a process's standard error that are logged */
#define ACQUIRED_MAX INT64_C(99991231235959)

/*
 * Variables that the process inherits. The environment can contain the
 * database's password, so only those that libraries need to find their files.
 */
static const char *const inherited[] = {
    "DCMDICTPATH=",  "LD_LIBRARY_PATH=", "GCONV_PATH=",
    "ASAN_OPTIONS=", "UBSAN_OPTIONS=",   "LSAN_OPTIONS=",
};

#define INHERITED (sizeof inherited / sizeof *inherited)

extern char **environ;

static void pick_environment(char *picked[INHERITED + 1])
{
    size_t n = 0;

    for (char **v = environ; v && *v; v++)
        for (size_t i = 0; i < INHERITED && n < INHERITED; i++)
            if (strncmp(*v, inherited[i], strlen(inherited[i])) == 0)
                picked[n++] = *v;
    picked[n] = NULL;
}

/*
 * Start the program: its end of the pair becomes descriptor 3, standard input
 * and output are /dev/null, standard error is a pipe, and no signal is blocked
 * or ignored.
 */
static int spawn(struct helper_process *c, int theirs, int log, const struct helper_setup *s)
{
    char name[] = "wadozip-dicom", memory[24], lenient[] = PROTOCOL_LENIENT_UIDS;
    char *argv[] = {name, memory, s->lenient_uids ? lenient : NULL, NULL},
         *environment[INHERITED + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int rc;

    snprintf(memory, sizeof memory, "%" PRIu64, s->memory);
    pick_environment(environment);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    rc = rc ? rc
            : posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(&actions, theirs, PROTOCOL_FD);
    rc = rc ? rc : posix_spawn(&c->pid, s->program, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int helper_process_start(struct helper_process *c, const struct helper_setup *s, struct err *e)
{
    int pair[2] = {-1, -1}, log[2] = {-1, -1}, rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
        pipe2(log, O_CLOEXEC) != 0 || fcntl(log[0], F_SETFL, O_NONBLOCK) != 0)
        rc = errno;
    else
        rc = spawn(c, pair[1], log[1], s);
    io_close(&pair[1]);
    io_close(&log[1]);
    if (rc) {
        io_close(&pair[0]);
        io_close(&log[0]);
        pair[0] = log[0] = -1;
    }
    *c = (struct helper_process){.pid = rc ? 0 : c->pid, .fd = pair[0], .log_fd = log[0]};
    errno = rc;
    return rc ? err_sys(e, ERR_HELPER, "cannot start %s", s->program) : 0;
}

bool helper_process_send(const struct helper_process *c, const struct protocol_job *job,
                         const int fds[PROTOCOL_FILES_MAX])
{
    union {
        char bytes[CMSG_SPACE(PROTOCOL_FILES_MAX * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {(void *)job, sizeof *job};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&m);
    size_t count = 0;
    ssize_t n;

    while (count < PROTOCOL_FILES_MAX && fds[count] >= 0)
        count++;
    m.msg_controllen = CMSG_SPACE(count * sizeof(int));
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    do
        n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *job;
}

/* Return whether every text field contains a terminated, printable string. */
static bool texts_are_sound(const struct helper_description *d)
{
#define SOUND(field) utf8_is_text(d->field, sizeof d->field)
    return SOUND(study_uid) && SOUND(series_uid) && SOUND(sop_uid) && SOUND(sop_class) &&
           SOUND(transfer_syntax) && SOUND(modality) && SOUND(study_date) && SOUND(study_time) &&
           SOUND(study_id) && SOUND(accession) && SOUND(patient_id) && SOUND(patient_name) &&
           SOUND(patient_birth_date) && SOUND(patient_sex) && SOUND(study_description) &&
           SOUND(series_description) && SOUND(referring_physician) && SOUND(patient_issuer) &&
           SOUND(series_date) && SOUND(series_time) && SOUND(body_part) && SOUND(pps_date) &&
           SOUND(pps_time) && SOUND(sps_id) && SOUND(requested_id);
#undef SOUND
}

/* Pixel data lies within the file. */
static bool pixels_are_sound(const struct protocol_reply *r)
{
    const struct helper_description *d = &r->description;

    return d->pixel_offset <= INT64_MAX && d->pixel_length <= INT64_MAX &&
           (!d->pixel_offset || d->pixel_offset + d->pixel_length <= r->size);
}

static bool helper_process_is_sound(const struct protocol_reply *r)
{
    return r->magic == PROTOCOL_MAGIC && r->file_class <= HELPER_RISK &&
           utf8_is_text(r->reason, sizeof r->reason) && texts_are_sound(&r->description) &&
           r->description.acquired >= 0 && r->description.acquired <= ACQUIRED_MAX &&
           r->keys <= DICOMDIR_KEYS_MAX && r->table <= PROTOCOL_TABLE_MAX && pixels_are_sound(r);
}

/* Store the first descriptor of a message, or -1, and close the others. Returns
 * their number. */
static size_t take_descriptors(struct msghdr *m, int *fd)
{
    size_t count = 0;

    *fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        bool files = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
        size_t n = files ? (c->cmsg_len - CMSG_LEN(0)) / sizeof *fd : 0;

        for (size_t i = 0; i < n; i++) {
            int one;

            memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
            if (count++ == 0)
                *fd = one;
            else
                close(one);
        }
    }
    return count;
}

/*
 * The kernel reports a process that died with unread jobs as an error, once,
 * before the messages it had sent.
 */
static ssize_t receive(int fd, struct msghdr *m)
{
    ssize_t n = recvmsg(fd, m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    return n < 0 && errno == ECONNRESET ? recvmsg(fd, m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) : n;
}

enum helper_event helper_process_receive(const struct helper_process *c, struct protocol_reply *r,
                                         unsigned char tail[PROTOCOL_TAIL_MAX], int *fd)
{
    union {
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec parts[] = {{r, sizeof *r}, {tail, PROTOCOL_TAIL_MAX}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.bytes,
                       .msg_controllen = sizeof control};
    ssize_t n = receive(c->fd, &m);
    size_t descriptors;
    bool whole;

    *fd = -1;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? HELPER_EVENT_NONE : HELPER_EVENT_GONE;
    descriptors = take_descriptors(&m, fd);
    if (n == 0) {
        io_close(fd); /* an empty message can have one, too */
        return HELPER_EVENT_GONE;
    }
    whole = n >= (ssize_t)sizeof *r && (size_t)n - sizeof *r == (uint64_t)r->keys + r->table &&
            !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    if (!whole || descriptors > 1 || !helper_process_is_sound(r)) {
        io_close(fd);
        return HELPER_EVENT_BROKEN;
    }
    r->description.lossy = (r->flags & PROTOCOL_LOSSY) != 0;
    r->description.part10 = (r->flags & PROTOCOL_PART10) != 0;
    return HELPER_EVENT_REPLY;
}

static void log_lines(const struct helper_process *c, char *text)
{
    char *rest;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        log_warn("wadozip-dicom[%d] wrote: %s", (int)c->pid, line);
}

void helper_process_log(struct helper_process *c)
{
    char text[1024];
    ssize_t n = 0;

    while (c->log_fd >= 0 && c->logged < LOG_MAX) {
        n = read(c->log_fd, text, sizeof text - 1);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            text[i] = text[i] ? text[i] : '?';
        text[n] = '\0';
        log_lines(c, text);
        c->logged += (size_t)n;
    }
    if (c->log_fd < 0 || (n < 0 && errno == EAGAIN))
        return;
    if (c->logged >= LOG_MAX)
        log_warn("wadozip-dicom[%d] wrote more than %zu bytes: nothing else of it is logged",
                 (int)c->pid, LOG_MAX);
    io_close(&c->log_fd);
}

bool helper_process_has_uids(const struct protocol_reply *r)
{
    const struct helper_description *d = &r->description;

    return uid_valid(d->study_uid, strlen(d->study_uid)) &&
           uid_valid(d->series_uid, strlen(d->series_uid)) &&
           uid_valid(d->sop_uid, strlen(d->sop_uid)) &&
           uid_valid(d->sop_class, strlen(d->sop_class)) &&
           (!d->transfer_syntax[0] || uid_valid(d->transfer_syntax, strlen(d->transfer_syntax)));
}

bool helper_process_sealed(int fd)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int has = fcntl(fd, F_GET_SEALS); /* -1: not a file that can be sealed */

    return has >= 0 && (has & seals) == seals;
}

int helper_process_end(struct helper_process *c)
{
    int status = -1;
    pid_t got;

    io_close(&c->fd);
    if (c->pid <= 0)
        return -1;
    kill(c->pid, SIGKILL); /* has no effect on a process that is already ending; its own status is
                            * kept */
    do
        got = waitpid(c->pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got != c->pid)
        status = -1;
    helper_process_log(c);
    io_close(&c->log_fd);
    c->pid = 0;
    return status;
}
