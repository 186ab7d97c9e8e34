/* SPDX-License-Identifier: MIT */
#include "dicom/conversion_rules.h"

#include <string.h>

#include "dicom/transfer_syntax.h"

#define NATIVE_MAX 0xfffffffeu /* largest length of uncompressed pixel data (PS3.5 7.1.2) */

const char *conversion_rules_target(const struct transfer_syntax_wish *w)
{
    return w->rule == WISH_NAMED ? w->uid : TRANSFER_SYNTAX_EXPLICIT_LE;
}

/* An instance without pixel data can have Rows, but no bits (describe.cc). */
static bool has_pixels(const struct instance *i)
{
    return i->rows && i->bits_allocated;
}

/*
 * Return whether a compressed transfer syntax has nothing to compress: an
 * instance without pixel data is sent uncompressed.
 */
static bool has_nothing_for(const char *uid, const struct instance *i)
{
    const struct transfer_syntax *named = transfer_syntax_find(uid);

    return named && named->encapsulated && !has_pixels(i);
}

const char *conversion_rules_syntax(const struct transfer_syntax_wish *w, const struct instance *i)
{
    const char *target = conversion_rules_target(w);

    return has_nothing_for(target, i) ? TRANSFER_SYNTAX_EXPLICIT_LE : target;
}

/*
 * Return whether the file's own bytes may be sent: PS3.18 8.7.3 forbids two
 * transfer syntaxes, PS3.10 requires a header. A deviating file that cannot be
 * decoded, and so cannot be written again, is sent as it is.
 */
static bool sendable(const struct instance *i, const struct transfer_syntax *stored)
{
    bool usable = i->part10 || !stored || !stored->decodable;

    return usable && i->transfer_syntax[0] && !(stored && stored->forbidden);
}

static bool conversion_rules_too_long(const struct instance *i)
{
    double bits = (double)i->rows * i->columns * (i->samples ? i->samples : 1) * i->bits_allocated;

    return bits * (i->frames ? i->frames : 1) / 8 > NATIVE_MAX;
}

/* Return the reason why the data set cannot be decoded, or null if it can. */
static const char *cannot_read(const struct instance *i, const struct transfer_syntax *stored)
{
    if (!stored || !stored->decodable)
        return "stored in a transfer syntax that cannot be decoded here";
    if (strcmp(stored->uid, TRANSFER_SYNTAX_EXPLICIT_BE) == 0 && i->samples &&
        i->bits_allocated > 16)
        return "stored in Big Endian with samples of more than 16 bits, whose byte order is unknown";
    return NULL;
}

/* Return the reason why such pixel data cannot be encoded in the target, or
 * null if it can. */
static const char *cannot_write(const struct instance *i, const struct transfer_syntax *target)
{
    bool rle = strcmp(target->uid, TRANSFER_SYNTAX_RLE) == 0;

    if (!target->encapsulated)
        return conversion_rules_too_long(i) ? "too long for an uncompressed transfer syntax" : NULL;
    if (!has_pixels(i))
        return NULL; /* nothing to compress */
    if (i->samples == 0)
        return "an image without Samples per Pixel, or of Float Pixel Data, cannot be compressed";
    if (i->samples != 1 && i->samples != 3)
        return "an image with neither one nor three samples a pixel cannot be compressed";
    if (strcmp(target->uid, TRANSFER_SYNTAX_JPEG_BASELINE) == 0 && i->bits_allocated != 8)
        return "an image of other than 8 bits cannot be compressed with JPEG Baseline";
    if (i->bits_allocated != 8 && i->bits_allocated != 16 && !(rle && i->bits_allocated == 32))
        return "an image of other than 8 or 16 bits (32 for RLE) cannot be compressed";
    return NULL;
}

static enum conversion_verdict convert(const struct instance *i,
                                       const struct transfer_syntax *stored, const char *target,
                                       const char **why)
{
    *why = cannot_read(i, stored);
    if (!*why)
        *why = cannot_write(i, transfer_syntax_find(target));
    return *why ? CONVERSION_IMPOSSIBLE : CONVERSION_NEEDED;
}

/*
 * PS3.18 8.7.3.4: Explicit VR Little Endian. Instances in a lossy syntax, or
 * too long when uncompressed, stay as stored.
 */
static enum conversion_verdict
decide_default(const struct instance *i, const struct transfer_syntax *stored, const char **why)
{
    bool encapsulated = stored && stored->encapsulated;

    if (strcmp(i->transfer_syntax, TRANSFER_SYNTAX_EXPLICIT_LE) == 0 ||
        (stored ? stored->lossy : i->lossy))
        return CONVERSION_NONE;
    if (encapsulated && conversion_rules_too_long(i))
        return CONVERSION_NONE;
    return convert(i, stored, TRANSFER_SYNTAX_EXPLICIT_LE, why);
}

static enum conversion_verdict decide_named(const struct transfer_syntax_wish *w,
                                            const struct instance *i,
                                            const struct transfer_syntax *stored, const char **why)
{
    const struct transfer_syntax *named = transfer_syntax_find(w->uid);

    if (named && named->forbidden)
        *why = "Implicit VR Little Endian and Explicit VR Big Endian are never sent (PS3.18 8.7.3)";
    else if (sendable(i, stored) && strcmp(w->uid, i->transfer_syntax) == 0)
        return CONVERSION_NONE;
    else if (has_nothing_for(w->uid, i))
        return sendable(i, stored) ? decide_default(i, stored, why)
                                   : convert(i, stored, TRANSFER_SYNTAX_EXPLICIT_LE, why);
    else if (!named || !named->target)
        *why = "stored in another transfer syntax, and the named one is not made here";
    else if (named->lossy && !w->lossy_allowed)
        *why =
            "stored in another transfer syntax, and lossy ones are not made here (setting lossy_conversion)";
    else
        return convert(i, stored, w->uid, why);
    return CONVERSION_IMPOSSIBLE;
}

enum conversion_verdict conversion_rules_decide(const struct transfer_syntax_wish *w,
                                                const struct instance *i, const char **why)
{
    const struct transfer_syntax *stored = transfer_syntax_find(i->transfer_syntax);

    *why = NULL;
    if (w->rule == WISH_NAMED)
        return decide_named(w, i, stored, why);
    if (!sendable(i, stored))
        return convert(i, stored, TRANSFER_SYNTAX_EXPLICIT_LE, why);
    return w->rule == WISH_ANY ? CONVERSION_NONE : decide_default(i, stored, why);
}

const char *conversion_rules_undecodable(const struct instance *i)
{
    const struct transfer_syntax *stored = transfer_syntax_find(i->transfer_syntax);

    if (transfer_syntax_is_video(i->transfer_syntax) || (stored && !has_pixels(i)))
        return NULL;
    return cannot_read(i, stored);
}
