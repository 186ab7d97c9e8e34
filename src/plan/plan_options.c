/* SPDX-License-Identifier: MIT */
#include "plan/plan_options.h"

#include <string.h>

#include "dicom/transfer_syntax.h"

enum plan_compression plan_compression(const char *word)
{
    return strcmp(word, "none") == 0      ? PLAN_COMPRESS_NONE
           : strcmp(word, "deflate") == 0 ? PLAN_COMPRESS_DEFLATE
                                          : PLAN_COMPRESS_AUTO;
}

enum plan_compression plan_compression_setting(enum conf_compression c)
{
    static const enum plan_compression all[] = {
        [CONF_COMPRESSION_AUTO] = PLAN_COMPRESS_AUTO,
        [CONF_COMPRESSION_NONE] = PLAN_COMPRESS_NONE,
        [CONF_COMPRESSION_DEFLATE] = PLAN_COMPRESS_DEFLATE};

    return all[c];
}

struct plan_options plan_options_default(const struct conf *c)
{
    return (struct plan_options){.framing = PLAN_ZIP,
                                 .compression = plan_compression_setting(c->compression),
                                 .entry_time = c->entry_time == CONF_ENTRY_TIME_DATA,
                                 .wish.lossy_allowed = c->lossy_conversion != 0,
                                 .max_instances = c->max_instances,
                                 .max_bytes = c->max_bytes};
}

/* Values of bulk data in a package are uncompressed. */
static enum conversion_verdict decide_package(const struct transfer_syntax_wish *w,
                                              const struct instance *i, const char **why)
{
    if (w->rule == WISH_NAMED && strcmp(w->uid, TRANSFER_SYNTAX_EXPLICIT_LE) != 0)
        *why = "bulk data beside metadata is uncompressed, as Explicit VR Little Endian has it";
    else
        *why = conversion_rules_undecodable(i);
    return *why ? CONVERSION_IMPOSSIBLE : CONVERSION_NEEDED;
}

/* The header is written in Explicit VR Little Endian, so native data sets need
 * no conversion to that; the deflated transfer syntax has no place for pixel
 * data as the file has it. */
static enum conversion_verdict decide_deidentified(const struct transfer_syntax_wish *w,
                                                   const struct instance *i, const char **why)
{
    enum conversion_verdict verdict = conversion_rules_decide(w, i, why);
    const char *stored = i->transfer_syntax;

    if (verdict == CONVERSION_NEEDED &&
        strcmp(conversion_rules_target(w), TRANSFER_SYNTAX_EXPLICIT_LE) == 0 &&
        (strcmp(stored, TRANSFER_SYNTAX_IMPLICIT_LE) == 0 ||
         strcmp(stored, TRANSFER_SYNTAX_EXPLICIT_LE) == 0))
        return CONVERSION_NONE;
    if (verdict == CONVERSION_NONE && w->rule == WISH_NAMED &&
        strcmp(stored, TRANSFER_SYNTAX_DEFLATED_LE) == 0)
        return CONVERSION_NEEDED;
    return verdict;
}

enum conversion_verdict plan_decide(const struct plan_options *o, const struct instance *i,
                                    const char **why)
{
    if (plan_is_package(o->content))
        return decide_package(&o->wish, i, why);
    if (o->content != PLAN_INSTANCES)
        return CONVERSION_NEEDED;
    return o->profile ? decide_deidentified(&o->wish, i, why)
                      : conversion_rules_decide(&o->wish, i, why);
}

int plan_refuse_risk(const struct plan_options *o, const char *reason, struct err *e)
{
    return err_set(e, ERR_NOT_ACCEPTABLE,
                   "the pixels may show names, and the profile %s does not send such: %s. Ask for a"
                   " profile with pixels = trust or withhold",
                   o->profile ? o->profile->name : "", reason);
}
