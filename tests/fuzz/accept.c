/*
 * Negotiation: a byte of switches, the header, a zero byte and the query parameter. Whatever comes in, either an error
 * is told or a list within its bounds comes out, without duplicates and never in a forbidden transfer syntax.
 */
#include "http/accept.h"

#include <assert.h>
#include <string.h>

#include "dicom/transfer_syntax.h"
#include "standalone.h"

static void check_item(const struct accept_item *item, enum accept_category category)
{
    const struct form_wish *w = &item->wish;

    assert(item->media == ACCEPT_ZIP || item->media == ACCEPT_MULTIPART || item->media == ACCEPT_DICOM ||
           accept_is_table(item->media));
    assert(item->media != ACCEPT_DICOM || category == ACCEPT_SINGLE);
    assert((w->rule == FORM_NAMED) == (w->uid[0] != '\0'));
    if (w->rule == FORM_NAMED)
        assert(duid_valid(w->uid, strlen(w->uid)) && !transfer_syntax_find(w->uid)->forbidden);
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
    if (accept_parse(header, query, *text & 1 ? ACCEPT_SINGLE : ACCEPT_CONTAINER, &list, &e))
        assert(e.kind == ERR_NOT_ACCEPTABLE || e.kind == ERR_REQUEST);
    else
        check_list(&list, *text & 1 ? ACCEPT_SINGLE : ACCEPT_CONTAINER);
    err_clear(&e);
    assert(accept_capabilities(header, query, &capabilities, &e) == 0 || e.kind != ERR_NONE);
    assert((unsigned)accept_text(header) <= ACCEPT_JSON);
    free(text);
    return 0;
}
