# SPDX-License-Identifier: MIT
"""Metadata compressed on its way: gzip for clients that take it, with a length and an entity tag of its own."""
import gzip
import re

import harness
import pytest
from client import raw
from servers import FRONT_ENDS

JSON, XML = 'application/dicom+json', 'multipart/related; type="application/dicom+xml"'
GZIP = ('Accept-Encoding', 'gzip, deflate, br')


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, site):
    server = harness.front_end(request.param, site, workers=2).start()
    yield server
    server.remove()


@pytest.fixture(scope='module')
def path(whole):
    return f'/dicom-web/studies/{whole}/metadata'


def ask(door, path, accept, *more, method='GET'):
    return raw(door.port, path, [('Accept', accept), *more], method=method)


@pytest.mark.parametrize('accept', [JSON, XML, 'application/json'])
def test_both_ways_hold_the_same(door, path, accept):
    plain, packed = ask(door, path, accept), ask(door, path, accept, GZIP)
    assert plain.status == packed.status == 200
    assert 'content-encoding' not in plain.headers and packed.headers['content-encoding'] == 'gzip'
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2
    assert packed.headers['content-type'] == plain.headers['content-type']
    for answer in plain, packed:
        assert int(answer.headers['content-length']) == len(answer.body)
        assert 'accept-encoding' in re.search(r'(?im)^vary: *(.*)$', answer.head)[1].lower()
    assert packed.headers['etag'] != plain.headers['etag'] and packed.headers['etag'].startswith('"')
    again = ask(door, path, accept, GZIP)
    assert (again.body, again.headers['etag']) == (packed.body, packed.headers['etag'])
    head = ask(door, path, accept, GZIP, method='HEAD')
    for name in 'content-length', 'content-encoding', 'etag', 'content-type':
        assert head.headers[name] == packed.headers[name], name


def test_conditions_and_ranges(door, path):
    """Each has its own tag; a range is one of the bytes that are sent."""
    plain, packed = ask(door, path, JSON), ask(door, path, JSON, GZIP)
    mine, other = packed.headers['etag'], plain.headers['etag']
    for tag, more, status in ((mine, [GZIP], 304), (other, [GZIP], 200), (other, [], 304), (f'W/{mine}', [GZIP], 304)):
        answer = ask(door, path, JSON, ('If-None-Match', tag), *more)
        assert answer.status == status, (tag, answer)
        assert 'accept-encoding' in re.search(r'(?im)^vary: *(.*)$', answer.head)[1].lower()
    part = ask(door, path, JSON, GZIP, ('Range', 'bytes=10-99'), ('If-Range', mine))
    assert (part.status, part.body, part.headers['content-encoding']) == (206, packed.body[10:100], 'gzip')
    whole = ask(door, path, JSON, GZIP, ('Range', 'bytes=10-99'), ('If-Range', other))
    assert (whole.status, whole.body) == (200, packed.body)


@pytest.mark.parametrize('field', ['identity', 'gzip;q=0', 'br', 'gzip;q=0.1, identity'])
def test_nobody_gets_what_he_does_not_take(door, path, field):
    assert 'content-encoding' not in ask(door, path, JSON, ('Accept-Encoding', field)).headers


def test_archives_and_tables_are_left_alone(door, path):
    for accept in 'application/zip', 'text/csv', 'multipart/related':
        answer = ask(door, path.removesuffix('/metadata'), accept, GZIP, method='HEAD')
        assert answer.status == 200 and 'content-encoding' not in answer.headers
        assert 'accept-encoding' not in answer.head.lower()
    zipped = ask(door, path, 'application/zip', GZIP, method='HEAD')
    assert zipped.status == 200 and 'content-encoding' not in zipped.headers
