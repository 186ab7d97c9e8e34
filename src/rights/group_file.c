/* SPDX-License-Identifier: MIT */
#include "rights/group_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

#define BLANKS " \t\r"

/* Return whether the words between s and end include the user. */
static bool lists_user(const char *s, const char *end, const char *user, size_t user_len)
{
    while (s < end) {
        size_t skip = strspn(s, BLANKS), len = strcspn(s + skip, BLANKS "\n");

        if (len == user_len && memcmp(s + skip, user, len) == 0)
            return true;
        s += skip + len + (skip + len == 0);
    }
    return false;
}

static void each_line(const char *text, const char *user,
                      void (*each)(void *ctx, const char *group, size_t len), void *ctx)
{
    size_t user_len = strlen(user);

    for (const char *s = text; *s;) {
        const char *end = s + strcspn(s, "\n"), *name = s + strspn(s, BLANKS),
                   *colon = memchr(s, ':', (size_t)(end - s));

        if (*name != '#' && colon && user_len && lists_user(colon + 1, end, user, user_len))
            each(ctx, name, (size_t)(strcspn(name, BLANKS ":")));
        s = end + (*end == '\n');
    }
}

/* Read the whole file. Returns null on failure; the caller frees the text. */
static char *read_text(int fd, struct err *e)
{
    struct stat st;
    char *text;
    ssize_t n;

    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > GROUP_FILE_MAX) {
        err_set(e, ERR_CONFIG, "it is not a file of at most %zu bytes", GROUP_FILE_MAX);
        return NULL;
    }
    text = malloc((size_t)st.st_size + 1);
    n = text ? io_pread(fd, text, (size_t)st.st_size, 0) : -1;
    if (n < 0) {
        err_sys(e, ERR_CONFIG, "cannot read");
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

int group_file_each(const char *path, const char *user,
                    void (*each)(void *ctx, const char *group, size_t len), void *ctx,
                    struct err *e)
{
    struct err why = ERR_INIT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text;

    if (fd < 0)
        return err_sys(e, ERR_CONFIG, "cannot open %s (setting group_file)", path);
    text = read_text(fd, &why);
    io_close(&fd);
    if (!text)
        return err_set(e, ERR_CONFIG, "%s (setting group_file): %s", path, why.text);
    each_line(text, user, each, ctx);
    free(text);
    return 0;
}
