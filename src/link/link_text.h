/* SPDX-License-Identifier: MIT */
/* Every text of the pages of links, in English, German, French and Spanish.
 * HTML without markup. Pure. */
#ifndef WADOZIP_LINK_LINK_TEXT_H
#define WADOZIP_LINK_LINK_TEXT_H

enum link_language { LINK_ENGLISH, LINK_GERMAN, LINK_FRENCH, LINK_SPANISH, LINK_LANGUAGES };

enum link_text {
    LINK_TEXT_TITLE,
    LINK_TEXT_STUDIES,
    LINK_TEXT_IMAGES,
    LINK_TEXT_SIZE,
    LINK_TEXT_ABOUT,
    LINK_TEXT_BYTES,
    LINK_TEXT_UNTIL,
    LINK_TEXT_DOWNLOAD,
    LINK_TEXT_LIMITED,
    LINK_TEXT_OTHER_FORMS,
    LINK_TEXT_MANIFEST,
    LINK_TEXT_MEDIUM,
    LINK_TEXT_BROKEN,
    LINK_TEXT_RESUME,
    LINK_TEXT_CHECK,
    LINK_TEXT_CHECK_HOW,
    LINK_TEXT_OPEN,
    LINK_TEXT_ZIP,
    LINK_TEXT_WINDOWS,
    LINK_TEXT_MACOS,
    LINK_TEXT_PHONE_NAME,
    LINK_TEXT_PHONE,
    LINK_TEXT_DICOMDIR,
    LINK_TEXT_PROGRAMS,
    LINK_TEXT_PASSCODE,
    LINK_TEXT_WRONG,
    LINK_TEXT_PROTECTED,
    LINK_TEXT_CONTINUE,
    LINK_TEXT_NOTHING,
    LINK_TEXT_ASK,
    LINK_TEXT_UNKNOWN,
    LINK_TEXT_EXPIRED,
    LINK_TEXT_REVOKED,
    LINK_TEXT_USED_UP,
    LINK_TEXT_LOCKED,
    LINK_TEXT_GONE,
    LINK_TEXT_NO_RESOURCE,
    LINK_TEXT_PREVIEW,
    LINK_TEXTS
};

/* Choose the language by an Accept-Language field (RFC 9110 12.5.4), which may
 * be null. Default: English. */
enum link_language link_text_language(const char *accept);

/* Return the language's tag: "en". */
const char *link_text_tag(enum link_language l);

const char *link_text(enum link_text t, enum link_language l);

#endif
