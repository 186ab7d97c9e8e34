/* SPDX-License-Identifier: MIT */
/* The names in one folder, sorted by bytes. */
#ifndef WADOZIP_INDEX_DIR_LIST_H
#define WADOZIP_INDEX_DIR_LIST_H

#include <stddef.h>

#include "base/err.h"

#define DIR_LIST_NAMES_MAX ((size_t)16 << 20)     /* names in one folder */
#define DIR_LIST_NAMES_BYTES ((size_t)1 << 30)    /* and their bytes */

struct dir_list {
    char *text;
    size_t text_len, text_room;
    size_t *at; /* offsets into text: a byte of d_type, then the name */
    size_t count, room;
};

/* Read the folder `fd`, which stays open. Always call dir_list_release(). */
int dir_list_read(struct dir_list *n, int fd, struct err *e) MUST_CHECK;
void dir_list_release(struct dir_list *n);

static inline const char *dir_list_get(const struct dir_list *n, size_t i, unsigned char *type)
{
    *type = (unsigned char)n->text[n->at[i]];
    return n->text + n->at[i] + 1;
}

#endif
