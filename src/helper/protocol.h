/* SPDX-License-Identifier: MIT */
/*
 * What helper_pool.c and wadozip-dicom say to each other over a SOCK_SEQPACKET pair: one struct a message, descriptors
 * beside it (SCM_RIGHTS). Both ends are built from this file. A child reads hostile files, so the parent believes
 * nothing that comes back: lengths, terminators, UIDs and enumerations are checked.
 */
#ifndef WADOZIP_HELPER_PROTOCOL_H
#define WADOZIP_HELPER_PROTOCOL_H

#include <stdint.h>

#include "helper/dicomdir_input.h"

#define PROTOCOL_FD 3                 /* the child's end of the pair */
#define PROTOCOL_MAGIC 0x3b5a4457u    /* raised with every change of the structs below */
#define PROTOCOL_HELLO UINT64_MAX     /* serial of a child's first message: it is ready and locked in; crc: codec version */
#define PROTOCOL_MEMORY_RESULT ((uint64_t)32 << 20) /* larger results go to the spool file */
#define PROTOCOL_MEMORY_FILE (2 * PROTOCOL_MEMORY_RESULT) /* size of a memory file, which cannot grow: results are estimated */
#define PROTOCOL_RESULT_MAX ((uint64_t)5 << 30)

#define PROTOCOL_TABLE_MAX 32768 /* bytes of a frame table within a message: of 3,270 frames of one fragment each */
#define PROTOCOL_TAIL_MAX (DICOMDIR_KEYS_MAX + PROTOCOL_TABLE_MAX)

#define PROTOCOL_LENIENT_UIDS "lenient-uids" /* argument after the bytes of memory: uid_allow_lenient() */

/* Exit codes that tell the parent what happened. */
#define PROTOCOL_EXIT_SETUP 70  /* could not start; its standard error, which is logged, says why */
#define PROTOCOL_EXIT_MEMORY 71 /* the job needed more memory than allowed */

/* Files of a job. The second and third if a file is made; all if that may be deflated. Spool files are unlinked. */
enum protocol_files { PROTOCOL_FILE, PROTOCOL_MEMORY, PROTOCOL_SPOOL, PROTOCOL_MEMORY_PACKED, PROTOCOL_SPOOL_PACKED };
#define PROTOCOL_FILES_MAX 5

struct protocol_job {
    uint32_t magic;
    uint32_t kind;   /* enum helper_job_kind */
    uint64_t serial; /* the parent's number of the job */
    uint32_t seconds; /* of processor time that it may take */
    uint32_t deflate; /* HELPER_DESCRIBE: 1 to learn the deflated size too; HELPER_CONVERT: enum helper_packing */
    char target[HELPER_TARGET_MAX + 1];
};

/*
 * PROTOCOL_PACKED: the result that is handed over is deflated. PROTOCOL_MORE: no answer yet; the child has seen how much
 * it is to decode and takes `size` more seconds, at most HELPER_SECONDS_MORE_MAX and once a job.
 */
enum protocol_flags {
    PROTOCOL_LOSSY = 1,
    PROTOCOL_PART10 = 2,
    PROTOCOL_SPOOLED = 4,
    PROTOCOL_PACKED = 8,
    PROTOCOL_MORE = 16
};

/*
 * With it, if a file is made and it is not PROTOCOL_SPOOLED: the job's memory file, sealed. After it, in the same message,
 * the keys of an instance's directory record (record_keys.h), and its frame table unless that is longer than
 * PROTOCOL_TABLE_MAX: then `table` is 0, and HELPER_FRAME_TABLE gives it.
 */
struct protocol_reply {
    uint32_t magic;
    uint32_t file_class; /* enum helper_class */
    uint32_t flags;      /* enum protocol_flags; the two bool fields below are not used on the wire */
    uint32_t crc;
    uint64_t serial;
    uint64_t size;
    uint64_t deflated; /* bytes that deflate makes of the file or the result, 0 where not asked for or not native */
    uint64_t default_size; /* HELPER_DESCRIBE, HELPER_MEASURE: bytes of the instance in the default form; 0: not known */
    uint32_t packed_crc; /* PROTOCOL_PACKED: of these */
    uint32_t source_crc; /* HELPER_CONVERT: of the file */
    uint32_t keys;     /* bytes of keys behind this, at most DICOMDIR_KEYS_MAX */
    uint32_t table;    /* HELPER_DESCRIBE: bytes of a frame table behind these */
    char reason[HELPER_REASON_MAX + 1];
    struct helper_description description;
};

#endif
