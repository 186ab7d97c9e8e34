/* SPDX-License-Identifier: MIT */
#include "format/dicomdir.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "base/dos_time.h"
#include "base/io.h"
#include "base/le.h"
#include "base/mem.h"
#include "dicom/transfer_syntax.h"
#include "helper/helper_run.h"
#include "format/zip_records.h"

#define AHEAD ((size_t)64 << 10)
#define UUID_BYTES 16

_Static_assert(sizeof "DICOM/S0000001/I0000001" <= DICOMDIR_FILE_ID_MAX, "a File ID fits");

/* Add its member to the plan. Size and CRC-32 follow when it is made. */
static int dicomdir_add_member(struct plan *p, struct err *e)
{
    if (mem_grow(&p->members, &p->member_room, 1,
                 MEM_ELEMENTS(*p->members, UINT32_MAX, "instances"), e))
        return -1;
    p->members[0] = (struct plan_member){.source = PLAN_GENERATED, .time = dos_time(0)};
    p->count = 1;
    return 0;
}

static int dicomdir_flush(struct dicomdir *d, struct err *e)
{
    if (buf_check(&d->ahead, "what a DICOMDIR is made of", e) ||
        sha256_update(&d->digest, d->ahead.data, d->ahead.len, e))
        return -1;
    if (io_write(d->list_fd, d->ahead.data, d->ahead.len))
        return err_sys(e, ERR_SYSTEM, "cannot write what a DICOMDIR is made of");
    buf_clear(&d->ahead);
    return 0;
}

