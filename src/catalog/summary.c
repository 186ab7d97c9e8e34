/* SPDX-License-Identifier: MIT */
#include "catalog/summary.h"

#include <string.h>

#include "base/num.h"
#include "dicom/transfer_syntax.h"

/* Return the next field, terminated in place of its space; null if no space
 * follows. */
static char *summary_take(char **at)
{
    char *field = *at, *space = strchr(field, ' ');

    if (!space)
        return NULL;
    *space = '\0';
    *at = space + 1;
    return field;
}

static bool summary_take_number(char **at, int64_t min, int64_t max, int64_t *value)
{
    const char *behind = num_take(*at, ' ', min, max, value);

    if (behind)
        *at += behind - *at;
    return behind;
}

static bool summary_take_count(char **at, int64_t max, uint64_t *value)
{
    int64_t n = 0;
    bool good = summary_take_number(at, 0, max, &n);

    *value = (uint64_t)n;
    return good;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Decode an escaped byte. Returns the length of the escape, 0 if it is invalid.
 */
static size_t summary_unescape(const char *s, char *byte)
{
    *byte = '\\';
    if (s[1] == '\\')
        return 2;
    if (s[1] < '0' || s[1] > '3' || !is_octal(s[2]) || !is_octal(s[3]))
        return 0;
    *byte = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
    return *byte ? 4 : 0;
}

/* PostgreSQL manual, Binary String Functions, encode: escape. */
static bool read_path(char *path)
{
    char *to = strchrnul(path, '\\');

    for (const char *s = to; *s; to++) {
        size_t len = 1;

        *to = *s;
        if (*s == '\\' && (len = summary_unescape(s, to)) == 0)
            return false;
        s += len;
    }
    *to = '\0';
    return to > path && to - path < DB_ROW_PATH_MAX;
}

/* Read the uncompressed size, 0 unless it has this codec version (0: none). */
static bool take_default(char **at, uint32_t codec_version, uint64_t *size)
{
    uint64_t made_by;

    if (!summary_take_count(at, INT64_MAX, size) || !summary_take_count(at, INT32_MAX, &made_by))
        return false;
    if (codec_version == 0 || made_by != codec_version)
        *size = 0;
    return true;
}

bool summary_file(char *text, const char *compressor, uint32_t codec_version, struct instance *i)
{
    const char *deflated_by;
    int64_t number, updated;
    uint64_t crc;

    if (!(i->sop_uid = summary_take(&text)) ||
        !summary_take_number(&text, INT32_MIN, INT32_MAX, &number) ||
        !(i->root = summary_take(&text)) || !summary_take_count(&text, INT64_MAX, &i->size) ||
        !summary_take_number(&text, INT64_MIN, INT64_MAX, &i->mtime_ns) ||
        !summary_take_count(&text, UINT32_MAX, &crc) ||
        !summary_take_number(&text, 0, INT64_MAX, &i->acquired) ||
        !summary_take_number(&text, 0, INT64_MAX, &updated) ||
        !summary_take_count(&text, INT64_MAX, &i->deflated_size) ||
        !(deflated_by = summary_take(&text)) ||
        !take_default(&text, codec_version, &i->default_size))
        return false;
    i->number = (int32_t)number;
    i->crc = (uint32_t)crc;
    i->updated = updated / 1000000;
    i->deflated_now = compressor && strcmp(deflated_by, compressor) == 0;
    if (!i->deflated_now)
        i->deflated_size = 0;
    i->path = text;
    return read_path(text);
}

/* Read all numbers. Returns their count, 0 if the text is malformed or has more
 * than `most`. */
static size_t read_numbers(const char *s, uint64_t *out, size_t most)
{
    size_t n = 0;

    for (size_t len = strcspn(s, " "); n < most && num_parse(s, len, INT64_MAX, &out[n]);
         len = strcspn(s, " ")) {
        n++;
        if (!s[len])
            return n;
        s += len + 1;
    }
    return 0;
}

enum {
    PART10,
    LOSSY,
    FRAMES,
    ROWS,
    COLUMNS,
    BITS,
    SAMPLES,
    OF_FILE,
    FORM_SIZE = OF_FILE,
    FORM_CRC,
    FORM_DEFLATED,
    ALL
};

bool summary_conversion(char *text, struct instance *i)
{
    uint64_t n[ALL] = {[PART10] = 1};
    size_t count = OF_FILE;

    i->transfer_syntax = text ? summary_take(&text) : TRANSFER_SYNTAX_EXPLICIT_LE;
    if (text)
        count = i->transfer_syntax ? read_numbers(text, n, ALL) : 0;
    for (size_t k = FRAMES; k <= SAMPLES; k++)
        if (n[k] > INT32_MAX)
            return false;
    i->part10 = n[PART10] != 0;
    i->lossy = n[LOSSY] != 0;
    i->frames = (uint32_t)n[FRAMES];
    i->rows = (uint32_t)n[ROWS];
    i->columns = (uint32_t)n[COLUMNS];
    i->bits_allocated = (uint32_t)n[BITS];
    i->samples = (uint32_t)n[SAMPLES];
    i->conversion_known = count == ALL && n[FORM_SIZE] > 0;
    i->conversion_failed = count == ALL && n[FORM_SIZE] == 0;
    i->converted_size = n[FORM_SIZE];
    i->converted_crc = (uint32_t)n[FORM_CRC];
    i->converted_deflated = n[FORM_DEFLATED];
    return (count == OF_FILE || count == ALL) && n[FORM_CRC] <= UINT32_MAX;
}

bool summary_series(char *text, struct instance *i)
{
    int64_t number, removed;

    if (!summary_take_number(&text, INT32_MIN, INT32_MAX, &number) ||
        !summary_take_number(&text, 0, INT64_MAX, &removed))
        return false;
    i->series_number = (int32_t)number;
    i->removed = removed / 1000000;
    i->series_description = text;
    return true;
}

bool summary_listed(char *text, struct instance *i)
{
    uint64_t place[4] = {0};
    char *end;

    i->conflicts = (uint32_t)strtoul(text, &end, 10);
    i->sop_class = *end == ' ' ? end + 1 : end;
    end = strchr(i->sop_class, ' ');
    if (!end)
        return true;
    *end++ = '\0';
    if (read_numbers(end, place, 4) != 4 || place[2] > UINT32_MAX)
        return false;
    i->pixel_offset = place[0];
    i->pixel_length = place[1];
    i->pixel_crc = (uint32_t)place[2];
    i->pixel_deflated = i->deflated_now ? place[3] : 0;
    return true;
}
