/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcuid.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/dataset/find_elements.h"
#include "wadozip-dicom/dicomdir/record_keys.h"
#include "wadozip-dicom/jobs/convert.h"
#include "wadozip-dicom/jobs/describe.h"
#include "wadozip-dicom/pixel/pixel_place.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "base/crc.h"
#include "base/num.h"
#include "dicom/instance.h"
}

namespace {

/* The elements to read, in tag order. */
enum Wanted {
    DIRECTORY_RECORDS,
    CHARSET,
    SOP_CLASS,
    SOP_UID,
    STUDY_DATE,
    SERIES_DATE,
    ACQUISITION_DATE,
    CONTENT_DATE,
    STUDY_TIME,
    SERIES_TIME,
    ACQUISITION_TIME,
    CONTENT_TIME,
    ACCESSION,
    MODALITY,
    REFERRING,
    STUDY_DESCRIPTION,
    SERIES_DESCRIPTION,
    PATIENT_NAME,
    PATIENT_ID,
    ISSUER,
    BIRTH_DATE,
    SEX,
    BODY_PART,
    STUDY_UID,
    SERIES_UID,
    STUDY_ID,
    SERIES_NUMBER,
    NUMBER,
    SAMPLES,
    FRAMES,
    ROWS,
    COLUMNS,
    BITS_ALLOCATED,
    LOSSY,
    PPS_DATE,
    PPS_TIME,
    REQUESTS,
    WANTED
};

constexpr std::array<uint32_t, WANTED> tags = {
    0x00041220, 0x00080005, 0x00080016, 0x00080018, 0x00080020, 0x00080021, 0x00080022, 0x00080023,
    0x00080030, 0x00080031, 0x00080032, 0x00080033, 0x00080050, 0x00080060, 0x00080090, 0x00081030,
    0x0008103e, 0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040, 0x00180015, 0x0020000d,
    0x0020000e, 0x00200010, 0x00200011, 0x00200013, 0x00280002, 0x00280008, 0x00280010, 0x00280011,
    0x00280100, 0x00282110, 0x00400244, 0x00400245, 0x00400275,
};

using FoundElements = std::array<DcmElement *, WANTED>;

struct Text {
    Wanted from;
    size_t to, room;
    const char *delimiters; /* null: a VR that is always ASCII */
};

#define FIELD(name) offsetof(struct helper_description, name), sizeof(helper_description::name)
const Text texts[] = {
    {MODALITY, FIELD(modality), nullptr},
    {STUDY_DATE, FIELD(study_date), nullptr},
    {STUDY_TIME, FIELD(study_time), nullptr},
    {STUDY_ID, FIELD(study_id), "\\"},
    {ACCESSION, FIELD(accession), "\\"},
    {PATIENT_ID, FIELD(patient_id), "\\"},
    {PATIENT_NAME, FIELD(patient_name), "\\^="},
    {BIRTH_DATE, FIELD(patient_birth_date), nullptr},
    {SEX, FIELD(patient_sex), nullptr},
    {STUDY_DESCRIPTION, FIELD(study_description), "\\"},
    {SERIES_DESCRIPTION, FIELD(series_description), "\\"},
    {REFERRING, FIELD(referring_physician), "\\^="},
    {ISSUER, FIELD(patient_issuer), "\\"},
    {SERIES_DATE, FIELD(series_date), nullptr},
    {SERIES_TIME, FIELD(series_time), nullptr},
    {BODY_PART, FIELD(body_part), nullptr},
    {PPS_DATE, FIELD(pps_date), nullptr},
    {PPS_TIME, FIELD(pps_time), nullptr},
};

/* Read the identifiers of the imaging request. */
void fill_request(const std::string &charset, DcmElement *requests, struct helper_description *d)
{
    auto *sequence = dynamic_cast<DcmSequenceOfItems *>(requests);
    DcmItem *item = sequence && sequence->card() > 0 ? sequence->getItem(0) : nullptr;
    DcmElement *e = nullptr;
    std::string s;

    if (item && item->findAndGetElement(DCM_ScheduledProcedureStepID, e).good()) {
        s = load_text(e);
        charset_put(charset, s.data(), s.size(), "\\", d->sps_id, sizeof d->sps_id);
    }
    if (item && item->findAndGetElement(DCM_RequestedProcedureID, e).good()) {
        s = load_text(e);
        charset_put(charset, s.data(), s.size(), "\\", d->requested_id, sizeof d->requested_id);
    }
}

void fill_texts(const FoundElements &found, struct helper_description *d)
{
    std::string charset = load_text(found[CHARSET]);

    while (!charset.empty() && (charset.back() == ' ' || charset.back() == '\0'))
        charset.pop_back();
    for (const Text &t : texts) {
        std::string s = load_text(found[t.from]);
        char *to = reinterpret_cast<char *>(d) + t.to;

        if (t.delimiters)
            charset_put(charset, s.data(), s.size(), t.delimiters, to, t.room);
        else
            charset_put_ascii(s.data(), s.size(), to, t.room);
    }
    fill_request(charset, found[REQUESTS], d);
}

/* Return an integer string (VR IS) within bounds, else `absent`. */
int32_t integer(DcmElement *e, int32_t min, int32_t max, int32_t absent)
{
    char s[16];
    int64_t value;
    std::string text = load_text(e);

    charset_put_ascii(text.data(), text.size(), s, sizeof s);
    return num_parse_signed(s + (*s == '+'), min, max, &value) ? static_cast<int32_t>(value)
                                                               : absent;
}

uint32_t number(DcmElement *e)
{
    Uint16 v = 0;

    return e && e->getUint16(v, 0).good() ? v : 0;
}

void fill_numbers(const FoundElements &found, struct helper_description *d)
{
    std::string lossy = load_text(found[LOSSY]);

    d->series_number =
        integer(found[SERIES_NUMBER], INT32_MIN, INSTANCE_NO_NUMBER - 1, INSTANCE_NO_NUMBER);
    d->number = integer(found[NUMBER], INT32_MIN, INSTANCE_NO_NUMBER - 1, INSTANCE_NO_NUMBER);
    d->frames = static_cast<uint32_t>(integer(found[FRAMES], 0, INT32_MAX, 0));
    d->rows = number(found[ROWS]);
    d->columns = number(found[COLUMNS]);
    d->bits_allocated = number(found[BITS_ALLOCATED]);
    d->samples = number(found[SAMPLES]);
    d->lossy = lossy.compare(0, 2, "01") == 0;
}

/*
 * Rows and Columns alone are not an image (MR Spectroscopy), and only Pixel
 * Data has samples that can be compressed.
 */
void drop_image(DcmDataset &data, struct helper_description *d)
{
    if (pixels_find(data))
        return;
    d->samples = 0;
    if (!data.tagExists(DCM_FloatPixelData) && !data.tagExists(DCM_DoubleFloatPixelData))
        d->bits_allocated = 0;
}

/* Return the n digits at `at`, or -1. */
int digits(const std::string &s, size_t at, size_t n)
{
    uint64_t v;

    return at + n <= s.size() && num_parse(s.data() + at, n, 9999, &v) ? static_cast<int>(v) : -1;
}

/*
 * Return hours, minutes and seconds as far as present and valid (PS3.5 6.2: TM
 * may be truncated after the hour).
 */
int64_t time_of(DcmElement *e)
{
    std::string s = load_text(e);
    int h = digits(s, 0, 2), m = digits(s, 2, 2), sec = digits(s, 4, 2);

    if (h < 0 || h > 23)
        return 0;
    if (m < 0 || m > 59)
        return h * 10000;
    return h * 10000 + m * 100 + (sec < 0 || sec > 59 ? 0 : sec);
}

int64_t moment(DcmElement *date, DcmElement *time)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::string s = load_text(date);
    int y = digits(s, 0, 4), m = digits(s, 4, 2), d = digits(s, 6, 2);
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

