# SPDX-License-Identifier: MIT
"""The check of a study before it is sent from an object store: its list is read by two pages at the same time. Whatever becomes
of a page, the answer is honest before the status line."""
import re
import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import harness
import pytest
from object_site import STUDY, broken, get, index, logged, mended, start, store  # noqa: F401
from object_store import Fault
from operator_site import write

FILES = 910
CONTENTS = re.compile('<Contents>.*?</Contents>', re.S)


def key(i):
    return f'lists/s/{i:04}.dcm'


@pytest.fixture(scope='module')
def files():
    folder = harness.temporary('wzlists-')
    return [write(folder / f'{i}.dcm', i, pixels=bytes(500 + i)) for i in range(FILES)]


@pytest.fixture(scope='module')
def listed(pg, store, files):  # noqa: F811
    """A site with a folder of many small objects, indexed."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: store.put(key(i), files[i].read_bytes()), range(FILES)))
    site = harness.Site(pg, 'object_lists', {'r': 's3://images/lists'}, **store.settings('r')).migrate()
    index(site)
    yield site
    site.remove()


@pytest.fixture
def server(listed, store):  # noqa: F811
    one = start(listed, store)
    yield one
    one.remove()


@pytest.fixture
def hasty(listed):
    """A server that waits for a second."""
    listed.write_config(**{'s3.r.seconds': '1'})
    one = harness.front_end('lighttpd-socket', listed, workers=1).start()
    yield one
    one.remove()
    listed.write_config(**{'s3.r.seconds': None})


def is_page(request):
    """Whether it is for a page of the check: each begins after a key. The service lists when it starts, too."""
    return request.is_list and 'start-after' in request.query


def second(request):
    """Whether it is for the second page."""
    return is_page(request) and request.query['start-after'] > f'{key(FILES // 2)[:-5]}'


def whole(answer):
    return (answer.status, answer.exit) == (200, 0)


def count(requests):
    """Pages, looks, objects; those that are repeated count once."""
    different = {(r.method, r.is_list, r.key, r.query.get('start-after')) for r in requests if is_page(r) or not r.is_list}
    return tuple(sum(d[:2] == kind for d in different) for kind in (('GET', True), ('HEAD', False), ('GET', False)))


def test_both_pages_are_requested_at_once(server, store):  # noqa: F811
    """Neither is answered before the other is requested."""
    both = threading.Barrier(2)
    store.fault = lambda request: both.wait(harness.PATIENCE) and None if is_page(request) else None
    assert whole(get(server, STUDY)), server.log()
    assert count(store.seen()) == (2, 0, FILES)


def test_passing_faults_of_a_page_are_repaired(server, store):  # noqa: F811
    for fault in Fault(status=503), Fault(cut=2000):
        seen = []

        def once(request, fault=fault, seen=seen):
            if second(request):
                seen.append(request)
            return fault if second(request) and len(seen) == 1 else None
        store.fault = once
        assert whole(get(server, STUDY)), server.log()
        assert len(seen) >= 2, fault


@pytest.mark.parametrize('fault', [Fault(status=503), Fault(cut=2000), Fault(hold=threading.Event())],
                         ids=['refused', 'truncated', 'slow'])
def test_a_page_that_does_not_come(hasty, store, fault):  # noqa: F811
    """Temporary: the client is asked to come again."""
    store.fault = lambda request: fault if second(request) else None
    try:
        answer = get(hasty, STUDY)
    finally:
        if fault.hold:
            fault.hold.set()
    assert answer.status == 503 and answer.headers.get('retry-after'), hasty.log()
    logged(hasty, 'the object store does not deliver the list of objects')


def swapped(text):
    first, other = CONTENTS.findall(text)[10:12]
    return text.replace(first, '\0').replace(other, first).replace('\0', other)


@pytest.mark.parametrize('edit, says', [
    (swapped, 'it is not in order'),
    (lambda text: text[:len(text) // 2], 'no ListBucketResult'),
    (lambda _: '<html>try later</html>', 'no ListBucketResult'),
    (lambda text: re.sub('<Size>.*?</Size>', '', text), 'without a size')],
    ids=['order', 'half', 'page', 'sizes'])
def test_a_page_that_is_no_list(server, store, edit, says):  # noqa: F811
    store.fault = lambda request: Fault(edit=edit) if second(request) else None
    assert get(server, STUDY).status == 503
    logged(server, says)


def test_pages_that_lack_objects(server, store):  # noqa: F811
    """Those of a list that is late are looked at; more of them do not exist."""
    def without(few):
        return lambda text: text.replace(''.join(CONTENTS.findall(text)[100:100 + few]), '')
    store.fault = lambda request: Fault(edit=without(5)) if second(request) else None
    assert whole(get(server, STUDY)), server.log()
    assert count(store.seen()) == (2, 5, FILES)
    store.fault = lambda request: Fault(edit=without(50)) if second(request) else None
    assert get(server, STUDY).status == 500
    logged(server, 'does not exist in the object store')


def test_short_and_repeated_pages(server, store):  # noqa: F811
    """What a page has not reached is asked for again by others, or one by one."""
    store.fault = lambda request: Fault(page=100) if is_page(request) else None
    assert whole(get(server, STUDY)), server.log()
    assert count(store.seen()) == (10, 0, FILES)
    first, there = {}, threading.Event()

    def keep(text):
        first.setdefault('page', text)
        there.set()
        return text

    def repeated(request):
        if second(request):
            assert there.wait(harness.PATIENCE)
            return Fault(edit=lambda _: first['page'])
        return Fault(page=300, edit=keep) if is_page(request) else None
    store.fault = repeated
    assert whole(get(server, STUDY)), server.log()
    assert count(store.seen()) == (3, FILES // 2, FILES)


@pytest.mark.parametrize('number', [10, FILES - 10], ids=['listed', 'not yet listed'])
def test_an_object_that_goes_between_the_pages(server, store, files, number):  # noqa: F811
    first_is_read = threading.Event()

    def note(text):
        first_is_read.set()
        return text

    def fault(request):
        if second(request):
            assert first_is_read.wait(harness.PATIENCE)
            store.delete(key(number))
        return Fault(edit=note) if is_page(request) and not second(request) else None
    store.fault = fault
    try:
        answer = get(server, STUDY)
        assert answer.status == 500 if number > FILES // 2 else broken(answer)
        logged(server, 'does not exist in the object store')
    finally:
        store.mend()
        store.put(key(number), files[number].read_bytes())
    assert whole(get(server, STUDY)), server.log()


def test_an_object_that_changes_between_the_pages(server, store, files):  # noqa: F811
    both = threading.Barrier(2)

    def fault(request):
        if is_page(request) and both.wait(harness.PATIENCE) == 0:
            store.put(key(FILES - 7), files[0].read_bytes())
        return None
    store.fault = fault
    try:
        assert broken(get(server, STUDY))
        logged(server, key(FILES - 7).removeprefix('lists/'))
    finally:
        store.mend()
        store.put(key(FILES - 7), files[FILES - 7].read_bytes())


def test_weak_entity_tags_everywhere(server, store):  # noqa: F811
    """Of a gateway that compresses. If-Match compares strongly, so that no weak tag matches (RFC 9110 13.1.1)."""
    good = get(server, STUDY)
    assert whole(good), server.log()

    def weak(request):
        if request.is_list:
            return Fault(edit=lambda text: re.sub('<ETag>(.*?)</ETag>', r'<ETag>W/\1</ETag>', text))
        if 'if-match' in request.headers:
            return Fault(status=412, code='PreconditionFailed')
        return Fault(headers={'ETag': lambda tag: f'W/{tag}'})
    store.fault = weak
    store.seen()
    again = get(server, STUDY)
    assert whole(again) and again.data == good.data, server.log()
    refused = sum('if-match' in r.headers for r in store.seen())
    assert 0 < refused < FILES / 2
    assert whole(get(server, STUDY))
    assert not any('if-match' in r.headers for r in store.seen())


def test_a_store_that_refuses_every_request_as_changed(server, store):  # noqa: F811
    """Each object is requested once more, without a condition."""
    store.fault = lambda request: Fault(status=412, code='PreconditionFailed') if request.key.endswith('.dcm') else None
    assert broken(get(server, STUDY))
    logged(server, 'has changed in the object store')
    asked = Counter(request.key for request in store.seen())
    assert 2 <= asked[key(0)] < 5


def test_objects_of_the_bucket_itself(make_site, store, files):  # noqa: F811
    """Without a prefix, and with one of several folders: an empty value is signed, too."""
    names = [f'{folder}{i}+~.dcm' for folder in ('', 'ä/', 'ö ü/') for i in range(6)]
    for name, path in zip(names, files):
        store.put(name, path.read_bytes())
    site = make_site('bucket', {'r': 's3://images'}, **store.settings('r'))
    assert site.index(*(f's3://images/{name}' for name in names)).code == 0
    one = start(site, store)
    try:
        assert whole(get(one, STUDY)), one.log()
        assert count(store.seen()) == (1, 0, len(names))
    finally:
        one.remove()


def test_a_study_in_a_folder_and_in_a_store(make_site, store, files, place):  # noqa: F811
    """Files are looked at while rows arrive, objects afterwards, all before the status line."""
    root = place / 'root'
    for path in files[:10]:
        shutil.copy(path, root)
    for i in range(10, 30):
        store.put(f'mixed/{i}.dcm', files[i].read_bytes())
    site = make_site('mixed', {'f': root, 'r': 's3://images/mixed'}, **store.settings('r'))
    index(site)
    one = harness.front_end('lighttpd-socket', site, workers=1).start()
    try:
        assert whole(get(one, STUDY)), one.log()
        (root / '3.dcm').unlink()
        assert get(one, STUDY).status == 500
        logged(one, 'f:3.dcm')
        store.delete('mixed/20.dcm')
        assert get(one, STUDY).status == 500
        logged(one, '2 of 30 files are not as')
        shutil.copy(files[3], root)
        assert get(one, STUDY).status == 500
        logged(one, 'r:20.dcm does not exist')
        store.put('mixed/20.dcm', files[20].read_bytes())
        assert whole(get(one, STUDY)), one.log()
    finally:
        one.remove()
