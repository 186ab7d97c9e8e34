# SPDX-License-Identifier: MIT
"""What one would write with a library: small HTTP servers around Python's zipfile and npm's archiver."""
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import harness

HERE = Path(__file__).resolve().parent


class Script:
    """A server of GET /CORPUS/store and /CORPUS/deflate, a program: PORT CORPUS=FOLDER..."""

    def __init__(self, name, command, folders):
        self.name, self.port, self.folder = name, harness.free_port(), harness.temporary('wzscript-')
        plain = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy')}
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen([*map(str, command), str(self.port), *(f'{k}={v}' for k, v in folders.items())],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain)

    def start(self):
        try:
            harness.wait_for(self.name, lambda: harness.accepts(self.port), alive=self.process)
        except Exception as e:
            raise RuntimeError(f'{e}\n{self.log()}') from e
        return self

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    def remove(self):
        harness.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def archiver(bench):
    """The command of the archiver server, its packages fetched once into the build folder; None where there is no npm."""
    if not shutil.which('npm'):
        bench.missing('npm archiver', 'npm is not installed')
        return None
    folder = harness.BUILD / 'archiver'
    folder.mkdir(parents=True, exist_ok=True)
    for path in (HERE / 'archiver').iterdir():
        shutil.copyfile(path, folder / path.name)
    wanted, stamp = (folder / 'package-lock.json').read_text(), folder / 'installed.json'
    if not stamp.exists() or stamp.read_text() != wanted:
        done = harness.run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', cwd=folder, timeout=300)
        if done.code:
            bench.missing('npm archiver', f'npm ci: {done.err.strip().splitlines()[-1:]}')
            return None
        stamp.write_text(wanted)
    return ['node', folder / 'server.mjs']


@contextmanager
def scripts(bench, folders):
    """{name: Script}, started."""
    commands = {'zipfile': [sys.executable, HERE / 'zipstream.py'], 'archiver': archiver(bench)}
    started = {name: Script(name, command, folders) for name, command in commands.items() if command}
    try:
        for script in started.values():
            script.start()
        yield started
    finally:
        for script in started.values():
            script.remove()
