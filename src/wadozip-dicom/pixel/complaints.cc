/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/complaints.h"

#include "dcmtk/config/osconfig.h"
#include "dcmtk/oflog/appender.h"
#include "dcmtk/oflog/oflog.h"
#include "dcmtk/oflog/spi/logevent.h"

#include <algorithm>
#include <cstring>

namespace {

constexpr size_t length_max = 100;

/* Messages about header fields that change no sample. */
const char *const harmless[] = {"Invalid SOS parameters", "Warning: unknown JFIF revision",
                                "Unknown Adobe color transform"};

std::string first;

bool is_harmless(const std::string &message)
{
    return std::any_of(std::begin(harmless), std::end(harmless),
                       [&message](const char *h) { return message.compare(0, strlen(h), h) == 0; });
}

/* Files determine how much is logged, so only the first message is kept. */
class Listener : public dcmtk::log4cplus::Appender {
public:
    ~Listener() override { destructorImpl(); }

    void close() override { closed = true; }

protected:
    void append(const dcmtk::log4cplus::spi::InternalLoggingEvent &event) override
    {
        const std::string message(event.getMessage().c_str());

        if (first.empty() && !is_harmless(message))
            first = message.substr(0, length_max);
    }
};

}

void complaints_prepare()
{
    OFLogger logger = OFLog::getLogger("dcmtk.dcmjpeg");

    logger.setLogLevel(OFLogger::WARN_LOG_LEVEL);
    logger.setAdditivity(false);
    logger.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new Listener));
}

void complaints_clear()
{
    first.clear();
}

const std::string &complaints_first()
{
    return first;
}
