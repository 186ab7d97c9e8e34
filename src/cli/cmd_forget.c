/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>

#include "catalog/writer.h"
#include "dicom/uid.h"

static int cmd_forget_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct writer *w;
    int rc = CLI_OK;
    char text[128];

    (void)ctx;
    if (argc == 0)
        return cli_misuse("forget: which study?");
    for (int i = 0; i < argc; i++)
        if (!uid_valid(argv[i], strlen(argv[i]))) {
            snprintf(text, sizeof text, "forget: \"%.64s\" is not a Study Instance UID", argv[i]);
            return cli_misuse(text);
        }
    if (writer_open(c->database, &w, &e))
        return cli_fail(&e);
    for (int i = 0; i < argc && rc != CLI_FAILED; i++) {
        uint64_t instances = 0;

        if (writer_forget(w, argv[i], &instances, &e) == 0) {
            printf("%s: %" PRIu64 " instances forgotten\n", argv[i], instances);
            continue;
        }
        rc = e.kind == ERR_NOT_FOUND ? CLI_INCOMPLETE : CLI_FAILED;
        (void)cli_fail(&e);
        err_clear(&e);
    }
    writer_close(w);
    return rc;
}

const struct cli_command cmd_forget = {
    .name = "forget",
    .arguments = "STUDY...",
    .summary = "takes studies out of the catalogue; index brings back what is still beneath a root",
    .options = "",
    .short_options = "",
    .run = cmd_forget_run,
};
