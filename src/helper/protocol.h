/* SPDX-License-Identifier: MIT */
/*
 * The protocol between helper_pool.c and wadozip-dicom over a SOCK_SEQPACKET
 * pair: one struct per message, descriptors in ancillary data (SCM_RIGHTS).
 * Both sides are built from this file. The process reads hostile files, so the
 * parent checks lengths, terminators, UIDs and enumerations of every reply.
 */
#ifndef WADOZIP_HELPER_PROTOCOL_H
#define WADOZIP_HELPER_PROTOCOL_H

#include <stdint.h>

#include "base/deid_options.h"
#include "helper/dicomdir_input.h"

#define PROTOCOL_FD 3                 /* the child's end of the pair */
#define PROTOCOL_MAGIC 0x3b5a445au    /* changes with every change of the structs below */
#define PROTOCOL_HELLO UINT64_MAX     /* serial of a process's first message, sent from within the
                                       * sandbox; crc: codec version */
#define PROTOCOL_MEMORY_RESULT ((uint64_t)32 << 20) /* larger results go to the spool file */
#define PROTOCOL_MEMORY_FILE (2 * PROTOCOL_MEMORY_RESULT) /* size of a memory file, which cannot
                                                           * grow: sizes of results are estimates */
#define PROTOCOL_RESULT_MAX ((uint64_t)5 << 30)

/* bytes of a frame table within a message: of 3,270 frames of one fragment each
 */
#define PROTOCOL_TABLE_MAX 32768
#define PROTOCOL_TAIL_MAX (DICOMDIR_KEYS_MAX + PROTOCOL_TABLE_MAX)

/* argument after the memory limit: uid_allow_lenient() */
#define PROTOCOL_LENIENT_UIDS "lenient-uids"

/* Exit statuses. */
#define PROTOCOL_EXIT_SETUP 70  /* could not start; its standard error, which is logged, says why */
#define PROTOCOL_EXIT_MEMORY 71 /* the job needed more memory than allowed */

/*
 * Files of a job: the second and third if a file is made, all if it may be
 * deflated. Spool files are unlinked.
 */
enum protocol_files {
    PROTOCOL_FILE,
    PROTOCOL_MEMORY,
    PROTOCOL_SPOOL,
    PROTOCOL_MEMORY_PACKED,
    PROTOCOL_SPOOL_PACKED
};
#define PROTOCOL_FILES_MAX 5

struct protocol_job {
    uint32_t magic;
    uint32_t kind;   /* enum helper_job_kind */
    uint64_t serial; /* number of the job */
    uint32_t seconds; /* limit of processor time */
    uint32_t deflate; /* HELPER_DESCRIBE: as in struct helper_setup; HELPER_CONVERT: enum
                       * helper_packing */
    char target[HELPER_TARGET_MAX + 1];
    /* de-identifies the data set first (base/deid_options.h); "": none */
    char profile[DEID_PROFILE_MAX];
};

/*
 * PROTOCOL_PACKED: the returned result is deflated. PROTOCOL_MORE: not a reply
 * yet; the process knows how much it has to decode and needs `size` more
 * seconds, at most HELPER_SECONDS_MORE_MAX and once per job.
 */
enum protocol_flags {
    PROTOCOL_LOSSY = 1,
    PROTOCOL_PART10 = 2,
    PROTOCOL_SPOOLED = 4,
    PROTOCOL_PACKED = 8,
    PROTOCOL_MORE = 16
};

/*
 * With it, if a file is made and it is not PROTOCOL_SPOOLED: the job's memory
 * file, sealed. After it, in the same message, the keys of an instance's
 * directory record (record_keys.h), and its frame table unless that is longer
 * than PROTOCOL_TABLE_MAX: then `table` is 0, and HELPER_FRAME_TABLE gives it.
 */
struct protocol_reply {
    uint32_t magic;
    uint32_t file_class; /* enum helper_class */
    /* enum protocol_flags; the two bool fields below are not used on the wire
     */
    uint32_t flags;
    uint32_t crc;
    uint64_t serial;
    uint64_t size;
    /* deflated size of the file or the result, 0 if not requested or not native
     */
    uint64_t deflated;
    uint64_t default_size; /* HELPER_DESCRIBE, HELPER_MEASURE: bytes of the instance in the default
                            * transfer syntax; 0: not known */
    uint64_t cut;      /* HELPER_DEIDENTIFY_HEADER: as helper_result.cut */
    uint32_t packed_crc; /* PROTOCOL_PACKED: of the deflated bytes */
    uint32_t source_crc; /* HELPER_CONVERT: of the source file */
    uint32_t keys;     /* bytes of keys after this struct, at most DICOMDIR_KEYS_MAX */
    uint32_t table;    /* HELPER_DESCRIBE: bytes of a frame table after the keys */
    char reason[HELPER_REASON_MAX + 1];
    struct helper_description description;
};

#endif
