/* SPDX-License-Identifier: MIT */
/* The layouts of one plan: which of its members are deflated. */
#ifndef WADOZIP_PLAN_PLAN_LAYOUT_H
#define WADOZIP_PLAN_PLAN_LAYOUT_H

#include "plan/plan_member.h"

/*
 * Layouts in which an earlier answer may have begun, before deflated sizes were recorded. The entity tag of a plan names its
 * layout, so that an interrupted download is resumed in the layout that it began with.
 */
enum plan_layout {
    PLAN_LAYOUT_KNOWN, /* as plan_layout() makes it */
    PLAN_LAYOUT_FORMS_STORED, /* converted members are stored */
    PLAN_LAYOUT_ALL_STORED,
    PLAN_LAYOUTS
};

/* Whether a member that the plan deflates is stored in another layout. */
static inline bool plan_stores(enum plan_layout layout, const struct plan_member *m)
{
    return layout == PLAN_LAYOUT_ALL_STORED || (layout == PLAN_LAYOUT_FORMS_STORED && m->converted);
}

#endif
