/* SPDX-License-Identifier: MIT */
/* An HTTP client that throws the body away inside the kernel (MSG_TRUNC), so
 * that the server is what is measured. usage: drain [-c] [-m METHOD] [-a
 * ADDRESS] [-r BYTES] PORT PATH ACCEPT -c: copies the body out of the kernel,
 * as other clients do. -r: takes no more than BYTES a second, through a small
 * receive buffer. Prints status, milliseconds to the first byte, seconds in
 * all, bytes of the body. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *method, *address;
    double rate; /* 0: as fast as it comes */
    bool copy;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wait_until(double when)
{
    double left = when - now();

    if (left > 0)
        nanosleep(&(struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)},
                  NULL);
}

static int dial(const struct options *o, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), buffer = 256 << 10;

    if (fd < 0 || inet_pton(AF_INET, o->address, &to.sin_addr) != 1)
        return -1;
    if (o->rate > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

/* Reads the header; returns how many bytes of the body came with it, -1 when it
 * is none. */
static long long header(int fd, double begin, double *first, int *status)
{
    static char head[65536];
    size_t got = 0;

    while (got < sizeof head - 1) {
        ssize_t n = recv(fd, head + got, sizeof head - 1 - got, 0);
        char *end;

        if (n <= 0)
            return -1;
        if (!got)
            *first = now() - begin;
        got += (size_t)n;
        head[got] = '\0';
        end = strstr(head, "\r\n\r\n");
        if (end)
            return sscanf(head, "HTTP/%*s %d", status) == 1
                       ? (long long)(got - (size_t)(end + 4 - head))
                       : -1;
    }
    return -1;
}

/* All that follows, added to *total; -1 when the connection breaks. */
static int body(const struct options *o, int fd, long long *total)
{
    static char sink[1 << 20];
    size_t piece = o->rate > 0 ? 64 << 10 : sizeof sink;
    double begin = now();
    ssize_t n;

    while ((n = recv(fd, sink, piece, o->copy ? 0 : MSG_TRUNC)) > 0) {
        *total += n;
        if (o->rate > 0)
            wait_until(begin + (double)*total / o->rate);
    }
    return n < 0 ? -1 : 0;
}

static int parse(int argc, char **argv, struct options *o)
{
    int c;

    while ((c = getopt(argc, argv, "cm:a:r:")) != -1) {
        switch (c) {
        case 'c': o->copy = true; break;
        case 'm': o->method = optarg; break;
        case 'a': o->address = optarg; break;
        case 'r': o->rate = strtod(optarg, NULL); break;
        default: return -1;
        }
    }
    return argc - optind == 3 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct options o = {.method = "GET", .address = "127.0.0.1"};
    double begin = now(), first = 0;
    char request[4096];
    long long total;
    int status = 0, fd, len, rc;

    if (parse(argc, argv, &o) || (fd = dial(&o, argv[optind])) < 0)
        return 2;
    len = snprintf(request, sizeof request,
                   "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\nConnection: close\r\n\r\n",
                   o.method, argv[optind + 1], o.address, argv[optind + 2]);
    if (len >= (int)sizeof request || write(fd, request, (size_t)len) != len)
        return 2;
    total = header(fd, begin, &first, &status);
    if (total < 0)
        return 1;
    rc = body(&o, fd, &total);
    printf("%d %.3f %.6f %lld\n", status, first * 1e3, now() - begin, total);
    return rc ? 1 : 0;
}
