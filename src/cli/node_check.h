/* SPDX-License-Identifier: MIT */
/* Compare this machine with the other nodes that use the database. */
#ifndef WADOZIP_CLI_NODE_CHECK_H
#define WADOZIP_CLI_NODE_CHECK_H

#include "conf/conf.h"
#include "db/migrate.h"

/*
 * Print a note for each difference that gives an archive other bytes or another
 * entity tag here: the compressor, the libraries of wadozip-dicom, the version
 * of wadozip.
 */
void node_check(const struct conf *c, const struct migrate_rights *others);

#endif
