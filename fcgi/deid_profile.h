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

/*
 * Replace the UIDs of the request by the catalogue's: a client that has a
 * de-identified answer knows only those in it. Call it when the catalogue is
 * restricted to what the user may see. Fails as deid_original_find(), and for a
 * search of a link as search_deid_keys().
 */
int deid_profile_find(struct response *a, struct err *e) MUST_CHECK;

#endif
