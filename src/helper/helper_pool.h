/* SPDX-License-Identifier: MIT */
/*
 * wadozip-dicom children: the only place where DICOM is parsed. A pool of them is asked over socket pairs; files go
 * there as descriptors, results come back as fields or as memory files. A child that dies, hangs past its time or
 * breaks the protocol is replaced, and the job that it had is answered with the reason; other jobs are not harmed.
 * Not for threads.
 */
#ifndef WADOZIP_HELPER_HELPER_POOL_H
#define WADOZIP_HELPER_HELPER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "helper/description.h"
#include "helper/helper_setup.h"

struct helper_result {
    uint64_t cookie;         /* of the job */
    enum helper_job_kind kind;
    enum helper_class class;
    char reason[HELPER_REASON_MAX + 1]; /* unless HELPER_INSTANCE: one sentence, printable UTF-8 */
    uint64_t size;           /* describe: bytes of the file; else of the result */
    uint32_t crc;            /* CRC-32 of the same */
    uint64_t deflated;       /* bytes that deflate makes of them, where that was asked for and they are native; else 0 */
    int fd;                  /* the result, sealed, owned by the receiver; -1 where no file was made */
    bool packed;             /* convert: it is deflated and has that many bytes */
    uint32_t packed_crc;     /* CRC-32 of the bytes behind fd, deflated or not */
    uint64_t default_size;   /* describe, measure: bytes in Explicit VR Little Endian, uncompressed; 0: cannot be measured,
                                or (describe) not needed, because the file is sent as stored by default */
    uint32_t source_crc;     /* where a file is made: CRC-32 of the file that it was made of */
    struct helper_description description; /* describe */
    const unsigned char *keys; /* describe: what a DICOMDIR tells besides, opaque; lives until the next helper_pool_next */
    size_t key_bytes;          /* at most DICOMDIR_KEYS_MAX (dicom/dicomdir_writer.h); 0 for most */
    const unsigned char *table; /* describe: of the frames (dicom/frame_table.h); lives as long as keys */
    size_t table_bytes;         /* 0: it is longer than PROTOCOL_TABLE_MAX, ask by HELPER_FRAME_TABLE */
};

struct helper_pool;

/* As the settings have it, whose strings it borrows; descriptions do not tell deflated sizes. */
struct helper_setup helper_setup_of(const struct conf *c);

/* Takes copies of the setup's strings. Children are started when jobs come. */
int helper_pool_open(const struct helper_setup *s, struct helper_pool **out, struct err *e) MUST_CHECK;

/* Ends the children; unanswered jobs are forgotten. Null is allowed. */
void helper_pool_close(struct helper_pool *p);

/*
 * The codec version that the pool's children convert by (dicom/conversion_rules.h): of
 * libraries that make other bytes it is another. Not 0, fits an int. Waits for a first child if
 * none has told it yet; ask while no job is out.
 */
int helper_pool_codec_version(struct helper_pool *p, uint32_t *codec_version, struct err *e) MUST_CHECK;

/* Whether a child has told another codec version than those before it: nothing is made any more, close the pool. */
bool helper_pool_outdated(const struct helper_pool *p);

/* Jobs that may be submitted now without waiting. */
unsigned helper_pool_room(const struct helper_pool *p);

/*
 * Hands a file, open for reading and owned by the pool from now on also on failure, to a child. `target` is the
 * transfer syntax to convert to, the path of the element to extract (dicom/element_path.h), the File-set UID of the
 * DICOMDIR, of metadata the address of the service, with which those of bulk data begin, null for HELPER_DESCRIBE and
 * HELPER_MEASURE. ERR_BUSY when helper_pool_room is 0, ERR_HELPER when no child can be started.
 */
int helper_pool_submit(struct helper_pool *p, enum helper_job_kind kind, int fd_take, const char *target, uint64_t cookie,
                struct err *e) MUST_CHECK;

/* The same for a conversion whose result may be deflated. */
int helper_pool_convert(struct helper_pool *p, int fd_take, const char *target, enum helper_packing packing, uint64_t cookie,
                 struct err *e) MUST_CHECK;

/*
 * Waits for a result, of whatever job ends first, at most timeout_ms (-1: as long as it takes). Returns 1 and fills
 * *r, 0 when time is over or no job is out, -1 on an error of the pool itself.
 */
int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r, struct err *e) MUST_CHECK;

#endif
