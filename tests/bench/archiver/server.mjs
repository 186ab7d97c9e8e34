/* SPDX-License-Identifier: MIT */
// A streaming archive server of the npm package archiver: node server.mjs PORT NAME=FOLDER...
// GET /NAME/store or /NAME/deflate (at the package's own level, which is zlib's 1).
import { createServer } from 'node:http';
import archiver from 'archiver';

const [port, ...folders] = process.argv.slice(2);
const known = new Map(folders.map(text => text.split(/=(.*)/s).slice(0, 2)));

createServer((request, response) => {
    const [, name, method] = request.url.split('/');
    const archive = archiver('zip', { store: method === 'store' });
    response.writeHead(200, { 'Content-Type': 'application/zip' });
    archive.on('error', error => response.destroy(error));
    archive.pipe(response);
    archive.directory(known.get(name), false);
    archive.finalize();
}).listen(Number(port), '127.0.0.1');
