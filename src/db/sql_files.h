/* SPDX-License-Identifier: MIT */
/* The files of sql/, compiled in (sql/embed.awk). */
#ifndef WADOZIP_DB_SQL_FILES_H
#define WADOZIP_DB_SQL_FILES_H

struct sql_file {
    const char *name, *text;
};

/*
 * In the order of their names: version N is the file at N - 1, and the others
 * follow the migrations. Ends with NULL.
 */
extern const struct sql_file sql_files[];

#endif
