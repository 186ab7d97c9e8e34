/* SPDX-License-Identifier: MIT */
/* Write the DICOMDIR of a File-set: the `dicomdir` job. */
#ifndef WADOZIP_DICOM_DICOMDIR_DICOMDIR_WRITER_H
#define WADOZIP_DICOM_DICOMDIR_DICOMDIR_WRITER_H

#include "helper/protocol.h"

/* Write the directory for the input in `fd` (helper/dicomdir_input.h).
 * `target`: the File-set UID; if the records are de-identified
 * (result_deidentify()) and the Patient ID has an issuer, a blank and that.
 * Fills class, reason, size and CRC of the reply. Returns the sealed memory
 * file, owned by the caller; -1 if the result is in `spool` or there is none. */
int dicomdir_write(int fd, int spool, const char *target, struct protocol_reply *reply);

#endif
