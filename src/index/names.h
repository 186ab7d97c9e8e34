/* The names in one folder, sorted by bytes. */
#ifndef WADOZIP_INDEX_NAMES_H
#define WADOZIP_INDEX_NAMES_H

#include <stddef.h>

#include "base/err.h"

struct names {
    char *text;
    size_t text_len, text_room;
    size_t *at; /* offsets into text: a byte of d_type, then the name */
    size_t count, room;
};

/* Reads the folder `fd`, which stays open. Ends with names_release in any case. */
int names_read(struct names *n, int fd, struct err *e) MUST_CHECK;
void names_release(struct names *n);

static inline const char *names_get(const struct names *n, size_t i, unsigned char *type)
{
    *type = (unsigned char)n->text[n->at[i]];
    return n->text + n->at[i] + 1;
}

#endif
