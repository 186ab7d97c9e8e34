# SPDX-License-Identifier: MIT
"""A root in object storage: the same archives as from a folder, and every fault between us and the store is noticed."""
import email.utils
import hashlib
import os
import threading
import time

import corpus
import harness
import pytest
from object_site import (BIG, FILES, FRAME, STUDY, ZIP, broken, get, index, keys, logged, mended, remote,  # noqa: F401
                         served, store, tree)
from object_store import KEY, Fault
from operator_site import write


def archive(site, what, tmp_path, **options):
    out = tmp_path / f'{site.name[:2]}.zip'
    result = site.zip(what, out, **options)
    assert result.code == 0, result
    data = out.read_bytes()
    out.unlink()
    return hashlib.sha256(data).hexdigest(), len(data)


def test_same_archives_as_from_a_folder(remote, make_site, tree, store, tmp_path):
    folder = make_site('folder', {'r': tree})
    index(folder)
    index(remote)
    assert sorted(set(keys(store.seen()))) == sorted([f'{i}+(x).dcm' for i in range(FILES)] + ['big.dcm'])
    for what in STUDY, BIG:
        for options in {'transfer_syntax': '*', 'compression': 'none'}, {'transfer_syntax': '*'}, {}, {'dicomdir': True}:
            assert archive(folder, what, tmp_path, **options) == archive(remote, what, tmp_path, **options), options


def test_index_reads_only_what_is_new(remote, store):
    index(remote)
    store.seen()
    index(remote)
    assert not keys(store.seen())
    write(path := harness.temporary() / 'x.dcm', 100)
    store.put(f'{remote.prefix}/new/ü&<.dcm', path.read_bytes())
    assert '1 indexed' in index(remote).out
    assert keys(store.seen()) == ['ü&<.dcm']


def test_prune_and_verify(remote, store):
    index(remote)
    assert remote.cli('verify').code == 0
    store.delete(f'{remote.prefix}/a b/1+(x).dcm')
    verified = remote.cli('verify', remote.roots['r'])
    assert verified.code == 1 and 'missing: r:a b/1+(x).dcm' in verified.out + verified.err, verified
    assert remote.index(prune=True).code == 0
    assert remote.count(STUDY) == FILES - 1
    assert remote.cli('doctor').out.count('bad') == 0


def test_a_long_list_that_changes_between_its_pages(remote, store):
    """Pages of two objects; one that is already listed goes, another comes meanwhile."""
    lists = []

    def pages(request):
        if request.is_list:
            lists.append(request)
            if len(lists) == 5:
                store.delete(f'{remote.prefix}/a b/0+(x).dcm')
                write(path := harness.temporary() / 'x.dcm', 100)
                store.put(f'{remote.prefix}/z.dcm', path.read_bytes())
        return Fault(page=2) if request.is_list else None
    store.fault = pages
    first = remote.index()
    assert len(lists) > 6
    assert first.code == 1 and 'does not exist' in first.err, first
    store.mend()
    assert remote.index(prune=True).code == 0
    assert remote.count(STUDY) == FILES


def test_downloads_through_passing_faults(served, store):
    _, server = served
    good = get(server, STUDY)
    assert (good.status, good.exit) == (200, 0), server.log()
    for fault in Fault(status=503), Fault(status=500), Fault(cut=0), Fault(cut=2000), Fault(status=429):
        seen = {}

        def once(request, fault=fault, seen=seen):
            seen[request.key] = seen.get(request.key, 0) + 1
            return fault if seen[request.key] == 1 else None
        store.fault = once
        again = get(server, STUDY)
        assert (again.status, again.exit, again.data) == (200, 0, good.data), (fault, server.log()[-2000:])
        assert max(seen.values()) > 1


@pytest.mark.parametrize('check', ['list', 'head'])
def test_changed_and_missing_objects_are_refused(remote, store, check):
    remote.write_config(**{'s3.r.check': check})
    index(remote)
    server = harness.front_end('lighttpd-socket', remote, workers=1).start()
    try:
        key = f'{remote.prefix}/a b/5+(x).dcm'
        write(path := harness.temporary() / 'x.dcm', 5, pixels=b'7' * 5006)
        store.put(key, path.read_bytes())
        assert get(server, STUDY).status == 500
        logged(server, 'other content than recorded')
        store.delete(key)
        assert get(server, STUDY).status == 500
        logged(server, 'does not exist')
    finally:
        server.remove()


