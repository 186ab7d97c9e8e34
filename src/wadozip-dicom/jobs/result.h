/* SPDX-License-Identifier: MIT */
/* Jobs whose result is a file: a sealed memory file, or the parent's unlinked
 * spool file. */
#ifndef WADOZIP_DICOM_JOBS_RESULT_H
#define WADOZIP_DICOM_JOBS_RESULT_H

#include "wadozip-dicom/io/load.h"

#include <functional>

#include "helper/protocol.h"
#include "wadozip-dicom/deid/profile.h"
#include "wadozip-dicom/io/result_sink.h"

/* What a result contains of the pixel data and of encapsulated documents. */
enum class PixelUse {
    NONE,
    SAMPLES,    /* uncompressed: without text of the codestreams */
    CODESTREAMS /* as they are stored */
};

/* Makes a result from a data set. Both functions throw Refusal. */
class Maker {
public:
    virtual ~Maker() = default;

    /* Return whether the whole file is read, for its CRC-32, or only the
     * parts that write() needs. */
    virtual bool reads_all() const { return true; }

    /* Return what has to be done about pixels if the data set is de-identified
     * first. */
    virtual PixelUse pixel_use() const { return PixelUse::CODESTREAMS; }

    /* Return an approximate upper bound of the result's size. Results too
     * large for memory go to the spool file. */
    virtual uint64_t measure(Loaded &file, uint64_t file_size) = 0;

    virtual void write(Loaded &file, ResultSink &out) = 0;
};

/* Call `f` with the approximate size of each result before it is made. */
void result_before_making(void (*f)(uint64_t bytes));

/* De-identify each data set before a result is made of it; null: do not. */
void result_deidentify(const DeidProfile *profile);

const DeidProfile *result_profile(); /* that one; null: none */

/* De-identify a data set as result_make() does. Throws Refusal, as HELPER_RISK
 * if pixels are used that may show names and the profile does not allow
 * that. */
void result_treat(Loaded &file, PixelUse use = PixelUse::CODESTREAMS);

/* Return whether that changed bytes of pixel data, so that those of the file
 * must not be sent. */
bool result_pixels_changed();

/* Replace classes of extract, which conversions do not distinguish. */
void result_only_refused(struct protocol_reply *reply);

/*
 * Load the file in `fd` and make the result. Fills class, reason, flags, size
 * and CRC of the reply. Returns the sealed memory file, owned by the caller; -1
 * if the result is in `spool` or there is none.
 */
int result_make(int fd, int spool, Maker &maker, struct protocol_reply *reply);

/*
 * The same for a result of about that many bytes that is not made from a data
 * set. `write` may throw Refusal.
 */
int result_write(uint64_t bytes, int spool, struct protocol_reply *reply,
                 const std::function<void(ResultSink &)> &write);

#endif
