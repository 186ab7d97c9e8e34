/* SPDX-License-Identifier: MIT */
/*
 * One wadozip-dicom process from its parent's side: start it, exchange structs
 * of helper/protocol.h, end it.
 */
#ifndef WADOZIP_HELPER_HELPER_PROCESS_H
#define WADOZIP_HELPER_HELPER_PROCESS_H

#include <sys/types.h>

#include "base/err.h"
#include "helper/helper_setup.h"
#include "helper/protocol.h"

struct helper_process {
    pid_t pid; /* 0: none */
    int fd;
    int log_fd;    /* its standard error; -1 after its end or after too much output */
    size_t logged; /* bytes read from it */
};

enum helper_event {
    HELPER_EVENT_REPLY,
    HELPER_EVENT_NONE, /* no message */
    HELPER_EVENT_GONE,    /* the process ended or closed its end */
    HELPER_EVENT_BROKEN   /* it sent something that violates the protocol */
};

/* Start the program. It sends a message with PROTOCOL_HELLO once it is in its
 * sandbox. */
int helper_process_start(struct helper_process *c, const struct helper_setup *s,
                         struct err *e) MUST_CHECK;

/*
 * Send a job with its files, up to the first -1. Returns false if the process
 * cannot take it. Never blocks.
 */
bool helper_process_send(const struct helper_process *c, const struct protocol_job *job,
                         const int fds[PROTOCOL_FILES_MAX]);

/*
 * Receive one message without waiting. The reply is checked: strings are
 * terminated and printable, values are known, and `keys` has as many bytes as
 * the reply says. *fd is a descriptor that came with it, owned by the caller,
 * or -1.
 */
enum helper_event helper_process_receive(const struct helper_process *c, struct protocol_reply *r,
                                         unsigned char tail[PROTOCOL_TAIL_MAX], int *fd);

/*
 * Log the process's standard error, marked, with control characters escaped.
 * Does not wait. Closes the pipe after 64 KiB: a compromised process must not
 * fill the log.
 */
void helper_process_log(struct helper_process *c);

/* Return whether a reply contains the valid UIDs that every described instance
 * has. */
bool helper_process_has_uids(const struct protocol_reply *r);

/* Return whether a descriptor is a memory file that can no longer change. */
bool helper_process_sealed(int fd);

/* End the process if it still runs. Returns its wait status, or -1 if that is
 * not available. */
int helper_process_end(struct helper_process *c);

#endif