def test_trust_notices_while_sending(remote, store):
    remote.write_config(**{'s3.r.check': 'trust'})
    index(remote)
    server = harness.front_end('lighttpd-socket', remote, workers=1).start()
    try:
        good = get(server, STUDY)
        assert (good.status, good.exit) == (200, 0), server.log()
        asked = store.seen()
        assert len([r for r in asked if not r.is_list and r.method == 'GET']) >= FILES
        store.seen()
        get(server, STUDY)
        asked = store.seen()
        assert {r.method for r in asked} == {'GET'} and not any('start-after' in r.query for r in asked)
        write(path := harness.temporary() / 'x.dcm', 5, pixels=b'7' * 5006)
        store.put(f'{remote.prefix}/a b/5+(x).dcm', path.read_bytes())
        assert broken(get(server, STUDY))
        logged(server, 'has changed in the object store')
        store.delete(f'{remote.prefix}/a b/5+(x).dcm')
        assert broken(get(server, STUDY))
    finally:
        server.remove()


def test_wrong_bytes_break_off(served, store):
    _, server = served
    store.fault = lambda r: Fault(flip=True) if r.key.endswith('/4+(x).dcm') else None
    assert broken(get(server, STUDY))
    store.fault = lambda r: Fault(flip=True) if r.range and r.range[0] else None
    late = get(server, BIG)
    assert late.status == 200 and late.exit != 0
    logged(server, 'has CRC-32', 2)


def test_a_store_that_is_too_slow(remote, store):
    """An answer is refused if the store does not answer before the status line, and breaks off later."""
    index(remote)
    remote.write_config(**{'s3.r.seconds': '1'})
    server = harness.front_end('lighttpd-socket', remote, workers=1).start()
    release = threading.Event()
    try:
        store.fault = lambda r: Fault(hold=release) if r.is_list else None
        assert get(server, STUDY).status == 503
        store.fault = lambda r: Fault(hold=release) if r.range and r.range[0] else None
        late = get(server, BIG)
        assert late.status == 200 and late.exit != 0, server.log()
        release.set()
        store.mend()
        assert get(server, STUDY).exit == 0
    finally:
        release.set()
        server.remove()


@pytest.mark.parametrize('other', [lambda tag: f'W/{tag}', lambda tag: tag.strip('"')], ids=['weak', 'bare'])
def test_entity_tags_in_other_forms(served, store, other):
    """Of the objects; the lists have the usual one."""
    _, server = served
    good = get(server, STUDY)
    store.fault = lambda _: Fault(headers={'ETag': other})
    again = get(server, STUDY)
    assert (again.status, again.exit, again.data) == (200, 0, good.data), server.log()[-2000:]


@pytest.mark.parametrize('other', [None, '""', '"' + 'x' * 300 + '"'], ids=['missing', 'empty', 'long'])
def test_entity_tags_that_say_nothing(served, store, other):
    """An object that cannot be compared with the record is not sent."""
    _, server = served
    store.fault = lambda _: Fault(headers={'ETag': other})
    assert broken(get(server, STUDY))
    logged(server, 'has changed in the object store')


def hour_later(_):
    return email.utils.formatdate(time.time() + 3600, usegmt=True)


@pytest.mark.parametrize('fault, says', [
    (Fault(status=301, code='PermanentRedirect', headers={'x-amz-bucket-region': 'eu-west-1'}),
     'in region eu-west-1: set s3.r.region, which is us-east-1'),
    (Fault(status=400, code='AuthorizationHeaderMalformed', detail='<Region>eu-central-1</Region>'),
     'in region eu-central-1: set s3.r.region, which is us-east-1'),
    (Fault(status=307, code='TemporaryRedirect', headers={'Location': 'http://192.0.2.1/images/x'}),
     'to http://192.0.2.1/images/x: set s3.r.endpoint'),
    (Fault(status=403, code='RequestTimeTooSkewed', headers={'Date': hour_later}), 'its clock is 3'),
    (Fault(status=403, code='AccessDenied'), 'status 403 AccessDenied: check s3.r.credentials')],
    ids=['region', 'region-in-body', 'endpoint', 'clock', 'rights'])
