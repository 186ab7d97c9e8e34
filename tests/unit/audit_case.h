/* SPDX-License-Identifier: MIT */
/* A row of the audit, and what is looked for in the messages about it. */
#ifndef WADOZIP_TESTS_AUDIT_CASE_H
#define WADOZIP_TESTS_AUDIT_CASE_H

#include "tests/unit/unit.h"

#include <string.h>

#include "rights/audit_record.h"

#define AT "2026-01-02T03:04:05.000006Z"
#define LAST "2026-01-02T03:09:05.000006Z"

static const struct audit_record transfer = {
    .id = 12,
    .changes = 3,
    .status = 200,
    .at = AT,
    .last = LAST,
    .who = "ann",
    .client = "10.0.0.7",
    .act = "retrieve",
    .resource = "study 1.2.3",
    .content = "archive",
    .outcome = "complete",
    .study = "1.2.3",
    .profile = "",
    .bytes = "77",
    .patient = "P1",
    .issuer = "",
    .accession = "A1",
    .classes = "1.2.840.10008.5.1.4.1.1.2 40,1.2.840.10008.5.1.4.1.1.7 1"};

static const struct audit_site site = {"node.example", "site"};

static void has(const char *message, const char *text)
{
    if (!strstr(message, text))
        fail_msg("%s is not in %s", text, message);
}

static void has_not(const char *message, const char *text)
{
    if (strstr(message, text))
        fail_msg("%s is in %s", text, message);
}

#endif
