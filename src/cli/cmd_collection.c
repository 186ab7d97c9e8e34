/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <strings.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/utf8.h"
#include "catalog/collection_request.h"
#include "cli/collection_archive.h"
#include "cli/text_table.h"
#include "dicom/uid.h"

#define OWN_NAME_MAX 256 /* bytes, with the NUL */

static struct {
    const char *name; /* null: the list's own */
    const char *profile; /* of de-identification, likewise */
    bool digest;
    uint64_t part_bytes; /* of digest; 0: of the whole archive */
} options;

static bool cmd_collection_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    if (key == 'd')
        return options.digest = true;
    if (key == 'i')
        return *(options.profile = value) && strlen(value) <= CONF_DEID_NAME_MAX;
    if (key == 'p')
        return num_parse_size(value, INT64_MAX, &options.part_bytes) && options.part_bytes;
    options.name = value;
    return *value && strlen(value) <= COLLECTION_LIST_NAME &&
           utf8_is_text(value, strlen(value) + 1);
}

/* Read a whole list; "-" is standard input. */
static int read_input(const char *path, struct buf *out, struct err *e)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    char chunk[65536];
    ssize_t n;

    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot read %s", path);
    do {
        n = read(fd, chunk, sizeof chunk);
        if (n > 0)
            buf_add(out, chunk, (size_t)n);
    } while ((n > 0 && !out->failed) || (n < 0 && errno == EINTR));
    if (!standard)
        io_close(&fd);
    if (n < 0)
        return err_sys(e, ERR_SYSTEM, "cannot read %s", path);
    return out->failed
               ? err_set(e, ERR_TOO_LARGE, "%s is longer than %zu bytes", path, COLLECTION_LIST_MAX)
               : 0;
}

/* A list is JSON if its first character is a brace. */
static enum collection_list_kind kind_of(const struct buf *text)
{
    size_t blank = text->data ? strspn(text->data, " \t\r\n") : 0;

    return text->data && text->data[blank] == '{' ? COLLECTION_LIST_JSON : COLLECTION_LIST_TEXT;
}

/* Copy the name of this process's account; "" if it has none. */
static void own_name(char out[OWN_NAME_MAX])
{
    char room[4096];
    struct passwd account, *found = NULL;

    out[0] = '\0';
    if (getpwuid_r(geteuid(), &account, room, sizeof room, &found) == 0 && found)
        snprintf(out, OWN_NAME_MAX, "%s", found->pw_name);
}

static int create_from(const struct conf *conf, struct catalog *c, struct collection_list *l,
                       struct err *e)
{
    struct collection made;
    struct buf unknown;
    bool fresh = false;
    int rc;

    buf_init(&unknown, COLLECTION_UNKNOWN_MAX * (UID_MAX + 2));
    if (options.name)
        snprintf(l->name, sizeof l->name, "%s", options.name);
    if (options.profile)
        snprintf(l->profile, sizeof l->profile, "%s", options.profile);
    if (*l->profile && !conf_deid_of(&conf->deid, l->profile))
        return err_set(e, ERR_REQUEST,
                       "there is no profile of de-identification \"%s\": `wadozip settings` lists"
                       " deid.NAME",
                       l->profile);
    rc = collection_request(c, l, &made, &fresh, &unknown, e);
    if (rc == 0)
        printf("%s\n", made.id);
    if (rc == 0)
        fprintf(stderr,
                "%s: %" PRIu64 " studies, %" PRIu64 " series, %" PRIu64 " instances, %.1f MB\n",
                fresh ? "created" : "there already", made.studies, made.series, made.instances,
                (double)made.bytes / 1e6);
    else if (unknown.len)
        fprintf(stderr, "%s\n", unknown.data + 1);
    buf_release(&unknown);
    return rc == 0 && options.digest
               ? collection_archive_digest(conf, made.id, options.part_bytes, e)
               : rc;
}

static int create(const struct conf *conf, struct catalog *c, const char *path, struct err *e)
{
    char creator[OWN_NAME_MAX];
    struct collection_list list;
    struct buf text;
    int rc;

    buf_init(&text, COLLECTION_LIST_MAX);
    collection_list_init(&list);
    own_name(creator);
    list.creator = creator;
    rc = read_input(path, &text, e);
    if (rc == 0)
        rc = collection_list_parse(text.data ? text.data : "", text.len, kind_of(&text), &list, e);
    buf_release(&text);
    if (rc == 0)
        rc = create_from(conf, c, &list, e);
    collection_list_release(&list);
    return rc;
}

static int add_to_table(void *ctx, const struct collection *c, struct err *e)
{
    struct text_table *t = ctx;
    const uint64_t numbers[] = {c->studies, c->series, c->instances, c->bytes};
    char text[24];

    text_table_cell(t, c->id);
    text_table_cell(t, c->created);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(text, sizeof text, "%" PRIu64, numbers[i]);
        text_table_cell(t, text);
    }
    text_table_cell(t, *c->profile ? c->profile : "original");
    text_table_cell(t, c->creator);
    text_table_cell(t, c->name);
    text_table_end_row(t);
    return text_table_check(t, e);
}

