/* SPDX-License-Identifier: MIT */
/* YYYYMMDDhhmmss as DOS dates and times. */
#include "tests/unit/unit.h"

#include "base/dos_time.h"

static void times_are_dos_times_or_the_first(void **state)
{
    static const struct {
        int64_t acquired;
        uint32_t time;
    } cases[] = {
        {0, 0x00210000},
        {-1, 0x00210000},
        {19800101000000, 0x00210000},
        {19800101000002, 0x00210001},
        {20240229235958, 0x585DBF7D},
        {20240229235959, 0x585DBF7D},
        {20240229235960, 0x585DBF7D},  /* a leap second */
        {20230229000000, 0x00210000},  /* no such day */
        {21000229000000, 0x00210000},
        {20000229000000, 0x285D0000},
        {19791231235959, 0x00210000},  /* before DOS */
        {21071231235958, 0xFF9FBF7D},
        {21080101000000, 0x00210000},
        {20241301000000, 0x00210000},
        {20240001000000, 0x00210000},
        {20240100000000, 0x00210000},
        {20240132000000, 0x00210000},
        {20240101240000, 0x00210000},
        {20240101006000, 0x00210000},
        {20240101000061, 0x00210000},
        {INT64_MAX, 0x00210000},
        {INT64_MIN, 0x00210000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (dos_time(cases[i].acquired) != cases[i].time)
            fail_msg("%lld: %08x, not %08x", (long long)cases[i].acquired,
                     dos_time(cases[i].acquired), cases[i].time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_dos_times_or_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
