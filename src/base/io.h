/* Whole reads and writes on descriptors, interrupted calls repeated. */
#ifndef WADOZIP_BASE_IO_H
#define WADOZIP_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Reads until len bytes or the end of the file. Returns what was read, -1 with errno. */
ssize_t io_pread(int fd, void *data, size_t len, uint64_t offset);

/* Writes all len bytes: 0, or -1 with errno. */
int io_write(int fd, const void *data, size_t len);

/* Closes *fd if it is open and sets it to -1, keeping errno. */
void io_close(int *fd);

/* Nanoseconds since 1970. Times before 1678 and after 2262 wrap around: good to compare, not to show. */
int64_t io_nanoseconds(const struct timespec *t);

/* Seconds of the monotonic clock, for progress and time limits. */
double io_now(void);

#endif
