# SPDX-License-Identifier: MIT
"""Pinned npm packages for tests, fetched once into the build folder."""
import fcntl
import shutil

import harness


def fetched(name):
    """The build's copy of tests/system/NAME with its packages installed. Files of tests that run at the same time wait for
    each other."""
    source, folder = harness.REPO / 'tests' / 'system' / name, harness.BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in source.iterdir():
            shutil.copyfile(path, folder / path.name)
        wanted, stamp = (source / 'package-lock.json').read_text(), folder / 'installed.json'
        if not stamp.exists() or stamp.read_text() != wanted:
            harness.run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=5', cwd=folder,
                        check=True)
            stamp.write_text(wanted)
    return folder
