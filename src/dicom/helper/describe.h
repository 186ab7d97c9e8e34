/* Reads a file's header and classifies the file: the `describe` job. */
#ifndef WADOZIP_DICOM_HELPER_DESCRIBE_H
#define WADOZIP_DICOM_HELPER_DESCRIBE_H

#include "dicom/helper/protocol.h"

/* Fills everything of the reply but magic and serial. The descriptor stays open. */
void describe_file(int fd, struct protocol_reply *reply);

#endif
