/* SPDX-License-Identifier: MIT */
#include "dicom/render_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define DIGITS_MAX 16
#define MAGNITUDE_MAX 1e9

/* A decimal number without exponent; an empty one leaves *v as it is. Moves
 * past it and the comma that follows. */
static bool take_number(const char **s, double *v)
{
    size_t len = strcspn(*s, ",");
    char text[DIGITS_MAX + 1];

    if (len > DIGITS_MAX || strspn(*s, "+-.0123456789") < len)
        return false;
    memcpy(text, *s, len);
    text[len] = '\0';
    *s += len + ((*s)[len] == ',');
    if (len > 0) {
        char *end;

        *v = strtod(text, &end);
        return *end == '\0' && *v > -MAGNITUDE_MAX && *v < MAGNITUDE_MAX;
    }
    return true;
}

static bool take_function(const char *name, enum render_window *out)
{
    static const struct {
        const char *name;
        enum render_window window;
    } functions[] = {{"", RENDER_WINDOW_LINEAR},
                     {"linear", RENDER_WINDOW_LINEAR},
                     {"linear-exact", RENDER_WINDOW_EXACT},
                     {"sigmoid", RENDER_WINDOW_SIGMOID}};

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0) {
            *out = functions[i].window;
            return true;
        }
    return false;
}

int render_options_window(const char *value, struct render_options *o, struct err *e)
{
    const char *s = value;
    bool good;

    o->width = -1;
    good = *s && *s != ',' && take_number(&s, &o->center) && take_number(&s, &o->width) &&
           take_function(s, &o->window);
    if (!good || o->width < (o->window == RENDER_WINDOW_LINEAR ? 1 : 1e-6))
        return err_set(
            e, ERR_REQUEST,
            "the query parameter window is center,width[,linear, linear-exact or sigmoid], width at"
            " least 1");
    return 0;
}

static bool take_side(const char **s, uint32_t *side)
{
    double v = 0;

    if (!take_number(s, &v) || v < 1 || v > RENDER_SIDE_MAX)
        return false;
    *side = (uint32_t)v;
    return *side == v;
}

int render_options_viewport(const char *value, struct render_options *o, struct err *e)
{
    const char *s = value;

    if (take_side(&s, &o->columns) && take_side(&s, &o->rows) && take_number(&s, &o->left) &&
        take_number(&s, &o->top) && take_number(&s, &o->region_width) &&
        take_number(&s, &o->region_height) && !*s && o->left >= 0 && o->top >= 0)
        return 0;
    return err_set(
        e, ERR_REQUEST,
        "the query parameter viewport is width,height[,left,top,width,height of the region]:"
        " sizes of 1 to %d pixels",
        RENDER_SIDE_MAX);
}

int render_options_quality(const char *value, struct render_options *o, struct err *e)
{
    uint64_t v;

    if (!num_parse(value, strlen(value), 100, &v) || v == 0)
        return err_set(e, ERR_REQUEST, "the query parameter quality is a number from 1 to 100");
    o->quality = (unsigned)v;
    return 0;
}

void render_options_text(const struct render_job *j, char out[RENDER_OPTIONS_TEXT_MAX])
{
    const struct render_options *o = &j->options;

    snprintf(out, RENDER_OPTIONS_TEXT_MAX,
             "%u %d %u %.10g %.10g %u %u %.10g %.10g %.10g %.10g %d %u", j->frame, j->png,
             (unsigned)o->window, o->center, o->width, o->columns, o->rows, o->left, o->top,
             o->region_width, o->region_height, o->shrink_only, o->quality);
}

bool render_options_read(const char *text, struct render_job *j)
{
    struct render_options *o = &j->options;
    unsigned window;
    int png, shrink;

    if (sscanf(text, "%u %d %u %lf %lf %u %u %lf %lf %lf %lf %d %u", &j->frame, &png, &window,
               &o->center, &o->width, &o->columns, &o->rows, &o->left, &o->top, &o->region_width,
               &o->region_height, &shrink, &o->quality) != 13)
        return false;
    j->png = png != 0;
    o->shrink_only = shrink != 0;
    o->window = (enum render_window)window;
    return window <= RENDER_WINDOW_SIGMOID && o->columns <= RENDER_SIDE_MAX &&
           o->rows <= RENDER_SIDE_MAX && o->quality <= 100;
}
