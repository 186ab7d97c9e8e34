/* SPDX-License-Identifier: MIT */
/*
 * Settings of profiles, UIDs and the memory of originals: a key of a setting, a
 * zero byte, its value, a zero byte, a UID. What is read is written again as it
 * was; a new UID is valid and is found again, by its own key only.
 */
#include "conf/conf_deid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/deid_key.h"
#include "dicom/deid_uuid.h"
#include "retrieve/deid_memory.h"
#include "standalone.h"

static void check_options(const char *list)
{
    char text[DEID_OPTIONS_TEXT];
    unsigned options, again;

    if (!deid_options_parse(list, &options))
        return;
    assert(options <= DEID_OPTIONS_MAX);
    deid_options_format(options, text);
    assert(deid_options_parse(text, &again) && again == options);
}

static void check_setting(const char *key, const char *value)
{
    const struct conf_line line = {key, value, "line 1", true};
    struct conf_deid_set c = {.count = 0};
    struct err e = ERR_INIT;

    if (conf_deid_apply(&c, &line, &e) == 0 && conf_deid_complete(&c, &e) == 0)
        assert(c.count <= 2 && conf_deid_of(&c, CONF_DEID_BASIC) && c.of[0].days > 0);
    conf_deid_release(&c);
}

static void check_parsing(const char *uid)
{
    uint8_t uuid[DEID_UUID_BYTES];
    char again[UID_MAX + 1];

    if (!deid_uuid_parse(uid, uuid))
        return;
    deid_uuid_format(uuid, again);
    assert(strcmp(uid, again) == 0);
}

static void check_new_uid(const char *original, size_t len)
{
    static struct deid_memory memory;
    const uint8_t key[DEID_KEY_BYTES] = {1}, other[DEID_KEY_BYTES] = {2};
    char uid[UID_MAX + 1], of_other[UID_MAX + 1];
    uint8_t uuid[DEID_UUID_BYTES], unknown[DEID_UUID_BYTES];
    struct err e = ERR_INIT;

    assert(deid_key_new_uid(key, original, len, uid, &e) == 0);
    assert(deid_key_new_uid(other, original, len, of_other, &e) == 0);
    assert(uid_valid(uid, strlen(uid)) && strcmp(uid, of_other) != 0);
    assert(deid_uuid_parse(uid, uuid) && deid_uuid_parse(of_other, unknown));
    if (!uid_valid(original, len))
        return;
    deid_memory_put(&memory, uuid, original);
    assert(strcmp(deid_memory_get(&memory, uuid), original) == 0);
    assert(!deid_memory_get(&memory, unknown));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 3), *value, *uid;

    if (!text)
        return 0;
    memcpy(text, data, size);
    memset(text + size, 0, 3);
    value = text + strlen(text) + 1;
    uid = value < text + size ? value + strlen(value) + 1 : text + size;
    uid = uid < text + size ? uid : text + size;
    value = value < text + size ? value : text + size;
    check_options(value);
    check_setting(text, value);
    check_parsing(uid);
    check_new_uid(uid, strlen(uid));
    free(text);
    return 0;
}
