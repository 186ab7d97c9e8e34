# SPDX-License-Identifier: MIT
"""What a request holds of objects, in memory and in the spool, does not grow with their number."""
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import corpus
import harness
import pytest
from object_site import STUDY, ZIP, index, keys, mended, store  # noqa: F401
from operator_site import write

COUNT, ROWS, COLUMNS = 16, 2560, 3072
BYTES = 2 * ROWS * COLUMNS  # of an object: 15 MiB
HELD = (64 << 20) // BYTES
OTHER = corpus.uid('other')


@pytest.fixture
def site(make_site, store, place, request):
    """A study of large images, and one of a small one."""
    prefix, path = request.node.name, place / 'one.dcm'
    for i in range(COUNT):
        store.put(f'{prefix}/{i:02}.dcm', write(path, i, pixels=bytes(BYTES), rows=ROWS, columns=COLUMNS).read_bytes())
    store.put(f'{prefix}/other.dcm', corpus.header(OTHER, corpus.uid('other', 1), corpus.uid('other', 2), 1,
                                                   pixel_bytes=2) + b'\1\0')
    one = make_site('bounds', {'r': f's3://images/{prefix}'}, **store.settings('r'), helpers='1',
                    **{'deid.basic.key': place / 'key'})
    one.cli('deid', 'key', place / 'key', check=True)
    harness.give_to_web_user(place / 'key')
    index(one)
    yield one
    for i in range(COUNT):
        store.delete(f'{prefix}/{i:02}.dcm')


def settled(count):
    """The number when it has not changed for a second; less than the last one if the machine is slow."""
    seen, since = count(), time.monotonic()
    while time.monotonic() < since + 1:
        if count() != seen:
            seen, since = count(), time.monotonic()
        time.sleep(0.05)
    return seen


def ask(server, study):
    return server.get(f'/studies/{study}?deidentify=basic', accept=f'{ZIP};transfer-syntax=*')


def test_objects_of_waiting_jobs(site, store):
    """wadozip-dicom takes eight jobs, but no more objects are held than fit into 64 MiB."""
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    helpers = []
    try:
        assert ask(server, OTHER).status == 200, server.log()
        helpers = [p for p in harness.children(server.master()) if harness.command_of(p).endswith('wadozip-dicom')]
        assert len(helpers) == 1
        os.kill(helpers[0], signal.SIGSTOP)
        store.seen()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, server, STUDY)
            harness.wait_for('objects', lambda: len(set(keys(store.requests))) >= HELD or answer.done())
            held = settled(lambda: len(set(keys(store.requests))))
            os.kill(helpers[0], signal.SIGCONT)
            got = answer.result()
        assert (got.status, got.exit) == (200, 0), server.log()
        assert held == HELD
        assert len(set(keys(store.requests))) == COUNT
    finally:
        for helper in helpers:
            os.kill(helper, signal.SIGCONT)
        server.remove()
