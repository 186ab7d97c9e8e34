/* SPDX-License-Identifier: MIT */
/*
 * A pool of wadozip-dicom processes, the only programs that parse DICOM. Jobs
 * are sent over socket pairs, files as descriptors; results return as fields or
 * as memory files. A process that dies, exceeds its time or violates the
 * protocol is replaced, and its job fails with the reason; other jobs are
 * unaffected. Not thread-safe.
 */
#ifndef WADOZIP_HELPER_HELPER_POOL_H
#define WADOZIP_HELPER_HELPER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "helper/description.h"
#include "helper/helper_order.h"
#include "helper/helper_setup.h"

struct helper_result {
    uint64_t cookie;         /* of the job */
    enum helper_job_kind kind;
    enum helper_class class;
    char reason[HELPER_REASON_MAX + 1]; /* unless HELPER_INSTANCE: one sentence, printable UTF-8 */
    uint64_t size;           /* describe: bytes of the file; else of the result */
    uint32_t crc;            /* CRC-32 of these bytes */
    uint64_t deflated;       /* deflated size of these bytes, if requested and native; else 0 */
    int fd;                  /* the result, sealed, owned by the receiver; -1 if no file was made */
    bool packed;             /* convert: the result is deflated and has that many bytes */
    uint32_t packed_crc;     /* CRC-32 of the bytes in fd, deflated or not */
    /* describe, measure: bytes in Explicit VR Little Endian, uncompressed; 0:
     * cannot be measured, or (describe) not needed, because the file is sent as
     * stored by default */
    uint64_t default_size;
    uint32_t source_crc;     /* if a file is made: CRC-32 of the file that was read */
    /* de-identified header: bytes before the value of Pixel Data, which was
     * left out; 0: was not */
    uint64_t cut;
    struct helper_description description; /* describe */
    const unsigned char *keys; /* describe: further keys for a DICOMDIR, opaque; valid until the
                                * next helper_pool_next() */
    size_t key_bytes;          /* at most DICOMDIR_KEYS_MAX; 0 for most */
    /* describe: of the frames (dicom/frame_table.h); lives as long as keys */
    const unsigned char *table;
    /* 0: it is longer than PROTOCOL_TABLE_MAX, ask by HELPER_FRAME_TABLE */
    size_t table_bytes;
};

struct helper_pool;

/*
 * Return the setup from the settings, whose strings it borrows. Descriptions do
 * not include deflated sizes.
 */
struct helper_setup helper_setup_of(const struct conf *c);

/* Open a pool. Copies the strings of the setup. Starts processes when jobs
 * arrive. */
int helper_pool_open(const struct helper_setup *s, struct helper_pool **out,
                     struct err *e) MUST_CHECK;

/* End the processes and discard jobs without a result. Null is allowed. */
void helper_pool_close(struct helper_pool *p);

/*
 * Return the codec version of the pool's processes (dicom/conversion_rules.h),
 * which differs when their libraries make other bytes. Not 0, fits an int.
 * Waits for the first process if none has reported it; call it while no job is
 * running.
 */
int helper_pool_codec_version(struct helper_pool *p, uint32_t *codec_version,
                              struct err *e) MUST_CHECK;

/*
 * Return whether a process has reported another codec version than the earlier
 * ones. Such a pool converts nothing any more: close it.
 */
bool helper_pool_outdated(const struct helper_pool *p);

/* Return the number of jobs that can be submitted without waiting. */
unsigned helper_pool_room(const struct helper_pool *p);

/* Submit a job for a file that is open for reading. The pool owns the
 * descriptor from now on, also on failure. Fails with ERR_BUSY if
 * helper_pool_room() is 0, with ERR_HELPER if no process can be started. */
int helper_pool_order(struct helper_pool *p, int fd_take, const struct helper_order *o,
                      struct err *e) MUST_CHECK;

static inline int helper_pool_submit(struct helper_pool *p, enum helper_job_kind kind, int fd_take,
                                     const char *target, uint64_t cookie, struct err *e)
{
    return helper_pool_order(
        p, fd_take, &(const struct helper_order){kind, HELPER_PACK_NOTHING, target, NULL, cookie},
        e);
}

/*
 * Wait for the result of the job that ends first, for at most timeout_ms (-1:
 * no limit). Returns 1 and fills *r, 0 if time is over or no job is running, -1
 * on an error of the pool itself.
 */
int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r,
                     struct err *e) MUST_CHECK;

#endif
