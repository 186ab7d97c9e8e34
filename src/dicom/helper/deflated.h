/* How many bytes deflate makes of a file, for the catalogue. */
#ifndef WADOZIP_DICOM_HELPER_DEFLATED_H
#define WADOZIP_DICOM_HELPER_DEFLATED_H

#include "dicom/helper/protocol.h"

/*
 * Fills reply->deflated for an instance with native pixel data, block by block as the responder will do it
 * (base/deflate.h). What is compressed already, and what cannot be read, keeps 0.
 */
void deflated_measure(int fd, struct protocol_reply *reply);

#endif
