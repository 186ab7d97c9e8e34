/* SPDX-License-Identifier: MIT */
// node dicomweb.mjs BASE STUDY SERIES INSTANCE OUT: retrieves all three and writes their files as OUT/study-0, OUT/study-1 ...
import { writeFile } from 'node:fs/promises';
import dicomweb from 'dicomweb-client';
import XMLHttpRequest from 'xhr2';

// The one thing of a browser that the package asks for.
globalThis.XMLHttpRequest = XMLHttpRequest;

const [base, studyInstanceUID, seriesInstanceUID, sopInstanceUID, out] = process.argv.slice(2);
const client = new dicomweb.api.DICOMwebClient({ url: base });

async function write(name, files) {
    await Promise.all(files.map((file, i) => writeFile(`${out}/${name}-${i}`, new Uint8Array(file))));
    return files.length;
}

console.log(JSON.stringify({
    study: await write('study', await client.retrieveStudy({ studyInstanceUID })),
    series: await write('series', await client.retrieveSeries({ studyInstanceUID, seriesInstanceUID })),
    instance: await write('instance',
        [await client.retrieveInstance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID })]),
}));
