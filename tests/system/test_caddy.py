# SPDX-License-Identifier: MIT
"""What is Caddy's own: every version of HTTP, broken answers over each, users. The rest is where all FRONT_ENDS are tried."""
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from downloads import STUDY as VAULT
from downloads import at_work, vault, vault_site  # noqa: F401
from servers import Caddy

ZIP = 'application/zip'
VERSIONS = ['--http1.0', '--http1.1', '--http2-prior-knowledge']


@pytest.fixture(scope='module')
def door(vault_site):  # noqa: F811
    server = Caddy(vault_site)
    yield server.start()
    server.remove()


@pytest.mark.parametrize('http', VERSIONS)
def test_download_ranges_and_errors(door, http):
    path = f'/studies/{VAULT}'
    answer = door.get(path, accept=ZIP, http=http)
    assert (answer.exit, answer.status) == (0, 200) and answer.data.startswith(b'PK\3\4'), (answer, door.log())
    # Over HTTP/2 Caddy 2.6 does not always pass it on.
    assert answer.length == len(answer.data) or (http == VERSIONS[2] and answer.length is None), answer
    part = door.get(path, accept=ZIP, http=http, headers={'Range': 'bytes=10-99', 'If-Range': answer.headers['etag']})
    assert (part.status, part.data) == (206, answer.data[10:100])
    assert door.get(path, accept=ZIP, http=http, method='HEAD').status == 200
    assert door.get(path, accept=ZIP, http=http, headers={'If-None-Match': answer.headers['etag']}).status == 304
    assert door.get('/studies/1.2.3', accept=ZIP, http=http).status == 404
    assert door.get('/', accept='*/*', http=http, method='OPTIONS').status == 200


@pytest.mark.parametrize('http', VERSIONS)
def test_a_killed_worker_is_noticed(door, vault, http):  # noqa: F811
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(door.get, f'/studies/{VAULT}?compression=none', '--limit-rate', '20M', accept=ZIP, http=http)
        os.kill(at_work(door, vault)[0], signal.SIGKILL)
        assert answer.result().status in (0, 200, 502) and (answer.result().exit or answer.result().status == 502)


def test_users_are_those_that_caddy_has_checked(vault_site, request):  # noqa: F811
    vault_site.write_config(access='user')
    request.addfinalizer(lambda: vault_site.write_config(access='all'))
    server = Caddy(vault_site)
    request.addfinalizer(server.remove)
    server.start()
    for headers in ({}, {'Authorization': 'Basic YW5uYTp4'}, {'Remote-User': 'anna'}, {'REMOTE_USER': 'anna'}):
        assert server.get(f'/studies/{VAULT}', accept=ZIP, headers=headers).status == 401
