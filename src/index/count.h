/* Counts, in a thread of its own, what a run will meet, so that the time left can be told. */
#ifndef WADOZIP_INDEX_COUNT_H
#define WADOZIP_INDEX_COUNT_H

#include "index/place.h"

struct count;

/* The places stay open and the caller's until count_close. Null when no thread can be had: then nothing is foretold. */
struct count *count_open(const struct place *places, size_t n);
void count_close(struct count *c); /* null is allowed */

/* What has been counted so far; true when that is all. */
bool count_get(struct count *c, uint64_t *files, uint64_t *bytes);

#endif
