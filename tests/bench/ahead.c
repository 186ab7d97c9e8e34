/* SPDX-License-Identifier: MIT */
/*
 * Reads files in order and sends them to a reader, as an archive is sent, with
 * one of three ways to have the next ones at hand.
 * usage: ahead none|willneed|uring < NAMES, one a line.
 *   none      open, read, send
 *   willneed  8 files opened ahead and 4 MiB of each asked for with
 *             posix_fadvise, as the service does it
 *   uring     16 reads of 256 KiB under way in an io_uring, across files, taken in order
 */
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)
#define FILES_AHEAD 8
#define BYTES_AHEAD ((off_t)4 << 20)
#define DEPTH 16

static char **names;
static size_t name_count;

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void read_names(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while ((n = getline(&line, &room, stdin)) > 0) {
        line[n - 1] = '\0';
        names = realloc(names, (name_count + 1) * sizeof *names);
        if (!names || !(names[name_count++] = strdup(line)))
            fail("names");
    }
    free(line);
}

/* A child that takes what is sent and throws it away; returns the end to write
 * to. */
static int reader(pid_t *pid)
{
    static char trash[128 << 10];
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || (*pid = fork()) < 0)
        fail("reader");
    if (*pid == 0) {
        close(pair[1]);
        while (read(pair[0], trash, sizeof trash) > 0)
            ;
        _exit(0);
    }
    close(pair[0]);
    return pair[1];
}

static void send_all(int to, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(to, data, len);

        if (n <= 0)
            fail("send");
        data += n;
        len -= (size_t)n;
    }
}

static int open_name(size_t i)
{
    int fd = open(names[i], O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        fail(names[i]);
    return fd;
}

static void plain(int to, size_t ahead)
{
    static char piece[PIECE];
    int ring[FILES_AHEAD + 1];
    size_t opened = 0;

    for (size_t i = 0; i < name_count; i++) {
        int fd;
        ssize_t n;

        for (; opened < name_count && opened <= i + ahead; opened++) {
            ring[opened % (FILES_AHEAD + 1)] = open_name(opened);
            if (opened > i)
                posix_fadvise(ring[opened % (FILES_AHEAD + 1)], 0, BYTES_AHEAD,
                              POSIX_FADV_WILLNEED);
        }
        fd = ring[i % (FILES_AHEAD + 1)];
        while ((n = read(fd, piece, sizeof piece)) > 0)
            send_all(to, piece, (size_t)n);
        if (n < 0)
            fail(names[i]);
        close(fd);
    }
}

struct job {
    int fd;
    bool last, done; /* last: of its file */
    int got;
    size_t wanted;
    char data[PIECE];
};

/* Where the next read will be. */
struct place {
    size_t file;
    int fd;
    off_t at, size;
};

static void submit(struct io_uring *ring, struct job *j, struct place *p)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    struct stat st;

    if (p->fd < 0) {
        p->fd = open_name(p->file);
        if (fstat(p->fd, &st) || st.st_size == 0)
            fail(names[p->file]);
        p->at = 0;
        p->size = st.st_size;
    }
    j->fd = p->fd;
    j->done = false;
    j->wanted = p->size - p->at < (off_t)PIECE ? (size_t)(p->size - p->at) : PIECE;
    io_uring_prep_read(sqe, p->fd, j->data, (unsigned)j->wanted, (unsigned long long)p->at);
    io_uring_sqe_set_data(sqe, j);
    p->at += (off_t)j->wanted;
    j->last = p->at == p->size;
    if (j->last) {
        p->file++;
        p->fd = -1;
    }
}

static void wait_for(struct io_uring *ring, const struct job *j)
{
    while (!j->done) {
        struct io_uring_cqe *cqe;
        struct job *other;

        if (io_uring_wait_cqe(ring, &cqe))
            fail("io_uring_wait_cqe");
        other = io_uring_cqe_get_data(cqe);
        other->got = cqe->res;
        other->done = true;
        io_uring_cqe_seen(ring, cqe);
    }
}

static void uring(int to)
{
    struct job *jobs = calloc(DEPTH, sizeof *jobs);
    struct place next = {.fd = -1};
    struct io_uring ring;
    size_t head = 0, tail = 0;

    if (!jobs || io_uring_queue_init(DEPTH, &ring, 0))
        fail("io_uring");
    for (;;) {
        struct job *j = &jobs[tail % DEPTH];
        size_t before = head;

        for (; head - tail < DEPTH && next.file < name_count; head++)
            submit(&ring, &jobs[head % DEPTH], &next);
        if (head > before && io_uring_submit(&ring) < 0)
            fail("io_uring_submit");
        if (head == tail)
            break;
        wait_for(&ring, j);
        if (j->got != (int)j->wanted)
            fail("a read came short");
        send_all(to, j->data, j->wanted);
        if (j->last)
            close(j->fd);
        tail++;
    }
    io_uring_queue_exit(&ring);
    free(jobs);
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    int status = 1, to;
    pid_t pid;

    read_names();
    to = reader(&pid);
    if (strcmp(how, "none") == 0)
        plain(to, 0);
    else if (strcmp(how, "willneed") == 0)
        plain(to, FILES_AHEAD);
    else if (strcmp(how, "uring") == 0)
        uring(to);
    else
        return 2;
    close(to);
    if (waitpid(pid, &status, 0) != pid)
        fail("reader");
    for (size_t i = 0; i < name_count; i++)
        free(names[i]);
    free(names);
    return status ? 1 : 0;
}
