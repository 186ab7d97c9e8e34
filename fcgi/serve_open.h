/* SPDX-License-Identifier: MIT */
/* Opens and closes the state of a worker. */
#ifndef WADOZIP_FCGI_SERVE_OPEN_H
#define WADOZIP_FCGI_SERVE_OPEN_H

#include "fcgi/serve_shared.h"
#include "fcgi/serve_state.h"

/*
 * Open what a worker keeps. conf and the files of `shared` belong to the caller
 * and must outlive s. Always call serve_close().
 */
int serve_open(struct serve *s, const struct conf *conf, const struct serve_shared *shared, struct err *e) MUST_CHECK;
void serve_close(struct serve *s);

#endif
