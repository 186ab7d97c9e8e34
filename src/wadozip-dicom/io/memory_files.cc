/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/memory_files.h"

#include <fcntl.h>
#include <unistd.h>

extern "C" {
#include "base/io.h"
}

namespace {

int files[2] = {-1, -1};

}

void memory_files_set(int first, int second)
{
    for (int &fd : files)
        io_close(&fd);
    files[0] = first;
    files[1] = second;
}

int memory_file_take()
{
    for (int &fd : files)
        if (fd >= 0) {
            int taken = fd;

            fd = -1;
            return taken;
        }
    return -1;
}

bool memory_file_seal(int fd)
{
    off_t end = lseek(fd, 0, SEEK_CUR);

    return end >= 0 && ftruncate(fd, end) == 0 &&
           fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
}
