/*
 * wadozip-dicom children: the only place where DICOM is parsed. A pool of them is asked over socket pairs; files go there
 * as descriptors, results come back as fields or as memory files. A child that dies, hangs past its time or breaks the
 * protocol is replaced, and the job that it had is answered with the reason; other jobs are not harmed. Not for threads.
 */
#ifndef WADOZIP_DICOM_PROC_H
#define WADOZIP_DICOM_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/duid.h"

#define PROC_TEXT_MAX 256 /* bytes of a descriptive field, UTF-8, cut at a character */

struct proc_setup {
    const char *program;    /* path of wadozip-dicom */
    const char *spool;      /* folder for unlinked files of results that are too large for memory */
    unsigned children;      /* 0: one a processor */
    uint64_t memory;        /* bytes each child may have */
    unsigned seconds;       /* wall clock and processor time for one job */
};

enum proc_kind { PROC_DESCRIBE, PROC_CONVERT };

/* What a file turned out to be. */
enum proc_class {
    PROC_INSTANCE,   /* an instance with valid UIDs: the fields below are filled */
    PROC_NOT_DICOM,  /* does not look like DICOM at all */
    PROC_DICOMDIR,   /* a media directory (or its SOP class) */
    PROC_REFUSED,    /* looks like DICOM, cannot be indexed: reason says why */
    PROC_FAILED      /* the child died or timed out on it: reason says how */
};

/* Text fields are UTF-8 whatever the file's character set; what cannot be converted is replaced by '?'. "" where absent. */
struct proc_description {
    char study_uid[DUID_MAX + 1], series_uid[DUID_MAX + 1], sop_uid[DUID_MAX + 1], sop_class[DUID_MAX + 1];
    char transfer_syntax[DUID_MAX + 1]; /* of the meta header; where it has none, what the data set was read as */
    char modality[17], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[PROC_TEXT_MAX + 1], patient_name[PROC_TEXT_MAX + 1], patient_birth_date[17], patient_sex[17];
    char study_description[PROC_TEXT_MAX + 1], series_description[PROC_TEXT_MAX + 1];
    int32_t series_number, number; /* INSTANCE_NO_NUMBER when absent or out of range */
    uint32_t frames, rows, columns, bits_allocated, samples;
    bool lossy, part10;
    int64_t acquired; /* YYYYMMDDhhmmss or 0 */
};

struct proc_result {
    uint64_t cookie;         /* of the job */
    enum proc_kind kind;
    enum proc_class class;
    char reason[256];        /* unless PROC_INSTANCE: one sentence, printable */
    uint64_t size;           /* describe: bytes of the file; convert: bytes of the result */
    uint32_t crc;            /* CRC-32 of the same */
    int fd;                  /* convert: the result, sealed, owned by the receiver; else -1 */
    struct proc_description description; /* describe */
};

struct proc_pool;

/* Takes copies of the setup's strings. Children are started when jobs come. */
int proc_open(const struct proc_setup *s, struct proc_pool **out, struct err *e) MUST_CHECK;

/* Ends the children; unanswered jobs are forgotten. Null is allowed. */
void proc_close(struct proc_pool *p);

/* Jobs that may be submitted now without waiting. */
unsigned proc_room(const struct proc_pool *p);

/*
 * Hands a file, open for reading and owned by the pool from now on also on failure, to a child. `target` is the transfer
 * syntax to convert to, null for PROC_DESCRIBE. ERR_BUSY when proc_room is 0, ERR_HELPER when no child can be started.
 */
int proc_submit(struct proc_pool *p, enum proc_kind kind, int fd_take, const char *target, uint64_t cookie,
                struct err *e) MUST_CHECK;

/*
 * Waits for a result, of whatever job ends first, at most timeout_ms (-1: as long as it takes). Returns 1 and fills *r, 0
 * when time is over or no job is out, -1 on an error of the pool itself.
 */
int proc_next(struct proc_pool *p, int timeout_ms, struct proc_result *r, struct err *e) MUST_CHECK;

#endif
