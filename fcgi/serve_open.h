/* SPDX-License-Identifier: MIT */
/* Opens and closes the state of a worker. */
#ifndef WADOZIP_FCGI_SERVE_OPEN_H
#define WADOZIP_FCGI_SERVE_OPEN_H

#include "fcgi/serve_state.h"

/* conf and shared_slots (-1: none) stay the caller's and must outlive it. serve_close in any case. */
int serve_open(struct serve *s, const struct conf *conf, int shared_slots, struct err *e) MUST_CHECK;
void serve_close(struct serve *s);

#endif
