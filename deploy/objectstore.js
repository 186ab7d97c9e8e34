// SPDX-License-Identifier: MIT
// s3rver with lists in the byte order of the keys, as the S3 interface has them. s3rver reads folders in the order of file
// names, which end in "._S3rver_object": "a-b" comes after "a", and "a/b" before "a-b". Arguments: s3rver's.
'use strict';
const fs = require('fs');
const path = require('path');
const utils = require('s3rver/lib/utils');

utils.walk = function* walk(folder, enter) {
  const entries = fs.readdirSync(folder, {withFileTypes: true}).map((entry) => ({
    path: path.posix.join(folder, entry.name),
    isFolder: entry.isDirectory(),
    key: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name.replace(/\._S3rver_\w+(\.\w+)?$/, '')),
  }));
  for (const entry of entries.sort((a, b) => Buffer.compare(a.key, b.key))) {
    if (!entry.isFolder)
      yield entry.path;
    else if (!enter || enter(entry.path))
      yield* walk(entry.path, enter);
  }
};

require('s3rver/bin/s3rver.js');
