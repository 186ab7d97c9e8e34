/* SPDX-License-Identifier: MIT */
#include "rights/fhir_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/harmless.h"

static json_object *member(json_object *of, const char *name)
{
    json_object *found = NULL;

    return json_object_object_get_ex(of, name, &found) ? found : NULL;
}

static const char *string_of(json_object *text)
{
    return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : "";
}

static json_object *first_of(json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_get_idx(array, 0) : NULL;
}

bool fhir_answer_is_bundle(json_object *answer, size_t count)
{
    json_object *entries = member(answer, "entry");

    return strcmp(string_of(member(answer, "resourceType")), "Bundle") == 0 &&
           json_object_is_type(entries, json_type_array) &&
           json_object_array_length(entries) == count;
}

long fhir_answer_status(json_object *answer, size_t entry, json_object **outcome)
{
    json_object *entries = member(answer, "entry");
    json_object *response = member(json_object_array_get_idx(entries, entry), "response");

    *outcome = member(response, "outcome");
    return strtol(string_of(member(response, "status")), NULL, 10);
}

void fhir_answer_describe(json_object *outcome, long status, char out[FHIR_REASON_MAX])
{
    json_object *issue = first_of(member(outcome, "issue"));
    char text[FHIR_REASON_MAX];

    snprintf(text, sizeof text, "status %ld %.40s %.80s", status, string_of(member(issue, "code")),
             string_of(first_of(member(issue, "expression"))));
    for (size_t len = strlen(text); len > 0 && text[len - 1] == ' ';)
        text[--len] = '\0';
    harmless_copy(out, FHIR_REASON_MAX, text);
}

void fhir_answer_version(json_object *statement, char out[FHIR_VERSION_MAX])
{
    harmless_copy(out, FHIR_VERSION_MAX, string_of(member(statement, "fhirVersion")));
}
