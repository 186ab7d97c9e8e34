/* SPDX-License-Identifier: MIT */
#include "plan/names.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dicom/instance.h"

#define PART_MODALITY 16
#define PART_DATE 8

/* Letters from U+00C0 to U+017F without accents. */
static const char latin[][3] = {
    "A", "A", "A", "A", "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I", "I", /* 00C0 */
    "D", "N", "O", "O", "O", "O", "O", "_", "O", "U", "U", "U", "U", "Y", "TH", "ss",
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
    "d", "n", "o", "o", "o", "o", "o", "_", "o", "u", "u", "u", "u", "y", "th", "y",
    "A", "a", "A", "a", "A", "a", "C", "c", "C", "c", "C", "c", "C", "c", "D", "d", /* 0100 */
    "D", "d", "E", "e", "E", "e", "E", "e", "E", "e", "E", "e", "G", "g", "G", "g",
    "G", "g", "G", "g", "H", "h", "H", "h", "I", "i", "I", "i", "I", "i", "I", "i",
    "I", "i", "IJ", "ij", "J", "j", "K", "k", "k", "L", "l", "L", "l", "L", "l", "L",
    "l", "L", "l", "N", "n", "N", "n", "N", "n", "n", "N", "n", "O", "o", "O", "o",
    "O", "o", "OE", "oe", "R", "r", "R", "r", "R", "r", "S", "s", "S", "s", "S", "s",
    "S", "s", "T", "t", "T", "t", "T", "t", "U", "u", "U", "u", "U", "u", "U", "u",
    "U", "u", "U", "u", "W", "w", "Y", "y", "Y", "Z", "z", "Z", "z", "Z", "z", "s",
};

/* Read one code point from *s; 0xFFFD, and one byte, if the text is not UTF-8.
 */
static uint32_t next_char(const unsigned char **s)
{
    uint32_t c = *(*s)++;
    int more = c < 0x80                ? 0
               : c >= 0xF0 && c < 0xF5 ? 3
               : c >= 0xE0 && c < 0xF0 ? 2
               : c >= 0xC2 && c < 0xE0 ? 1
                                       : -1;

    if (more <= 0)
        return more == 0 ? c : 0xFFFD;
    c &= 0x3Fu >> more;
    for (int i = 0; i < more; i++) {
        if (((*s)[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | ((*s)[i] & 0x3F);
    }
    *s += more;
    return c;
}

static bool names_is_plain(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.';
}

/* Return the replacement for one character: "" for a combining accent. */
static const char *reduced(uint32_t c, char plain[2])
{
    if (c >= 0x300 && c < 0x370)
        return "";
    if (c >= 0xC0 && c < 0x180)
        return latin[c - 0xC0];
    plain[0] = names_is_plain(c) ? (char)c : '_';
    return plain;
}

/*
 * Append at most `max` reduced characters of s after '-', if any remain. Marks
 * are never doubled or at an end, so no component ends in a dot.
 */
static size_t put_part(char *out, size_t len, size_t max, const char *s)
{
    const unsigned char *at = (const unsigned char *)s;
    size_t start = len + 1, end = len + 1;

    while (*at && end - start < max) {
        char plain[2] = "";

        for (const char *c = reduced(next_char(&at), plain); *c && end - start < max; c++) {
            bool mark = strchr("_-.", *c);

            if (!mark || (end > start && !strchr("_-.", out[end - 1])))
                out[end++] = *c;
        }
    }
    while (end > start && strchr("_-.", out[end - 1]))
        end--;
    if (end == start)
        return len;
    out[len] = '-';
    return end;
}

/* Write at least `least` digits. By hand, because every name is made several
 * times. */
static size_t put_digits(char *out, uint32_t value, size_t least)
{
    char digits[10];
    size_t n = 0;

    for (; value || n < least; value /= 10)
        digits[n++] = (char)('0' + value % 10);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

static size_t put_number(char *out, int32_t number, size_t least)
{
    if (number == INSTANCE_NO_NUMBER) {
        memcpy(out, "none", 4);
        return 4;
    }
    if (number >= 0)
        return put_digits(out, (uint32_t)number, least);
    out[0] = 'm';
    return 1 + put_digits(out + 1, 0u - (uint32_t)number, least);
}

size_t names_folder(int32_t number, const char *modality, const char *description,
                    char out[NAMES_FOLDER_MAX + 1])
{
    size_t len = put_number(out, number, 4);

    len = put_part(out, len, PART_MODALITY, modality);
    len = put_part(out, len, NAMES_FOLDER_MAX - 1 - len, description);
    out[len] = '\0';
    return len;
}

size_t names_patient(uint32_t number, char out[NAMES_PATIENT_MAX + 1])
{
    size_t len = 1 + put_digits(out + 1, number, 4);

    out[0] = 'P';
    out[len] = '\0';
    return len;
}

size_t names_study(size_t number, const char *date, const char *description,
                   char out[NAMES_STUDY_MAX + 1])
{
    size_t len = put_digits(out, (uint32_t)number, 4);

    len = put_part(out, len, PART_DATE, date ? date : "");
    len = put_part(out, len, NAMES_STUDY_MAX - 1 - len, description ? description : "");
    out[len] = '\0';
    return len;
}

size_t names_file(int32_t number, uint32_t same_number, char out[NAMES_FILE_MAX + 1])
{
    size_t len = put_number(out, number, 6);

    if (same_number) {
        out[len++] = '-';
        len += put_digits(out + len, same_number + 1, 1);
    }
    memcpy(out + len, ".dcm", 5);
    return len + 4;
}

size_t names_file_id(uint32_t series, uint32_t instance, char out[NAMES_FILE_MAX + 1])
{
    memcpy(out, "DICOM/S0000000/I0000000", 24);
    put_digits(out + 7, series + 1, 7);
    put_digits(out + 16, instance + 1, 7);
    return 23;
}
