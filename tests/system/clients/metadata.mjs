/* SPDX-License-Identifier: MIT */
// node metadata.mjs BASE STUDY SERIES INSTANCE: retrieves the metadata of all three and prints it as one object.
import dicomweb from 'dicomweb-client';
import XMLHttpRequest from 'xhr2';

// The one thing of a browser that the package asks for.
globalThis.XMLHttpRequest = XMLHttpRequest;

const [base, studyInstanceUID, seriesInstanceUID, sopInstanceUID] = process.argv.slice(2);
const client = new dicomweb.api.DICOMwebClient({ url: base });

console.log(JSON.stringify({
    study: await client.retrieveStudyMetadata({ studyInstanceUID }),
    series: await client.retrieveSeriesMetadata({ studyInstanceUID, seriesInstanceUID }),
    instance: await client.retrieveInstanceMetadata({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }),
}));
