/* SPDX-License-Identifier: MIT */
/* What this process gives up before it reads the first hostile byte. */
#ifndef WADOZIP_DICOM_SANDBOX_H
#define WADOZIP_DICOM_SANDBOX_H

#include <cstdint>

/*
 * Closes every descriptor but the first four, limits memory (to `memory` bytes more than are mapped now), files and
 * core dumps, dies with its parent, drops the right to gain rights, and lets only those system calls through that
 * work on descriptors it already has. False, with a line on standard error, when the kernel does not grant all of it.
 */
bool sandbox_enter(uint64_t memory);

#endif
