/*
 * The jobs of wadozip-dicom, without its sandbox: a byte that chooses the job, then the file. Nothing is asserted but that
 * it ends, with a result or a reason. Memory for one allocation is bounded as the sandbox bounds all of it.
 */
#include "dicom/helper/load.h"

#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "dicom/helper/codec.h"
#include "dicom/helper/convert.h"
#include "dicom/helper/deflated.h"
#include "dicom/helper/describe.h"
#include "dicom/helper/extract.h"
#include "dicom/helper/media.h"
#include "dicom/helper/metadata.h"
#include "dicom/helper/package.h"
#include "dicom/helper/text.h"

extern "C" {
#include "base/io.h"
#include "dicom/transfer_syntax.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
}

#include "standalone.h"

namespace {

constexpr size_t allocation_max = (size_t)64 << 20;

struct Job {
    enum proc_kind kind;
    const char *target;
};

const Job jobs[] = {
    {PROC_DESCRIBE, ""},
    {PROC_CONVERT, TRANSFER_SYNTAX_EXPLICIT_LE},
    {PROC_CONVERT, TRANSFER_SYNTAX_DEFLATED_LE},
    {PROC_CONVERT, TRANSFER_SYNTAX_RLE},
    {PROC_CONVERT, TRANSFER_SYNTAX_JPEG_BASELINE},
    {PROC_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.70"},
    {PROC_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.80"},
    {PROC_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.81"},
    {PROC_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.90"},
    {PROC_CONVERT, TRANSFER_SYNTAX_IMPLICIT_LE ".4.91"},
    {PROC_EXTRACT, "7FE00010"},
    {PROC_EXTRACT, "00880200/1/7FE00010"},
    {PROC_METADATA_JSON, "http://localhost/dicom-web"},
    {PROC_METADATA_XML, "http://localhost/dicom-web"},
    {PROC_PACKAGE_JSON, "000001-"},
    {PROC_PACKAGE_XML, "000001-"},
    {PROC_MEDIA, "2.25.1"},
};

int run(const Job &job, int file, int spool, struct protocol_reply *reply)
{
    std::string keys;

    if (job.kind == PROC_CONVERT)
        return convert_file(file, spool, job.target, reply);
    if (job.kind == PROC_EXTRACT)
        return extract_file(file, spool, job.target, reply);
    if (proc_tells_metadata(job.kind))
        return metadata_file(file, spool, job.kind, job.target, reply);
    if (proc_makes_package(job.kind))
        return package_file(file, spool, job.kind, job.target, reply);
    if (job.kind == PROC_MEDIA)
        return media_write(file, spool, job.target, reply);
    describe_file(file, reply, &keys);
    deflated_measure(file, reply);
    return -1;
}

}

/* In place of the sanitizer's, which ends the program where the sandbox's limit on memory ends a job. */
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

    if (!load_prepare() || !text_preload(&missing))
        abort();
    codec_prepare();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct protocol_reply reply;
    int file = memfd_create("input", MFD_CLOEXEC), spool = memfd_create("spool", MFD_CLOEXEC), result = -1;

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
