/*
 * Looks at files on threads of its own while the next ones are still being named: whether each is there, a regular file, to
 * be read by this account, and of the size and time that are recorded. Where files lie on a network a look takes long but
 * no processor: there are as many threads as it takes to keep up, up to SCOUT_THREADS. One thread owns the scout.
 */
#ifndef WADOZIP_STORE_SCOUT_H
#define WADOZIP_STORE_SCOUT_H

#include "store/store.h"

#define SCOUT_THREADS 8
#define SCOUT_NONE UINT64_MAX

struct scout;

/* conf must outlive it. No thread is started before there is something to look at. ERR_MEMORY. */
int scout_open(const struct conf *conf, struct scout **out, struct err *e) MUST_CHECK;
void scout_close(struct scout *s); /* null is allowed; waits for looks that are under way */

/*
 * Asks for a look at a file of this number, with the folder's number and the file's name as `named` knows them. Waits while
 * too many are waiting. Where there is no thread to be had the look is taken at once.
 */
void scout_ask(struct scout *s, const struct store *named, uint32_t folder, const char *file, uint64_t number,
               const struct store_meta *recorded);

/*
 * Waits for all looks. The lowest number of those asked for since the last call whose file was not as recorded, or could not be
 * looked at; SCOUT_NONE: none. Folders are forgotten, as by store_forget.
 */
uint64_t scout_settle(struct scout *s);

#endif
