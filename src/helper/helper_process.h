/* SPDX-License-Identifier: MIT */
/* One wadozip-dicom process as its parent sees it: started, spoken to in structs of helper/protocol.h, ended. */
#ifndef WADOZIP_HELPER_HELPER_PROCESS_H
#define WADOZIP_HELPER_HELPER_PROCESS_H

#include <sys/types.h>

#include "base/err.h"
#include "helper/helper_setup.h"
#include "helper/protocol.h"

struct helper_process {
    pid_t pid; /* 0: none */
    int fd;
    int log_fd;    /* its standard error; -1 after an end or too much */
    size_t logged; /* bytes of that */
};

enum helper_event {
    HELPER_EVENT_REPLY,
    HELPER_EVENT_NONE, /* no message after all */
    HELPER_EVENT_GONE,    /* it ended, or closed its end */
    HELPER_EVENT_BROKEN   /* it said something that the protocol does not have */
};

/* Starts the program. It sends a message with PROTOCOL_HELLO once it is locked in. */
int helper_process_start(struct helper_process *c, const struct helper_setup *s, struct err *e) MUST_CHECK;

/* Sends a job with its files, up to the first -1. False when the child cannot take it. Never blocks. */
bool helper_process_send(const struct helper_process *c, const struct protocol_job *job, const int fds[PROTOCOL_FILES_MAX]);

/*
 * One message, not waiting for it. The reply is safe to look at: terminated printable strings, known values, keys as
 * many as it tells. *fd is a descriptor that came with it, the caller's, or -1.
 */
enum helper_event helper_process_receive(const struct helper_process *c, struct protocol_reply *r,
                                         unsigned char tail[PROTOCOL_TAIL_MAX], int *fd);

/*
 * Log what the child has written to its standard error, marked as its words and with control characters escaped. Does not
 * wait. Closes the pipe after 64 KiB: a child that has been taken over must not fill the log.
 */
void helper_process_log(struct helper_process *c);

/* Whether a reply holds the legal UIDs that every described instance has. */
bool helper_process_has_uids(const struct protocol_reply *r);

/* Whether a descriptor that came with a reply is a memory file that can no longer change. */
bool helper_process_sealed(int fd);

/* Ends it if it still lives and returns its wait status, -1 when that is not to be had. */
int helper_process_end(struct helper_process *c);

#endif
