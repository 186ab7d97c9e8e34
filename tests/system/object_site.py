# SPDX-License-Identifier: MIT
"""A site whose root is a prefix of an object store, for tests: its study, its fixtures, what to ask and to look at."""
import hashlib
import os

import harness
import pytest
from corpus import MULTIFRAME_WORD, header, uid
from object_store import ObjectStore
from operator_site import write

ZIP = 'application/zip'
BIG, BIG_FRAMES, FRAME = uid('big'), 40, 512 * 512 * 2  # an object of 20 MiB: three parts
STUDY = uid('study')
FILES = 12


@pytest.fixture(scope='module')
def store():
    one = ObjectStore().start()
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def mended(store):
    yield
    store.mend()
    store.delay = 0


def fill(folder):
    """A study as stored and with members that are converted, in two folders; and one large file."""
    for i in range(FILES):
        write(folder / 'a b' / f'{i}+(x).dcm', i, pixels=os.urandom(5000 + i) + b'\0' * (i & 1),
              **({'syntax': '1.2.840.10008.1.2'} if i % 3 == 0 else {}))
    with open(folder / 'big.dcm', 'wb') as f:
        f.write(header(BIG, uid('big', 1), uid('big', 2), 1, sop_class=MULTIFRAME_WORD, rows=512, columns=512,
                       frames=BIG_FRAMES, pixel_bytes=BIG_FRAMES * FRAME))
        for i in range(BIG_FRAMES):
            f.write(hashlib.shake_128(bytes([i])).digest(FRAME))
    return folder


@pytest.fixture(scope='module')
def tree():
    folder = fill(harness.temporary('wztree-'))
    yield folder


@pytest.fixture
def remote(make_site, store, tree, request):
    """A site with these files in the object store, which the tests index."""
    prefix = f'{request.node.name}/hospital 1'
    store.put_tree(prefix, tree)
    site = make_site('remote', {'r': f's3://images/{prefix}'}, **store.settings('r'))
    site.prefix = prefix
    store.seen()
    return site


def index(site):
    result = site.index()
    assert result.code == 0, result
    return result


@pytest.fixture
def served(remote):
    """The remote site, indexed, behind lighttpd."""
    index(remote)
    server = harness.front_end('lighttpd-socket', remote, workers=2).start()
    yield remote, server
    server.remove()


def get(server, study, *options, query='?compression=none'):
    return server.get(f'/studies/{study}{query}', *options, accept=f'{ZIP};transfer-syntax=*')


def broken(answer):
    """Refused, or broken off: what fits in a buffer has no status line before it is complete."""
    return answer.status == 500 or (answer.status == 200 and answer.exit != 0)


def logged(server, text, count=1):
    """A line is written after the last byte of its response."""
    harness.wait_for(text, lambda: server.log().count(text) >= count)


def keys(requests):
    return [r.key.rsplit('/', 1)[-1] for r in requests if r.method == 'GET' and not r.is_list]


def start(site, store):
    """A server that has looked at its roots, so that the requests that follow are those of the test."""
    store.seen()
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    harness.wait_for('the check', lambda: any(r.is_list and r.status for r in store.requests))
    store.seen()
    return server
