/* SPDX-License-Identifier: MIT */
/* A FastCGI program that answers QUERY_STRING constant bytes as the service
 * would send them: records of the largest unpadded size, four a write, the
 * header at the front of the first, the end records with the last, then the
 * connection is closed. As fast as anything behind this web server can be. With
 * &PATH behind the number the bytes are those of a file, read and not looked
 * at: as fast as what sends files by reading them can be. BENCH_SNDBUF sets
 * SO_SNDBUF of the connection. */
#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTENT 65528
#define RECORDS 4

static unsigned char block[RECORDS * (8 + CONTENT) + 64];

static void record(unsigned char *r, int type, int id, size_t len)
{
    const unsigned char head[8] = {1,
                                   (unsigned char)type,
                                   (unsigned char)(id >> 8),
                                   (unsigned char)id,
                                   (unsigned char)(len >> 8),
                                   (unsigned char)len,
                                   0,
                                   0};

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

/* Records of `len` bytes of content from the start of the block; returns where
 * they end. */
static size_t frame(int id, size_t len)
{
    size_t at = 0;

    for (size_t n; len; len -= n) {
        n = len < CONTENT ? len : CONTENT;
        record(block + at, FCGI_STDOUT, id, n);
        at += 8 + n;
    }
    return at;
}

static size_t end_records(size_t at, int id)
{
    record(block + at, FCGI_STDOUT, id, 0);
    record(block + at + 8, FCGI_END_REQUEST, id, 8);
    memset(block + at + 16, 0, 8);
    return at + 24;
}

/* Fills the content of the records that frame() made, `len` bytes from place
 * `skip` on, with what comes next in the file. */
static int fill(int file, size_t skip, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t place = skip + at, in_record = place % CONTENT;
        size_t room = CONTENT - in_record < len - at ? CONTENT - in_record : len - at;
        ssize_t n = read(file, block + place / CONTENT * (8 + CONTENT) + 8 + in_record, room);

        if (n <= 0)
            return -1;
        at += (size_t)n;
    }
    return 0;
}

/* file: -1 for constant bytes. */
static int flood(const FCGX_Request *r, unsigned long long bytes, int file)
{
    static char head[256];
    size_t header = (size_t)snprintf(
        head, sizeof head, "Content-Type: application/octet-stream\r\nContent-Length: %llu\r\n\r\n",
        bytes);

    for (bytes += header; bytes;) {
        size_t piece = bytes < RECORDS * CONTENT ? (size_t)bytes : RECORDS * CONTENT;
        size_t at = frame(r->requestId, piece);

        if (header)
            memcpy(block + 8, head, header);
        if (file >= 0 && fill(file, header, piece - header))
            return -1;
        header = 0;
        bytes -= piece;
        if (put(r->ipcFd, block, bytes ? at : end_records(at, r->requestId)))
            return -1;
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
        const char *query = FCGX_GetParam("QUERY_STRING", r.envp),
                   *path = query ? strchr(query, '&') : NULL;
        int file = path ? open(path + 1, O_RDONLY) : -1;
        char trash[16];

        while (FCGX_GetStr(trash, sizeof trash, r.in) > 0)
            ;
        if (buffer)
            setsockopt(r.ipcFd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        if (!path || file >= 0)
            (void)flood(&r, query ? strtoull(query, NULL, 10) : 0, file);
        if (file >= 0)
            close(file);
        close(r.ipcFd);
        FCGX_Free(&r, 0);
        r.ipcFd = -1;
    }
    return 0;
}
