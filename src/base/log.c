#include "base/log.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/io.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *program_name = "wadozip";
static const char *request_id;
static enum log_level least = LOG_LEVEL_INFO;

void log_open(const char *program, enum log_level level)
{
    program_name = program;
    least = level;
}

void log_request(const char *id)
{
    request_id = id;
}

__attribute__((format(printf, 2, 0)))
static void line(enum log_level level, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];
    size_t used;
    int n;

    if (level > least)
        return;
    n = snprintf(text, sizeof text, "%s[%d] %s: %s%s", program_name, (int)getpid(), level_names[level],
                 request_id ? request_id : "", request_id ? " " : "");
    used = n < 0 ? 0 : (size_t)n;
    if (used < sizeof text - 1) {
        n = vsnprintf(text + used, sizeof text - 1 - used, format, args);
        used += n < 0 ? 0 : (size_t)n;
    }
    if (used > sizeof text - 2)
        used = sizeof text - 2;
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
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

bool log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
