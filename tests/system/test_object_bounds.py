# SPDX-License-Identifier: MIT
"""What a request holds of objects, in memory and in the spool, does not grow with their number."""
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import corpus
import harness
import pytest
from object_site import STUDY, ZIP, index, keys, mended, store  # noqa: F401
from operator_site import write

IMPLICIT = '1.2.840.10008.1.2'
MIB = 1 << 20
OTHER = corpus.uid('other')


@pytest.fixture
def make_bounds(make_site, store, place, request):
    """make_bounds(objects, rows, columns): a site with a study of such images, and one of a small one."""
    def make(count, rows, columns):
        prefix, path = request.node.name, place / 'one.dcm'
        for i in range(count):
            store.put(f'{prefix}/{i:02}.dcm', write(path, i, pixels=bytes(2 * rows * columns), rows=rows, columns=columns,
                                                     syntax=IMPLICIT).read_bytes())
        store.put(f'{prefix}/other.dcm', corpus.header(OTHER, corpus.uid('other', 1), corpus.uid('other', 2), 1,
                                                       pixel_bytes=2) + b'\1\0')
        site = make_site('bounds', {'r': f's3://images/{prefix}'}, **store.settings('r'), helpers='1',
                         **{'deid.basic.key': place / 'key'})
        site.cli('deid', 'key', place / 'key', check=True)
        harness.give_to_web_user(place / 'key')
        index(site)
        return site
    yield make


@contextmanager
def stopped_helper(site):
    """A server of one worker whose wadozip-dicom, warmed up, is stopped; with the worker's and its process ids."""
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    helpers = []
    try:
        assert ask(server, OTHER, 'deidentify=basic').status == 200, server.log()
        helpers = [p for p in harness.children(server.master()) if harness.command_of(p).endswith('wadozip-dicom')]
        assert len(helpers) == 1
        os.kill(helpers[0], signal.SIGSTOP)
        yield server, server.workers()[0], helpers[0]
    finally:
        for helper in helpers:
            os.kill(helper, signal.SIGCONT)
        server.remove()


def ask(server, study, query):
    return server.get(f'/studies/{study}?{query}', accept=ZIP)


def settle(store):
    """Returns when no request was made for two seconds: too early if the machine is slow, when less is held."""
    seen, since = len(store.requests), time.monotonic()
    while time.monotonic() < since + 2:
        if len(store.requests) != seen:
            seen, since = len(store.requests), time.monotonic()
        time.sleep(0.05)


def spooled(pid):
    """MiB of temporary files on disk that a process has open."""
    found = {}
    for fd in os.scandir(f'/proc/{pid}/fd'):
        try:
            if '/spool/#' in os.readlink(fd.path):
                file = os.stat(fd.path)
                found[file.st_ino] = file.st_size
        except OSError:
            pass  # closed meanwhile
    return sum(found.values()) // MIB


def test_objects_of_waiting_jobs(make_bounds, store):
    """wadozip-dicom takes eight jobs, but no more objects are held than fit into 64 MiB: four of 15."""
    site = make_bounds(16, 2560, 3072)
    store.seen()
    with stopped_helper(site) as (server, _, helper), ThreadPoolExecutor(1) as pool:
        store.seen()
        answer = pool.submit(ask, server, STUDY, 'deidentify=basic')
        harness.wait_for('objects', lambda: len(set(keys(store.requests))) >= 4 or answer.done())
        settle(store)
        held = len(set(keys(store.requests)))
        os.kill(helper, signal.SIGCONT)
        got = answer.result()
        assert (got.status, got.exit) == (200, 0), server.log()
        assert held == 4
        assert len(set(keys(store.requests))) == 16


def test_large_objects_of_conversions(make_bounds, store):
    """Two of 136 MiB are more than the 256 MiB that are converted ahead: one after the other lies in the spool."""
    site = make_bounds(2, 8192, 8704)
    with stopped_helper(site) as (server, worker, helper), ThreadPoolExecutor(1) as pool:
        store.seen()
        answer = pool.submit(ask, server, STUDY, 'compression=none')
        harness.wait_for('its parts', lambda: len([r for r in store.requests if r.range]) >= 17 or answer.done())
        settle(store)
        held = spooled(worker), len(set(keys(store.requests)))
        os.kill(helper, signal.SIGCONT)
        got = answer.result()
        assert (got.status, got.exit, got.length) == (200, 0, len(got.data)), server.log()
        assert held == (136, 1)
        assert len(set(keys(store.requests))) == 2
