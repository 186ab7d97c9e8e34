/* SPDX-License-Identifier: MIT */
/* Lists of collections: a byte that chooses the kind, then the list. UIDs are
 * well-formed and parted by single commas. */
#include "http/collection_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "dicom/uid.h"
#include "standalone.h"

static void check_uids(const struct collection_list *l)
{
    const char *at = l->uids.data;

    for (size_t i = 0; i < l->count; i++) {
        size_t len = strcspn(at, ",");

        assert(uid_valid(at, len));
        assert(at[len] == (i + 1 < l->count ? ',' : '\0'));
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct collection_list l;
    struct err e = ERR_INIT;
    char *text;

    if (size < 1 ||
        !(text =
              malloc(size > 1 ? size - 1 : 1))) /* without a byte more: reads beyond it are found */
        return 0;
    memcpy(text, data + 1, size - 1);
    collection_list_init(&l);
    if (collection_list_parse(text, size - 1,
                              data[0] & 1 ? COLLECTION_LIST_JSON : COLLECTION_LIST_TEXT, &l,
                              &e) == 0) {
        check_uids(&l);
        assert(!*l.name || utf8_is_text(l.name, sizeof l.name));
        assert(!l.modalities.len || !strpbrk(l.modalities.data, "\"{}\\"));
    }
    collection_list_release(&l);
    free(text);
    return 0;
}
