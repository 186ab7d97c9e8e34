/* SPDX-License-Identifier: MIT */
/*
 * The memory files of a job. The parent makes them with a fixed size. This
 * process cannot make any, which bounds the memory that it can use outside its
 * limit.
 */
#ifndef WADOZIP_DICOM_IO_MEMORY_FILES_H
#define WADOZIP_DICOM_IO_MEMORY_FILES_H

#include <cstddef>

/*
 * Take over the memory files of the next job, and close unused ones of the
 * previous job. -1: none.
 */
void memory_files_set(int first, int second);

/* Return an empty memory file, owned by the caller, or -1 if there is none
 * left. */
int memory_file_take();

/* Truncate the file to its content and seal it. Returns false with errno. */
bool memory_file_seal(int fd);

#endif
