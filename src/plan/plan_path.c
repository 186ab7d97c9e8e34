/* SPDX-License-Identifier: MIT */
#include "plan/names.h"
#include "plan/plan.h"

/* by enum plan_content */
static const char *const endings[] = {".dcm", ".raw", ".json", ".xml", ".json", ".xml"};

/*
 * Append a string to a path of len bytes, as far as it fits. By hand, because
 * every path is made several times.
 */
static size_t plan_path_put_text(char *out, size_t len, const char *s)
{
    size_t n = strnlen(s, PLAN_PATH_BUFFER - 1 - len);

    memcpy(out + len, s, n);
    out[len + n] = '\0';
    return len + n;
}

size_t plan_path(const struct plan *p, const struct plan_member *m, char out[PLAN_PATH_BUFFER])
{
    const struct plan_series *s;
    const char *folder;
    size_t len;

    if (m->source == PLAN_GENERATED)
        return plan_path_put_text(out, 0, PLAN_DICOMDIR_NAME);
    s = plan_series_of(p, m);
    folder = plan_text(p, s->folder);
    len = strlen(folder);
    if (p->options.names == PLAN_NAMES_MEDIA)
        return names_file_id((uint32_t)(s - p->series), (uint32_t)(m - p->members) - s->first, out);
    memcpy(out, folder, len);
    out[len++] = '/';
    if (p->options.names == PLAN_NAMES_SERIES)
        len += names_file(m->number, m->same_number, out + len) - strlen(".dcm");
    else
        len = plan_path_put_text(out, len, plan_text(p, m->sop_uid));
    return plan_path_put_text(out, len, endings[p->options.content]);
}
