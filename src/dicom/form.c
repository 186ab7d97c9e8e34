#include "dicom/form.h"

#include <string.h>

#include "dicom/transfer_syntax.h"

#define NO_REENCODING "stored without a PS3.10 header, in Implicit VR or in Big Endian, which cannot be re-encoded yet"

const char *form_target(const struct form_wish *w)
{
    return w->rule == FORM_NAMED ? w->uid : TRANSFER_SYNTAX_EXPLICIT_LE;
}

/* Whether the file's own bytes may be sent at all: PS3.18 8.7.3 forbids two syntaxes, PS3.10 asks for a header. */
static bool sendable(const struct instance *i, const struct transfer_syntax *stored)
{
    return i->part10 && i->transfer_syntax[0] && !(stored && stored->forbidden);
}

static enum form_verdict impossible(const char **why, const char *reason)
{
    *why = reason;
    return FORM_IMPOSSIBLE;
}

enum form_verdict form_decide(const struct form_wish *w, const struct instance *i, const char **why)
{
    const struct transfer_syntax *stored = transfer_syntax_find(i->transfer_syntax);
    const struct transfer_syntax *named = w->rule == FORM_NAMED ? transfer_syntax_find(w->uid) : NULL;

    *why = NULL;
    if (named && named->forbidden)
        return impossible(why, "Implicit VR Little Endian and Explicit VR Big Endian are never sent (PS3.18 8.7.3)");
    if (!sendable(i, stored))
        return impossible(why, NO_REENCODING);
    if (w->rule == FORM_NAMED && strcmp(w->uid, i->transfer_syntax) != 0)
        return impossible(why, "stored in another transfer syntax; only what lies stored in the named one is sent");
    return FORM_STORED;
}
