/*
 * A FastCGI program that answers QUERY_STRING constant bytes in records of the largest unpadded size, four a write: as
 * fast as anything behind this web server can be. BENCH_SNDBUF sets SO_SNDBUF of the connection.
 */
#include <fastcgi.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTENT 65528
#define RECORDS 4

static unsigned char block[RECORDS][8 + CONTENT];

static void record(unsigned char *r, int id, size_t len)
{
    const unsigned char head[8] = {1, FCGI_STDOUT, (unsigned char)(id >> 8), (unsigned char)id,
                                   (unsigned char)(len >> 8), (unsigned char)len, 0, 0};

    memcpy(r, head, sizeof head);
}

static int put(int fd, const unsigned char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int flood(FCGX_Request *r, unsigned long long bytes)
{
    int fd = r->ipcFd;

    for (int i = 0; i < RECORDS; i++)
        record(block[i], r->requestId, CONTENT);
    for (; bytes >= (unsigned long long)RECORDS * CONTENT; bytes -= (unsigned long long)RECORDS * CONTENT)
        if (put(fd, block[0], sizeof block))
            return -1;
    while (bytes) {
        size_t n = bytes < CONTENT ? (size_t)bytes : CONTENT;

        record(block[0], r->requestId, n);
        if (put(fd, block[0], 8 + n))
            return -1;
        bytes -= n;
    }
    return 0;
}

int main(void)
{
    const char *size = getenv("BENCH_SNDBUF");
    int buffer = size ? (int)strtol(size, NULL, 10) : 0;
    FCGX_Request r;

    signal(SIGPIPE, SIG_IGN);
    if (FCGX_Init() || FCGX_InitRequest(&r, 0, 0))
        return 1;
    while (FCGX_Accept_r(&r) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", r.envp);
        unsigned long long bytes = query ? strtoull(query, NULL, 10) : 0;

        if (buffer)
            setsockopt(r.ipcFd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        FCGX_FPrintF(r.out, "Content-Type: application/octet-stream\r\nContent-Length: %llu\r\n\r\n", bytes);
        FCGX_FFlush(r.out);
        if (flood(&r, bytes))
            shutdown(r.ipcFd, SHUT_RDWR);
        FCGX_Finish_r(&r);
    }
    return 0;
}