def test_refusals_that_name_the_setting(remote, store, fault, says):
    """No attempt changes them, and no redirect is followed: the signature is for one host."""
    store.fault = lambda _: fault
    result = remote.index()
    assert result.code == 2 and says in result.err, result
    assert len(store.seen()) == 1
    store.mend()
    index(remote)
    store.fault = lambda _: fault
    server = harness.front_end('lighttpd-socket', remote, workers=1).start()
    try:
        assert get(server, STUDY).status == 500
        logged(server, says)
    finally:
        server.remove()


def test_a_range_reads_only_what_it_touches(served, store):
    _, server = served
    store.seen()
    whole = get(server, BIG)
    assert whole.status == 200 and len(whole.data) > 20 << 20, server.log()
    parts = [r.range for r in store.seen() if r.range]
    assert len(parts) == 3 and max(b - a + 1 for a, b in parts) <= 8 << 20
    middle = get(server, BIG, '--range', f'{10 << 20}-{(10 << 20) + 99}')
    assert middle.data == whole.data[10 << 20:(10 << 20) + 100]
    asked = [r for r in store.seen() if r.method == 'GET' and not r.is_list]
    assert len(asked) == 1 and asked[0].range[1] - asked[0].range[0] < 128 << 10
    assert asked[0].headers.get('if-match')
    study = get(server, STUDY)
    store.seen()
    part = get(server, STUDY, '--range', '0-2000')
    assert part.data == study.data[:2001]
    assert len(keys(store.seen())) == 1


def test_the_credentials_are_checked(make_site, store, tmp_path):
    wrong = tmp_path / 'wrong'
    wrong.write_text('[default]\naws_access_key_id = S3RVER\naws_secret_access_key = nonsense\n')
    wrong.chmod(0o600)
    site = make_site('wrong', {'r': 's3://images/x'}, **store.settings('r', credentials=wrong))
    result = site.index()
    assert result.code == 2 and 'SignatureDoesNotMatch' in result.err, result
    assert 'nonsense' not in site.cli('settings').out
    wrong.chmod(0o604)
    assert 'everybody may read' in site.index().err
    for name in 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY':
        assert name in site.cli('index', env={'WADOZIP_S3_R_CREDENTIALS': 'environment'}).err
    given = {'WADOZIP_S3_R_CREDENTIALS': 'environment', 'AWS_ACCESS_KEY_ID': 'S3RVER', 'AWS_SECRET_ACCESS_KEY': 'S3RVER'}
    store.put('x/none.txt', b'no DICOM')
    assert site.cli('index', env=given).code == 0


@pytest.fixture
def rotated(store):
    """A store whose keys may change."""
    yield store
    store.secret = KEY
    store.write_credentials()


def test_rotated_credentials_need_no_restart(served, rotated):
    """The file is read again before a request, and after one that was refused meanwhile; a bad file changes nothing."""
    _, server = served
    assert get(server, STUDY).status == 200
    rotated.secret = 'rotated'
    assert get(server, STUDY).status == 500
    rotated.write_credentials()
    assert get(server, STUDY).status == 200
    rotated.write_credentials('nothing of use')
    assert get(server, STUDY).status == 200
    logged(server, 'the previous credentials stay: s3.r.credentials: there is no AWS_ACCESS_KEY_ID')

    def rotate(request):
        if request.is_list:
            return None
        rotated.mend()
        rotated.secret = 'once more'
        rotated.write_credentials()
        return Fault(status=403)
    rotated.fault = rotate
    assert get(server, STUDY).status == 200


def test_other_resources(served, store):
    remote, server = served
    series, instance = remote.sql("SELECT s.uid, i.uid FROM wadozip.series s JOIN wadozip.instance i ON i.series_id = s.id"
                                  f" WHERE i.path = 'big.dcm'")[0]
    base = f'/studies/{BIG}/series/{series}/instances/{instance}'
    frame = server.get(f'{base}/frames/3', accept='multipart/related; type="application/octet-stream"')
    assert frame.status == 200, server.log()
    assert hashlib.shake_128(bytes([2])).digest(FRAME) in frame.body.read_bytes()
    assert server.get(f'/studies/{STUDY}/metadata', accept='application/dicom+json').status == 200
    assert server.get(f'/studies/{corpus.uid("nowhere")}', accept=ZIP).status == 404
    assert 'bad' not in remote.cli('doctor').out
