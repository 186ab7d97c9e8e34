# SPDX-License-Identifier: MIT
"""A machine with systemd as process 1: namespaces, cgroups and network of its own, on an overlay of a tree (this one's root).

What is changed in it is gone at the end; nothing that it mounts is seen outside, and it ends with this process.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import harness
import pytest
from client import curl_command

CGROUPS = Path('/sys/fs/cgroup')
NAMESPACES = '--mount', '--pid', '--fork', '--kill-child', '--cgroup', '--uts', '--ipc', '--net'
WHY = 'systemd cannot be run here'  # tests/run excuses tests that are skipped with this


def hierarchies():
    """Folders in which cgroups are made: one with version 2 alone, else one for each hierarchy of version 1 but cpuset,
    which takes no process before it has processors, and which systemd does not use."""
    if (CGROUPS / 'cgroup.controllers').exists():
        return [CGROUPS]
    found = []
    for line in Path('/proc/self/cgroup').read_text().splitlines():
        name = line.split(':')[1]
        if name != 'cpuset':
            found.append(CGROUPS / (name.removeprefix('name=') or 'unified'))
    return [folder for folder in found if folder.is_dir()]


def why_not():
    """None where a machine can be started, else a sentence."""
    if not harness.ROOT_USER:
        return 'needs root'
    if 'overlay' not in Path('/proc/filesystems').read_text() and harness.run('modprobe', 'overlay').code:
        return f'{WHY}: the kernel has no overlay file system'
    result = harness.run('unshare', *NAMESPACES, '--mount-proc', 'true')
    if result.code:
        return f'{WHY}: {result.err.strip()}'
    if not hierarchies() or not os.access(hierarchies()[0], os.W_OK):
        return f'{WHY}: no cgroup can be made in {CGROUPS}'
    return None


def needed():
    """Skips the calling test, visibly, where no machine can be started."""
    reason = why_not()
    if reason:
        pytest.skip(reason)


class Machine:
    """`upper` is laid over the tree before start(); `binds` are (folder outside, folder inside)."""

    def __init__(self, binds=(), tree='/', target='basic.target'):
        self.folder = harness.temporary('wzmachine-')
        self.binds, self.tree, self.target = binds, tree, target
        self.upper = self.folder / 'upper'
        for name in 'upper', 'work', 'root':
            (self.folder / name).mkdir()
        self.cgroups = [h / self.folder.name for h in hierarchies()]
        self.process = self.init = None

    def write(self, path, text, mode=0o644):
        """A file of the machine, before it starts."""
        place = self.upper / path.lstrip('/')
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def start(self):
        for group in self.cgroups:
            group.mkdir()
        into = ''.join(f'echo $$ >{group}/cgroup.procs && ' for group in self.cgroups)
        boot = [Path(__file__).with_name('boot'), self.folder, self.tree, self.target, *sum(self.binds, ())]
        with open(self.folder / 'console', 'ab') as log:
            self.process = subprocess.Popen(
                ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', f'{into}exec unshare "$@"', 'sh', *NAMESPACES,
                 *map(str, boot)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/')
        try:
            harness.wait_for('systemd', self._is_up, alive=self.process)
        except Exception as e:
            raise RuntimeError(f'{e}\n{(self.folder / "console").read_text(errors="replace")}') from e
        return self

    def _is_up(self):
        pids = [p for p in harness.children(self.process.pid) if harness.command_of(p) == '/lib/systemd/systemd']
        self.init = self.init or (pids[0] if pids else None)
        return self.init and self.run('systemctl', 'is-active', self.target).out == 'active\n'

    def enter(self, *namespaces):
        """The beginning of a command that runs in the machine's namespaces, all unless some are named (--net)."""
        return ['nsenter', '--target', str(self.init), *(namespaces or ['--all'])]

    def run(self, *command, check=False, **options):
        return harness.run(*self.enter(), '--', *command, check=check, **options)

    def ctl(self, *words):
        return self.run('systemctl', *words)

    def show(self, unit, name):
        """A property of a unit."""
        return self.ctl('show', '--value', '-p', name, unit).out.strip()

    def pids(self, unit, parent=None):
        """Process ids, as they are outside, of a unit's main process (parent None) or of all below it."""
        main = int(self.show(unit, 'MainPID'))
        for pid in harness.children(self.init):
            try:
                inside = re.search(r'(?m)^NSpid:.*\s(\d+)$', Path(f'/proc/{pid}/status').read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue
            if main and inside and int(inside.group(1)) == main:
                return harness.children(pid) if parent else [pid]
        return []

    def journal(self, unit):
        """Entries of a unit's journal, as dictionaries, oldest first."""
        self.run('journalctl', '--sync')
        out = self.run('journalctl', '-o', 'json', '-u', unit, check=True).out
        return [json.loads(line) for line in out.splitlines()]

    def said(self, unit):
        return '\n'.join(str(entry['MESSAGE']) for entry in self.journal(unit))

    def log(self):
        return self.run('journalctl', '-n', '200', '--no-pager').out if self.init else ''

    def curl(self, url, *args, **options):
        return harness.run(*self.enter('--net'), *curl_command(url, *args, **options))

    def remove(self):
        """Whatever runs in it ends with process 1; its mounts go with the last process."""
        if self.process:
            if self.init and harness.alive(self.init):
                os.kill(self.init, signal.SIGKILL)
            harness.end(self.process, signal.SIGKILL)
        for group in self.cgroups:
            self._remove_group(group)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _remove_group(group):
        end = time.monotonic() + harness.PATIENCE
        while group.exists() and time.monotonic() < end:
            for folder, _, _ in os.walk(group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.02)  # processes that are ending
