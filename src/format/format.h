/* SPDX-License-Identifier: MIT */
/* The framings. */
#ifndef WADOZIP_FORMAT_FORMAT_H
#define WADOZIP_FORMAT_FORMAT_H

#include "format/framing.h"

const struct framing *format_of(enum plan_framing framing);

#endif