int dicomdir_init(struct dicomdir *d, struct plan *p, const struct dicomdir_study *study,
                  struct err *e)
{
    *d = (struct dicomdir){.plan = p, .fd = -1};
    memcpy(&d->study, study, sizeof *study);
    buf_init(&d->ahead, 2 * AHEAD + DICOMDIR_KEYS_MAX);
    d->list_fd = memfd_create("file-set", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (d->list_fd < 0)
        return err_sys(e, ERR_SYSTEM, "no memory file for a DICOMDIR");
    p->dicomdir = d;
    return sha256_open(&d->digest, e) || dicomdir_add_member(p, e) ? -1 : 0;
}

void dicomdir_release(struct dicomdir *d)
{
    if (!d->plan)
        return;
    io_close(&d->list_fd);
    io_close(&d->fd);
    buf_release(&d->ahead);
    sha256_close(&d->digest);
    *d = (struct dicomdir){0};
}

static void dicomdir_put_entry(struct dicomdir *d, enum dicomdir_kind kind, size_t keys)
{
    const struct dicomdir_entry entry = {kind, (uint32_t)keys};

    buf_add(&d->ahead, &entry, sizeof entry);
}

/* Structs are cleared with memset, because their padding is hashed, too. */
#define PUT(field, text) snprintf(field, sizeof field, "%s", text)

static void put_series(struct dicomdir *d, const struct instance *i)
{
    struct dicomdir_series s;

    memset(&s, 0, sizeof s);
    s.number = i->series_number;
    PUT(s.series_uid, i->series_uid);
    PUT(s.modality, i->modality);
    PUT(s.series_description, i->series_description);
    dicomdir_put_entry(d, DICOMDIR_SERIES, 0);
    buf_add(&d->ahead, &s, sizeof s);
}

/* Components are separated by backslashes, like values: PS3.3 F.3.2.2
 * Referenced File ID. */
static void put_instance(struct dicomdir *d, const struct plan_member *m, const struct instance *i)
{
    struct dicomdir_instance n;
    char path[PLAN_PATH_BUFFER];

    memset(&n, 0, sizeof n);
    n.number = i->number;
    plan_path(d->plan, m, path);
    for (char *c = path; *c; c++)
        *c = *c == '/' ? '\\' : *c;
    snprintf(n.file_id, sizeof n.file_id, "%.*s", DICOMDIR_FILE_ID_MAX, path);
    PUT(n.sop_class, i->sop_class);
    PUT(n.sop_uid, i->sop_uid);
    PUT(n.transfer_syntax, *plan_syntax(d->plan, m) ? plan_syntax(d->plan, m) : i->transfer_syntax);
    dicomdir_put_entry(d, DICOMDIR_INSTANCE, i->key_bytes);
    buf_add(&d->ahead, &n, sizeof n);
    buf_add(&d->ahead, i->keys, i->key_bytes);
}

/* The study comes first; its date can come from the first instance. */
static void put_study(struct dicomdir *d, const struct instance *i)
{
    d->study.acquired = i->acquired;
    buf_add(&d->ahead, &d->study, sizeof d->study);
}

int dicomdir_add(struct dicomdir *d, const struct instance *i, struct err *e)
{
    const struct plan *p = d->plan;
    const struct plan_member *m = &p->members[p->count - 1];
    uint8_t crc[4];

    if (p->series_count > DICOMDIR_ORDINAL_MAX ||
        (size_t)(m - p->members) - p->series[p->series_count - 1].first >= DICOMDIR_ORDINAL_MAX)
        return err_set(e, ERR_TOO_LARGE,
                       "more than %u series or instances of a series in a DICOMDIR",
                       DICOMDIR_ORDINAL_MAX);
    if (!i->keys)
        return err_set(e, ERR_DATA,
                       "the catalogue has no DICOMDIR keys of instance %s: index its file again",
                       i->sop_uid);
    if (d->series == 0)
        put_study(d, i);
    if (d->series < p->series_count)
        put_series(d, i);
    d->series = p->series_count;
    put_instance(d, m, i);
    le32_put(crc, i->crc);
    if (sha256_update(&d->digest, crc, sizeof crc, e))
        return -1;
    return d->ahead.len >= AHEAD ? dicomdir_flush(d, e) : 0;
}

/*
 * Write a UUID as a UID (PS3.5 B.2): its 128 bits as a decimal number, by
 * repeated division by ten.
 */
static void write_uid(uint8_t uuid[UUID_BYTES], char out[UID_MAX + 1])
{
    char digits[40];
    size_t n = 0;
    bool more;

    do {
        unsigned rest = 0;

        more = false;
        for (size_t i = 0; i < UUID_BYTES; i++) {
            rest = rest << 8 | uuid[i];
            uuid[i] = (uint8_t)(rest / 10);
            more |= uuid[i] != 0;
            rest %= 10;
        }
        digits[n++] = (char)('0' + rest);
    } while (more);
    memcpy(out, "2.25.", 5);
    for (size_t i = 0; i < n; i++)
        out[5 + i] = digits[n - 1 - i];
    out[5 + n] = '\0';
}

/* The digest is of the original input: without the key nobody can compare
 * it. */
static int hide_file_set(struct dicomdir *d, struct err *e)
{
    char original[UID_MAX + 1];

    memcpy(original, d->uid, sizeof original);
    return deid_key_new_uid(d->plan->options.profile->key, original, strlen(original), d->uid, e);
}

/*
 * Derive the File-set UID from the content (RFC 9562 5.8, version 8), so that
 * the same archive has the same UID.
 */
static int name_file_set(struct dicomdir *d, struct err *e)
{
    uint8_t digest[SHA256_BYTES];

    if (sha256_finish(&d->digest, digest, e))
        return -1;
    digest[6] = 0x80 | (digest[6] & 0x0f);
    digest[8] = 0x80 | (digest[8] & 0x3f);
    write_uid(digest, d->uid);
    return d->plan->options.profile ? hide_file_set(d, e) : 0;
}

static int dicomdir_take(struct dicomdir *d, const struct helper_result *r, struct err *e)
{
    struct plan_member *m = &d->plan->members[0];

    bool refused = d->plan->options.profile && r->class == HELPER_REFUSED;

    if (r->class != HELPER_INSTANCE)
        return err_set(e, refused ? ERR_NOT_ACCEPTABLE : ERR_HELPER, "cannot make a DICOMDIR: %s",
                       r->reason);
    d->fd = r->fd;
    m->stored_size = m->file_size = r->size;
    m->crc = m->file_crc = r->crc;
    m->known = true;
    return plan_name_syntax(d->plan, TRANSFER_SYNTAX_EXPLICIT_LE, m, e);
}

int dicomdir_make(struct dicomdir *d, struct helper_pool *pool, struct err *e)
{
    char target[UID_MAX + 1 + sizeof d->issuer];
    const struct helper_order order = {
        .kind = HELPER_MAKE_DICOMDIR, .target = target, .profile = plan_profile(&d->plan->options)};
    struct helper_result r;
    int list_fd;

    if (d->plan->refused || d->series == 0)
        return 0; /* finish_plan() reports why */
    if (dicomdir_flush(d, e) || name_file_set(d, e))
        return -1;
    if (fcntl(d->list_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
        return err_sys(e, ERR_SYSTEM, "cannot seal what a DICOMDIR is made of");
    snprintf(target, sizeof target, "%s%s%s", d->uid, order.profile && *d->issuer ? " " : "",
             order.profile ? d->issuer : "");
    list_fd = d->list_fd;
    d->list_fd = -1;
    return helper_run(pool, list_fd, &order, &r, e) || dicomdir_take(d, &r, e) ? -1 : 0;
}
