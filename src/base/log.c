/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/harmless.h"
#include "base/io.h"

#define LINE_MAX_BYTES 2048
#define OBJECT_MAX_BYTES ((size_t)16 << 10)

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"}; /* sd-daemon(3) */
static const char *program_name = "wadozip";
static const char *request_id;
static enum log_level least = LOG_LEVEL_INFO;
static bool to_journal;
static enum log_format log_as = LOG_FORMAT_TEXT;
static const struct log_field *fields_of_next;
static size_t field_count;

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

void log_set_format(enum log_format format)
{
    log_as = format;
}

void log_fields(const struct log_field *fields, size_t count)
{
    fields_of_next = fields;
    field_count = count;
}

/* Harmless text contains no control characters, so that two characters remain
 * to be escaped. */
static void put_json_string(struct buf *b, const char *text)
{
    char safe[LINE_MAX_BYTES];

    harmless_copy(safe, sizeof safe, text);
    buf_str(b, "\"");
    for (const char *c = safe; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_str(b, "\\");
        buf_add(b, c, 1);
    }
    buf_str(b, "\"");
}

static void put_log_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    put_json_string(b, text);
}

static void put_fields(struct buf *b)
{
    for (size_t i = 0; i < field_count; i++) {
        const struct log_field *f = &fields_of_next[i];

        if (f->text)
            put_log_member(b, f->name, f->text);
        else
            buf_printf(b, ",\"%s\":%llu", f->name, (unsigned long long)f->number);
    }
}

__attribute__((format(printf, 2, 0)))
static void write_object(enum log_level level, const char *format, va_list args)
{
    struct timespec now;
    struct tm utc;
    char message[LINE_MAX_BYTES], date[32];
    struct buf b;

    clock_gettime(CLOCK_REALTIME, &now);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
    (void)vsnprintf(message, sizeof message, format, args);
    buf_init(&b, OBJECT_MAX_BYTES);
    buf_printf(&b, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"pid\":%d", date,
               now.tv_nsec / 1000000, level_names[level], (int)getpid());
    put_log_member(&b, "program", program_name);
    if (request_id)
        put_log_member(&b, "request", request_id);
    put_log_member(&b, "message", message);
    put_fields(&b);
    buf_str(&b, "}\n");
    if (!b.failed)
        (void)!io_write(STDERR_FILENO, b.data, b.len);
    buf_release(&b);
}

__attribute__((format(printf, 2, 0)))
static void write_text(enum log_level level, const char *format, va_list args)
{
    char raw[LINE_MAX_BYTES] = "", text[LINE_MAX_BYTES];
    size_t used;
    int n;

    n = snprintf(raw, sizeof raw, "%s%s[%d] %s: %s%s", to_journal ? priorities[level] : "",
                 program_name, (int)getpid(), level_names[level], request_id ? request_id : "",
                 request_id ? " " : "");
    if (n >= 0 && (size_t)n < sizeof raw)
        (void)vsnprintf(raw + n, sizeof raw - (size_t)n, format, args);
    used = harmless_copy(text, sizeof text - 1, raw);
    text[used++] = '\n';
    /* One write per line, so lines of several workers do not mix. Ignores write
     * errors. */
    (void)!io_write(STDERR_FILENO, text, used);
}

__attribute__((format(printf, 2, 0)))
static void line(enum log_level level, const char *format, va_list args)
{
    if (level <= least && log_as == LOG_FORMAT_JSON)
        write_object(level, format, args);
    else if (level <= least)
        write_text(level, format, args);
    log_fields(NULL, 0);
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
