/*
 * Zipped metadata: what wadozip-dicom makes of an instance (dicom/package.h) as members of an archive. The document has the
 * instance's place; the values of its bulk data follow it at once, and are named after it: 000012.json, 000012-1.raw,
 * 000012-2.raw. How many there are is known when the package has been made, so records of them grow while an archive is sent.
 */
#ifndef WADOZIP_ARCHIVE_PACKAGE_H
#define WADOZIP_ARCHIVE_PACKAGE_H

#include "archive/plan.h"

#define PACKAGE_PREFIX_MAX 80

/* As form_decide: FORM_CONVERTED, or FORM_IMPOSSIBLE where the transfer syntax alone tells that values cannot be had. */
enum form_verdict package_decide(const struct plan_options *o, const struct instance *i, const char **why);

/* What the addresses of values begin with in the document of a member: "./000012-", relative to its own place. */
void package_prefix(const struct plan *p, const struct plan_member *m, char out[PACKAGE_PREFIX_MAX]);

/* The path of the number-th value (from 1) of a member in the archive. Returns the length. */
size_t package_path(const struct plan *p, const struct plan_member *m, size_t number, char out[PLAN_PATH_BUFFER]);

/*
 * Completes member i, and the plan's parts, with the package of `size` bytes behind fd, once. ERR_HELPER for one that is not
 * what it should be: nothing in it is believed.
 */
int package_settle(struct plan *p, size_t i, int fd, uint64_t size, struct err *e) MUST_CHECK;

#endif
