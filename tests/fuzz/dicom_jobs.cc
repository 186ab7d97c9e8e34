/* SPDX-License-Identifier: MIT */
/* The jobs of wadozip-dicom, without its sandbox: a byte that chooses the job,
 * then the file. Each ends with a result or a reason, and a de-identified header
 * with the file's pixel data is the de-identified instance. Memory for one
 * allocation is bounded as the sandbox bounds all of it. */
#include "wadozip-dicom/io/load.h"

#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/io/memory_files.h"
#include "wadozip-dicom/dicomdir/dicomdir_writer.h"
#include "wadozip-dicom/jobs/convert.h"
#include "wadozip-dicom/jobs/deflated.h"
#include "wadozip-dicom/jobs/deidentified.h"
#include "wadozip-dicom/jobs/describe.h"
#include "wadozip-dicom/jobs/element_list.h"
#include "wadozip-dicom/jobs/extract.h"
#include "wadozip-dicom/jobs/locate_frames.h"
#include "wadozip-dicom/jobs/frame_values.h"
#include "wadozip-dicom/jobs/metadata.h"
#include "wadozip-dicom/jobs/render.h"
#include "wadozip-dicom/jobs/package.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/codec.h"

extern "C" {
#include "base/io.h"
#include "dicom/transfer_syntax.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
}

#include "standalone.h"

namespace {

constexpr size_t allocation_max = (size_t)64 << 20;

#define KEY " 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

constexpr char refuse[] = "0 0" KEY, withhold[] = "256 0" KEY, trust[] = "239 1825" KEY;

struct Job {
    enum helper_job_kind kind;
    const char *target, *profile = nullptr;
};

const Job jobs[] = {
    {HELPER_DESCRIBE, ""},
    {HELPER_CONVERT, TRANSFER_SYNTAX_EXPLICIT_LE},
    {HELPER_CONVERT, TRANSFER_SYNTAX_DEFLATED_LE},
    {HELPER_CONVERT, TRANSFER_SYNTAX_RLE},
    {HELPER_CONVERT, TRANSFER_SYNTAX_JPEG_BASELINE},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.70"},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.80"},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.81"},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.90"},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.91"},
    {HELPER_EXTRACT, "7FE00010"},
    {HELPER_EXTRACT, "00880200/1/7FE00010"},
    {HELPER_METADATA_JSON, "http://localhost/dicom-web"},
    {HELPER_METADATA_XML, "http://localhost/dicom-web"},
    {HELPER_PACKAGE_JSON, "000001-"},
    {HELPER_PACKAGE_XML, "000001-"},
    {HELPER_FRAME_TABLE, ""},
    {HELPER_LIST, ""},
    {HELPER_FRAMES, "1"},
    {HELPER_RENDER, "0 0 0 0 0 64 64 0 0 0 0 0 90"},
    {HELPER_RENDER, "1 1 3 40 400 0 0 0 0 0 0 0 0"},
    {HELPER_MAKE_DICOMDIR, "2.25.1"},
    {HELPER_DEIDENTIFY, "", refuse},
    {HELPER_DEIDENTIFY, "", withhold},
    {HELPER_DEIDENTIFY, "", trust},
    {HELPER_DEIDENTIFY_HEADER, "", refuse},
    {HELPER_DEIDENTIFY_HEADER, "", withhold},
    {HELPER_DEIDENTIFY_HEADER, "", trust},
    {HELPER_CONVERT, TRANSFER_SYNTAX_EXPLICIT_LE, withhold},
    {HELPER_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.90", trust},
    {HELPER_EXTRACT, "7FE00010", withhold},
    {HELPER_METADATA_JSON, "http://localhost/dicom-web", trust},
    {HELPER_PACKAGE_XML, "000001-", withhold},
    {HELPER_FRAMES, "1", withhold},
    {HELPER_RENDER, "0 0 0 0 0 64 64 0 0 0 0 0 90", withhold},
    {HELPER_MAKE_DICOMDIR, "2.25.1 ISSUER", refuse},
    {HELPER_MAKE_DICOMDIR, "2.25.1", trust},
    {HELPER_MEASURE, ""},
};

/* The bytes of a file from `at`, at most n. */
std::string piece(int fd, uint64_t at, uint64_t n)
{
    std::string s(static_cast<size_t>(n), '\0');
    const ssize_t got = io_pread(fd, &s[0], s.size(), at);

    s.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return s;
}

