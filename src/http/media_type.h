/* SPDX-License-Identifier: MIT */
/*
 * Lists of media ranges with weights, as Accept (RFC 9110 12.5.1) and the accept query parameter (PS3.18 8.3.3.1) have
 * them, taken apart member by member. Pure; work is linear in the length, memory is the caller's.
 */
#ifndef WADOZIP_HTTP_MEDIA_TYPE_H
#define WADOZIP_HTTP_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#define MEDIA_TYPE_NAME_MAX 63   /* characters of a type, a subtype or a parameter's name; longer ones are not known here */
#define MEDIA_TYPE_VALUE_MAX 127 /* characters of a parameter's value, quotes taken off */
#define MEDIA_TYPE_PARAMS_MAX 8  /* parameters of one member besides q */
#define MEDIA_TYPE_WEIGHT_MAX 1000

struct media_type_param {
    char name[MEDIA_TYPE_NAME_MAX + 1]; /* as written: transfer-syntax is matched with its case, others without */
    char value[MEDIA_TYPE_VALUE_MAX + 1];
};

struct media_type_range {
    char type[MEDIA_TYPE_NAME_MAX + 1], subtype[MEDIA_TYPE_NAME_MAX + 1]; /* lower case; "*" for any */
    struct media_type_param params[MEDIA_TYPE_PARAMS_MAX];
    size_t count;
    unsigned weight; /* q in thousandths; MEDIA_TYPE_WEIGHT_MAX where none is given */
};

enum media_type_token {
    MEDIA_TYPE_END,
    MEDIA_TYPE_RANGE,
    MEDIA_TYPE_BAD /* a member that breaks the grammar, repeats a parameter or passes a limit above; it has been skipped */
};

/* Whether a list stands in a header field or in a query parameter, where '+' for a space after ';' or ',' is met. */
enum media_type_source { MEDIA_TYPE_HEADER, MEDIA_TYPE_QUERY };

/* Takes the next member off the list at *cursor. Empty members are passed over (RFC 9110 5.6.1.2). */
enum media_type_token media_type_next(const char **cursor, enum media_type_source source, struct media_type_range *out);

/* Whether a member is of this type and subtype, both lower case; wildcards count only as themselves. */
bool media_type_is(const struct media_type_range *r, const char *type, const char *subtype);

/* Whether it is one of the DICOM media types (PS3.18 8.7.3) or the archive of them; one of the rendered ones (8.7.4). */
bool media_type_is_dicom(const struct media_type_range *r);
bool media_type_is_rendered(const struct media_type_range *r);

/* Whether a range takes in this type and subtype; *depth is 0 for any type, 1 for any subtype, 2 for exactly this. */
bool media_type_covers(const struct media_type_range *r, const char *type, const char *subtype, unsigned *depth);

/*
 * Parse a qvalue (RFC 9110 12.4.2), 0 to 1 with at most three decimals, in thousandths. Java's HttpURLConnection writes
 * ".2", without the zero. False for anything else.
 */
bool media_type_weight(const char *s, unsigned *weight);

/* A representation on offer, without parameters. */
struct media_type_offer {
    const char *type, *subtype;
};

/*
 * The offer that the list likes best: by weight of the most specific range that covers it, then by that range's depth
 * and place in the list, then by the order of the offers. -1 when none is acceptable or more than `members` members
 * are there.
 */
int media_type_choose(const char *list, enum media_type_source source, size_t members, const struct media_type_offer *offers,
                 size_t count);

#endif
