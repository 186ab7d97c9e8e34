/* SPDX-License-Identifier: MIT */
/* Reads a file's header and classifies the file: the `describe` job. */
#ifndef WADOZIP_DICOM_JOBS_DESCRIBE_H
#define WADOZIP_DICOM_JOBS_DESCRIBE_H

#include <string>

#include "helper/protocol.h"

/*
 * Fills everything of the reply but magic, serial and the number of keys; *keys is what
 * record_keys_read() gives of an instance. The descriptor stays open.
 */
void describe_file(int fd, struct protocol_reply *reply, std::string *keys);

#endif
