/* SPDX-License-Identifier: MIT */
/* Frames as stored of an instance that is de-identified: those of its file,
 * unless codestreams in it contain text. */
#ifndef WADOZIP_RESPOND_PIXEL_DEID_H
#define WADOZIP_RESPOND_PIXEL_DEID_H

#include "respond/response.h"

/*
 * Open the file whose frames are sent: the instance's own, or one without text
 * in the codestreams, whose places a->pixels.table then has. The verdict is kept
 * in the spool cache, so that only the first request of an instance reads all
 * codestreams. Fails as plan_refuse_risk(), and with ERR_HELPER if the instance
 * cannot be de-identified.
 */
int pixel_deid_open(struct response *a, int *fd, struct err *e) MUST_CHECK;

#endif
