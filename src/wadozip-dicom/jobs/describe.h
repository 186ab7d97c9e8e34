/* SPDX-License-Identifier: MIT */
/* Read a file's header and classify the file: the `describe` job. */
#ifndef WADOZIP_DICOM_JOBS_DESCRIBE_H
#define WADOZIP_DICOM_JOBS_DESCRIBE_H

#include <string>

#include "helper/protocol.h"

/* What follows the reply in its message, for an instance. */
struct Tail {
    std::string keys;  /* record_keys_read() */
    std::string table; /* pixel_place_table(), empty if it is longer than PROTOCOL_TABLE_MAX */
};

/* Fills everything of the reply but magic and serial. The descriptor stays
 * open. */
void describe_file(int fd, struct protocol_reply *reply, Tail *tail);

#endif
