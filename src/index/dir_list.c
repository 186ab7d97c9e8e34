/* SPDX-License-Identifier: MIT */
#include "index/dir_list.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

static int dir_list_add(struct dir_list *n, const struct dirent *d, struct err *e)
{
    size_t len = strlen(d->d_name) + 2;

    if (mem_grow(&n->text, &n->text_room, n->text_len + len,
                 MEM_ELEMENTS(char, DIR_LIST_NAMES_BYTES, "bytes of names in a folder"), e) ||
        mem_grow(&n->at, &n->room, n->count + 1,
                 MEM_ELEMENTS(*n->at, DIR_LIST_NAMES_MAX, "names in a folder"), e))
        return -1;
    n->at[n->count++] = n->text_len;
    n->text[n->text_len] = (char)d->d_type;
    memcpy(n->text + n->text_len + 1, d->d_name, len - 1);
    n->text_len += len;
    return 0;
}

static int dir_list_compare(const void *a, const void *b, void *text)
{
    return strcmp((char *)text + *(const size_t *)a + 1, (char *)text + *(const size_t *)b + 1);
}

int dir_list_read(struct dir_list *n, int fd, struct err *e)
{
    int own = dup(fd), rc = 0;
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    struct dirent *d;

    *n = (struct dir_list){0};
    if (!dir) {
        rc = err_sys(e, ERR_DATA, "the folder cannot be read");
        if (own >= 0)
            close(own);
        return rc;
    }
    /* cppcheck-suppress readdirCalled ; the stream is this call's own */
    while (rc == 0 && (errno = 0, d = readdir(dir)))
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            rc = dir_list_add(n, d, e);
    if (rc == 0 && errno)
        rc = err_sys(e, ERR_DATA, "the folder cannot be read");
    closedir(dir);
    if (rc == 0 && n->count)
        qsort_r(n->at, n->count, sizeof *n->at, dir_list_compare, n->text);
    return rc;
}

void dir_list_release(struct dir_list *n)
{
    free(n->text);
    free(n->at);
    *n = (struct dir_list){0};
}
