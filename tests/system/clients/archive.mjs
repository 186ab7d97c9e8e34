/* SPDX-License-Identifier: MIT */
// node archive.mjs URL NAME OUT: lists a remote ZIP archive over HTTP ranges and extracts one member. Prints the names.
import { writeFile } from 'node:fs/promises';
import { HttpReader, Uint8ArrayWriter, ZipReader, configure } from '@zip.js/zip.js';

const [url, name, out] = process.argv.slice(2);
configure({ useWebWorkers: false });
const reader = new ZipReader(new HttpReader(url, { useRangeHeader: true, headers: [['Accept', 'application/zip']] }));
const entries = await reader.getEntries();
const wanted = entries.find(entry => entry.filename === name);
await writeFile(out, await wanted.getData(new Uint8ArrayWriter(), { checkSignature: true }));
await reader.close();
console.log(JSON.stringify(entries.map(entry => entry.filename)));
