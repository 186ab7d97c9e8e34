"""`make run` as README tells it: in copies of the tree, on ports of their own, again and again, leaving nothing."""
import os
import re
import shutil
import signal
import subprocess
import threading
import zipfile
from pathlib import Path

import harness
import pytest

READY_SECONDS = 180


class Run:
    """`make run` in a copy of the tree; its programs are those that are tested, so nothing is compiled."""

    def __init__(self):
        self.tree = harness.temporary('wzrun-')
        names = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=harness.REPO,
                               stdout=subprocess.PIPE, check=True).stdout.decode().split('\0')
        for name in filter(None, names):
            source, target = harness.REPO / name, self.tree / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        self.process = None

    def start(self, **variables):
        self.port = harness.free_port()
        arguments = [f'{k}={v}' for k, v in {'PORT': self.port, 'BUILD': harness.BUILD, **variables}.items()]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(('MAKE', 'MFLAGS', 'DICOM', 'WADOZIP'))}
        self.process = subprocess.Popen(['make', 'run', *arguments], cwd=self.tree, stdin=subprocess.DEVNULL, env=kept,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()
        try:
            harness.wait_for('make run', lambda: 'Ctrl-C' in self.said(), READY_SECONDS, self.process)
        except (RuntimeError, TimeoutError) as e:
            raise RuntimeError(f'{e}\n{self.said()[-4000:]}') from e
        assert f'\nready http://127.0.0.1:{self.port}/\n' in '\n' + self.said(), self.said()
        return self

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors='replace'))

    def said(self):
        return ''.join(self.lines)

    def family(self):
        """All processes below `make`, and whatever runs from the tree or its state."""
        return {p: harness.command_of(p) for p in harness.children(self.process.pid)}

    def stop(self, how):
        """how(process) sends the signal. Nothing may be left within ten seconds."""
        family = self.family()
        assert any('postgres' in c for c in family.values()) and any('wadozip-fcgi' in c for c in family.values())
        how(self.process)
        self.process.wait(30)
        harness.wait_for(f'end of {family}', lambda: not any(map(harness.alive, family)), 10)
        assert not harness.accepts(self.port)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        shutil.rmtree(self.tree, ignore_errors=True)


def terminate(process):
    process.terminate()


def control_c(process):
    os.killpg(process.pid, signal.SIGINT)


def try_lines(run, folder):
    """Runs the printed commands as a person would and looks at what they bring."""
    commands = re.findall(r'^  (curl .*)$', run.said(), re.M)
    assert len(commands) == 3, run.said()
    folder.mkdir()
    for command in commands:
        before = set(folder.iterdir())
        done = subprocess.run(['bash', '-c', f'{command} --fail -sS'], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        assert done.returncode == 0, (command, done.stderr)
        new, = set(folder.iterdir()) - before
        check_file(new)


def check_file(path: Path):
    if path.suffix == '.zip':
        with zipfile.ZipFile(path) as z:
            assert z.testzip() is None and z.namelist()
    else:
        assert path.read_bytes()[128:132] == b'DICM', path


@pytest.fixture(scope='module')
def tree():
    run = Run()
    yield run
    run.remove()


@pytest.mark.parametrize('server,how', [('lighttpd', terminate), ('lighttpd', control_c), ('apache', terminate),
                                        ('apache-proxy', control_c), ('lighttpd-socket', terminate)])
def test_ready_then_nothing_left(tree, server, how, tmp_path):
    """In the same tree again and again."""
    tree.start(SERVER=server)
    try_lines(tree, tmp_path / 'got')
    tree.stop(how)


def test_a_folder_of_ones_own_beside_another_copy(tree, tmp_path):
    """DICOM=DIR, and two trees at once on two ports."""
    folder = harness.temporary('wzimages-')
    shutil.copyfile('/usr/lib/python3/dist-packages/pydicom/data/test_files/CT_small.dcm', folder / 'one.dcm')
    other = Run()
    try:
        tree.start()
        other.start(DICOM=folder, SERVER='apache')
        try_lines(other, tmp_path / 'other')
        try_lines(tree, tmp_path / 'first')
        other.stop(terminate)
        try_lines(tree, tmp_path / 'again')
        tree.stop(terminate)
    finally:
        other.remove()
        shutil.rmtree(folder)


def test_a_port_in_use_is_told(tree):
    tree.start()
    try:
        done = subprocess.run(['make', 'run', f'PORT={tree.port}', f'BUILD={harness.BUILD}'], cwd=tree.tree,
                              check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode and f'port {tree.port}' in done.stdout.decode()
    finally:
        tree.stop(terminate)
