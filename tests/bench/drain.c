/*
 * An HTTP client that throws the body away inside the kernel (MSG_TRUNC), so that the server is what is measured.
 * usage: drain PORT PATH ACCEPT. Prints status, milliseconds to the first byte, seconds in all, bytes of the body.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int dial(const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

/* Reads the header; returns how many bytes of the body came with it, -1 when it is none. */
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
            return sscanf(head, "HTTP/%*s %d", status) == 1 ? (long long)(got - (size_t)(end + 4 - head)) : -1;
    }
    return -1;
}

int main(int argc, char **argv)
{
    static char sink[1 << 20];
    double begin = now(), first = 0;
    char request[4096];
    long long total;
    int status = 0, fd, len;
    ssize_t n;

    if (argc != 4 || (fd = dial(argv[1])) < 0)
        return 2;
    len = snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: %s\r\nConnection: close\r\n\r\n", argv[2], argv[3]);
    if (len >= (int)sizeof request || write(fd, request, (size_t)len) != len)
        return 2;
    total = header(fd, begin, &first, &status);
    if (total < 0)
        return 1;
    while ((n = recv(fd, sink, sizeof sink, MSG_TRUNC)) > 0)
        total += n;
    printf("%d %.3f %.6f %lld\n", status, first * 1e3, now() - begin, total);
    return n < 0;
}
