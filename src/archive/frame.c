#include "archive/frame.h"

#include "archive/multipart.h"
#include "archive/zip.h"

/* PLAN_SINGLE: the instance's bytes and nothing else (PS3.18 8.6.1.1). */
static size_t no_head(const struct plan *p, const struct plan_member *m, uint8_t out[FRAME_HEAD_MAX])
{
    (void)p;
    (void)m;
    (void)out;
    return 0;
}

static int no_tail(const struct plan *p, struct window *w, struct err *e)
{
    (void)p;
    (void)w;
    (void)e;
    return 0;
}

const struct frame *frame_of(enum plan_framing framing)
{
    static const struct frame frames[] = {
        [PLAN_ZIP] = {zip_head, zip_tail},
        [PLAN_MULTIPART] = {multipart_head, multipart_tail},
        [PLAN_SINGLE] = {no_head, no_tail},
    };

    return &frames[framing];
}
