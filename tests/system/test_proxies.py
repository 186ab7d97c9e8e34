# SPDX-License-Identifier: MIT
"""nginx and HAProxy as reverse proxies before each web server: the main job, ranges, conditions, errors, broken answers."""
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from downloads import STUDY as VAULT
from downloads import at_work, vault, vault_site  # noqa: F401
from harness import PATIENCE
from hold import Hold
from proxies import PROXIES, proxy
from servers import FRONT_ENDS, front_end

ZIP = 'application/zip'


@pytest.fixture(scope='module', params=list(PROXIES))
def door(front, request):
    server = proxy(request.param, front.port).start()
    yield server
    server.remove()


def test_download_ranges_and_conditions(front, door, whole):
    path = f'/studies/{whole}'
    direct, answer = (server.get(path, accept=ZIP) for server in (front, door))
    assert (answer.exit, answer.status, answer.length) == (0, 200, len(direct.data)), (answer, door.log())
    assert answer.data == direct.data and answer.headers['etag'] == direct.headers['etag']
    tag = answer.headers['etag']
    part = door.get(path, accept=ZIP, headers={'Range': 'bytes=1000-1999', 'If-Range': tag})
    assert (part.status, part.data) == (206, direct.data[1000:2000]), part
    parts = door.get(path, accept=ZIP, headers={'Range': 'bytes=0-9,50-59'})
    assert (parts.exit, parts.status) == (0, 206) and parts.headers['content-type'].startswith('multipart/byteranges')
    assert door.get(path, accept=ZIP, headers={'If-None-Match': tag}).status == 304
    assert door.get(path, accept=ZIP, headers={'Range': f'bytes={len(direct.data)}-'}).status == 416
    head = door.get(path, accept=ZIP, method='HEAD')
    assert (head.status, head.length, head.headers['etag']) == (200, len(direct.data), tag)


def test_errors_are_the_services_own(front, door, whole):
    for path, accept, status in (('/studies/1.2.3', ZIP, 404), ('/studies/01.2', ZIP, 400), ('/studies/1/x', ZIP, 404),
                                 (f'/studies/{whole}', 'text/css', 406)):
        answer = door.get(path, accept=accept)
        assert answer.status == front.get(path, accept=accept).status == status, (path, answer)
        assert re.search(r'<code>[0-9a-f]{16}</code>', answer.text), answer.text
    assert door.get('/', accept='*/*', method='OPTIONS').status == 200


@pytest.mark.parametrize('kind', list(PROXIES))
@pytest.mark.parametrize('behind', list(FRONT_ENDS))
def test_a_killed_worker_is_noticed(kind, behind, vault, vault_site, request):  # noqa: F811
    server = front_end(behind, vault_site, workers=2)
    request.addfinalizer(server.remove)
    relay = Hold(server.start().port)
    request.addfinalizer(relay.close)
    door = proxy(kind, relay.port)
    request.addfinalizer(door.remove)
    door.start()
    with ThreadPoolExecutor() as pool:
        moment = relay.hold(1 << 20)
        answer = pool.submit(door.get, f'/studies/{VAULT}?compression=none', accept=ZIP)
        assert moment.reached.wait(PATIENCE), (door.log(), server.log())
        os.kill(at_work(server, vault)[0], signal.SIGKILL)
        moment.go.set()
        assert answer.result().status == 200 and answer.result().exit != 0, (answer.result(), door.log())
    again = door.get(f'/studies/{VAULT}', '--range', '0-99', accept=ZIP)
    assert (again.exit, again.status) == (0, 206), (again, door.log(), server.log())
