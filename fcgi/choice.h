/* Which representation is sent: plans are made, in the order of preference, until one holds every instance. */
#ifndef WADOZIP_FCGI_CHOICE_H
#define WADOZIP_FCGI_CHOICE_H

#include "fcgi/answer.h"

/*
 * Fills the answer's item, plan, listing and feed. ERR_NOT_ACCEPTABLE with the reason of the first alternative when none
 * can be made, or what the catalogue says (catalog_find).
 */
int choice_make(struct answer *a, struct err *e) MUST_CHECK;

/* Before the status line: looks at every file that is to be sent, as feed_check does, and starts the helpers it needs. */
int choice_check(struct answer *a, struct err *e) MUST_CHECK;

/* Whether the answer is one instance, alone or as the only part, whose length shows when it has been converted. */
bool choice_measures(const struct answer *a);

/*
 * Of such an instance or bulk data: has it made, so that length and entity tag are known before the status line. After
 * choice_check. Fails as feed_begin does.
 */
int choice_measure(struct answer *a, struct err *e) MUST_CHECK;

#endif
