/* SPDX-License-Identifier: MIT */
/*
 * The memory files of a job. The parent makes them, of a fixed size: this process cannot make any, so that what it writes
 * outside its limit on memory is bounded.
 */
#ifndef WADOZIP_DICOM_IO_MEMORY_FILES_H
#define WADOZIP_DICOM_IO_MEMORY_FILES_H

#include <cstddef>

/* Take over the memory files of the next job; those of the job before that nothing took are closed. -1: none. */
void memory_files_set(int first, int second);

/* Return an empty memory file, the caller's, or -1 if there is no other. */
int memory_file_take();

/* Cut the file after what was written and seal it. Returns false with errno. */
bool memory_file_seal(int fd);

#endif
