/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/meta_header.h"

extern "C" {
#include "dicom/implementation.h"
}

namespace {

void put_uid(std::string &group, uint16_t element, const std::string &uid)
{
    size_t n = uid.size() + uid.size() % 2;
    char head[] = {2, 0, static_cast<char>(element), 0, 'U', 'I', static_cast<char>(n), 0};

    group.append(head, sizeof head).append(uid).append(n - uid.size(), '\0');
}

}

/* Group 0002 names this program as the writer. */
void meta_header_write(ResultSink &out, const std::string &sop_class, const std::string &sop_uid,
                       const std::string &syntax)
{
    static const char version[] = {2, 0, 1, 0, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 1};
    static const char length[] = {2, 0, 0, 0, 'U', 'L', 4, 0};
    static const char preamble[128] = {};
    std::string group(version, sizeof version), name = IMPLEMENTATION_VERSION_NAME;

    put_uid(group, 0x02, sop_class);
    put_uid(group, 0x03, sop_uid);
    put_uid(group, 0x10, syntax);
    put_uid(group, 0x12, IMPLEMENTATION_CLASS_UID);
    name.resize(name.size() + name.size() % 2, ' ');
    const char head[] = {2, 0, 0x13, 0, 'S', 'H', static_cast<char>(name.size()), 0};

    group.append(head, sizeof head).append(name);
    out.put(preamble, sizeof preamble);
    out.put("DICM", 4);
    out.put(length, sizeof length);
    out.put32(static_cast<uint32_t>(group.size()));
    out.put(group.data(), group.size());
}
