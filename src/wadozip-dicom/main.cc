/* SPDX-License-Identifier: MIT */
/*
 * wadozip-dicom: the only program that reads DICOM. helper_pool.c starts it with
 * a socket as descriptor 3; see protocol.h.
 *
 *     wadozip-dicom MEMORY [lenient-uids]      MEMORY: bytes that it may take
 *     wadozip-dicom version                    prints what converted bytes depend on, and ends
 */
#include "wadozip-dicom/io/load.h"

#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/io/memory_files.h"
#include "wadozip-dicom/dicomdir/dicomdir_writer.h"
#include "wadozip-dicom/deid/profile.h"
#include "wadozip-dicom/jobs/convert.h"
#include "wadozip-dicom/jobs/deflated.h"
#include "wadozip-dicom/jobs/deidentified.h"
#include "wadozip-dicom/jobs/describe.h"
#include "wadozip-dicom/jobs/element_list.h"
#include "wadozip-dicom/jobs/extract.h"
#include "wadozip-dicom/jobs/locate_frames.h"
#include "wadozip-dicom/jobs/frame_values.h"
#include "wadozip-dicom/jobs/metadata.h"
#include "wadozip-dicom/jobs/package.h"
#include "wadozip-dicom/jobs/render.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/codec_version.h"
#include "wadozip-dicom/sandbox.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

extern "C" {
#include "base/io.h"
#include "base/num.h"
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"
}

namespace {

constexpr char no_dictionary[] =
    "DCMTK finds no data dictionary (Debian: dcmtk-data, or libdcmtk17 in 12; or set DCMDICTPATH)";

struct Job {
    struct protocol_job message;
    int fds[PROTOCOL_FILES_MAX] = {-1, -1, -1, -1, -1};
    size_t fd_count = 0;
};

int setup_failed(const char *what, const char *which = "")
{
    fprintf(stderr, "wadozip-dicom: cannot start: %s%s\n", what, which);
    return PROTOCOL_EXIT_SETUP;
}

void take_descriptors(struct msghdr *m, Job *job)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        job->fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(job->fds, CMSG_DATA(c), job->fd_count * sizeof(int));
    }
}

/*
 * Receive the next job. Returns false if the parent has closed the socket or
 * sent something else.
 */
bool receive(Job *job)
{
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof job->fds)];
    struct iovec part = {&job->message, sizeof job->message};
    struct msghdr m = {};
    ssize_t n;

    m.msg_iov = &part;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    do
        n = recvmsg(PROTOCOL_FD, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != static_cast<ssize_t>(sizeof job->message) || job->message.magic != PROTOCOL_MAGIC)
        return false;
    take_descriptors(&m, job);
    job->message.target[sizeof job->message.target - 1] = '\0';
    job->message.profile[sizeof job->message.profile - 1] = '\0';
    return job->fd_count >= 1;
}

