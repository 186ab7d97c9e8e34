/* SPDX-License-Identifier: MIT */
/* A main for builds without libFuzzer: runs the target once on every file
 * named, or on standard input. Such a program replays crashes under gcc,
 * valgrind or a debugger. */
#ifndef WADOZIP_TESTS_FUZZ_STANDALONE_H
#define WADOZIP_TESTS_FUZZ_STANDALONE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_STANDALONE
#define FUZZ_INPUT_MAX ((size_t)1 << 20)

static int run_file(FILE *f)
{
    static uint8_t data[FUZZ_INPUT_MAX];

    return f ? LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, f)) : 1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2 ? run_file(stdin) : 0;

    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");

        failed |= run_file(f);
        if (f)
            fclose(f);
    }
    return failed;
}
#endif

#endif
