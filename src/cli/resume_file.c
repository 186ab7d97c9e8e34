/* SPDX-License-Identifier: MIT */
#include "cli/resume_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "cli/new_file.h"

/*
 * The format: the scope; a line "done" with item, phase, the counts in the
 * order of enum verify_result, and bytes; then "behind ROOT:PATH" to the end of
 * the file, because a path can contain any byte.
 */
#define DONE "done"
#define BEHIND "\nbehind "

#define NOT_OURS "%s is not of a verification with these arguments: remove it to start again"

static int read_file(const char *path, struct buf *out, bool *there, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char piece[4096];
    ssize_t n = 0;

    *there = fd >= 0;
    if (fd < 0)
        return errno == ENOENT ? 0 : err_sys(e, ERR_SYSTEM, "cannot open %s", path);
    for (uint64_t at = 0; !out->failed && (n = io_pread(fd, piece, sizeof piece, at)) > 0;
         at += (uint64_t)n)
        buf_add(out, piece, (size_t)n);
    if (n < 0)
        (void)err_sys(e, ERR_SYSTEM, "cannot read %s", path);
    io_close(&fd);
    if (n >= 0 && out->failed)
        return err_set(e, ERR_REQUEST, NOT_OURS, path);
    return n < 0 ? -1 : 0;
}

/* Parse a space and a number at *s, and move past them. */
static bool resume_file_take_number(const char **s, uint64_t max, uint64_t *value)
{
    size_t len;

    if (**s != ' ')
        return false;
    len = strspn(++*s, "0123456789");
    *s += len;
    return num_parse(*s - len, len, max, value);
}

static bool resume_file_parse(const char *s, struct resume_file *b)
{
    uint64_t read = 0;
    size_t root, path;
    bool good;

    if (strncmp(s, DONE, strlen(DONE)) != 0)
        return false;
    s += strlen(DONE);
    good = resume_file_take_number(&s, SIZE_MAX, &b->item) && resume_file_take_number(&s, 1, &read);
    for (int i = 0; good && i < FINDINGS; i++)
        good = resume_file_take_number(&s, INT64_MAX, &b->counts.files[i]);
    if (!good || !resume_file_take_number(&s, INT64_MAX, &b->counts.bytes) ||
        strncmp(s, BEHIND, strlen(BEHIND)) != 0)
        return false;
    b->at.read = read != 0;
    s += strlen(BEHIND);
    root = strcspn(s, ":");
    path = strlen(s) - root;
    if (root >= sizeof b->at.root || path < 2 || path - 2 >= sizeof b->at.path ||
        s[root + path - 1] != '\n')
        return false;
    memcpy(b->at.root, s, root);
    memcpy(b->at.path, s + root + 1, path - 2);
    return true;
}

int resume_file_load(const char *path, const char *scope, struct resume_file *b, bool *there,
                     struct err *e)
{
    struct buf text;
    int rc;

    *b = (struct resume_file){0};
    buf_init(&text, RESUME_FILE_MAX);
    rc = read_file(path, &text, there, e);
    if (rc == 0 && *there && (!text.data || strncmp(text.data, scope, strlen(scope)) != 0))
        rc = err_set(e, ERR_REQUEST, NOT_OURS, path);
    if (rc == 0 && *there &&
        (strlen(text.data) != text.len || !resume_file_parse(text.data + strlen(scope), b)))
        rc = err_set(e, ERR_REQUEST, "%s is damaged: remove it to start again", path);
    buf_release(&text);
    return rc;
}

int resume_file_save(const struct conf *c, const char *path, const char *scope,
                     const struct resume_file *b, struct err *e)
{
    struct new_file o;
    struct buf text;
    int rc;

    buf_init(&text, RESUME_FILE_MAX);
    buf_printf(&text, "%s" DONE " %" PRIu64 " %d", scope, b->item, b->at.read);
    for (int i = 0; i < FINDINGS; i++)
        buf_printf(&text, " %" PRIu64, b->counts.files[i]);
    buf_printf(&text, " %" PRIu64 BEHIND "%s:%s\n", b->counts.bytes, b->at.root, b->at.path);
    rc = buf_check(&text, "the place to resume at", e) || new_file_open(c, path, &o, e) ? -1 : 0;
    if (rc == 0) {
        rc = io_write(o.fd, text.data, text.len) ? err_sys(e, ERR_SYSTEM, "cannot write %s", path)
                                                 : new_file_keep(&o, e);
        new_file_close(&o);
    }
    buf_release(&text);
    return rc;
}
