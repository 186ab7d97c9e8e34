/* Looks for files that the catalogue does not know. */
#ifndef WADOZIP_INDEX_STRANGER_H
#define WADOZIP_INDEX_STRANGER_H

#include "index/verify.h"

/*
 * Walks everything at a place and tells what is new there, what cannot be looked at, and files that were no instances
 * and have changed since. When *stop ends it: 0, and the tally as it was before.
 */
int stranger_run(const struct verify_setup *s, const struct place *place, struct err *e) MUST_CHECK;

#endif
