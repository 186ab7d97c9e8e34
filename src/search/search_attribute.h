/* SPDX-License-Identifier: MIT */
/* Attributes that a search can match or return (PS3.18 10.6). Pure. */
#ifndef WADOZIP_SEARCH_SEARCH_ATTRIBUTE_H
#define WADOZIP_SEARCH_SEARCH_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum search_level { SEARCH_STUDIES, SEARCH_SERIES, SEARCH_INSTANCES, SEARCH_NOTHING };

/* In the order of their tags, which is the order of a response. */
enum search_attribute {
    SEARCH_CHARACTER_SET,
    SEARCH_SOP_CLASS,
    SEARCH_SOP_UID,
    SEARCH_STUDY_DATE,
    SEARCH_SERIES_DATE,
    SEARCH_STUDY_TIME,
    SEARCH_SERIES_TIME,
    SEARCH_ACCESSION,
    SEARCH_AVAILABILITY,
    SEARCH_MODALITY,
    SEARCH_MODALITIES,
    SEARCH_REFERRING,
    SEARCH_STUDY_DESCRIPTION,
    SEARCH_SERIES_DESCRIPTION,
    SEARCH_RETRIEVE_URL,
    SEARCH_PATIENT_NAME,
    SEARCH_PATIENT_ID,
    SEARCH_PATIENT_ISSUER,
    SEARCH_BIRTH_DATE,
    SEARCH_SEX,
    SEARCH_BODY_PART,
    SEARCH_STUDY_UID,
    SEARCH_SERIES_UID,
    SEARCH_STUDY_ID,
    SEARCH_SERIES_NUMBER,
    SEARCH_NUMBER,
    SEARCH_STUDY_SERIES,
    SEARCH_STUDY_INSTANCES,
    SEARCH_SERIES_INSTANCES,
    SEARCH_FRAMES,
    SEARCH_ROWS,
    SEARCH_COLUMNS,
    SEARCH_BITS,
    SEARCH_PPS_DATE,
    SEARCH_PPS_TIME,
    SEARCH_SPS_ID,
    SEARCH_REQUESTED_ID,
    SEARCH_ATTRIBUTES
};

/* How an attribute is matched (PS3.4 C.2.2.2). */
enum search_rule {
    SEARCH_RETURNED, /* not matched */
    SEARCH_UIDS,     /* one of a list */
    SEARCH_TEXT,     /* with the wildcards * and ?, case-sensitive */
    SEARCH_CODES,    /* one of a list, each with wildcards */
    SEARCH_NAME,     /* with wildcards, any component group, ignoring case and accents */
    SEARCH_DATES,    /* a range */
    SEARCH_TIMES,    /* a range */
    SEARCH_NUMBERS   /* an integer */
};

struct search_definition {
    uint32_t sequence; /* tag of the enclosing sequence; 0: none */
    uint32_t tag;
    const char *keyword, *vr;
    enum search_level level;
    enum search_rule rule;
    bool always;   /* part of every response of its level */
    bool if_known; /* left out of a response if it is empty */
};

const struct search_definition *search_definition(enum search_attribute a);

/*
 * Return the attribute with the keyword or tag of `len` bytes at `name`,
 * starting from attribute `from`. Within a sequence the name has a dot. A
 * sequence alone names all of its attributes if whole_sequence. Returns
 * SEARCH_ATTRIBUTES if there is none.
 */
enum search_attribute search_attribute_find(const char *name, size_t len, bool whole_sequence,
                                            unsigned from);

/* Return whether the len bytes at s are a tag: 8 hexadecimal digits. */
bool search_attribute_is_tag(const char *s, size_t len);

#endif
