# SPDX-License-Identifier: MIT
"""What breaks in the middle of an answer. Each is a context: within it the fault lasts, after it all is as before."""
import os
import resource
import signal
import threading
from contextlib import contextmanager


LATE = 0.75  # of a study: files from there on are damaged, so that the answer has not reached them yet


def _kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


@contextmanager
def worker_killed(arena, _folder, _rng):
    _kill(arena.busy_workers())
    yield


@contextmanager
def helper_killed(arena, _folder, _rng):
    """Every wadozip-dicom until the answer has ended: one that dies once is asked again."""
    end = threading.Event()

    def hunt():
        while not end.wait(0.005):
            _kill(arena.helpers())
    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        yield
    finally:
        end.set()
        hunter.join()


@contextmanager
def database_killed(arena, _folder, _rng):
    arena.pg.stop(signal.SIGQUIT)
    try:
        yield
    finally:
        arena.pg.start()


def _victim(arena, folder, rng):
    paths = sorted((arena.images / folder).glob('*.dcm'))
    return arena.touch(rng.choice(paths[int(LATE * len(paths)):]))


@contextmanager
def file_cut(arena, folder, rng):
    path = _victim(arena, folder, rng)
    os.truncate(path, rng.randrange(path.stat().st_size))
    try:
        yield
    finally:
        arena.restore()


@contextmanager
def file_replaced(arena, folder, rng):
    """By another of the same size and age, which differs in its last bytes, or by one of another size."""
    path = _victim(arena, folder, rng)
    data, stat = arena.files[path]
    other = data[:-99] + bytes(99) if rng.random() < 0.5 else data + bytes(2)
    beside = path.with_suffix('.new')
    beside.write_bytes(other)
    beside.chmod(0o644)
    os.utime(beside, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    beside.rename(path)
    try:
        yield
    finally:
        arena.restore()


@contextmanager
def file_unreadable(arena, folder, rng):
    _victim(arena, folder, rng).chmod(0)
    try:
        yield
    finally:
        arena.restore()


@contextmanager
def spool_full(arena, _folder, _rng):
    """Nothing can be written to spool and cache any more."""
    stuffing = arena.spool / 'stuffing'
    try:
        with open(stuffing, 'wb', buffering=0) as f:
            while f.write(bytes(1 << 16)):
                pass
    except OSError:  # not a byte more, or not even a file
        pass
    try:
        yield
    finally:
        stuffing.unlink(missing_ok=True)


def _limit(pids, size):
    """Bytes of address space that each may have from now on, size(pid)."""
    for pid in pids:
        try:
            hard = resource.prlimit(pid, resource.RLIMIT_AS)[1]
            resource.prlimit(pid, resource.RLIMIT_AS, (size(pid, hard), hard))
        except (OSError, ValueError):
            pass


def _address_space(pid, _hard):
    with open(f'/proc/{pid}/statm', encoding='ascii') as f:
        return int(f.read().split()[0]) * resource.getpagesize()


@contextmanager
def memory_limited(arena, _folder, _rng):
    """No worker gets a byte more than it has, nor do the new processes that it starts instead of its helpers."""
    pids = arena.server.workers()
    _limit(pids, _address_space)
    _kill(arena.helpers())
    try:
        yield
    finally:
        _limit(pids, lambda _, hard: hard)


FAULTS = {'worker killed': worker_killed, 'wadozip-dicom killed': helper_killed, 'database killed': database_killed,
          'file cut': file_cut, 'file replaced': file_replaced, 'file unreadable': file_unreadable,
          'spool full': spool_full, 'memory limit': memory_limited}


def possible(name, arena):
    """A full spool needs a file system of its own, which root alone can mount."""
    return name != 'spool full' or arena.mounted
