/* SPDX-License-Identifier: MIT */
/*
 * DCMTK's own conversion is not used: with Debian's C library iconv it knows
 * neither ISO IR 87 nor 159, and one unknown term makes it refuse the whole
 * string.
 */
#include "wadozip-dicom/dataset/charset.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <iconv.h>

extern "C" {
#include "base/utf8.h"
}

namespace {

enum Kind {
    WHOLE, /* the only set of a value: no code extensions */
    RIGHT, /* bytes from 0x80 on, invoked as G1 */
    LEFT,  /* pairs of bytes below 0x80, invoked as G0; converted in their EUC form */
};

struct Set {
    /* number of the defined term after "ISO_IR " or "ISO 2022 IR ", or the
     * whole term */
    const char *term;
    const char *escape;
    const char *codec;
    Kind kind;
    const char *prefix; /* of each pair, in EUC */
    iconv_t converter;
};

/* PS3.3 Tables C.12-2 to C.12-5. */
Set sets[] = {
    {"100", "\x1b-A", "ISO-8859-1", RIGHT, "", nullptr},
    {"101", "\x1b-B", "ISO-8859-2", RIGHT, "", nullptr},
    {"109", "\x1b-C", "ISO-8859-3", RIGHT, "", nullptr},
    {"110", "\x1b-D", "ISO-8859-4", RIGHT, "", nullptr},
    {"144", "\x1b-L", "ISO-8859-5", RIGHT, "", nullptr},
    {"127", "\x1b-G", "ISO-8859-6", RIGHT, "", nullptr},
    {"126", "\x1b-F", "ISO-8859-7", RIGHT, "", nullptr},
    {"138", "\x1b-H", "ISO-8859-8", RIGHT, "", nullptr},
    {"148", "\x1b-M", "ISO-8859-9", RIGHT, "", nullptr},
    {"203", "\x1b-b", "ISO-8859-15", RIGHT, "", nullptr},
    {"166", "\x1b-T", "TIS-620", RIGHT, "", nullptr},
    {"13", "\x1b)I", "SHIFT_JIS", RIGHT, "", nullptr},
    {"149", "\x1b$)C", "EUC-KR", RIGHT, "", nullptr},
    {"58", "\x1b$)A", "GB2312", RIGHT, "", nullptr},
    {"87", "\x1b$B", "EUC-JP", LEFT, "", nullptr},
    {"159", "\x1b$(D", "EUC-JP", LEFT, "\x8f", nullptr},
    {"192", nullptr, "UTF-8", WHOLE, "", nullptr},
    {"GB18030", nullptr, "GB18030", WHOLE, "", nullptr},
    {"GBK", nullptr, "GBK", WHOLE, "", nullptr},
};

/* Escapes back to single bytes on the left: ASCII, and the nearly equal Roman
 * set of JIS X 0201. */
const char *const single_escapes[] = {"\x1b(B", "\x1b(J"};

/*
 * Names that are not defined terms, but unambiguous: in the form of
 * plain_term(), and the intended term.
 */
struct Misnomer {
    const char *plain, *number;
};

const Misnomer misnomers[] = {
    {"UTF8", "192"},     {"UNICODE", "192"},   {"ISO10646", "192"}, {"GB2312", "GBK"},
    {"EUCCN", "GBK"},    {"ISO88591", "100"},  {"LATIN1", "100"},   {"ISO88592", "101"},
    {"LATIN2", "101"},   {"ISO88593", "109"},  {"ISO88594", "110"}, {"ISO88595", "144"},
    {"ISO88596", "127"}, {"ISO88597", "126"},  {"ISO88598", "138"}, {"ISO88599", "148"},
    {"LATIN5", "148"},   {"ISO885915", "203"}, {"TIS620", "166"},   {"EUCKR", "149"},
    {"KSX1001", "149"},  {"KSC5601", "149"},   {"SHIFTJIS", "13"},  {"SJIS", "13"},
};

/*
 * Reduce a term to the common form of its misspellings: capitals and digits,
 * without spaces, hyphens, underscores and other signs.
 */
std::string plain_term(const std::string &term)
{
    std::string plain;

    for (unsigned char c : term)
        if (isalnum(c))
            plain.push_back(static_cast<char>(toupper(c)));
    return plain;
}

/*
 * Return the set named by the first value of Specific Character Set; null for
 * ASCII and for unknown terms.
 */
const Set *find(const std::string &charset)
{
    std::string term = plain_term(charset.substr(0, charset.find('\\')));

    for (const Misnomer &m : misnomers)
        if (term == m.plain)
            term = m.number;
    for (const char *lead : {"ISO2022IR", "ISOIR", ""})
        if (term.compare(0, strlen(lead), lead) == 0 && term.size() > strlen(lead)) {
            term.erase(0, strlen(lead));
            break;
        }
    for (const Set &s : sets)
        if (term == s.term)
            return s.kind == LEFT ? nullptr : &s;
    return nullptr;
}

/* Append n bytes of a codec's text. Invalid bytes become '?'. */
void convert(const Set *set, const char *s, size_t n, std::string *out)
{
    char *in = const_cast<char *>(s);
    char part[256];

    if (!set)
        out->append(n, '?');
    while (set && n > 0) {
        char *to = part;
        size_t room = sizeof part;
        size_t rc = iconv(set->converter, &in, &n, &to, &room);

        out->append(part, static_cast<size_t>(to - part));
        if (rc == static_cast<size_t>(-1) && errno != E2BIG) {
            out->push_back('?');
            in++, n--;
            iconv(set->converter, nullptr, nullptr, nullptr, nullptr);
        }
    }
}

/* One value of text with code extensions, split into runs of one set. */
class Runs {
public:
    Runs(const Set *first, const char *delimiters, std::string *out)
        : first_(first), right_(first), delimiters_(delimiters), out_(out) {}

