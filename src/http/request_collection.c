/* SPDX-License-Identifier: MIT */
#include "http/request_collection.h"

#include <string.h>

#include "base/hex.h"

#define WORD "collections"
#define LINKS "links"
#define NUMBER_MAX 18 /* digits of a link's number */
#define ZIP ".zip"

/* Return the start of the segment that ends before `end`. */
static const char *segment_start(const char *path, const char *end)
{
    while (end > path && end[-1] != '/')
        end--;
    return end;
}

static bool is_word(const char *start, const char *end, const char *word)
{
    return (size_t)(end - start) == strlen(word) && memcmp(start, word, strlen(word)) == 0;
}

/* Other words may follow a folder that happens to be named "collections". */
static bool is_identifier(const char *start, const char *end)
{
    return end - start == REQUEST_COLLECTION_ID &&
           strspn(start, HEX_DIGITS) >= REQUEST_COLLECTION_ID;
}

const char *request_collection_find(const char *path, struct mem *m, const char **at, bool *archive,
                                    struct err *e)
{
    const char *end = path + strlen(path), *start, *word;
    bool zip;

    *at = NULL;
    end -= end > path && end[-1] == '/';
    start = segment_start(path, end);
    if (is_word(start, end, WORD)) {
        *at = start;
        return "";
    }
    zip = end - start > (ptrdiff_t)strlen(ZIP) && memcmp(end - strlen(ZIP), ZIP, strlen(ZIP)) == 0;
    end -= zip ? strlen(ZIP) : 0;
    if (!is_identifier(start, end) || start == path)
        return NULL;
    word = segment_start(path, start - 1);
    if (!is_word(word, start - 1, WORD))
        return NULL;
    *at = word;
    *archive = zip;
    return mem_copy(m, start, REQUEST_COLLECTION_ID, e);
}

const char *request_collection_link(const char *path, struct mem *m, const char **at, struct err *e)
{
    const char *end = path + strlen(path), *start, *word;

    end -= end > path && end[-1] == '/';
    start = segment_start(path, end);
    if (is_word(start, end, LINKS)) {
        *at = start;
        return "";
    }
    if (start == path || start == end || end - start > NUMBER_MAX ||
        strspn(start, "0123456789") < (size_t)(end - start))
        return NULL;
    word = segment_start(path, start - 1);
    if (!is_word(word, start - 1, LINKS))
        return NULL;
    *at = word;
    return mem_copy(m, start, (size_t)(end - start), e);
}
