/* SPDX-License-Identifier: MIT */
#include "dicom/element_path.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define TAG_DIGITS 8

static bool element_path_take_tag(const char **s, uint32_t *tag)
{
    *tag = 0;
    for (size_t i = 0; i < TAG_DIGITS; i++, (*s)++) {
        char c = **s;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                                                : 16;

        if (digit == 16)
            return false;
        *tag = *tag << 4 | digit;
    }
    return true;
}

/* Parse "/N/" between two tags. */
static bool take_item(const char **s, uint32_t *item)
{
    size_t len = strspn(*s + 1, "0123456789");
    uint64_t number;

    if (**s != '/' || (*s)[1] == '0' || (*s)[1 + len] != '/' ||
        !num_parse(*s + 1, len, ELEMENT_PATH_ITEM_MAX, &number))
        return false;
    *item = (uint32_t)number;
    *s += len + 2;
    return true;
}

bool element_path_parse(const char *s, struct element_path *out)
{
    for (out->count = 0; out->count < ELEMENT_PATH_DEPTH_MAX; out->count++) {
        struct element_path_step *step = &out->steps[out->count];

        step->item = 0;
        if (!element_path_take_tag(&s, &step->tag))
            return false;
        if (!*s) {
            out->count++;
            return true;
        }
        if (!take_item(&s, &step->item))
            return false;
    }
    return false;
}

void element_path_text(const struct element_path *p, char out[ELEMENT_PATH_TEXT_MAX + 1])
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < p->count; i++) {
        n += (size_t)snprintf(out + n, ELEMENT_PATH_TEXT_MAX + 1 - n, "%08X", p->steps[i].tag);
        if (i + 1 < p->count)
            n += (size_t)snprintf(out + n, ELEMENT_PATH_TEXT_MAX + 1 - n, "/%u/", p->steps[i].item);
    }
}
