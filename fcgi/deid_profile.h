/* SPDX-License-Identifier: MIT */
/* The profile of a request for de-identified data. */
#ifndef WADOZIP_FCGI_DEID_PROFILE_H
#define WADOZIP_FCGI_DEID_PROFILE_H

#include "respond/response.h"

/* Load the profile that the request names, if it names one; a->profile is then
 * not null. Fails with ERR_REQUEST if there is no such profile, or if the
 * resource is not offered de-identified, so that the original is never sent
 * instead; and as deid_key_load() does. */
int deid_profile_begin(struct response *a, struct err *e) MUST_CHECK;

#endif
