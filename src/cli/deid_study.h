/* SPDX-License-Identifier: MIT */
/* De-identify every file of a study, and report the changes. */
#ifndef WADOZIP_CLI_DEID_STUDY_H
#define WADOZIP_CLI_DEID_STUDY_H

#include "cli/deid_report.h"
#include "conf/conf.h"

/*
 * Report to r, which is open. `profile` names one of the settings. Sends
 * nothing; results exist only in memory or in unlinked files. Fails with
 * ERR_REQUEST if there is no such profile, else as catalog_find(),
 * store_file() and helper_run().
 */
int deid_study_report(const struct conf *c, const char *study, const char *profile,
                      struct deid_report *r, struct err *e) MUST_CHECK;

#endif
