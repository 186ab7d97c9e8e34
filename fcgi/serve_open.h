/* SPDX-License-Identifier: MIT */
/* Opens and closes the state of a worker. */
#ifndef WADOZIP_FCGI_SERVE_OPEN_H
#define WADOZIP_FCGI_SERVE_OPEN_H

#include "fcgi/serve_state.h"

/*
 * Open what a worker keeps. conf and shared_slots (-1: none) belong to the
 * caller and must outlive s. Always call serve_close().
 */
int serve_open(struct serve *s, const struct conf *conf, int shared_slots, struct err *e) MUST_CHECK;
void serve_close(struct serve *s);

#endif
