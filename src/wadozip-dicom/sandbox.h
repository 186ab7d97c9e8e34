/* SPDX-License-Identifier: MIT */
/* Drop privileges before the first hostile byte is read. */
#ifndef WADOZIP_DICOM_SANDBOX_H
#define WADOZIP_DICOM_SANDBOX_H

#include <cstdint>

/*
 * Close every descriptor except the first four, limit memory (to `memory` bytes
 * more than are mapped now), files and core dumps, die with the parent, drop
 * the right to gain privileges, and allow only system calls that work on open
 * descriptors. Returns false, with a line on standard error, if the kernel does
 * not grant all of it.
 */
bool sandbox_enter(uint64_t memory);

#endif
