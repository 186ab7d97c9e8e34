/* SPDX-License-Identifier: MIT */
// node search.mjs BASE STUDY SERIES: searches at all levels as the package has them; prints UIDs found and names.
import dicomweb from 'dicomweb-client';
import XMLHttpRequest from 'xhr2';

globalThis.XMLHttpRequest = XMLHttpRequest;

const [base, studyInstanceUID, seriesInstanceUID] = process.argv.slice(2);
const client = new dicomweb.api.DICOMwebClient({ url: base });
const uids = (results, tag) => results.map(r => r[tag].Value[0]);
const queryParams = { StudyInstanceUID: studyInstanceUID, includefield: ['StudyDescription', '00100021'], limit: 5 };

const studies = await client.searchForStudies({ queryParams });
console.log(JSON.stringify({
    studies: uids(studies, '0020000D'),
    names: studies.map(r => r['00100010'].Value?.[0]?.Alphabetic ?? ''),
    series: uids(await client.searchForSeries({ studyInstanceUID }), '0020000E'),
    instances: uids(await client.searchForInstances({ studyInstanceUID, seriesInstanceUID }), '00080018'),
    allSeries: uids(await client.searchForSeries({ queryParams: { SeriesInstanceUID: seriesInstanceUID } }), '0020000E'),
    nothing: (await client.searchForStudies({ queryParams: { PatientID: 'nobody of this name' } })).length,
}));
