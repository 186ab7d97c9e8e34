/* Where a PATH that an operator gives lies: beneath which root, and at which path there. */
#ifndef WADOZIP_INDEX_PLACE_H
#define WADOZIP_INDEX_PLACE_H

#include <limits.h>

#include "base/conf.h"

struct place {
    const struct conf_root *root; /* of the settings that it was found in */
    int root_fd;                  /* the root, open for reading; place_close closes it */
    char path[PATH_MAX];          /* relative to the root, "" for the root itself */
    bool exists;
};

/*
 * Links in `given` and in the roots' own paths are resolved; what then lies beneath no root is refused with
 * ERR_REQUEST. A path that does not exist is found by what exists of it. ERR_AWAY when the root cannot be opened.
 */
int place_open(const struct conf *c, const char *given, struct place *p, struct err *e) MUST_CHECK;
void place_close(struct place *p);

/* Whether everything beneath `inner` is beneath `outer`, too. */
bool place_covers(const struct place *outer, const struct place *inner);

/*
 * "root:path" in printable characters: other bytes, and backslashes, as \xNN, for names may hold anything. Returns out.
 */
#define PLACE_LABEL_MAX (4 * PATH_MAX + CONF_ROOT_NAME_MAX + 2)
const char *place_label(const char *root, const char *path, char out[PLACE_LABEL_MAX]);

#endif
