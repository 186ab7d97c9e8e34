// SPDX-License-Identifier: MIT
// Validates the FHIR R4 resources of a file, a JSON array, and prints its findings as a JSON array.
import { readFileSync } from 'node:fs';
import fhir from 'fhir';

const judge = new fhir.Fhir();
const resources = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const findings = resources.flatMap((r) => judge.validate(r, { errorOnUnexpected: true }).messages);
console.log(JSON.stringify(findings.filter((m) => m.severity !== 'information')));
