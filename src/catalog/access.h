/* SPDX-License-Identifier: MIT */
/* Access control. Deny by default: a resource that is not granted does not exist. */
#ifndef WADOZIP_CATALOG_ACCESS_H
#define WADOZIP_CATALOG_ACCESS_H

#include "base/conf.h"
#include "base/err.h"
#include "http/request.h"

/*
 * Apply the setting `access`. With user, fails with ERR_AUTH unless REMOTE_USER
 * is set. With none, fails with ERR_NOT_FOUND and the text for unknown UIDs.
 */
int access_check(const struct conf *c, const struct request *r, struct err *e) MUST_CHECK;

#endif
