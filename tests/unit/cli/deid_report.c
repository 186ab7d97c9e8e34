/* SPDX-License-Identifier: MIT */
#include "cli/deid_report.h"

#include "tests/unit/unit.h"

#define HEAD "series,first_instance,tag,keyword,vr,action,instances,before,after,note\r\n"
#define TITLE "TAG          KEYWORD  VR  ACTION      TIMES  BEFORE  AFTER   NOTE\n"

struct printed {
    struct deid_report report;
    FILE *out;
    char *text;
    size_t len;
};

static void open_report(struct printed *p, enum deid_report_format format)
{
    p->out = open_memstream(&p->text, &p->len);
    assert_non_null(p->out);
    deid_report_open(&p->report, format, p->out);
}

static void add(struct printed *p, const char *sop, const struct deid_change *c)
{
    struct err e = ERR_INIT;

    deid_report_begin_instance(&p->report, sop);
    assert_ok(deid_report_add(&p->report, c, &e), &e);
    deid_report_end_instance(&p->report);
}

static void end_series(struct printed *p, const char *uid)
{
    struct err e = ERR_INIT;

    assert_ok(deid_report_end_series(&p->report, uid, &e), &e);
}

static void assert_printed(struct printed *p, const char *want)
{
    deid_report_finish(&p->report);
    fclose(p->out);
    assert_string_equal(p->text, want);
    free(p->text);
    deid_report_release(&p->report);
}

static const struct deid_change one = {"00080018",      "UI", "SOP", "1.2", "2.25.1",
                                       DEID_ACT_MAPPED, false};
static const struct deid_change two = {"00080018",      "UI", "SOP", "1.3", "2.25.2",
                                       DEID_ACT_MAPPED, false};

static void csv_has_each_change_once(void **state)
{
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_CSV);
    add(&p, "1.3", &two);
    add(&p, "1.2", &one);
    add(&p, "1.4", &one);
    end_series(&p, "9");
    add(&p, "1.5", &one);
    end_series(&p, "10");
    assert_printed(&p,
                   HEAD "9,1.2,\"(0008,0018)\",\"SOP\",UI,UID mapped,2,\"1.2\",\"2.25.1\",\r\n"
                        "9,1.3,\"(0008,0018)\",\"SOP\",UI,UID mapped,1,\"1.3\",\"2.25.2\",\r\n"
                        "10,1.5,\"(0008,0018)\",\"SOP\",UI,UID mapped,1,\"1.2\",\"2.25.1\",\r\n");
}

static void csv_is_quoted_and_executes_nothing(void **state)
{
    static const struct deid_change cases[] = {
        {"00080070", "LO", "M", "a \"b\", c", "=1+A1", DEID_ACT_KEPT, true},
        {"00081140/000012/00200032", "DS", "P", "-1.5\\+2", "@x", DEID_ACT_REPLACED, false}};
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_CSV);
    for (size_t i = 0; i < 2; i++)
        add(&p, "1", &cases[i]);
    end_series(&p, "9");
    assert_printed(
        &p,
        HEAD "9,1,\"(0008,0070)\",\"M\",LO,kept,1,\"a \"\"b\"\", c\",\"'=1+A1\",free text\r\n"
             "9,1,\"(0008,1140)[12].(0020,0032)\",\"P\",DS,replaced,1,\"-1.5\\+2\",\"'@x\",\r\n");
}

static void text_has_a_line_for_an_attribute(void **state)
{
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_TEXT);
    add(&p, "1.2", &one);
    add(&p, "1.3", &two);
    end_series(&p, "9");
    assert_printed(
        &p,
        "Series 9\n\n" TITLE
        "(0008,0018)  SOP      UI  UID mapped  2      1.2     2.25.1  first of several\n\n"
        "2 instances: pixels of 0 kept, of 0 cleaned of text, of 0 withheld, of 0 removed; 2 have none; 0 refused\n");
}

static void items_of_a_sequence_share_a_line(void **state)
{
    struct deid_change c = {
        "00081140/000001/00081155", "UI", "R", "1.2", "2.25.1", DEID_ACT_MAPPED, false};
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_TEXT);
    add(&p, "1", &c);
    c.path = "00081140/000002/00081155";
    add(&p, "1", &c);
    end_series(&p, "9");
    fflush(p.out);
    assert_non_null(
        strstr(p.text, "(0008,1140)[*].(0008,1155)  R        UI  UID mapped  2      1.2"));
    assert_null(strstr(p.text, "several"));
    assert_null(strstr(p.text, "[1]"));
    fclose(p.out);
    free(p.text);
    deid_report_release(&p.report);
}

static void long_values_are_cut_between_characters(void **state)
{
    static const struct deid_change c = {
        "00080070",
        "LO",
        "M",
        "0123456789012345678901234567890123456789012345\xC3\xBC\xC3\xBCxyz",
        "0123456789012345678901234567890123456789012345\xC3\xBC",
        DEID_ACT_KEPT,
        true};
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_TEXT);
    add(&p, "1", &c);
    end_series(&p, "9");
    fflush(p.out);
    assert_non_null(
        strstr(p.text, "5\xC3\xBC ...  0123456789012345678901234567890123456789012345\xC3\xBC  "));
    deid_report_finish(&p.report);
    fclose(p.out);
    assert_non_null(strstr(p.text, "Lines with free text that is kept: 1."));
    free(p.text);
    deid_report_release(&p.report);
}

static void pixels_and_refusals_are_counted(void **state)
{
    struct deid_change c = {"7FE00010", "OW", "PixelData", "1", "1", DEID_ACT_KEPT, false};
    struct err e = ERR_INIT;
    struct printed p;

    (void)state;
    open_report(&p, DEID_REPORT_TEXT);
    add(&p, "1", &c);
    c.act = DEID_ACT_REMOVED;
    add(&p, "2", &c);
    c.act = DEID_ACT_CLEANED;
    add(&p, "3", &c);
    c.act = DEID_ACT_WITHHELD;
    add(&p, "4", &c);
    add(&p, "5", &c);
    deid_report_begin_instance(&p.report, "6");
    assert_ok(deid_report_refuse(&p.report, "it may show names", &e), &e);
    end_series(&p, "9");
    deid_report_finish(&p.report);
    fclose(p.out);
    assert_non_null(strstr(
        p.text, "6 instances: pixels of 1 kept, of 1 cleaned of text, of 2 withheld, of 1 removed; 0 have none; "
                "1 refused\n"));
    assert_non_null(strstr(p.text, "instance"));
    assert_non_null(strstr(p.text, "it may show names"));
    free(p.text);
    deid_report_release(&p.report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_each_change_once),
        cmocka_unit_test(csv_is_quoted_and_executes_nothing),
        cmocka_unit_test(text_has_a_line_for_an_attribute),
        cmocka_unit_test(items_of_a_sequence_share_a_line),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(pixels_and_refusals_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
