/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <inttypes.h>

#include "format/zip_records.h"

#define GOLDEN "tests/golden/zip_records.txt"

/* A record as hexadecimal digits. */
static const char *hex(const uint8_t *data, size_t len)
{
    static char text[2 * ZIP_RECORD_CENTRAL_MAX + 1];

    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", data[i]);
    return text;
}

/* Encodes what a line asks for and compares the bytes, and their number as it
 * is announced. */
static void compare(const char *line)
{
    uint8_t out[ZIP_RECORD_CENTRAL_MAX];
    char kind[16], name[256], want[2 * ZIP_RECORD_CENTRAL_MAX + 1];
    struct zip_entry z = {.name = name};
    uint64_t a, b, c;
    int method;

    if (sscanf(line, "local %255s %d %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %658s", name,
               &method, &z.time, &z.crc, &z.size, &z.stored_size, want) == 7) {
        z.name_len = strlen(name);
        z.method = (enum zip_method)method;
        assert_string_equal(hex(out, zip_record_local(&z, out)), want);
        assert_int_equal(zip_record_local_size(&z) * 2, strlen(want));
    } else if (sscanf(line,
                      "central %255s %d %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64
                      " %658s",
                      name, &method, &z.time, &z.crc, &z.size, &z.stored_size, &z.offset,
                      want) == 8) {
        z.name_len = strlen(name);
        z.method = (enum zip_method)method;
        assert_string_equal(hex(out, zip_record_central(&z, out)), want);
        assert_int_equal(zip_record_central_size(&z) * 2, strlen(want));
    } else if (sscanf(line, "%15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %658s", kind, &a, &b, &c,
                      want) == 5) {
        assert_string_equal(kind, "end");
        assert_string_equal(hex(out, zip_record_end(a, b, c, out)), want);
        assert_int_equal(zip_record_end_size(a, b, c) * 2, strlen(want));
    } else {
        fail_msg("%s: not understood: %s", GOLDEN, line);
    }
}

static void records_are_the_golden_bytes(void **state)
{
    char line[2048];
    int lines = 0;
    FILE *f = fopen(GOLDEN, "r");

    (void)state;
    if (!f)
        fail_msg("%s is not there: run from the top folder", GOLDEN);
    while (fgets(line, sizeof line, f))
        if (line[0] != '#') {
            compare(line);
            lines++;
        }
    fclose(f);
    assert_true(lines >= 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_the_golden_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
