/* SPDX-License-Identifier: MIT */
/* A plan's data of one member, as compact as possible: a plan has up to ten
 * million. */
#ifndef WADOZIP_PLAN_PLAN_MEMBER_H
#define WADOZIP_PLAN_PLAN_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The bytes of a member's data. */
enum plan_source {
    PLAN_FILE,      /* its file's own */
    PLAN_CONVERTED, /* conversion_rules_target(&options.wish) of the file, or extracted from it */
    /* a header that de-identifies it, and the pixel data of its file
     * (body/splice.h) */
    PLAN_SPLICED,
    PLAN_GENERATED  /* the DICOMDIR: of no file and no series */
};

/* Strings are offsets into plan->text (0 is the empty string). */
struct plan_member {
    uint64_t stored_size; /* bytes of the data in the body; 0 while unknown */
    uint64_t file_size;
    int64_t mtime_ns;    /* of the file */
    uint32_t crc, file_crc; /* of the data as sent; of the file */
    uint32_t folder, file;  /* store folder number; file's own name */
    uint32_t sop_uid;    /* string; kept for converted members and if names or headers need it, else
                          * 0 */
    uint32_t time;       /* DOS date in the high half, time in the low half */
    int32_t number;
    uint32_t same_number : 21;  /* number of earlier members of the series with the same number */
    uint32_t syntax : 6; /* index into plan->syntaxes: transfer syntax as sent */
    enum plan_source source : 2;
    bool deflated : 1;   /* else stored */
    bool known : 1;      /* crc and stored_size are known */
};

/* The value of Pixel Data in a spliced member's file. */
struct plan_pixels {
    uint64_t offset, length; /* 0: there is none, or its place is not known */
    uint64_t deflated;       /* deflated size as a part of a stream; 0: not known */
    uint32_t crc;
};

/* The result of a member's conversion. */
struct plan_conversion {
    uint64_t size;     /* bytes of its data, not deflated; 0 while unknown */
    uint64_t deflated; /* deflated size, at most size; 0 while unknown */
};

/* A value that follows its member's document (PLAN_PACKAGE_JSON,
 * PLAN_PACKAGE_XML). */
struct plan_part {
    uint64_t size;
    uint32_t crc;
    uint32_t member; /* index of the member */
};

/*
 * The position of a member: offset of its head in the body, and of its records
 * after the last member, relative to the first of these.
 */
struct plan_mark {
    uint64_t body, record;
};

struct plan_series {
    uint32_t study;       /* string: Study Instance UID */
    uint32_t uid, folder; /* strings: Series Instance UID; path of the folder in the archive */
    uint32_t first;       /* index of its first member */
};

#endif
