# SPDX-License-Identifier: MIT
"""How fast one may have it: bytes a second of a download, requests a minute. A slow machine only makes it slower."""
import time

import harness
import pytest
from downloads import STUDY, vault, vault_site  # noqa: F401
from fcgi import answer, request

ZIP = 'application/zip'
RATE, BYTES = 512 << 10, 1 << 20
PIECE = RATE // 10  # the last one is followed by no pause


@pytest.fixture(scope='module', params=['lighttpd-spawned', 'apache-proxy', 'nginx'])
def door(request, vault_site):  # noqa: F811
    """With lighttpd the setting that would hand files over to it."""
    sendfile = 'lighttpd' if request.param == 'lighttpd-spawned' else 'none'
    vault_site.write_config(max_rate=RATE, sendfile=sendfile)
    server = harness.front_end(request.param, vault_site, workers=3).start()
    yield server
    server.remove()
    vault_site.write_config(max_rate=0, sendfile='none')


def timed(door, *args, **options):
    began = time.monotonic()
    answer = door.get(f'/studies/{STUDY}?compression=none', *args, accept=ZIP, **options)
    return answer, time.monotonic() - began


def test_a_download_is_not_faster(door, vault_site):  # noqa: F811
    answer, seconds = timed(door, '--range', f'1000-{BYTES + 999}')
    assert (answer.exit, answer.status, answer.length) == (0, 206, BYTES)
    assert seconds >= (BYTES - PIECE) / RATE
    vault_site.write_config(max_rate=0)
    free = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    try:
        assert free.get(f'/studies/{STUDY}?compression=none', '--range', f'1000-{BYTES + 999}', accept=ZIP).data == answer.data
    finally:
        free.remove()
        vault_site.write_config(max_rate=RATE)


def test_parts_of_a_multipart_range_too(door):
    half = BYTES // 2
    answer, seconds = timed(door, '--range', f'0-{half - 1},{2 * half}-{3 * half - 1}')
    assert answer.status == 206 and answer.headers['content-type'].startswith('multipart/byteranges')
    assert answer.length > BYTES and seconds >= (BYTES - PIECE) / RATE


def test_what_has_no_body_of_instances_is_answered(door):
    assert door.get(f'/studies/{STUDY}?compression=none', accept=ZIP, method='HEAD').status == 200
    assert door.get(f'/studies/{STUDY}', accept='text/csv').status == 200


@pytest.fixture(params=['lighttpd-socket', 'apache-fcgid', 'nginx'])
def counted(request, vault_site):  # noqa: F811
    """Three requests an address, two a user. With mod_fcgid the workers count in a file."""
    vault_site.write_config(max_requests_per_client=3, max_requests_per_user=2, trusted_proxies='127.0.0.7')
    server = harness.front_end(request.param, vault_site, workers=3).start()
    yield server
    server.remove()
    vault_site.write_config(max_requests_per_client=0, max_requests_per_user=0, trusted_proxies='none')


def ask(door, address='127.0.0.1', **options):
    return door.get(f'/studies/{STUDY}', '--interface', address, **{'accept': 'text/csv', **options})


def let_in(door, most, address='127.0.0.1', **options):
    """How many of so many requests were answered in a row; while they run a token or two may come back."""
    return sum(ask(door, address, **options).status == 200 for _ in range(most))


def test_requests_of_an_address(counted):
    began = time.monotonic()
    answered = let_in(counted, 8)
    back = int((time.monotonic() - began) * 3 / 60) + 1
    assert 3 <= answered <= 3 + back
    refused = [ask(counted, method=method) for method in (None, 'HEAD')]
    if time.monotonic() - began < 15:  # no token can have come back, on a machine that is not slow
        assert [r.status for r in refused] == [429, 429] and b'<h1>' not in refused[1].data
        assert 1 <= int(refused[0].headers['retry-after']) <= 20
        assert 'your address has made 3 requests' in refused[0].text
    assert ask(counted, method='OPTIONS', accept='application/json').status == 200
    assert ask(counted, '127.0.0.2').status == 200


def test_addresses_before_a_proxy(counted):
    """Only a proxy that is trusted names others."""
    for n in range(6):
        assert ask(counted, '127.0.0.7', headers={'X-Forwarded-For': f'10.0.0.{n}'}).status == 200
    began = time.monotonic()
    answered = sum(ask(counted, '127.0.0.8', headers={'X-Forwarded-For': f'10.0.0.{n}'}).status == 200 for n in range(8))
    assert answered <= 3 + int((time.monotonic() - began) * 3 / 60) + 1


def test_requests_of_a_user(vault_site):  # noqa: F811
    """From wherever."""
    vault_site.write_config(max_requests_per_user=2)
    pool = harness.Pool(vault_site, workers=3).start()

    def status(user, address, uri=f'/studies/{STUDY}'):
        text = answer(pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=uri, HTTP_ACCEPT='text/csv',
                                           REMOTE_USER=user, REMOTE_ADDR=address))[0]
        return int(text.split(b'Status: ')[1][:3])
    try:
        began = time.monotonic()
        seen = [status('ann', f'10.0.0.{n}') for n in range(6)]
        assert seen[:2] == [200, 200] and seen.count(200) <= 3 + int((time.monotonic() - began) / 30)
        assert {status('bob', '10.0.0.1'), status('', '10.0.0.1')} == {200}
        assert {status('ann', '127.0.0.1', uri) for uri in ('/health', '/metrics') * 3} == {200}
    finally:
        pool.remove()
        vault_site.write_config(max_requests_per_user=0)
