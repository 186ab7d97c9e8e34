/* SPDX-License-Identifier: MIT */
/* Writes the DICOMDIR of a File-set: the `media` job. */
#ifndef WADOZIP_DICOM_DICOMDIR_DICOMDIR_WRITER_H
#define WADOZIP_DICOM_DICOMDIR_DICOMDIR_WRITER_H

#include "helper/protocol.h"

/*
 * The directory of what the file behind `fd` tells (dicom/dicomdir_writer.h), with this File-set
 * UID. Fills class, reason, size and CRC of the reply. Returns the sealed memory file, the
 * caller's; -1 when the result went to `spool` or there is none.
 */
int dicomdir_write(int fd, int spool, const char *file_set_uid, struct protocol_reply *reply);

#endif
