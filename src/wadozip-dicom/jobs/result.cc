/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/result.h"

#include <cerrno>
#include <cstring>

#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/deid/deidentify.h"
#include "wadozip-dicom/deid/pixel_risk.h"
#include "wadozip-dicom/deid/withhold.h"
#include "wadozip-dicom/io/memory_files.h"
#include "wadozip-dicom/pixel/image.h"

extern "C" {
#include "base/io.h"
}

namespace {

void (*before_making)(uint64_t bytes);
const DeidProfile *profile;
bool changed_pixels;     /* of the data set that was treated last */
uint64_t withheld_bytes; /* of pixel data that it got instead of its own */

int open_result(uint64_t bytes, int spool, struct protocol_reply *reply)
{
    if (bytes > PROTOCOL_RESULT_MAX)
        throw Refusal("the result would be too large");
    if (bytes > PROTOCOL_MEMORY_RESULT && spool >= 0) {
        reply->flags |= PROTOCOL_SPOOLED;
        return spool;
    }
    int fd = memory_file_take();

    if (fd < 0)
        throw Refusal("there is no memory file for the result");
    return fd;
}

void check_read(const Source &source)
{
    if (source.failed())
        throw Refusal(source.problem());
}

void report_result(int fd, bool seal, struct protocol_reply *reply)
{
    static Source result;

    if (seal && !memory_file_seal(fd))
        throw Refusal("the result cannot be sealed");
    if (!result.open(fd))
        throw Refusal("the result cannot be read back");
    reply->size = result.size();
    reply->crc = result.crc();
    reply->file_class = HELPER_INSTANCE;
}

/* Withhold pixels for a reason. Metadata has none that would have to be refused. */
void withhold(Loaded &file, const std::string &risk, PixelUse use)
{
    try {
        withheld_bytes = withhold_pixels(file.dataset(), file.transfer_syntax());
        changed_pixels = true;
    } catch (const Refusal &r) {
        if (use != PixelUse::NONE)
            throw Refusal(risk + ", and " + r.what(), HELPER_RISK);
    }
}

/*
 * Call `make`, which writes the result to the file that it opens. An exception
 * becomes the reply's reason.
 */
int guard(int spool, struct protocol_reply *reply, const std::function<void(int *)> &make)
{
    int result = -1;

    try {
        make(&result);
        report_result(result, result != spool, reply);
        return result == spool ? -1 : result;
    } catch (const Refusal &r) {
        reply->file_class = r.as();
        snprintf(reply->reason, sizeof reply->reason, "%s", r.what());
    } catch (const std::logic_error &) { /* thrown by a library's strings or arrays */
        reply->file_class = HELPER_REFUSED;
        snprintf(reply->reason, sizeof reply->reason, "the data set is damaged");
    }
    reply->flags = 0;
    if (result != spool)
        io_close(&result);
    return -1;
}

}

void result_before_making(void (*f)(uint64_t bytes))
{
    before_making = f;
}

void result_deidentify(const DeidProfile *p)
{
    profile = p;
}

const DeidProfile *result_profile()
{
    return profile;
}

void result_treat(Loaded &file, PixelUse use)
{
    DcmDataset &d = file.dataset();

    changed_pixels = false;
    withheld_bytes = 0;
    if (!profile)
        return;
    const char *risk = profile->has(DEID_TRUST_PIXELS) ? nullptr : pixel_risk(d);
    const bool withholds = profile->has(DEID_WITHHOLD_PIXELS);

    if (risk && use != PixelUse::NONE && !withholds)
        throw Refusal(risk, HELPER_RISK);
    normalise_data_set(d);
    deidentify(d, *profile);
    if (risk && withholds)
        withhold(file, risk, use);
    else
        changed_pixels = use == PixelUse::CODESTREAMS && deidentify_codestreams(d);
}

bool result_pixels_changed()
{
    return changed_pixels;
}

void result_only_refused(struct protocol_reply *reply)
{
    if (reply->file_class > HELPER_FAILED && reply->file_class != HELPER_RISK)
        reply->file_class = HELPER_REFUSED;
}

int result_make(int fd, int spool, Maker &maker, struct protocol_reply *reply)
{
    static Source source;

    return guard(spool, reply, [&](int *result) {
        source.open(fd, maker.reads_all());
        check_read(source);
        reply->source_crc = source.crc();
        Loaded file(source);

        check_read(source);
        if (!file.looks_like_dicom() || !file.good())
            throw Refusal(file.looks_like_dicom() ? file.problem() : "not a DICOM file");
        result_treat(file, maker.pixel_use());
        const uint64_t bytes = maker.measure(file, source.size()) + withheld_bytes;

        *result = open_result(bytes, spool, reply);
        ResultSink out(*result);

        if (before_making)
            before_making(bytes);

        maker.write(file, out);
        check_read(source);
        out.finish();
    });
}

int result_write(uint64_t bytes, int spool, struct protocol_reply *reply,
                 const std::function<void(ResultSink &)> &write)
{
    return guard(spool, reply, [&](int *result) {
        *result = open_result(bytes, spool, reply);
        ResultSink out(*result);

        write(out);
        out.finish();
    });
}
