/* SPDX-License-Identifier: MIT */
/* Opens and closes the state of a worker. */
#ifndef WADOZIP_RESPOND_SERVE_OPEN_H
#define WADOZIP_RESPOND_SERVE_OPEN_H

#include "respond/serve_shared.h"
#include "respond/serve_state.h"

/*
 * Open what a worker keeps. conf and the files of `shared` belong to the caller
 * and must outlive s. Always call serve_close().
 */
int serve_open(struct serve *s, const struct conf *conf, const struct serve_shared *shared,
               struct err *e) MUST_CHECK;
void serve_close(struct serve *s);

#endif
