# SPDX-License-Identifier: MIT
"""Keys, buckets and entity tags that an object store has and a folder has not."""
import harness
import pytest
from object_site import BIG, STUDY, broken, get, index, logged, mended, store, tree  # noqa: F401
from object_store import Fault
from operator_site import write

NAMES = ['plus+plus', 'a b', '%41%2B%', 'ü', 'u\u0308', '&<>"\'', '#?', '~!*()', '$,;=@:', '...', '.hidden', '_x', 'a\\b',
         'tab\tx', 'line\nx', '\U0001f600', 'x' * 200]
PART = 5 << 20  # the smallest that the interface allows


@pytest.fixture
def odd(make_site, store, tmp_path, request):
    """The same study in a folder and in a bucket; each name is one of a file, of its folder and of the prefix."""
    prefix = f'{request.node.name}/{"".join(NAMES[:6])}'
    for i, name in enumerate(NAMES):
        write(tmp_path / 'root' / name / f'{name}.dcm', i, pixels=bytes(200 + i))
    store.put_tree(prefix, tmp_path / 'root')
    return make_site('folder', {'r': tmp_path / 'root'}), make_site('keys', {'r': f's3://images/{prefix}'},
                                                                  **store.settings('r'))


def test_names_of_every_kind(odd, tmp_path):
    """Signed, listed, requested, recorded and found again."""
    data = []
    for site in odd:
        index(site)
        assert site.zip(STUDY, tmp_path / site.name).code == 0
        data.append((tmp_path / site.name).read_bytes())
        again = index(site)
        assert f'{len(NAMES)} unchanged' in again.out, again
        assert site.cli('verify').code == 0
    assert data[0] == data[1]


@pytest.fixture
def parts(make_site, store, tree, request):
    """A site with the large file as an object that was uploaded in parts; a function that replaces it; its entity tag."""
    key = f'{request.node.name}/big.dcm'
    data = (tree / 'big.dcm').read_bytes()

    def put(data):
        store.put_parts(key, [data[i:i + PART] for i in range(0, len(data), PART)])
    put(data)
    site = make_site('parts', {'r': f's3://images/{request.node.name}'}, **store.settings('r'))
    index(site)
    server = harness.front_end('lighttpd-socket', site, workers=1).start()
    yield server, data, put, store.etag(key)
    server.remove()


def test_an_object_of_several_parts(parts, store):
    """Its entity tag is no checksum of its bytes."""
    server, data, put, etag = parts
    assert not store.back.verifies or etag.endswith(f'-{-(-len(data) // PART)}"')
    store.seen()
    whole = get(server, BIG)
    assert (whole.exit, whole.status) == (0, 200) and data in whole.data, server.log()
    assert {r.headers['if-match'] for r in store.seen() if r.range} == {etag}
    assert get(server, BIG, '--range', '9000000-9000099').data == whole.data[9000000:9000100]
    put(data[:-1] + b'?')
    assert broken(get(server, BIG))
    logged(server, 'other content than recorded')


def test_a_bucket_that_does_not_exist(make_site, store):
    site = make_site('bucket', {'r': 's3://no-such-bucket/x'}, **store.settings('r'))
    says = 'the object store has no bucket no-such-bucket: correct root.r'
    result = site.index()
    assert result.code == 2 and says in result.err, result
    assert says in site.cli('doctor').out


def test_an_object_that_is_archived(make_site, store, tmp_path, request):
    """Amazon's Glacier lists objects that it does not deliver; the others are indexed and sent."""
    for i in range(2):
        store.put(f'{request.node.name}/{i}.dcm', write(tmp_path / f'{i}.dcm', i).read_bytes())
    site = make_site('archived', {'r': f's3://images/{request.node.name}'}, **store.settings('r'))
    store.fault = lambda r: Fault(status=403, code='InvalidObjectState') if r.key.endswith('/0.dcm') else None
    says = '0.dcm is archived by the object store (InvalidObjectState): restore it there'
    result = site.index()
    assert result.code == 1 and '1 indexed' in result.out and says in result.err, result
    assert site.zip(STUDY, tmp_path / 'zip').code == 0
