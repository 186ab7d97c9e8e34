/* SPDX-License-Identifier: MIT */
/* The layouts of one plan, which differ in the members that are deflated. */
#ifndef WADOZIP_PLAN_PLAN_LAYOUT_H
#define WADOZIP_PLAN_PLAN_LAYOUT_H

#include "plan/plan_member.h"

/*
 * Layouts of an earlier response, from before deflated sizes were recorded. The
 * entity tag names the layout, so an interrupted download is resumed in its own
 * layout.
 */
enum plan_layout {
    PLAN_LAYOUT_KNOWN, /* as plan_layout() makes it */
    PLAN_LAYOUT_CONVERTED_STORED, /* converted members are stored */
    PLAN_LAYOUT_ALL_STORED,
    PLAN_LAYOUTS
};

/* Return whether a member that the plan deflates is stored in another layout.
 */
static inline bool plan_stores(enum plan_layout layout, const struct plan_member *m)
{
    return layout == PLAN_LAYOUT_ALL_STORED ||
           (layout == PLAN_LAYOUT_CONVERTED_STORED && m->source == PLAN_CONVERTED);
}

#endif
