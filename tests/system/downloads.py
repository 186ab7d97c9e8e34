# SPDX-License-Identifier: MIT
"""Downloads that take their time, and a study that is large enough to be in the middle of."""
import os
import re
import shutil
import signal
import subprocess
import time

import harness
import pytest
from client import curl_command
from corpus import MULTIFRAME_WORD, header, uid

STUDY = uid('vault')
FILES, FRAMES = 20, 20  # 20 files of 10 MiB: more than what lies in buffers between worker and client
FRAME = 512 * 512 * 2


def make_vault():
    """A study of 20 files, sparse; the one that comes last in the archive is last.dcm."""
    folder = harness.temporary('wzvault-')
    for i in range(FILES):
        name = f'{i:02}' if i < FILES - 1 else 'last'
        path = folder / f'{name}.dcm'
        with open(path, 'wb') as f:
            f.write(header(STUDY, uid('vault', 1), uid('vault', name), i + 1, sop_class=MULTIFRAME_WORD, rows=512,
                           columns=512, frames=FRAMES, pixel_bytes=FRAMES * FRAME))
            f.truncate(f.tell() + FRAMES * FRAME)
        path.chmod(0o644)
    return folder


@pytest.fixture(scope='module')
def vault():
    folder = make_vault()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope='module')
def vault_site(pg, vault):
    site = harness.Site(pg, f'vault_{time.monotonic_ns()}', {'vault': vault}).migrate()
    assert site.index().code == 0
    yield site
    site.remove()


def restore(folder):
    """last.dcm with the bytes that it was made with."""
    size = FRAMES * FRAME
    with open(folder / 'last.dcm', 'wb') as f:
        f.write(header(STUDY, uid('vault', 1), uid('vault', 'last'), FILES, sop_class=MULTIFRAME_WORD, rows=512,
                       columns=512, frames=FRAMES, pixel_bytes=size))
        f.truncate(f.tell() + size)


SLOW = 10  # times as long as on a machine that does nothing else may it take


def in_time(seconds, condition):
    """The condition's value as soon as it is true, else its last one when time is over: `seconds` of a quiet machine."""
    end = time.monotonic() + SLOW * seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def busy(server, folder):
    """Workers that have a file of the folder open."""
    found = []
    for pid in server.workers():
        try:
            links = [os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')]
        except OSError:
            continue
        if any(link.startswith(f'{folder}/') for link in links):
            found.append(pid)
    return found


def at_work(server, folder, count=1):
    """Those workers, as soon as there are so many: between two files one has none open."""
    def found():
        pids = busy(server, folder)
        return pids if len(pids) == count else None
    pids = in_time(5, found)
    assert pids, (busy(server, folder), server.log()[-2000:])
    return pids


def idle(server, folder):
    """Nobody is at work any more, nor between two files: at none of three looks."""
    def look(_):
        time.sleep(0.02)
        return busy(server, folder)
    return in_time(5, lambda: not any(map(look, range(3))))


class Slow:
    """A download by curl of 5 MB a second, from an address of this machine."""

    def __init__(self, server, rate='5M', study=STUDY, address='127.0.0.1'):
        self.out = server.folder / f'slow-{time.monotonic_ns()}'
        self.head = self.out.with_suffix('.head')
        # Its files hold zeros, which would be deflated to next to nothing.
        url = server.study(study, '?compression=none')
        command = curl_command(url, '--interface', address, '--limit-rate', rate, '--dump-header', self.head,
                               accept='application/zip', out=self.out)
        command = [*getattr(server, 'enter', []), *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def size(self):
        return self.out.stat().st_size if self.out.exists() else 0

    def length(self):
        found = re.search(r'(?im)^content-length: (\d+)', self.head.read_text())
        return int(found.group(1)) if found else None

    def wait_for_bytes(self, count=1 << 20):
        assert in_time(20, lambda: self.size() >= count or self.process.poll() is not None)
        assert self.process.poll() is None, self

    def hold(self):
        """Reads no more until go_on(): what happens meanwhile happens in the middle of the download."""
        self.process.send_signal(signal.SIGSTOP)
        return self

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def exit_code(self, seconds=60):
        return in_time(seconds, lambda: self.process.poll() is not None) and self.process.returncode

    def close(self):
        """Leaves in the middle, as a user does who closes the window."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.out.unlink(missing_ok=True)
        self.head.unlink(missing_ok=True)

    def __repr__(self):
        error = b'' if self.process.poll() is None or self.process.stderr.closed else self.process.stderr.read()
        return f'<exit {self.process.poll()} after {self.size()} bytes: {error.decode(errors="replace")}>'
