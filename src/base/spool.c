/* SPDX-License-Identifier: MIT */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

void spool_path(const char *setting, char path[PATH_MAX])
{
    if (strcmp(setting, SPOOL_AUTO) == 0)
        snprintf(path, PATH_MAX, "/var/tmp/wadozip-%lu", (unsigned long)geteuid());
    else
        snprintf(path, PATH_MAX, "%s", setting);
}

static int open_given(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot open the folder %s (setting spool)", path);
    return fd;
}

/* Returns a descriptor of the file there, of any type. */
static int find_own(const char *path, struct err *e)
{
    const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    int fd = open(path, flags);

    if (fd < 0 && errno == ENOENT) {
        if (mkdir(path, 0700) && errno != EEXIST)
            return err_sys(e, ERR_SYSTEM, "cannot make the folder %s (setting spool)", path);
        fd = open(path, flags);
    }
    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot open the folder %s (setting spool)", path);
    return fd;
}

/* Its name can be guessed, and everybody may make it first. */
static int open_own(const char *path, struct err *e)
{
    int found = find_own(path, e), fd = -1;
    struct stat st = {0};

    if (found < 0)
        return -1;
    if (fstat(found, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 022) != 0)
        err_set(
            e, ERR_CONFIG,
            "%s is not a folder of this account alone (owner %lu, mode %o): remove it, or set spool to"
            " another folder",
            path, (unsigned long)st.st_uid, (unsigned)st.st_mode);
    else
        fd = openat(found, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_sys(e, ERR_SYSTEM, "cannot open the folder %s (setting spool)", path);
    io_close(&found);
    return fd;
}

int spool_open(const char *setting, struct err *e)
{
    char path[PATH_MAX];

    spool_path(setting, path);
    return strcmp(setting, SPOOL_AUTO) == 0 ? open_own(path, e) : open_given(path, e);
}

int spool_unlinked_file(const char *setting, struct err *e)
{
    int folder = spool_open(setting, e), fd;
    char path[PATH_MAX];

    if (folder < 0)
        return -1;
    fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    spool_path(setting, path);
    if (fd < 0)
        err_sys(e, ERR_SYSTEM, "cannot make a temporary file in the folder %s (setting spool)",
                path);
    io_close(&folder);
    return fd;
}

static bool is_own(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           st.st_nlink <= 1 && (st.st_mode & 077) == 0;
}

int spool_named_file(const char *setting, const char *name, struct err *e)
{
    int folder = spool_open(setting, e), fd;
    char path[PATH_MAX];

    if (folder < 0)
        return -1;
    spool_path(setting, path);
    fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_sys(e, ERR_CONFIG, "cannot open %s/%s (setting spool)", path, name);
    } else if (!is_own(fd)) {
        err_set(e, ERR_CONFIG, "%s/%s is not a file of this account alone (setting spool)", path,
                name);
        io_close(&fd);
    }
    io_close(&folder);
    return fd;
}
