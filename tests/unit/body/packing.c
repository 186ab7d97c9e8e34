/* SPDX-License-Identifier: MIT */
/* Which members are deflated, by tests/tables/packing.tsv. */
#include "tests/unit/body/rows.h"
#include "tests/unit/body/pool.h"

#include "tests/unit/table.h"
#include "format/finish.h"

static const char *uid(const char *s, char out[UID_MAX + 1])
{
    snprintf(out, UID_MAX + 1, "%s%s", *s == '.' ? TRANSFER_SYNTAX_IMPLICIT_LE : "", s);
    return out;
}

static struct plan_options options(char *const *cells)
{
    struct plan_options o = fixture_options();

    o.framing = strcmp(cells[0], "zip") == 0         ? PLAN_ZIP
                : strcmp(cells[0], "multipart") == 0 ? PLAN_MULTIPART
                                                     : PLAN_SINGLE;
    o.compression = plan_compression(cells[1]);
    o.wish.rule = strcmp(cells[2], "*") == 0         ? WISH_ANY
                  : strcmp(cells[2], "default") == 0 ? WISH_DEFAULT
                                                     : WISH_NAMED;
    if (o.wish.rule == WISH_NAMED)
        uid(cells[2], o.wish.uid);
    return o;
}

static void learned(const char *cell, struct instance *i)
{
    unsigned size = 0, deflated = 0;

    i->default_size = cell && *cell == '=' ? strtoul(cell + 1, NULL, 10) : 0;
    i->conversion_known = cell && sscanf(cell, "%u/%u", &size, &deflated) >= 1;
    i->converted_size = size;
    i->converted_deflated = deflated;
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct plan_options o = options(row->cells + 1);
    struct instance i = made_up(1);
    char syntax[UID_MAX + 1];
    const struct plan_member *m;
    struct fixture f;
    bool open;

    i.transfer_syntax = uid(row->cells[4], syntax);
    i.samples = 1;
    i.rows = i.columns = i.frames = 1;
    i.bits_allocated = 16;
    i.deflated_size = row->cells[5] ? strtoul(row->cells[5], NULL, 10) : 0;
    learned(row->cells[6], &i);
    fixture_open(&f, &o);
    add(&f, &i);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    m = &f.plan.members[0];
    open = m->source == PLAN_CONVERTED && !m->known;
    assert_string_equal(open          ? (plan_progress_sized(&f.progress, m) ? "sized" : "open")
                        : m->deflated ? "deflated"
                                      : "stored",
                        row->cells[7]);
    assert_int_equal(plan_progress_sized(&f.progress, m), row->cells[8] != NULL);
    assert_int_equal(m->stored_size, row->cells[8] ? strtoul(row->cells[8], NULL, 10) : 0);
    assert_int_equal(f.progress.length_known, plan_progress_sized(&f.progress, m));
    fixture_close(&f);
}

int main(void)
{
    return table_run("packing.tsv", 9, test_row);
}
