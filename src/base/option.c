/* SPDX-License-Identifier: MIT */
#include "base/option.h"

#include <getopt.h>

#include "base/banned.h"

void option_describe(int key, char *const *argv, char *out, size_t room)
{
    const char *word = argv[optind - 1];
    const char letter[] = {'-', (char)optopt, '\0'};

    /* For short options in one word optind may not have advanced. For a long
     * option optopt is not a letter, or is its key in the table. */
    if (strncmp(word, "--", 2) != 0 && optopt > ' ' && optopt < 0x7f)
        word = letter;
    if (key == ':')
        snprintf(out, room, "option %.100s needs a value", word);
    else if (strncmp(word, "--", 2) == 0 && optopt)
        snprintf(out, room, "option %.100s takes no value", word);
    else
        snprintf(out, room, "unknown option %.100s", word);
}
