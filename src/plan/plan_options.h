/* SPDX-License-Identifier: MIT */
/* The options of a plan: framing, names, transfer syntax, compression and
 * limits. */
#ifndef WADOZIP_PLAN_PLAN_OPTIONS_H
#define WADOZIP_PLAN_PLAN_OPTIONS_H

#include "conf/conf.h"
#include "dicom/conversion_rules.h"
#include "dicom/deid_key.h"
#include "dicom/representation.h"

enum plan_compression { PLAN_COMPRESS_AUTO, PLAN_COMPRESS_NONE, PLAN_COMPRESS_DEFLATE };
enum plan_names {
    PLAN_NAMES_SERIES,
    PLAN_NAMES_UID,
    PLAN_NAMES_MEDIA /* File IDs of PS3.10 8.2, with a DICOMDIR (dicomdir.h) */
};

static inline bool plan_is_package(enum plan_content content)
{
    return content == PLAN_PACKAGE_JSON || content == PLAN_PACKAGE_XML;
}

struct plan_options {
    enum plan_content content;
    const char *element;  /* PLAN_BULKDATA: its path (dicom/element_path.h). Not copied */
    const char *service;  /* for metadata: base of bulk data addresses
                           * (helper_order.target). Not copied */
    enum plan_framing framing;
    enum plan_names names;
    bool study_folders;   /* one folder per study, above those of its series; not with
                           * PLAN_NAMES_MEDIA */
    struct transfer_syntax_wish wish;
    enum plan_compression compression; /* of ZIP members; auto: if the size is known and a tenth is
                                        * saved */
    uint32_t codec_version;      /* helper_pool_codec_version(), on which converted bytes depend; 0:
                                  * not known */
    bool entry_time;      /* setting entry_time = data */
    /* path of the study's URL, for the Content-Location of parts; null: none.
     * Not copied */
    const char *location;
    const struct deid_profile *profile; /* of de-identification; null: none. Not copied */
    uint64_t max_instances, max_bytes;
};

static inline bool plan_is_metadata(const struct plan_options *o)
{
    return o->content == PLAN_METADATA_JSON || o->content == PLAN_METADATA_XML;
}

/* Return the options of a request for application/zip without any parameter, by
 * the settings. */
struct plan_options plan_options_default(const struct conf *c);

/* Return the profile in the form for wadozip-dicom (helper_order.profile), or
 * null. */
static inline const char *plan_profile(const struct plan_options *o)
{
    return o->profile ? o->profile->text : NULL;
}

/* Fail with ERR_NOT_ACCEPTABLE for a job that ended with HELPER_RISK. */
int plan_refuse_risk(const struct plan_options *o, const char *reason, struct err *e) MUST_CHECK;

/*
 * Decide how an instance is sent: as stored, converted, or not at all. If it is
 * CONVERSION_IMPOSSIBLE, *why is the reason.
 */
enum conversion_verdict plan_decide(const struct plan_options *o, const struct instance *i,
                                    const char **why);

/* The compression that a query parameter or an option names, auto for an
 * unknown word; and that of a setting. */
enum plan_compression plan_compression(const char *word);
enum plan_compression plan_compression_setting(enum conf_compression c);

#endif
