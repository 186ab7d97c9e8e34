/* SPDX-License-Identifier: MIT */
#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "index/root_path.h"

static int check_place(const struct conf *c, const char *path, struct err *e)
{
    struct err why = ERR_INIT;
    struct root_path p;
    int rc = root_path_open(c, path, &p, &why);

    root_path_close(&p);
    if (rc == 0 || why.kind == ERR_AWAY)
        return err_set(e, ERR_REQUEST, "%s lies beneath a root: nothing is written there", path);
    return 0;
}

/* Set the mode that open(2) would give; mkostemp(3) uses 0600. */
static void set_mode(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    (void)!fchmod(fd, 0666 & ~mask);
}

static int open_temporary(struct new_file *o, struct err *e)
{
    const char *slash = strrchr(o->path, '/');
    int folder = slash ? (int)(slash - o->path) + 1 : 0;

    if (snprintf(o->temp, sizeof o->temp, "%.*s.wadozip-XXXXXX.part", folder, o->path) >=
        (int)sizeof o->temp)
        return err_set(e, ERR_REQUEST, "%s is too long", o->path);
    o->fd = mkostemps(o->temp, (int)strlen(".part"), O_CLOEXEC);
    if (o->fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot make a file beside %s", o->path);
    o->temporary = true;
    set_mode(o->fd);
    return 0;
}

int new_file_open(const struct conf *c, const char *path, struct new_file *o, struct err *e)
{
    struct stat st;

    *o = (struct new_file){.fd = -1};
    if (strcmp(path, "-") == 0) {
        if (isatty(STDOUT_FILENO))
            return err_set(e, ERR_REQUEST, "an archive is not written to a terminal");
        o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
        return o->fd < 0 ? err_sys(e, ERR_SYSTEM, "standard output is not open") : 0;
    }
    if (snprintf(o->path, sizeof o->path, "%s", path) >= (int)sizeof o->path)
        return err_set(e, ERR_REQUEST, "%.100s... is too long", path);
    if (check_place(c, path, e))
        return -1;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return err_set(e, ERR_REQUEST, "%s is a folder", path);
    if (stat(path, &st) || S_ISREG(st.st_mode))
        return open_temporary(o, e);
    o->fd = open(path, O_WRONLY | O_CLOEXEC);
    return o->fd < 0 ? err_sys(e, ERR_SYSTEM, "cannot open %s", path) : 0;
}

int new_file_keep(struct new_file *o, struct err *e)
{
    if (!o->temporary)
        return 0;
    if (fsync(o->fd))
        return err_sys(e, ERR_SYSTEM, "cannot write %s", o->path);
    if (rename(o->temp, o->path))
        return err_sys(e, ERR_SYSTEM, "cannot give %s its name", o->path);
    o->temporary = false;
    return 0;
}

void new_file_close(struct new_file *o)
{
    if (o->temporary)
        unlink(o->temp);
    o->temporary = false;
    io_close(&o->fd);
}
