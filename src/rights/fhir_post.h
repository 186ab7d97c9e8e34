/* SPDX-License-Identifier: MIT */
/*
 * Deliver resources to a FHIR service over HTTPS. The address of the service
 * takes them in Bundles of type batch; one that ends in /AuditEvent takes them
 * one by one (the two forms of IHE ITI-20, RESTful ATNA).
 */
#ifndef WADOZIP_RIGHTS_FHIR_POST_H
#define WADOZIP_RIGHTS_FHIR_POST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rights/fhir_answer.h"

#define FHIR_POST_MAX 100 /* resources in a Bundle */

struct fhir_setup {
    const char *address; /* https:// */
    const char *ca;      /* PEM file of trusted certificates, or "system" */
    const char *client;  /* PEM file with the own certificate and its key, or "none" */
    const char *token;   /* file with a bearer token, or "none"; read before each request */
    const volatile sig_atomic_t *stop; /* requests fail if this becomes nonzero; may be null */
};

struct fhir_post;

/* Prepare. The setup must outlive *out. Connects when the first resource is sent. */
int fhir_open(const struct fhir_setup *s, struct fhir_post **out, struct err *e) MUST_CHECK;
void fhir_close(struct fhir_post *p); /* null is allowed */

enum fhir_verdict { FHIR_UNKNOWN, FHIR_ACCEPTED, FHIR_REJECTED };

/* A resource, and the answer to it. */
struct fhir_item {
    const char *json;
    size_t len;
    enum fhir_verdict verdict;
    long status;
    char reason[FHIR_REASON_MAX]; /* of a rejection: status and codes of its OperationOutcome */
};

/*
 * Send at most FHIR_POST_MAX resources. Returns 0 if each was accepted or
 * rejected. A Bundle that is rejected as a whole is sent again one resource at a
 * time, so that one faulty resource does not hold others. Fails with ERR_CONFIG
 * if the address, a certificate or the token is not accepted, and with ERR_AWAY if
 * the service cannot be reached, has an error, or asks to wait; items that are
 * FHIR_ACCEPTED have then been stored, the others may have been.
 */
int fhir_deliver(struct fhir_post *p, struct fhir_item *items, size_t count,
                 struct err *e) MUST_CHECK;

/*
 * Read the capability statement of the service. Writes its FHIR version to
 * `version`, "" if the service has no statement. Fails as fhir_deliver(), and with
 * ERR_CONFIG if the version is not R4.
 */
int fhir_try(struct fhir_post *p, char version[FHIR_VERSION_MAX], struct err *e) MUST_CHECK;

#endif
