/* SPDX-License-Identifier: MIT */
/* Runs a command, its output thrown away, and tells what it took: seconds,
 * processor seconds, and the most memory of one of its processes in kB. A small
 * process of its own, because a child's peak begins with that of the process it
 * was forked from. usage: spend COMMAND...; exit code: the command's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static _Noreturn void become(char **command)
{
    int nowhere = open("/dev/null", O_WRONLY);

    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0)
        execvp(*command, command);
    perror(*command);
    _exit(127);
}

int main(int argc, char **argv)
{
    double begin = now();
    struct rusage used;
    int status;
    pid_t pid;

    if (argc < 2 || (pid = fork()) < 0)
        return 125;
    if (pid == 0)
        become(argv + 1);
    if (wait4(pid, &status, 0, &used) != pid)
        return 125;
    printf("%.6f %.6f %ld\n", now() - begin, seconds(used.ru_utime) + seconds(used.ru_stime),
           used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
