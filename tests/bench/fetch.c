/* SPDX-License-Identifier: MIT */
/* An HTTP client as viewers are: many requests one after the other over a
 * connection that is kept. The bodies are thrown away inside the kernel
 * (MSG_TRUNC), so that the server is what is measured. usage: fetch PORT ACCEPT
 * < PATHS PATHS: a path a line. Connects again when the server has closed.
 * Prints seconds in all, bytes of the bodies, the median and the 95th
 * percentile of a request's milliseconds. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS 100000

struct client {
    unsigned short port;
    const char *accept;
    int fd;
    long long bytes;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int dial(struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(c->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
        return -1;
    return connect(c->fd, (struct sockaddr *)&to, sizeof to);
}

static void hang_up(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static const char *field(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);

    return at ? at + strlen(name) : NULL;
}

/* Reads the header into `head`; returns the bytes of the body that came with
 * it, -1 when the connection has ended. */
static long long header(int fd, char *head, size_t room)
{
    for (size_t got = 0; got < room - 1;) {
        ssize_t n = recv(fd, head + got, room - 1 - got, 0);
        char *end;

        if (n <= 0)
            return -1;
        got += (size_t)n;
        head[got] = '\0';
        end = strstr(head, "\r\n\r\n");
        if (end) {
            end[2] = '\0';
            return (long long)(got - (size_t)(end + 4 - head));
        }
    }
    return -1;
}

static int body(int fd, long long left)
{
    static char sink[1 << 20];

    while (left > 0) {
        ssize_t n =
            recv(fd, sink, left < (long long)sizeof sink ? (size_t)left : sizeof sink, MSG_TRUNC);

        if (n <= 0)
            return -1;
        left -= n;
    }
    return 0;
}

/* One request over the connection; -1 when it broke before an answer came. */
static int attempt(struct client *c, const char *path)
{
    static char head[65536];
    char request[4096];
    const char *length;
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: %s\r\n\r\n", path, c->accept);
    int status = 0;
    long long got, size;

    if (len >= (int)sizeof request || send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        return -1;
    got = header(c->fd, head, sizeof head);
    if (got < 0)
        return -1;
    length = field(head, "\nContent-Length:");
    if (sscanf(head, "HTTP/%*s %d", &status) != 1 || status != 200 || !length) {
        fprintf(stderr, "%s gave:\n%s\n", path, head);
        exit(1);
    }
    size = strtoll(length, NULL, 10);
    if (body(c->fd, size - got)) {
        fprintf(stderr, "%s broke\n", path);
        exit(1);
    }
    c->bytes += size;
    if (field(head, "\nConnection: close"))
        hang_up(c);
    return 0;
}

static int fetch(struct client *c, const char *path)
{
    bool kept = c->fd >= 0;

    if (!kept && dial(c))
        return -1;
    if (attempt(c, path) == 0)
        return 0;
    hang_up(c);
    return kept ? fetch(c, path) : -1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double times[REQUESTS];
    struct client c = {.fd = -1};
    char path[2048];
    size_t count = 0;
    double begin;

    if (argc != 3)
        return 2;
    c.port = (unsigned short)strtoul(argv[1], NULL, 10);
    c.accept = argv[2];
    for (begin = now(); count < REQUESTS && fgets(path, sizeof path, stdin); count++) {
        double start = now();

        path[strcspn(path, "\n")] = '\0';
        if (fetch(&c, path)) {
            fprintf(stderr, "%s: no answer\n", path);
            return 1;
        }
        times[count] = now() - start;
    }
    printf("%.6f %lld ", now() - begin, c.bytes);
    qsort(times, count, sizeof *times, compare);
    printf("%.4f %.4f\n", count ? times[count / 2] * 1e3 : 0,
           count ? times[count * 95 / 100] * 1e3 : 0);
    hang_up(&c);
    return 0;
}
