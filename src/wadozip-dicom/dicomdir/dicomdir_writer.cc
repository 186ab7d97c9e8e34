/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dicomdir/dicomdir_writer.h"

#include "wadozip-dicom/dataset/explicit_vr_writer.h"
#include "wadozip-dicom/dataset/meta_header.h"
#include "wadozip-dicom/dicomdir/deid_records.h"
#include "wadozip-dicom/dicomdir/record.h"
#include "wadozip-dicom/jobs/result.h"

#include "dcmtk/dcmdata/dcuid.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "wadozip-dicom/pixel/image.h"

extern "C" {
#include "base/le.h"
#include "dicom/instance.h"
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"
#include "helper/dicomdir_input.h"
}

namespace {

/* Offsets within a record, from the start of its item: values of (0004,1400).
 */
constexpr uint64_t next_at = 8 + 8;

constexpr uint32_t directory_record_type = 0x00041430;

constexpr char no_list[] = "the File-set's input is not a list of series and instances";

constexpr uint64_t growth = 3; /* a record is at most this many times as long as its input */

/* Convert a field of a struct, which may be unterminated. */
template <size_t N> std::string text(const char (&field)[N])
{
    return std::string(field, strnlen(field, N));
}

template <size_t N> std::string uid(const char (&field)[N])
{
    std::string s = text(field);

    if (!uid_valid(s.data(), s.size()))
        throw Refusal("the File-set's input has an invalid UID");
    return s;
}

/* Marks PRIVATE records for instances of SOP classes that have no other record
 * type. */
constexpr char private_record_uid[] = "2.25.210584617034176895170262519734207417643";

/* Add a text in its VR's form, or a substitute. */
void put_or(ExplicitVrWriter &r, uint32_t tag, const char *vr, const std::string &text,
            const std::string &otherwise)
{
    std::string fit = explicit_vr_fit(vr, text);

    r.put(tag, vr, fit.empty() ? otherwise : fit);
}

void put_if(ExplicitVrWriter &r, uint32_t tag, const char *vr, const std::string &text)
{
    std::string fit = explicit_vr_fit(vr, text);

    if (!fit.empty())
        r.put(tag, vr, fit);
}

std::string digits(int64_t value, int count)
{
    char s[24];

    snprintf(s, sizeof s, "%0*lld", count, static_cast<long long>(value));
    return s;
}

class Directory {
public:
    Directory(Source &source, ResultSink &out, const std::string &target)
        : source_(source), out_(out), uid_(target.substr(0, target.find(' '))),
          deid_(result_profile(), uid_.size() < target.size() ? target.substr(uid_.size() + 1) : "")
    {
    }
    void write();

private:
    template <class T> T take();
    bool more(struct dicomdir_entry *entry);
    void expect(enum dicomdir_kind kind);
    void start();
    void put(ExplicitVrWriter &record, const char *type, bool lower, bool sibling);
    void put_study();
    void put_series(const struct dicomdir_series &s);
    void put_instance(const struct dicomdir_instance &i, const std::string &keys, bool last);
    void put_key(ExplicitVrWriter &r, const RecordKey &key);
    void patch32(uint64_t at, uint64_t value);