    void add(const char *s, size_t n)
    {
        for (size_t step; n > 0; s += step, n -= step)
            step = *s == '\x1b'                                 ? escape(s, n)
                   : left_ && n > 1 && s[0] > ' ' && s[1] > ' ' ? pair(s)
                                                                : run(s, n);
    }

private:
    static bool begins(const char *s, size_t n, const char *with)
    {
        return n >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
    }

    size_t escape(const char *s, size_t n)
    {
        for (const Set &set : sets)
            if (set.escape && begins(s, n, set.escape)) {
                (set.kind == LEFT ? left_ : right_) = &set;
                return strlen(set.escape);
            }
        for (const char *e : single_escapes)
            if (begins(s, n, e)) {
                left_ = nullptr;
                return strlen(e);
            }
        out_->push_back('?');
        return 1;
    }

    size_t pair(const char *s)
    {
        std::string euc = left_->prefix;

        euc += static_cast<char>(s[0] | 0x80);
        euc += static_cast<char>(s[1] | 0x80);
        convert(left_, euc.data(), euc.size(), out_);
        return 2;
    }

    /* Return the length of a run that is all ASCII or all on the right. */
    size_t run(const char *s, size_t n)
    {
        size_t len = 1;

        if (static_cast<unsigned char>(*s) < 0x80) {
            if (*s < ' ' || strchr(delimiters_, *s)) {
                left_ = nullptr;
                right_ = first_;
            }
            out_->push_back(*s);
            return 1;
        }
        while (len < n && static_cast<unsigned char>(s[len]) >= 0x80)
            len++;
        convert(right_, s, len, out_);
        return len;
    }

    const Set *first_, *right_, *left_ = nullptr;
    const char *delimiters_;
    std::string *out_;
};

std::string to_utf8(const std::string &charset, const char *s, size_t n, const char *delimiters)
{
    const Set *set = find(charset);
    std::string utf8;

    if (set && set->kind == WHOLE)
        convert(set, s, n, &utf8);
    else
        Runs(set, delimiters, &utf8).add(s, n);
    return utf8;
}

void put_clean(const char *s, size_t n, char *out, size_t room)
{
    size_t used = 0;

    while (n > 0) {
        size_t len = utf8_character(s, n);
        size_t step = len ? len : 1;

        if (used + step >= room)
            break;
        if (len)
            memcpy(out + used, s, len);
        else
            out[used] = '?';
        used += step;
        s += step;
        n -= step;
    }
    out[used] = '\0';
}

void trim(const char *&s, size_t &n)
{
    while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\0'))
        n--;
    while (n > 0 && *s == ' ')
        s++, n--;
}

/* Return whether the text is the same in every character set. */
bool is_plain(const char *s, size_t n)
{
    return std::all_of(s, s + n, [](char c) { return c >= ' ' && c < 0x7f; });
}

}

bool charset_preload(const char **missing)
{
    for (Set &s : sets) {
        s.converter = iconv_open("UTF-8", s.codec);
        *missing = s.codec;
        if (s.converter == reinterpret_cast<iconv_t>(-1))
            return false;
    }
    return true;
}

void charset_put(const std::string &charset, const char *s, size_t n, const char *delimiters,
                 char *out, size_t room)
{
    trim(s, n);
    if (is_plain(s, n)) {
        charset_put_ascii(s, n, out, room);
        return;
    }
    std::string utf8 = to_utf8(charset, s, n, delimiters);

    put_clean(utf8.data(), utf8.size(), out, room);
}

std::string charset_utf8(const std::string &charset, const char *s, size_t n,
                         const char *delimiters)
{
    if (is_plain(s, n))
        return std::string(s, n);
    std::string utf8 = to_utf8(charset, s, n, delimiters), clean;

    clean.reserve(utf8.size());
    for (size_t at = 0, len; at < utf8.size(); at += len ? len : 1) {
        len = utf8_character(utf8.data() + at, utf8.size() - at);
        if (!len && strchr("\t\n\f\r", utf8[at]) && utf8[at])
            len = 1;
        len ? clean.append(utf8, at, len) : clean.append("?");
    }
    return clean;
}

void charset_put_ascii(const char *s, size_t n, char *out, size_t room)
{
    size_t used = 0;

    trim(s, n);
    for (; used < n && used + 1 < room; used++)
        out[used] = s[used] >= 0x20 && s[used] < 0x7f ? s[used] : '?';
    out[used] = '\0';
}
