/* One wadozip-dicom process as its parent sees it: started, spoken to in structs of helper/protocol.h, ended. */
#ifndef WADOZIP_DICOM_CHILD_H
#define WADOZIP_DICOM_CHILD_H

#include <sys/types.h>

#include "base/err.h"
#include "dicom/helper/protocol.h"
#include "dicom/proc.h"

struct child {
    pid_t pid; /* 0: none */
    int fd;
};

enum child_event {
    CHILD_REPLY,
    CHILD_NOTHING, /* no message after all */
    CHILD_GONE,    /* it ended, or closed its end */
    CHILD_BROKEN   /* it said something that the protocol does not have */
};

/* Starts the program. It sends a message with PROTOCOL_HELLO once it is locked in. */
int child_start(struct child *c, const struct proc_setup *s, struct err *e) MUST_CHECK;

/* Sends a job with its files, up to the first -1. False when the child cannot take it. Never blocks. */
bool child_send(const struct child *c, const struct protocol_job *job, const int fds[PROTOCOL_FILES_MAX]);

/*
 * One message, not waiting for it. The reply is safe to look at: terminated printable strings, known values, keys as
 * many as it tells. *fd is a descriptor that came with it, the caller's, or -1.
 */
enum child_event child_receive(const struct child *c, struct protocol_reply *r, unsigned char keys[MEDIA_KEYS_MAX],
                               int *fd);

/* Whether a reply holds the legal UIDs that every described instance has. */
bool child_has_uids(const struct protocol_reply *r);

/* Whether a descriptor that came with a reply is a memory file that can no longer change. */
bool child_sealed(int fd);

/* Ends it if it still lives and returns its wait status, -1 when that is not to be had. */
int child_end(struct child *c);

#endif