    Source &source_;
    ResultSink &out_;
    std::string uid_, date_, time_; /* date and time of the study, as in its record */
    DeidRecords deid_;
    uint64_t at_ = 0;               /* position in the source */
    uint64_t records_at_ = 0, series_at_ = 0;
    int64_t series_ = 0, instance_ = 0; /* ordinals */
};

template <class T> T Directory::take()
{
    T value;

    if (source_.read(at_, &value, sizeof value) != sizeof value)
        throw Refusal("the File-set's input is truncated");
    at_ += sizeof value;
    return value;
}

/* Peek at the next entry. Returns false at the end. */
bool Directory::more(struct dicomdir_entry *entry)
{
    if (at_ == source_.size())
        return false;
    *entry = take<struct dicomdir_entry>();
    at_ -= sizeof *entry;
    return true;
}

/* Check the kind of the next entry: no level of the directory is empty. */
void Directory::expect(enum dicomdir_kind kind)
{
    struct dicomdir_entry entry;

    if (!more(&entry) || entry.kind != kind)
        throw Refusal(no_list);
}

void Directory::patch32(uint64_t at, uint64_t value)
{
    uint8_t b[4];

    le32_put(b, static_cast<uint32_t>(value));
    out_.patch(at, b, sizeof b);
}

/*
 * Write group 0004 (PS3.3 F.3.2) with one root record. The length of the
 * sequence is filled in at the end.
 */
void Directory::start()
{
    ExplicitVrWriter head;

    meta_header_write(out_, UID_MediaStorageDirectoryStorage, uid_, TRANSFER_SYNTAX_EXPLICIT_LE);
    records_at_ = out_.position() + 8 + 12 + 12 + 10 + 12;
    head.put(0x00041130, "CS", "");
    head.put32(0x00041200, static_cast<uint32_t>(records_at_));
    head.put32(0x00041202, static_cast<uint32_t>(records_at_));
    head.put16(0x00041212, 0);
    head.put_value(0x00041220, "SQ", "");
    std::string group = head.encode();

    out_.put(group.data(), group.size());
}

/*
 * Write a record. `lower`: a record of the next level follows; `sibling`: one
 * of the same level follows.
 */
void Directory::put(ExplicitVrWriter &record, const char *type, bool lower, bool sibling)
{
    record.put32(0x00041400, 0);
    record.put16(0x00041410, 0xffff);
    record.put32(0x00041420, 0);
    if (!record.has(directory_record_type))
        record.put(directory_record_type, "CS", type);
    std::string item = record.encode_item();
    uint64_t end = out_.position() + item.size();
    uint8_t *bytes = reinterpret_cast<uint8_t *>(&item[0]);

    if (end > UINT32_MAX)
        throw Refusal("the DICOMDIR would be larger than 4 GiB");
    if (sibling)
        le32_put(bytes + next_at, static_cast<uint32_t>(end));
    if (lower)
        le32_put(bytes + next_at + 4 + 10 + 8, static_cast<uint32_t>(end));
    out_.put(item.data(), item.size());
}

/*
 * Write the patient's and the study's record. If the study has no date, use
 * that of its first instance.
 */
void Directory::put_study()
{
    struct dicomdir_study s = take<struct dicomdir_study>();

    deid_.study(s);
    std::string first = s.acquired > 0 ? digits(s.acquired, 14) : "19000101000000";
    ExplicitVrWriter patient, study;

    date_ = explicit_vr_fit("DA", text(s.study_date));
    time_ = explicit_vr_fit("TM", text(s.study_time));
    if (time_.empty())
        time_ = date_.empty() ? first.substr(8) : "000000";
    if (date_.empty())
        date_ = first.substr(0, 8);
    put_or(patient, 0x00100010, "PN", text(s.patient_name), "");
    /* unique to this study */
    put_or(patient, 0x00100020, "LO", text(s.patient_id), uid(s.study_uid));
    put_if(patient, 0x00100030, "DA", text(s.patient_birth_date));
    put_if(patient, 0x00100040, "CS", text(s.patient_sex));
    put(patient, "PATIENT", true, false);
    study.put(0x00080020, "DA", date_);
    study.put(0x00080030, "TM", time_);
    put_or(study, 0x00080050, "SH", text(s.accession), "");
    put_or(study, 0x00081030, "LO", text(s.study_description), "");
    study.put(0x0020000d, "UI", uid(s.study_uid));
    put_or(study, 0x00200010, "SH", text(s.study_id), "1");
    put(study, "STUDY", true, false);
}

void Directory::put_series(const struct dicomdir_series &s)
{
    std::string modality = text(s.modality);
    uint64_t at = out_.position();
    ExplicitVrWriter r;

    std::transform(modality.begin(), modality.end(), modality.begin(),
                   [](unsigned char c) { return toupper(c); });
    if (series_++)
        patch32(series_at_ + next_at, at);
    series_at_ = at;
    instance_ = 0;
    put_or(r, 0x00080060, "CS", modality, "OT");
    put_if(r, 0x0008103e, "LO", text(s.series_description));
    r.put(0x0020000e, "UI", uid(s.series_uid));
    r.put(0x00200011, "IS", digits(s.number == INSTANCE_NO_NUMBER ? series_ : s.number, 1));
    put(r, "SERIES", true, false);
}

/* Add a required key that the instance does not have. */
void Directory::put_key(ExplicitVrWriter &r, const RecordKey &key)
{
    bool filled = key.need == KEY_FILLED;

    if (key.need == KEY_IF_THERE || r.has(key.tag))
        return;
    if (key.invented && filled)
        r.put(key.tag, key.vr, key.invented);
    else if (filled && strcmp(key.vr, "DA") == 0)
        r.put(key.tag, key.vr, date_);
    else if (filled && strcmp(key.vr, "TM") == 0)
        r.put(key.tag, key.vr, time_);
    else if (filled && strcmp(key.vr, "US") == 0)
        r.put16(key.tag, 1);
    else if (filled && strcmp(key.vr, "UL") == 0)
        r.put32(key.tag, 1);
    else if (filled && strcmp(key.vr, "SQ") == 0) {
        std::vector<ExplicitVrWriter> code(1);

        code[0].put(0x00080100, "SH", "UNKNOWN");
        code[0].put(0x00080102, "SH", "99WADOZIP");
        code[0].put(0x00080104, "LO", "Unknown");
        r.put_sequence(key.tag, code);
    } else
        r.put_value(key.tag, key.vr, "");
}

/* Return whether keys contain elements that belong to the record itself. */
bool is_foreign(const ExplicitVrWriter &keys)
{
    static const uint32_t own[] = {0x00041400, 0x00041410, 0x00041420, 0x00041432, 0x00041500,
                                   0x00041510, 0x00041511, 0x00041512, 0x00200013};

    return std::any_of(std::begin(own), std::end(own), [&](uint32_t tag) { return keys.has(tag); });
}

void Directory::put_instance(const struct dicomdir_instance &i, const std::string &keys, bool last)
{
    ExplicitVrWriter r;

    instance_++;
    if (!r.take(keys) || is_foreign(r))
        throw Refusal("the keys that are recorded of an instance are damaged");
    const RecordType *type =
        r.has(directory_record_type) ? record_private() : record_type(text(i.sop_class));

    for (size_t k = 0; k < type->count; k++)
        put_key(r, type->keys[k]);
    if (type == record_private())
        r.put(0x00041432, "UI", private_record_uid);
    r.put(0x00041500, "CS", text(i.file_id));
    r.put(0x00041510, "UI", uid(i.sop_class));
    r.put(0x00041511, "UI", uid(i.sop_uid));
    r.put(0x00041512, "UI", uid(i.transfer_syntax));
    r.put(0x00200013, "IS", digits(i.number == INSTANCE_NO_NUMBER ? instance_ : i.number, 1));
    put(r, type->name, false, !last);
}

void Directory::write()
{
    struct dicomdir_entry entry, next;

    start();
    put_study();
    expect(DICOMDIR_SERIES);
    while (more(&entry)) {
        at_ += sizeof entry;
        if (entry.kind == DICOMDIR_SERIES) {
            auto series = take<struct dicomdir_series>();

            deid_.series(series);
            put_series(series);
            expect(DICOMDIR_INSTANCE);
            continue;
        }
        auto instance = take<struct dicomdir_instance>();
        std::string keys(std::min<size_t>(entry.keys, DICOMDIR_KEYS_MAX), '\0');

        if (entry.kind != DICOMDIR_INSTANCE ||
            source_.read(at_, &keys[0], keys.size()) != entry.keys)
            throw Refusal(no_list);
        at_ += keys.size();
        deid_.instance(instance, keys);
        put_instance(instance, keys, !more(&next) || next.kind == DICOMDIR_SERIES);
    }
    patch32(records_at_ - 4, out_.position() - records_at_);
}

}

int dicomdir_write(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    static Source source;

    if (!source.open(fd)) {
        reply->file_class = HELPER_REFUSED;
        snprintf(reply->reason, sizeof reply->reason, "the File-set's input cannot be read");
        return -1;
    }
    return result_write(growth * source.size(), spool, reply,
                        [&](ResultSink &out) { Directory(source, out, target).write(); });
}
