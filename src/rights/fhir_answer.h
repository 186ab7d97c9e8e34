/* SPDX-License-Identifier: MIT */
/* Read the answers of a FHIR service, which nothing is known about. Pure. */
#ifndef WADOZIP_RIGHTS_FHIR_ANSWER_H
#define WADOZIP_RIGHTS_FHIR_ANSWER_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define FHIR_REASON_MAX 160 /* bytes of the reason of a rejection, with its NUL */
#define FHIR_VERSION_MAX 32

/* Return whether the answer is a Bundle with so many entries; false for null. */
bool fhir_answer_is_bundle(json_object *answer, size_t count);

/* Return the status of an entry of a Bundle, 0 if it has none, and its
 * OperationOutcome, which belongs to the answer; null if it has none. */
long fhir_answer_status(json_object *answer, size_t entry, json_object **outcome);

/*
 * Describe a rejection by its status and the codes of the first issue of an
 * OperationOutcome (or null). Its words may hold data of patients, which the
 * journal must not.
 */
void fhir_answer_describe(json_object *outcome, long status, char out[FHIR_REASON_MAX]);

/* Copy the FHIR version of a capability statement, "" if it has none. */
void fhir_answer_version(json_object *statement, char out[FHIR_VERSION_MAX]);

#endif