    if (y < 1 || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] + (m == 2 && leap))
        return 0;
    return (static_cast<int64_t>(y) * 10000 + m * 100 + d) * 1000000 + time_of(time);
}

int64_t acquired(const FoundElements &found)
{
    static const Wanted order[][2] = {{CONTENT_DATE, CONTENT_TIME},
                                      {ACQUISITION_DATE, ACQUISITION_TIME},
                                      {SERIES_DATE, SERIES_TIME},
                                      {STUDY_DATE, STUDY_TIME}};

    for (auto &pair : order)
        if (int64_t at = moment(found[pair[0]], found[pair[1]]))
            return at;
    return 0;
}

bool refuse(struct protocol_reply *reply, uint32_t file_class, const std::string &reason)
{
    reply->file_class = file_class;
    snprintf(reply->reason, sizeof reply->reason, "%s", reason.c_str());
    return false;
}

/* Read a required UID, which must be valid. */
bool take_uid(DcmElement *e, const char *name, char *to, struct protocol_reply *reply)
{
    std::string uid = load_uid(e);

    if (uid.empty())
        return refuse(reply, HELPER_REFUSED, std::string(name) + (e ? " is empty" : " is missing"));
    if (!uid_valid(uid.data(), uid.size()))
        return refuse(
            reply, HELPER_REFUSED,
            std::string(name) + " is not a legal UID" +
                (uid_lenient(uid.data(), uid.size()) ? ": see setting lenient_uids" : ""));
    memcpy(to, uid.c_str(), uid.size() + 1);
    return true;
}

bool take_uids(const FoundElements &found, struct protocol_reply *reply)
{
    struct helper_description *d = &reply->description;

    return take_uid(found[SOP_CLASS], "SOP Class UID", d->sop_class, reply) &&
           take_uid(found[SOP_UID], "SOP Instance UID", d->sop_uid, reply) &&
           take_uid(found[STUDY_UID], "Study Instance UID", d->study_uid, reply) &&
           take_uid(found[SERIES_UID], "Series Instance UID", d->series_uid, reply);
}

