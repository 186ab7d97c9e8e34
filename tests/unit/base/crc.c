/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <zlib.h>

#include "base/crc.h"

static void agrees_with_zlib_however_it_is_cut(void **state)
{
    unsigned char data[4099];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 131 + (i >> 8));
    for (size_t cut = 0; cut <= sizeof data; cut += 37) {
        uint32_t crc = crc_update(crc_update(0, data, cut), data + cut, sizeof data - cut);

        assert_int_equal(crc, crc32(0, data, sizeof data));
    }
    assert_int_equal(crc_update(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(crc_update(0, "", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_zlib_however_it_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
