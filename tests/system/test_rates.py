# SPDX-License-Identifier: MIT
"""How fast one may have it: bytes a second of a download. A slow machine only makes it slower."""
import time

import harness
import pytest
from downloads import STUDY, vault, vault_site  # noqa: F401

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