void note_study(DcmElement *e, struct helper_description *d)
{
    std::string uid = load_uid(e);

    if (uid_valid(uid.data(), uid.size()))
        memcpy(d->study_uid, uid.c_str(), uid.size() + 1);
}

/*
 * For a refused file only the study is reported, so an operator can see which
 * studies are incomplete.
 */
void keep_study(struct helper_description *d)
{
    struct helper_description only = {};

    memcpy(only.study_uid, d->study_uid, sizeof only.study_uid);
    *d = only;
}

bool is_directory(Loaded &file, const FoundElements &found)
{
    DcmElement *e = nullptr;

    if (file.meta().findAndGetElement(DCM_MediaStorageSOPClassUID, e).good() &&
        load_uid(e) == UID_MediaStorageDirectoryStorage)
        return true;
    return found[DIRECTORY_RECORDS] ||
           load_uid(found[SOP_CLASS]) == UID_MediaStorageDirectoryStorage;
}

/* Where the pixel data lies, and its frames. */
void describe_pixels(Source &source, Loaded &file, struct protocol_reply *reply, std::string *table)
{
    const PixelPlace place = pixel_place_find(source, file);

    reply->description.pixel_offset = place.offset;
    reply->description.pixel_length = place.length;
    *table = pixel_place_table(file, place);
    if (table->size() > PROTOCOL_TABLE_MAX)
        table->clear();
}

bool describe_source(Source &source, struct protocol_reply *reply, Tail *tail)
{
    Loaded file(source);

    if (!file.looks_like_dicom())
        return refuse(reply, HELPER_NOT_DICOM,
                      source.size() ? "not a DICOM file" : "the file is empty");
    FoundElements found = find_elements(file.dataset(), tags);

    if (is_directory(file, found))
        return refuse(reply, HELPER_DICOMDIR, "a media directory (DICOMDIR)");
    note_study(found[STUDY_UID], &reply->description);
    if (!file.good())
        return refuse(reply, HELPER_REFUSED, file.problem());
    if (!file.has_magic() && !found[SOP_CLASS] && !found[SOP_UID] && !found[STUDY_UID])
        return refuse(reply, HELPER_NOT_DICOM, "not a DICOM file");
    if (!take_uids(found, reply))
        return false;
    fill_texts(found, &reply->description);
    fill_numbers(found, &reply->description);
    drop_image(file.dataset(), &reply->description);
    reply->description.acquired = acquired(found);
    memcpy(reply->description.transfer_syntax, file.transfer_syntax().c_str(),
           file.transfer_syntax().size() + 1);
    reply->description.part10 = file.is_part10();
    tail->keys = record_keys_read(file.dataset(), reply->description.sop_class);
    describe_pixels(source, file, reply, &tail->table);
    if (convert_by_default(file))
        reply->default_size = convert_measure(file, false); /* changes the data set */
    reply->file_class = HELPER_INSTANCE;
    return true;
}

bool describe_guarded(Source &source, struct protocol_reply *reply, Tail *tail)
{
    try {
        return describe_source(source, reply, tail);
    } catch (const std::logic_error &) { /* thrown by a library's strings or arrays */
        *tail = {};
        return refuse(reply, HELPER_REFUSED, "the data set is damaged");
    }
}

/* CRC-32 of the file and of its pixel data, in one pass. */
bool checksums(Source &source, struct protocol_reply *reply)
{
    const uint64_t from = reply->description.pixel_offset, length = reply->description.pixel_length,
                   end = from + length;
    uint32_t before = 0, pixels = 0, behind = 0;

    if (!source.checksum(0, from, &before) || !source.checksum(from, end, &pixels) ||
        !source.checksum(end, source.size(), &behind))
        return false;
    reply->description.pixel_crc = pixels;
    reply->crc = crc_join(crc_join(before, pixels, length), behind, source.size() - end);
    return true;
}

}

void describe_file(int fd, struct protocol_reply *reply, Tail *tail)
{
    static Source source; /* one buffer for all jobs */

    bool described =
        source.open(fd, false) && source.fill() && describe_guarded(source, reply, tail);

    if (!described)
        keep_study(&reply->description);
    if (source.failed() || !checksums(source, reply)) {
        refuse(reply, HELPER_REFUSED, source.problem());
        reply->description = {};
        *tail = {};
        return;
    }
    reply->size = source.size();
    reply->keys = static_cast<uint32_t>(tail->keys.size());
    reply->table = static_cast<uint32_t>(tail->table.size());
    reply->flags |= reply->description.lossy * PROTOCOL_LOSSY;
    reply->flags |= reply->description.part10 * PROTOCOL_PART10;
}