/* Take the bytes of a result, and make room for the next one. */
std::string take_result(int result, int spool, const struct protocol_reply &reply)
{
    const std::string bytes = piece(result < 0 ? spool : result, 0, reply.size);

    io_close(&result);
    memory_files_set(memfd_create("result", MFD_CLOEXEC | MFD_ALLOW_SEALING), -1);
    if (ftruncate(spool, 0) != 0)
        abort();
    return bytes;
}

/* The header around the pixel data of the file is the whole instance. */
int deidentify_header(int file, int spool, struct protocol_reply *reply)
{
    static struct protocol_reply described;
    char target[48];
    Tail tail;

    described = {};
    describe_file(file, &described, &tail);
    const uint64_t at = described.description.pixel_offset,
                   length = described.description.pixel_length;

    snprintf(target, sizeof target, "%" PRIu64 " %" PRIu64, at, length);
    const int header_file = deidentified_header(file, spool, target, reply);
    const struct protocol_reply header = *reply;

    if (header.file_class != HELPER_INSTANCE)
        return header_file;
    std::string made = take_result(header_file, spool, header);

    if (header.cut)
        made.insert(static_cast<size_t>(header.cut), piece(file, at, length));
    *reply = {};
    const int whole = deidentified_file(file, spool, reply);

    /* pixel data of an unknown transfer syntax is taken over, but not written */
    if (reply->file_class == HELPER_RISK ||
        (reply->file_class == HELPER_INSTANCE && take_result(whole, spool, *reply) != made))
        abort();
    return -1;
}

int run(const Job &job, int file, int spool, struct protocol_reply *reply)
{
    static DeidProfile profile;
    Tail tail;

    if (job.profile && !profile.parse(job.profile))
        abort();
    result_deidentify(job.profile ? &profile : nullptr);
    if (job.kind == HELPER_CONVERT)
        return convert_file(file, spool, job.target, reply);
    if (job.kind == HELPER_DEIDENTIFY)
        return deidentified_file(file, spool, reply);
    if (job.kind == HELPER_DEIDENTIFY_HEADER)
        return deidentify_header(file, spool, reply);
    if (job.kind == HELPER_EXTRACT)
        return extract_file(file, spool, job.target, reply);
    if (helper_job_is_metadata(job.kind))
        return metadata_file(file, spool, job.kind, job.target, reply);
    if (helper_job_is_package(job.kind))
        return package_file(file, spool, job.kind, job.target, reply);
    if (job.kind == HELPER_MAKE_DICOMDIR)
        return dicomdir_write(file, spool, job.target, reply);
    if (job.kind == HELPER_FRAMES)
        return frame_values_file(file, spool, job.target, reply);
    if (job.kind == HELPER_RENDER)
        return render_file(file, spool, job.target, reply);
    if (job.kind == HELPER_FRAME_TABLE)
        return locate_frames_file(file, spool, reply);
    if (job.kind == HELPER_LIST)
        return element_list_file(file, spool, reply);
    if (job.kind == HELPER_MEASURE) {
        convert_measure_file(file, reply);
        return -1;
    }
    describe_file(file, reply, &tail);
    deflated_measure(file, reply);
    return -1;
}

}

/* In place of the sanitizer's, which ends the program where the sandbox's limit
 * on memory ends a job. */
void *operator new(size_t n)
{
    void *p = n > allocation_max ? nullptr : malloc(n);

    if (!p)
        throw std::bad_alloc();
    return p;
}

void operator delete(void *p) noexcept
{
    free(p);
}

void operator delete(void *p, size_t) noexcept
{
    free(p);
}

extern "C" const char *__asan_default_options()
{
    return "allocator_may_return_null=1:max_allocation_size_mb=64:detect_leaks=0:alloc_dealloc_mismatch=0";
}

extern "C" int LLVMFuzzerInitialize(int *, char ***)
{
    const char *missing;

    if (!load_prepare() || !charset_preload(&missing) || !deid_prepare())
        abort();
    codec_prepare();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct protocol_reply reply;
    int file = memfd_create("input", MFD_CLOEXEC), spool = memfd_create("spool", MFD_CLOEXEC),
        result = -1;

    memory_files_set(memfd_create("result", MFD_CLOEXEC | MFD_ALLOW_SEALING), -1);
    reply = {};
    if (size > 0 && io_write(file, data + 1, size - 1) == 0) {
        try {
            result = run(jobs[data[0] % (sizeof jobs / sizeof *jobs)], file, spool, &reply);
        } catch (const std::bad_alloc &) {
            close_range(static_cast<unsigned>(file), ~0u, 0); /* what the job had opened */
            return 0;
        }
    }
    io_close(&result);
    io_close(&file);
    io_close(&spool);
    return 0;
}
