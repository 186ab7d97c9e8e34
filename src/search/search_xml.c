/* SPDX-License-Identifier: MIT */
#include "search/search_xml.h"

#include <string.h>

#include "base/xml_text.h"

#define DOCUMENT_MAX ((size_t)4 << 20)
#define BEGIN \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
    "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">"
#define SEQUENCE \
    "<DicomAttribute tag=\"%08X\" vr=\"SQ\" keyword=\"RequestAttributesSequence\"><Item number=\"1\">"

/* Write the components of one group of a name, len bytes at s. */
static void put_components(struct buf *out, const char *s, size_t len)
{
    static const char *const names[] = {"FamilyName", "GivenName", "MiddleName", "NamePrefix",
                                        "NameSuffix"};
    const char *end = s + len;

    for (size_t i = 0; i < sizeof names / sizeof *names && s < end; i++) {
        const char *caret = i < 4 ? memchr(s, '^', (size_t)(end - s)) : NULL;
        size_t n = (size_t)((caret ? caret : end) - s);

        if (n) {
            buf_printf(out, "<%s>", names[i]);
            xml_text(out, s, n);
            buf_printf(out, "</%s>", names[i]);
        }
        s += n + (caret != NULL);
    }
}

static void put_person(struct buf *out, const char *s, size_t len, unsigned number)
{
    static const char *const groups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    const char *end = s + len;

    buf_printf(out, "<PersonName number=\"%u\">", number);
    for (size_t i = 0; i < 3 && s < end; i++) {
        const char *equals = i < 2 ? memchr(s, '=', (size_t)(end - s)) : NULL;
        size_t n = (size_t)((equals ? equals : end) - s);

        if (n) {
            buf_printf(out, "<%s>", groups[i]);
            put_components(out, s, n);
            buf_printf(out, "</%s>", groups[i]);
        }
        s += n + (equals != NULL);
    }
    buf_str(out, "</PersonName>");
}

static void put_texts(struct buf *out, const struct search_definition *d, const char *s)
{
    size_t len;

    for (unsigned number = 1; *s; s += len + (s[len] == '\\'), number++) {
        len = search_result_value(d, s);
        if (strcmp(d->vr, "PN") == 0) {
            put_person(out, s, len, number);
        } else if (len) {
            buf_printf(out, "<Value number=\"%u\">", number);
            xml_text(out, s, len);
            buf_str(out, "</Value>");
        }
    }
}

static void put_attribute(struct buf *out, const struct search_answer *a,
                          const char *const values[SEARCH_ATTRIBUTES], enum search_attribute which)
{
    const struct search_definition *d = search_definition(which);

    buf_printf(out, "<DicomAttribute tag=\"%08X\" vr=\"%s\" keyword=\"%s\">", d->tag, d->vr,
               d->keyword);
    if (which == SEARCH_RETRIEVE_URL) {
        struct buf address;

        buf_init(&address, out->cap);
        search_result_address(&address, a, values);
        buf_str(out, "<Value number=\"1\">");
        xml_text(out, address.data ? address.data : "", address.len);
        buf_str(out, "</Value>");
        out->failed |= address.failed;
        buf_release(&address);
    } else {
        put_texts(out, d, search_result_text(values, which));
    }
    buf_str(out, "</DicomAttribute>");
}

static void put_document(struct buf *out, const struct search_answer *a,
                         const char *const values[SEARCH_ATTRIBUTES])
{
    uint32_t inside = 0;

    buf_str(out, BEGIN);
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);

        if (!a->query->wanted[i] ||
            (d->if_known && !*search_result_text(values, (enum search_attribute)i)))
            continue;
        if (d->sequence && d->sequence != inside)
            buf_printf(out, SEQUENCE, d->sequence);
        inside = d->sequence;
        put_attribute(out, a, values, (enum search_attribute)i);
    }
    buf_str(out,
            inside ? "</Item></DicomAttribute></NativeDicomModel>\n" : "</NativeDicomModel>\n");
}

void search_xml_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES])
{
    struct buf document;

    buf_init(&document, DOCUMENT_MAX);
    put_document(&document, a, values);
    buf_printf(a->out,
               "--" SEARCH_ANSWER_BOUNDARY
               "\r\nContent-Type: application/dicom+xml\r\nContent-Length: %zu\r\n\r\n",
               document.len);
    buf_add(a->out, document.data ? document.data : "", document.len);
    buf_str(a->out, "\r\n");
    a->out->failed |= document.failed;
    buf_release(&document);
}
