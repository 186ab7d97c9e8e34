/* SPDX-License-Identifier: MIT */
/* Wait until standbys have replayed all writes. */
#ifndef WADOZIP_RIGHTS_REPLAY_H
#define WADOZIP_RIGHTS_REPLAY_H

#include <signal.h>

#include "base/err.h"

/* Wait until every standby that is connected to the server has replayed all
 * transactions committed so far. Returns 0 early if *stop becomes nonzero.
 * Fails with ERR_AWAY, naming a standby, after `seconds`, and with ERR_CONFIG
 * if no standby is connected or if this account may not see how far they are.
 * Standbys of standbys are not waited for. */
int replay_wait(const char *conninfo, unsigned seconds, const volatile sig_atomic_t *stop,
                struct err *e) MUST_CHECK;

#endif