static int list(struct catalog *c, struct err *e)
{
    static const char *const head[] = {"ID",    "Created", "Studies", "Series", "Instances",
                                       "Bytes", "Form",    "Creator", "Name"};
    struct text_table t;
    int rc;

    text_table_init(&t);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        text_table_cell(&t, head[i]);
    text_table_end_row(&t);
    rc = collection_list(c, add_to_table, &t, e);
    if (rc == 0)
        text_table_print(&t, stdout);
    text_table_release(&t);
    return rc;
}

static int print_series(void *ctx, const struct collection_series *s, struct err *e)
{
    (void)ctx, (void)e;
    printf("%s,%s,%" PRIu64 ",%" PRIu64 "\n", s->study_uid, s->series_uid, s->instances, s->bytes);
    return 0;
}

static int print_broken(void *ctx, const char *study, uint64_t series, struct err *e)
{
    (void)e;
    *(bool *)ctx = true;
    fprintf(stderr, "wadozip: study %s: %" PRIu64 " series are not as they were\n", study, series);
    return 0;
}

/* Print the series as a table that can be the list of a collection again. */
static int show_collection(struct catalog *c, const char *id, struct err *e)
{
    bool broken = false;
    struct collection found;

    if (collection_read(c, id, &found, e))
        return -1;
    fprintf(stderr,
            "%s, by %s, %s, %s: %" PRIu64 " studies, %" PRIu64 " series, %" PRIu64
            " instances, %.1f MB\n",
            *found.name ? found.name : "no name", *found.creator ? found.creator : "nobody",
            found.created, *found.profile ? found.profile : "original", found.studies, found.series,
            found.instances, (double)found.bytes / 1e6);
    printf("StudyInstanceUID,SeriesInstanceUID,instances,bytes\n");
    if (collection_series(c, id, print_series, NULL, e))
        return -1;
    if (collection_broken(c, id, (struct collection_part){1, INT32_MAX}, print_broken, &broken, e))
        return -1;
    return broken
               ? err_set(
                     e, ERR_GONE,
                     "the collection cannot be sent any more: create another one from what is there")
               : 0;
}

static int delete_all(struct catalog *c, int count, char **ids, struct err *e)
{
    for (int i = 0; i < count; i++) {
        if (collection_delete(c, ids[i], e))
            return -1;
        printf("%s deleted\n", ids[i]);
    }
    return 0;
}

static int act(const struct conf *conf, struct catalog *c, int argc, char **argv, struct err *e)
{
    if (strcmp(argv[0], "create") == 0)
        return create(conf, c, argv[1], e);
    if (strcmp(argv[0], "digest") == 0)
        return collection_archive_digest(conf, argv[1], options.part_bytes, e);
    if (strcmp(argv[0], "list") == 0)
        return list(c, e);
    return strcmp(argv[0], "show") == 0 ? show_collection(c, argv[1], e)
                                        : delete_all(c, argc - 1, argv + 1, e);
}

/* Return a message about wrong arguments, or null. */
static const char *check_arguments(int argc, char **argv)
{
    static const struct {
        const char *name;
        int least, most; /* arguments after it */
    } acts[] = {{"create", 1, 1},
                {"list", 0, 0},
                {"show", 1, 1},
                {"digest", 1, 1},
                {"delete", 1, INT32_MAX}};
    size_t i = 0, count = sizeof acts / sizeof *acts;

    while (argc > 0 && i < count && strcmp(argv[0], acts[i].name) != 0)
        i++;
    if (argc == 0 || i == count)
        return "collection: say create FILE, list, show ID, digest ID or delete ID...";
    if (argc - 1 < acts[i].least || argc - 1 > acts[i].most)
        return "collection: create takes one file (- is standard input), show and digest one ID, delete one or more, list none";
    for (int n = 1; n < argc && i > 1; n++)
        if (!collection_is_id(argv[n]))
            return "collection: an ID has 32 hexadecimal digits, as list prints them";
    return NULL;
}

static int cmd_collection_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    const char *wrong = check_arguments(argc, argv);
    struct catalog *catalog;
    struct err e = ERR_INIT;
    int rc;

    (void)ctx;
    if (wrong)
        return cli_misuse(wrong);
    if (catalog_open(c->database, &catalog, &e))
        return cli_fail(&e);
    rc = act(c, catalog, argc, argv, &e);
    catalog_close(catalog);
    if (rc == 0)
        return CLI_OK;
    (void)cli_fail(&e);
    if (cli_stopped)
        return CLI_INTERRUPTED;
    return e.kind == ERR_GONE || e.kind == ERR_NOT_FOUND ? CLI_INCOMPLETE : CLI_FAILED;
}

static const struct option long_options[] = {{"name", required_argument, NULL, 'n'},
                                             {"deidentify", required_argument, NULL, 'i'},
                                             {"digest", no_argument, NULL, 'd'},
                                             {"part-bytes", required_argument, NULL, 'p'},
                                             {0}};

const struct cli_command cmd_collection = {
    .name = "collection",
    .arguments = "create FILE | list | show ID | digest ID | delete ID...",
    .summary = "freezes lists of studies and series, which are then retrieved as one archive",
    .options = "  --name TEXT    of a new collection\n"
               "  --deidentify NAME  create: it is sent only as this profile leaves it\n"
               "  --digest       after create: also compute its SHA-256, as digest does\n"
               "  --part-bytes N of the parts that are digested, not of the whole archive\n",
    .long_options = long_options,
    .short_options = "",
    .option = cmd_collection_option,
    .run = cmd_collection_run,
};
