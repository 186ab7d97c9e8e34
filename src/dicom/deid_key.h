/* SPDX-License-Identifier: MIT */
/* A de-identification profile with its key, and the UIDs that follow from them.
 */
#ifndef WADOZIP_DICOM_DEID_KEY_H
#define WADOZIP_DICOM_DEID_KEY_H

#include <stdint.h>

#include "conf/conf_deid.h"
#include "dicom/deid_mac.h"
#include "dicom/uid.h"

/* bytes of a key file: hexadecimal digits and a line feed */
#define DEID_KEY_TEXT (2 * DEID_KEY_BYTES + 1)
#define DEID_FINGERPRINT 9 /* hexadecimal digits of a key's fingerprint with NUL */

struct deid_profile {
    char name[CONF_DEID_NAME_MAX + 1];
    unsigned options; /* enum deid_option */
    uint8_t key[DEID_KEY_BYTES];
    char fingerprint[DEID_FINGERPRINT]; /* of the key, which it does not reveal */
    /* for wadozip-dicom (base/deid_options.h). Contains the key: never log it
     */
    char text[DEID_PROFILE_MAX];
};

/*
 * Read a key file. Fails with ERR_NOT_FOUND if there is none, and with
 * ERR_CONFIG if others may read it or it is malformed.
 */
int deid_key_read(const char *path, uint8_t key[DEID_KEY_BYTES], struct err *e) MUST_CHECK;

/* Build a profile from its settings, with its key. Fails as deid_key_read(), or
 * with ERR_SYSTEM. */
int deid_key_load(const struct conf_deid *c, struct deid_profile *out, struct err *e) MUST_CHECK;

/* Compute the code of len bytes with a label (deid_mac.h). Fails with
 * ERR_SYSTEM. */
int deid_key_mac(const uint8_t key[DEID_KEY_BYTES], const char *label, const void *text, size_t len,
                 uint8_t out[DEID_MAC_BYTES], struct err *e) MUST_CHECK;

/* Replace a UID of len bytes by one that depends on the key and the original
 * (deid_uuid.h). Fails with ERR_SYSTEM. */
int deid_key_new_uid(const uint8_t key[DEID_KEY_BYTES], const char *original, size_t len,
                     char out[UID_MAX + 1], struct err *e) MUST_CHECK;

/* Return whether the profile sends a valid UID as it is: it retains UIDs, or
 * the standard has defined this one. */
bool deid_key_keeps(const struct deid_profile *p, const char *original);

/* Return the UID under which the profile sends a valid one: a new one, or
 * the same if deid_key_keeps() it. Fails with ERR_SYSTEM. */
int deid_key_uid(const struct deid_profile *p, const char *original, char out[UID_MAX + 1],
                 struct err *e) MUST_CHECK;

#endif
