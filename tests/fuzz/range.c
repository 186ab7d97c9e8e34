/* SPDX-License-Identifier: MIT */
/* Ranges and conditions: eight bytes of size, then a Range, a zero byte and a
 * condition. The ranges lie within the size and no two of them touch. */
#include "http/range.h"

#include <assert.h>
#include <string.h>

#include "http/conditional.h"
#include "standalone.h"

static void check_set(const struct range_set *set, uint64_t size)
{
    assert(set->count > 0 && set->count <= RANGE_MAX);
    for (size_t i = 0; i < set->count; i++) {
        const struct range *r = &set->ranges[i];

        assert(r->first <= r->last && r->last < size);
        for (size_t j = 0; j < i; j++)
            assert(r->first > set->ranges[j].last + 1 || set->ranges[j].first > r->last + 1);
    }
}

static void check_date(const char *s)
{
    int64_t seconds, again;
    char text[CONDITIONAL_DATE_MAX];

    if (!conditional_date_parse(s, &seconds) || seconds < 0)
        return;
    conditional_date_format(seconds, text);
    assert(strlen(text) == 29 && conditional_date_parse(text, &again));
    assert(again == seconds || again == INT64_C(253402300799));
}

static void check_conditions(const char *s)
{
    struct request all = {.if_match = s, .if_none_match = s, .if_range = s};
    struct request dates = {.if_modified_since = s, .if_unmodified_since = s};

    assert((unsigned)conditional_check(&all, "\"a-1\"", 784111777) <= CONDITIONAL_FAILED);
    assert((unsigned)conditional_check(&all, NULL, 0) <= CONDITIONAL_FAILED);
    assert((unsigned)conditional_check(&dates, "\"a-1\"", 784111777) <= CONDITIONAL_FAILED);
    assert(conditional_check(&dates, "\"a-1\"", 0) == CONDITIONAL_SEND);
    conditional_range(&all, "\"a-1\"");
    assert(!conditional_range(&all, NULL));
    check_date(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct range_set set;
    uint64_t whole;
    char *text;

    if (size < sizeof whole || !(text = malloc(size - sizeof whole + 1)))
        return 0;
    memcpy(&whole, data, sizeof whole);
    memcpy(text, data + sizeof whole, size - sizeof whole);
    text[size - sizeof whole] = '\0';
    if (range_parse(text, whole, &set) == RANGE_PARTIAL)
        check_set(&set, whole);
    if (range_parse(text, 1000, &set) == RANGE_PARTIAL)
        check_set(&set, 1000);
    if (strlen(text) < size - sizeof whole)
        check_conditions(text + strlen(text) + 1);
    free(text);
    return 0;
}
