/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/harmless.h"
#include "base/io.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"}; /* sd-daemon(3) */
static const char *program_name = "wadozip";
static const char *request_id;
static enum log_level least = LOG_LEVEL_INFO;
static bool to_journal;

/*
 * Return whether standard error is systemd's journal, according to
 * JOURNAL_STREAM (systemd.exec(5)). The descriptor may have been redirected
 * since.
 */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat st;

    if (!stream || fstat(STDERR_FILENO, &st))
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, own) == 0;
}

void log_open(const char *program, enum log_level level)
{
    program_name = program;
    least = level;
    to_journal = is_journal();
}

void log_request(const char *id)
{
    request_id = id;
}

__attribute__((format(printf, 2, 0)))
static void line(enum log_level level, const char *format, va_list args)
{
    char raw[LINE_MAX_BYTES] = "", text[LINE_MAX_BYTES];
    size_t used;
    int n;

    if (level > least)
        return;
    n = snprintf(raw, sizeof raw, "%s%s[%d] %s: %s%s", to_journal ? priorities[level] : "", program_name, (int)getpid(),
                 level_names[level], request_id ? request_id : "", request_id ? " " : "");
    if (n >= 0 && (size_t)n < sizeof raw)
        (void)vsnprintf(raw + n, sizeof raw - (size_t)n, format, args);
    used = harmless_copy(text, sizeof text - 1, raw);
    text[used++] = '\n';
    /* One write per line, so lines of several workers do not mix. Ignores write errors. */
    (void)!io_write(STDERR_FILENO, text, used);
}

#define LOG_FUNCTION(name, level)           \
    void log_##name(const char *format, ...) \
    {                                       \
        va_list args;                       \
        va_start(args, format);             \
        line(level, format, args);          \
        va_end(args);                       \
    }

LOG_FUNCTION(error, LOG_LEVEL_ERROR)
LOG_FUNCTION(warn, LOG_LEVEL_WARN)
LOG_FUNCTION(info, LOG_LEVEL_INFO)
LOG_FUNCTION(debug, LOG_LEVEL_DEBUG)
