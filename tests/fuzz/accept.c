/* SPDX-License-Identifier: MIT */
/* Negotiation: a byte of switches, the header, a zero byte and the query
 * parameter. Whatever comes in, either an error is reported or a list within its
 * bounds comes out, without duplicates and never in a forbidden transfer
 * syntax. */
#include "http/accept.h"

#include <assert.h>
#include <string.h>

#include "dicom/transfer_syntax.h"
#include "http/offer.h"
#include "standalone.h"

static void check_item(const struct accept_item *item, enum accept_category category)
{
    const struct transfer_syntax_wish *w = &item->wish;

    const struct offer *o = offer_at(0);

    for (size_t i = 0; o && o->media != item->media; i++)
        o = offer_at(i);
    assert(o && o->categories >> category & 1);
    assert(category < ACCEPT_BULKDATA || w->rule == WISH_DEFAULT);
    assert((w->rule == WISH_NAMED) == (w->uid[0] != '\0'));
    if (w->rule == WISH_NAMED)
        assert(uid_valid(w->uid, strlen(w->uid)) && !transfer_syntax_find(w->uid)->forbidden);
}

static void check_list(const struct accept_list *list, enum accept_category category)
{
    assert(list->count > 0 && list->count <= ACCEPT_LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        check_item(&list->items[i], category);
        for (size_t j = 0; j < i; j++)
            assert(list->items[i].media != list->items[j].media ||
                   list->items[i].wish.rule != list->items[j].wish.rule ||
                   strcmp(list->items[i].wish.uid, list->items[j].wish.uid) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const char *header, *query;
    enum accept_category category;
    struct accept_list list;
    enum accept_capabilities capabilities;
    struct err e = ERR_INIT;

    if (!text || size == 0) {
        free(text);
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    header = text + 1;
    query = header + strlen(header) < text + size ? header + strlen(header) + 1 : NULL;
    category = (enum accept_category)((unsigned char)*text % (ACCEPT_METADATA + 1));
    if (accept_parse(header, query, category, &list, &e))
        assert(e.kind == ERR_NOT_ACCEPTABLE || e.kind == ERR_REQUEST);
    else
        check_list(&list, category);
    err_clear(&e);
    assert(accept_capabilities(header, query, &capabilities, &e) == 0 || e.kind != ERR_NONE);
    assert((unsigned)accept_text(header) <= ACCEPT_JSON);
    free(text);
    return 0;
}
