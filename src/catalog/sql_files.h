/* SPDX-License-Identifier: MIT */
/* The files of sql/, which the build compiles in (sql/embed.awk). */
#ifndef WADOZIP_CATALOG_SQL_FILES_H
#define WADOZIP_CATALOG_SQL_FILES_H

struct sql_file {
    const char *name, *text;
};

/* In the order of their names, so that version N is the file at N - 1; after the migrations come the others. Ended by NULL. */
extern const struct sql_file sql_files[];

#endif
