/* SPDX-License-Identifier: MIT */
/*
 * Check the objects of a request before they are read, in few round trips. Their
 * keys are known, so pages of a list are requested at the same time, each after a
 * known key. Few objects, and those with many others in between, are looked at one
 * by one, several at a time.
 */
#ifndef WADOZIP_STORE_S3_CHECK_H
#define WADOZIP_STORE_S3_CHECK_H

#include "store/s3_fetch.h"
#include "store/s3_versions.h"

/*
 * Find the versions of all objects that are not known. Fails with ERR_AWAY if the
 * store does not answer in s3.NAME.seconds, or not with a list, and with ERR_CONFIG
 * if it refuses.
 */
int s3_check(struct s3_versions *v, const struct s3 *s, struct s3_fetch *f,
             struct err *e) MUST_CHECK;

#endif
