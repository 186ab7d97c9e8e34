/* SPDX-License-Identifier: MIT */
/* Complete reads and writes on descriptors. Interrupted calls are repeated. */
#ifndef WADOZIP_BASE_IO_H
#define WADOZIP_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/*
 * Read len bytes, or fewer at the end of the file. Returns the number of bytes,
 * or -1 with errno.
 */
ssize_t io_pread(int fd, void *data, size_t len, uint64_t offset);

/* Write all len bytes. Returns 0, or -1 with errno. */
int io_write(int fd, const void *data, size_t len);

/* Append the first `bytes` bytes of one file to another. Returns 0, or -1 with
 * errno, ENODATA if the file is shorter. */
int io_copy(int to, int from, uint64_t bytes);

/* Close *fd if it is open and set it to -1. Keeps errno. */
void io_close(int *fd);

/* Return nanoseconds since 1970. Times before 1678 or after 2262 wrap: only
 * compare them. */
int64_t io_nanoseconds(const struct timespec *t);

/* Return the monotonic clock in seconds. */
double io_now(void);

#endif
