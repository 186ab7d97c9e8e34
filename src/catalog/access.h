/* SPDX-License-Identifier: MIT */
/* Who may have what. Deny by default: what is not granted does not exist. */
#ifndef WADOZIP_CATALOG_ACCESS_H
#define WADOZIP_CATALOG_ACCESS_H

#include "base/conf.h"
#include "base/err.h"
#include "http/request.h"

/*
 * Setting `access`: all; user (ERR_AUTH unless the web server has authenticated somebody: REMOTE_USER); none
 * (ERR_NOT_FOUND with the same words as an unknown UID).
 */
int access_check(const struct conf *c, const struct request *r, struct err *e) MUST_CHECK;

#endif
