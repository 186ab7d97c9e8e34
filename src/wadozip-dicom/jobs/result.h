/* SPDX-License-Identifier: MIT */
/* Jobs whose result is a file: a sealed memory file, or the unlinked spool file that the parent sent along. */
#ifndef WADOZIP_DICOM_JOBS_RESULT_H
#define WADOZIP_DICOM_JOBS_RESULT_H

#include "wadozip-dicom/io/load.h"

#include <functional>

#include "helper/protocol.h"
#include "wadozip-dicom/io/result_sink.h"

/* What is made of a data set. Both functions throw Refusal. */
class Maker {
public:
    virtual ~Maker() = default;

    /* Whether the whole file is read, for its CRC-32, or only what write() needs. */
    virtual bool reads_all() const { return true; }

    /* At most about how many bytes it will be; what is too large for memory goes to the spool file. */
    virtual uint64_t measure(Loaded &file, uint64_t file_size) = 0;

    virtual void write(Loaded &file, ResultSink &out) = 0;
};

/* Call `f` with about how many bytes a result has, each time before it is made. */
void result_before_making(void (*f)(uint64_t bytes));

/*
 * Loads the file behind `fd` and has the result made. Fills class, reason, flags, size and CRC of the reply. Returns the
 * sealed memory file, the caller's; -1 when the result went to `spool` or there is none.
 */
int result_make(int fd, int spool, Maker &maker, struct protocol_reply *reply);

/* The same for what is not made of a data set; of about so many bytes. `write` may throw Refusal. */
int result_write(uint64_t bytes, int spool, struct protocol_reply *reply, const std::function<void(ResultSink &)> &write);

#endif
