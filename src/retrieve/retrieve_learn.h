/* SPDX-License-Identifier: MIT */
/* Record in the catalogue the facts that a retrieval discovers. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_LEARN_H
#define WADOZIP_RETRIEVE_RETRIEVE_LEARN_H

#include "retrieve/retrieval.h"

/* Return the callbacks that record facts about the members of r, which must
 * outlive them. */
struct content_learn retrieve_learn(struct retrieval *r);

/* Record the digests that were computed for the manifest. */
void retrieve_learn_digests(struct retrieval *r);

#endif
