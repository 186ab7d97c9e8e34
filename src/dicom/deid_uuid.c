/* SPDX-License-Identifier: MIT */
#include "dicom/deid_uuid.h"

#include <stdio.h>
#include <string.h>

#define ROOT "2.25."
#define LIMBS 4           /* of 32 bits, the highest first */
#define GROUP 1000000000u /* nine digits at a time */
#define GROUP_DIGITS 9
#define GROUPS 5 /* of 2^128 */
#define DIGITS (GROUPS * GROUP_DIGITS)

void deid_uuid_mark(uint8_t uuid[DEID_UUID_BYTES])
{
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

static bool is_marked(const uint8_t uuid[DEID_UUID_BYTES])
{
    uint8_t marked[DEID_UUID_BYTES];

    memcpy(marked, uuid, sizeof marked);
    deid_uuid_mark(marked);
    return memcmp(marked, uuid, sizeof marked) == 0;
}

/* Divide a number by GROUP. Returns the rest. */
static uint32_t divide_number(uint32_t n[LIMBS])
{
    uint64_t rest = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        rest = rest << 32 | n[i];
        n[i] = (uint32_t)(rest / GROUP);
        rest %= GROUP;
    }
    return (uint32_t)rest;
}

void deid_uuid_format(const uint8_t uuid[DEID_UUID_BYTES], char out[UID_MAX + 1])
{
    char digits[DIGITS + 1];
    uint32_t n[LIMBS] = {0};
    size_t zeros;

    for (size_t i = 0; i < DEID_UUID_BYTES; i++)
        n[i / 4] = n[i / 4] << 8 | uuid[i];
    for (size_t end = DIGITS; end > 0; end -= GROUP_DIGITS) {
        uint32_t group = divide_number(n);

        for (size_t i = 1; i <= GROUP_DIGITS; i++, group /= 10)
            digits[end - i] = (char)('0' + group % 10);
    }
    digits[DIGITS] = '\0';
    zeros = strspn(digits, "0");
    snprintf(out, UID_MAX + 1, ROOT "%s", digits + (zeros < DIGITS ? zeros : DIGITS - 1));
}

bool deid_uuid_parse(const char *uid, uint8_t uuid[DEID_UUID_BYTES])
{
    char again[UID_MAX + 1];

    if (strncmp(uid, ROOT, strlen(ROOT)) != 0)
        return false;
    memset(uuid, 0, DEID_UUID_BYTES);
    for (const char *c = uid + strlen(ROOT); *c >= '0' && *c <= '9'; c++) {
        unsigned carry = (unsigned)(*c - '0');

        for (size_t i = DEID_UUID_BYTES; i-- > 0; carry >>= 8) {
            carry += uuid[i] * 10u;
            uuid[i] = (uint8_t)carry;
        }
    }
    deid_uuid_format(uuid, again); /* differs for other characters, and for numbers of 129 bits */
    return is_marked(uuid) && strcmp(again, uid) == 0;
}
