# SPDX-License-Identifier: MIT
"""Object storage in Ceph's radosgw: what s3rver cannot show. `make test-radosgw`."""
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import harness
import pytest
from object_site import STUDY, index, mended, remote, store, tree  # noqa: F401
from operator_site import write

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


def test_keys_that_are_no_paths(make_site, store, tmp_path, request):
    """They are refused one by one; control characters, for which XML has no form, are part of a name."""
    folder, refused = request.node.name, ['a//b', '../c', './d', 'e/../f', 'g/./h']
    data = [write(tmp_path / f'{i}.dcm', i).read_bytes() for i in range(2)]
    for key, one in zip(['\x01\x1f\x7f.dcm', 'usual.dcm'], data):
        store.put(f'{folder}/{key}', one)
    for key in refused:
        store.put(f'{folder}/{key}', data[0])
    store.put(f'{folder}/empty/', b'')
    site = make_site('keys', {'r': f's3://images/{folder}'}, **store.settings('r'))
    result = site.index()
    assert result.code == 1 and '2 indexed' in result.out and f'{len(refused)} refused' in result.out, result
    for key in refused:
        assert f'refused: r:{key}: r:{key} is not a path beneath a root' in result.err
    assert site.zip(STUDY, tmp_path / 'zip', transfer_syntax='*', compression='none').code == 0
    assert all(one in (tmp_path / 'zip').read_bytes() for one in data)
    assert '2 unchanged' in site.index().out


def test_lists(store, request):
    """The parameters of ListObjectsV2 that the program relies on."""
    folder = request.node.name
    names = sorted(['a b', 'a+b', 'a-b', 'a/b', 'a/c', 'ab', 'aü', '_', '~', '\U0001f600'], key=str.encode)
    for name in names:
        store.put(f'{folder}/{name}', name.encode())

    def listed(**query):
        body = store.list(f'{folder}/', **query)
        return [unquote(k).removeprefix(f'{folder}/') for k in re.findall('<Key>(.*?)</Key>', body)], body
    assert listed()[0] == names  # in the order of bytes, of all shards of the index
    for i, name in enumerate(names):
        assert listed(**{'start-after': f'{folder}/{name}'})[0] == names[i + 1:]
    assert listed(**{'start-after': f'{folder}/a,'})[0] == names[names.index('a-b'):]  # no object has this key
    assert listed(**{'start-after': 'zz'})[0] == []
    found, token = [], None
    while token != '':
        some, body = listed(**{'max-keys': '3', **({'continuation-token': token} if token else {})})
        assert 1 <= len(some) <= 3
        found += some
        token = ''.join(re.findall('<NextContinuationToken>(.*?)</NextContinuationToken>', body))
    assert found == names
    assert '<Key>' not in listed(**{'max-keys': '0'})[1]


def test_a_bucket_in_the_name_of_the_host(make_site, store, tree, tmp_path, request):
    """Requests, also signed ones for keys with a plus sign, are for images.localhost."""
    store.put_tree(f'{request.node.name}/c++', tree)
    endpoint = store.endpoint.replace('127.0.0.1', 'localhost')
    site = make_site('host', {'r': f's3://images/{request.node.name}/c++'},
                     **store.settings('r', endpoint=endpoint, addressing='host'))
    store.seen()
    index(site)
    assert {r.headers['host'] for r in store.seen()} == {endpoint.replace('http://', 'images.')}
    assert site.zip(STUDY, tmp_path / 'zip').code == 0
