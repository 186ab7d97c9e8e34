/* SPDX-License-Identifier: MIT */
#include "body/cache_space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/le.h"

#define OLDEST 4096    /* removal candidates in one pass */
#define PATIENCE 20 /* milliseconds to wait for the lock; counting a large folder can take longer */
#define SLACK(limit) ((limit) / 8) /* removed in addition, so that not every new entry causes a
                                    * count */

struct entry {
    int64_t used_ns;
    uint64_t size;
    char name[CACHE_NAME_BUFFER];
};

int cache_space_open(int folder, struct err *e)
{
    int fd = openat(folder, "total", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    err_sys(e, ERR_SYSTEM, "the file total in the setting conversion_cache cannot be used");
    io_close(&fd);
    return -1;
}

static bool cache_space_lock(int total)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (flock(total, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

static uint64_t read_total(int total)
{
    uint8_t bytes[8];

    return io_pread(total, bytes, sizeof bytes, 0) == sizeof bytes ? le64_get(bytes) : UINT64_MAX;
}

static bool write_total(int total, uint64_t sum)
{
    uint8_t bytes[8];

    le64_put(bytes, sum);
    return pwrite(total, bytes, sizeof bytes, 0) == sizeof bytes;
}

static bool is_entry(const char *name)
{
    size_t digits = strspn(name, "0123456789abcdef");

    return digits == CACHE_NAME_DIGITS && name[digits] == '-' && name[digits + 1] &&
           strchr("sdzt", name[digits + 1]) && name[digits + 2] == '\0';
}

/* Return whether no process writes the unfinished entry. */
static bool is_abandoned(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool alone = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

    io_close(&fd);
    return alone;
}

/* Return when an entry was used last; an unfinished one is in use. */
static int64_t last_use(const char *name, const struct stat *st)
{
    if (name[CACHE_NAME_DIGITS + 1] == CACHE_UNFINISHED)
        return INT64_MAX;
    return io_nanoseconds(name[CACHE_NAME_DIGITS + 1] == CACHE_ARCHIVE ? &st->st_atim
                                                                       : &st->st_mtim);
}

static int by_use(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return x->used_ns < y->used_ns ? -1 : x->used_ns > y->used_ns ? 1 : strcmp(x->name, y->name);
}

/*
 * Add an entry to the sum and, if it is among the oldest, to the list. Removes
 * links, other file types and abandoned entries.
 */
static void count_in(int folder, const char *name, struct entry *list, size_t *count, uint64_t *sum)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) || S_ISDIR(st.st_mode))
        return;
    if (!S_ISREG(st.st_mode) ||
        (name[CACHE_NAME_DIGITS + 1] == CACHE_UNFINISHED && is_abandoned(folder, name))) {
        (void)!unlinkat(folder, name, 0);
        return;
    }
    *sum += (uint64_t)st.st_size;
    if (*count == (size_t)2 * OLDEST) {
        qsort(list, *count, sizeof *list, by_use);
        *count = OLDEST;
    }
    list[*count] = (struct entry){.used_ns = last_use(name, &st), .size = (uint64_t)st.st_size};
    memcpy(list[(*count)++].name, name, CACHE_NAME_BUFFER);
}

/*
 * Return the sum of all entries, and the oldest of them in order. UINT64_MAX if
 * the folder cannot be read.
 */
static uint64_t count_all(int folder, struct entry *list, size_t *count)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    uint64_t sum = 0;

    *count = 0;
    if (!d) {
        io_close(&fd);
        return UINT64_MAX;
    }
    /* cppcheck-suppress readdirCalled ; the stream is this call's own */
    while ((entry = readdir(d)))
        if (is_entry(entry->d_name))
            count_in(folder, entry->d_name, list, count, &sum);
    closedir(d);
    qsort(list, *count, sizeof *list, by_use);
    if (*count > OLDEST)
        *count = OLDEST;
    return sum;
}

/*
 * Remove least recently used entries until at most `most` bytes are left.
 * Returns the bytes left.
 */
static uint64_t evict(int folder, uint64_t most)
{
    struct entry *list = malloc(2 * OLDEST * sizeof *list);
    uint64_t sum = UINT64_MAX, before;
    size_t count;

    if (!list)
        return UINT64_MAX;
    do {
        before = sum;
        sum = count_all(folder, list, &count);
        for (size_t i = 0;
             i < count && sum != UINT64_MAX && sum > most && list[i].used_ns < INT64_MAX; i++)
            if (unlinkat(folder, list[i].name, 0) == 0)
                sum -= list[i].size;
    } while (sum > most && sum < before);
    free(list);
    return sum;
}

bool cache_space_take(int folder, int total, uint64_t bytes, uint64_t limit)
{
    uint64_t sum, most = bytes < limit ? limit - bytes : 0;

    if (bytes > limit || !cache_space_lock(total))
        return false;
    sum = read_total(total);
    if (sum > most)
        sum = evict(folder, most - SLACK(most));
    if (sum <= most && write_total(total, sum + bytes))
        return true;
    (void)!flock(total, LOCK_UN);
    return false;
}

void cache_space_done(int total, uint64_t bytes, bool kept)
{
    uint64_t sum = read_total(total);

    if (!kept && sum >= bytes)
        (void)!write_total(total, sum - bytes);
    (void)!flock(total, LOCK_UN);
}

void cache_space_return(int total, uint64_t bytes)
{
    if (cache_space_lock(total))
        cache_space_done(total, bytes, false);
}

uint64_t cache_space_free(int total, uint64_t limit)
{
    uint64_t sum = read_total(total);

    if (sum == UINT64_MAX) /* not counted yet */
        return limit;
    return sum < limit ? limit - sum : 0;
}
