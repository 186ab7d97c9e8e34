/* SPDX-License-Identifier: MIT */
/* How a plan becomes complete: names, entity tag, which members are deflated, length. */
#ifndef WADOZIP_PLAN_PLAN_LAYOUT_H
#define WADOZIP_PLAN_PLAN_LAYOUT_H

#include "plan/plan.h"

/*
 * Makes names unique and computes length, entity tag and boundary. ERR_NOT_ACCEPTABLE, with how many and why, when any
 * instance was refused: never a smaller archive. ERR_NOT_FOUND when there is no member at all.
 */
int plan_layout(struct plan *p, struct err *e) MUST_CHECK;

/* Compute the length of a plan whose sizes have become known since plan_layout(). */
int plan_complete(struct plan *p, struct err *e) MUST_CHECK;

/* Whether the member's size in the body is known. */
bool plan_sized(const struct plan *p, const struct plan_member *m);

/*
 * Layouts that an answer may have begun in before deflated sizes were learnt. The entity tag of a plan names its layout:
 * plan_tag() tells that of another one, plan_relayout() turns the plan, whose sizes are known, into it.
 */
enum plan_layout {
    PLAN_LAYOUT_KNOWN, /* as plan_layout() makes it */
    PLAN_LAYOUT_FORMS_STORED, /* converted members are stored */
    PLAN_LAYOUT_ALL_STORED,
    PLAN_LAYOUTS
};

int plan_tag(const struct plan *p, enum plan_layout layout, char etag[PLAN_ETAG_MAX], struct err *e) MUST_CHECK;
int plan_relayout(struct plan *p, enum plan_layout layout, struct err *e) MUST_CHECK;

/* Whether a member that the plan deflates is stored in another layout. */
static inline bool plan_stores(enum plan_layout layout, const struct plan_member *m)
{
    return layout == PLAN_LAYOUT_ALL_STORED || (layout == PLAN_LAYOUT_FORMS_STORED && m->converted);
}

#endif