/* Sends a reply with its tail, and with a descriptor unless that is -1. */
bool answer(struct protocol_reply &reply, int fd = -1, const std::string &tail = "")
{
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    struct iovec parts[] = {{&reply, sizeof reply}, {const_cast<char *>(tail.data()), tail.size()}};
    struct msghdr m = {};
    ssize_t n;

    m.msg_iov = parts;
    m.msg_iovlen = 2;
    if (fd >= 0) {
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    do
        n = sendmsg(PROTOCOL_FD, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == static_cast<ssize_t>(sizeof reply + tail.size());
}

/* SIGPROF ends a job that uses too much processor time, even if the parent is
 * busy. */
void limit_processor(uint64_t seconds)
{
    struct itimerval t = {};

    t.it_value.tv_sec = static_cast<time_t>(seconds);
    setitimer(ITIMER_PROF, &t, nullptr);
}

/* The current job. */
uint64_t serial, seconds;

/* A small file can decode to much data, so the time limit grows with the
 * decoded size, too. */
void take_more_time(uint64_t bytes)
{
    const uint64_t more =
        std::min<uint64_t>(bytes / HELPER_DECODED_A_SECOND, HELPER_SECONDS_MORE_MAX);
    static struct protocol_reply reply;

    if (more == 0)
        return;
    reply = {};
    reply.magic = PROTOCOL_MAGIC;
    reply.serial = serial;
    reply.flags = PROTOCOL_MORE;
    reply.size = more;
    limit_processor(seconds + more);
    answer(reply); /* if that fails, the next reply fails, too */
}

bool say_hello()
{
    struct protocol_reply hello = {};

    hello.magic = PROTOCOL_MAGIC;
    hello.serial = PROTOCOL_HELLO;
    hello.crc = codec_version_number();
    return answer(hello);
}

/* Return whether the job can be done: a profile, if it has one, is valid and of
 * a job that applies it. */
bool take_profile(const struct protocol_job &message, enum helper_job_kind kind,
                  struct protocol_reply *reply)
{
    static DeidProfile profile;
    const bool named = message.profile[0] != '\0',
               wanted = kind == HELPER_DEIDENTIFY || kind == HELPER_DEIDENTIFY_HEADER;
    const bool ignored =
        kind == HELPER_DESCRIBE || kind == HELPER_FRAME_TABLE || kind == HELPER_LIST;

    if (!named && !wanted)
        return true;
    if (!ignored && profile.parse(message.profile)) {
        result_deidentify(&profile);
        return true;
    }
    reply->file_class = HELPER_REFUSED;
    snprintf(reply->reason, sizeof reply->reason,
             "the de-identification profile is malformed, or not for this job");
    return false;
}

/* Do the job. Returns the result's file, or -1. */
int run(Job &job, enum helper_job_kind kind, struct protocol_reply *reply, Tail *tail)
{
    const int fd = job.fds[PROTOCOL_FILE], spool = job.fds[PROTOCOL_SPOOL];
    const char *target = job.message.target;

    switch (kind) {
    case HELPER_CONVERT:
        return convert_file(fd, spool, target, reply);
    case HELPER_EXTRACT:
        return extract_file(fd, spool, target, reply);
    case HELPER_METADATA_JSON:
    case HELPER_METADATA_XML:
        return metadata_file(fd, spool, kind, target, reply);
    case HELPER_PACKAGE_JSON:
    case HELPER_PACKAGE_XML:
        return package_file(fd, spool, kind, target, reply);
    case HELPER_MAKE_DICOMDIR:
        return dicomdir_write(fd, spool, target, reply);
    case HELPER_FRAMES:
        return frame_values_file(fd, spool, target, reply);
    case HELPER_RENDER:
        return render_file(fd, spool, target, reply);
    case HELPER_FRAME_TABLE:
        return locate_frames_file(fd, spool, reply);
    case HELPER_DEIDENTIFY:
        return deidentified_file(fd, spool, reply);
    case HELPER_DEIDENTIFY_HEADER:
        return deidentified_header(fd, spool, target, reply);
    case HELPER_LIST:
        return element_list_file(fd, spool, reply);
    case HELPER_MEASURE:
        convert_measure_file(fd, reply);
        return -1;
    case HELPER_DESCRIBE:
        break;
    }
    describe_file(fd, reply, tail);
    return -1;
}

bool serve()
{
    static struct protocol_reply reply;
    Tail tail;
    int result = -1;
    bool sent;
    Job job;

    if (!receive(&job))
        return false;
    const enum helper_job_kind kind = static_cast<enum helper_job_kind>(job.message.kind);

    reply = {};
    reply.magic = PROTOCOL_MAGIC;
    reply.serial = job.message.serial;
    memory_files_set(job.fds[PROTOCOL_MEMORY], job.fds[PROTOCOL_MEMORY_PACKED]);
    job.fds[PROTOCOL_MEMORY] = job.fds[PROTOCOL_MEMORY_PACKED] = -1;
    serial = job.message.serial;
    seconds = job.message.seconds;
    limit_processor(seconds);
    result_deidentify(nullptr);
    if (take_profile(job.message, kind, &reply))
        result = run(job, kind, &reply, &tail);
    if (kind == HELPER_DESCRIBE && job.message.deflate)
        deflated_measure(job.fds[PROTOCOL_FILE], job.message.deflate > 1, &reply);
    if (kind == HELPER_CONVERT && job.message.deflate == HELPER_PACK_MEASURE &&
        transfer_syntax_is_native(job.message.target))
        deflated_size(result, job.fds, &reply);
    else if (kind == HELPER_CONVERT && job.message.deflate &&
             transfer_syntax_is_native(job.message.target))
        deflated_pack(&result, job.fds, job.message.deflate == HELPER_PACK_ANY, &reply);
    limit_processor(0);
    for (int &fd : job.fds)
        io_close(&fd);
    sent = answer(reply, result, tail.keys + tail.table);
    io_close(&result);
    return sent;
}

int print_version()
{
    codec_prepare();
    printf("wadozip-dicom " WADOZIP_VERSION "\nconversions %u\n%s",
           static_cast<unsigned>(codec_version_number()), codec_version_libraries().c_str());
    return fflush(stdout) == 0 ? 0 : 1;
}

void out_of_memory()
{
    _exit(PROTOCOL_EXIT_MEMORY);
}

}

int main(int argc, char **argv)
{
    const char *missing;
    uint64_t memory;

    if (argc == 2 && strcmp(argv[1], "version") == 0)
        return load_prepare() ? print_version() : setup_failed(no_dictionary);
    if (argc < 2 || argc > 3 || !num_parse(argv[1], strlen(argv[1]), UINT64_MAX / 2, &memory))
        return setup_failed("it is started by wadozip and wadozip-fcgi, not by hand");
    uid_allow_lenient(argc == 3 && strcmp(argv[2], PROTOCOL_LENIENT_UIDS) == 0);
    if (!load_prepare())
        return setup_failed(no_dictionary);
    if (!charset_preload(&missing))
        return setup_failed("the C library cannot convert the character set ", missing);
    if (!deid_prepare())
        return setup_failed("libcrypto cannot compute a SHA-256");
    codec_prepare();
    result_before_making(take_more_time);
    if (!sandbox_enter(memory))
        return PROTOCOL_EXIT_SETUP;
    std::set_new_handler(out_of_memory);
    if (!say_hello())
        return 0;
    while (serve())
        ;
    return 0;
}
