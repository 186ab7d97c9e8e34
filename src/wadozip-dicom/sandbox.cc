/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/sandbox.h"

#include "helper/protocol.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER true
#endif
#ifndef WITH_SANITIZER
#define WITH_SANITIZER false
#endif

namespace {

constexpr bool with_sanitizer = WITH_SANITIZER;

/*
 * System calls that need only descriptors that are already open. Those that
 * open, connect, start or signal another process are absent.
 */
const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(close),
    SCMP_SYS(ftruncate),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(setitimer),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

bool failed(const char *what, int error)
{
    fprintf(stderr, "wadozip-dicom: cannot start: %s: %s\n", what, strerror(error));
    return false;
}

bool limit(int resource, rlim_t value, const char *what)
{
    struct rlimit l = {value, value};

    return setrlimit(static_cast<__rlimit_resource_t>(resource), &l) == 0 || failed(what, errno);
}

bool limit_memory(uint64_t memory)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    bool ok = f && fscanf(f, "%lu", &pages) == 1;

    if (f)
        fclose(f);
    if (!ok)
        return failed("its own size in /proc/self/statm", errno);
    return limit(RLIMIT_AS, pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + memory,
                 "limit on memory");
}

/*
 * Memory may be mapped, but never made executable; descriptors may be sealed
 * and queried, nothing else.
 */
int allow_with_arguments(scmp_filter_ctx c)
{
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp add_seals = {1, SCMP_CMP_EQ, F_ADD_SEALS, 0};
    const struct scmp_arg_cmp itself = {0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()), 0};
    int rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable);

    rc = rc ? rc : seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable);
    rc = rc ? rc : seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, add_seals);
    /* abort() signals its own thread. */
    return rc ? rc : seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself);
}

bool filter_calls()
{
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = c ? seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2) : -ENOMEM;

    for (int call : allowed)
        rc = rc ? rc : seccomp_rule_add(c, SCMP_ACT_ALLOW, call, 0);
    rc = rc ? rc : allow_with_arguments(c);
    rc = rc ? rc : seccomp_load(c);
    seccomp_release(c);
    return rc == 0 || failed("system call filter (seccomp)", -rc);
}

}

bool sandbox_enter(uint64_t memory)
{
    for (int ignored : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
        signal(ignored, SIG_IGN); /* the parent decides when this process ends */
    signal(SIGXFSZ, SIG_IGN);     /* a result that is too large becomes an error of write() */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("prctl", errno);
    if (close_range(PROTOCOL_FD + 1, ~0u, 0) != 0)
        return failed("close_range", errno);
    /*
     * Descriptors stay as the parent limits them: the kernel counts those in
     * transit, of all processes of the account, against the sender's limit,
     * and the only call that makes one here is recvmsg().
     */
    if (!limit(RLIMIT_CORE, 0, "limit on core dumps") ||
        !limit(RLIMIT_FSIZE, PROTOCOL_RESULT_MAX, "limit on file size"))
        return false;
    if (with_sanitizer) {
        fprintf(
            stderr,
            "wadozip-dicom: built with a sanitizer: no limit on memory, no filter of system calls\n");
        return true;
    }
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return failed("prctl", errno);
    return limit_memory(memory) && filter_calls();
}
