# SPDX-License-Identifier: MIT
"""Object storage in Ceph's radosgw: what s3rver cannot show. `make test-radosgw`."""
from concurrent.futures import ThreadPoolExecutor

import harness
import pytest
from object_site import index, mended, remote, store, tree  # noqa: F401

LIMIT = 'rgw_max_concurrent_requests'


@pytest.fixture
def limited(store):
    """radosgw refuses more than two requests at a time, with 503 SlowDown."""
    store.back.configure(LIMIT, 2)
    yield store
    store.back.configure(LIMIT, 1024)


def test_a_store_that_is_busy(remote, limited):
    """Two downloads that nobody reads keep it so until a request has been refused."""
    big = f'{remote.prefix}/big.dcm'
    with ThreadPoolExecutor(1) as pool:
        with limited.ask('GET', big) as first, limited.ask('GET', big) as second:
            assert (first.status, second.status) == (200, 200)
            indexing = pool.submit(index, remote)
            harness.wait_for('a refusal', lambda: 503 in {r.status for r in limited.requests})
        assert '13 indexed' in indexing.result().out
