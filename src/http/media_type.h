/* SPDX-License-Identifier: MIT */
/*
 * Lists of weighted media ranges, as in Accept (RFC 9110 12.5.1) and the accept
 * query parameter (PS3.18 8.3.3.1), parsed item by item. Pure; time is linear
 * in the length, and memory is the caller's.
 */
#ifndef WADOZIP_HTTP_MEDIA_TYPE_H
#define WADOZIP_HTTP_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#define MEDIA_TYPE_NAME_MAX 63   /* characters of a type, a subtype or a parameter's name; longer
                                  * ones are unknown here */
#define MEDIA_TYPE_VALUE_MAX 127 /* characters of a parameter's value without quotes */
#define MEDIA_TYPE_PARAMS_MAX 8  /* parameters of one range in addition to q */
#define MEDIA_TYPE_WEIGHT_MAX 1000

struct media_type_param {
    char name[MEDIA_TYPE_NAME_MAX + 1]; /* as written: transfer-syntax is case-sensitive, others are
                                         * not */
    char value[MEDIA_TYPE_VALUE_MAX + 1];
};

struct media_type_range {
    /* lower case; "*" for any */
    char type[MEDIA_TYPE_NAME_MAX + 1], subtype[MEDIA_TYPE_NAME_MAX + 1];
    struct media_type_param params[MEDIA_TYPE_PARAMS_MAX];
    size_t count;
    unsigned weight; /* q in thousandths; MEDIA_TYPE_WEIGHT_MAX if absent */
};

enum media_type_token {
    MEDIA_TYPE_END,
    MEDIA_TYPE_RANGE,
    MEDIA_TYPE_BAD /* the range is malformed, repeats a parameter or exceeds a limit above; it was
                    * skipped */
};

/*
 * The source of a list: a header field, or a query parameter, in which '+' can
 * stand for a space after ';' or ','.
 */
enum media_type_source { MEDIA_TYPE_HEADER, MEDIA_TYPE_QUERY };

/* Parse the next item at *cursor. Skips empty items (RFC 9110 5.6.1.2). */
enum media_type_token media_type_next(const char **cursor, enum media_type_source source,
                                      struct media_type_range *out);

/*
 * Return whether a range is this type and subtype, both in lower case.
 * Wildcards match only themselves.
 */
bool media_type_is(const struct media_type_range *r, const char *type, const char *subtype);

/* Return whether a range is a DICOM media type (PS3.18 8.7.3) or an archive of
 * them. */
bool media_type_is_dicom(const struct media_type_range *r);
bool media_type_is_rendered(const struct media_type_range *r);

/*
 * Return whether a range covers this type and subtype. *depth is 0 for any
 * type, 1 for any subtype, 2 for an exact match.
 */
bool media_type_covers(const struct media_type_range *r, const char *type, const char *subtype,
                       unsigned *depth);

/*
 * Parse a qvalue (RFC 9110 12.4.2), 0 to 1 with up to three decimals, in
 * thousandths. Accepts ".2", which Java's HttpURLConnection sends. Returns
 * false for other text.
 */
bool media_type_weight(const char *s, unsigned *weight);

/* An offered representation, without parameters. */
struct media_type_offer {
    const char *type, *subtype;
};

/*
 * Return the index of the best offer: by the weight of the most specific range
 * that covers it, then by that range's specificity and position, then by the
 * order of the offers. Returns -1 if none is acceptable or the list has more
 * than `members` items.
 */
int media_type_choose(const char *list, enum media_type_source source, size_t members,
                      const struct media_type_offer *offers, size_t count);

#endif
