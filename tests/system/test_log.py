# SPDX-License-Identifier: MIT
"""What a request's line in the log says of who asked, and the addresses that answers hold."""
import json
import re
from xml.etree import ElementTree

import harness
import pytest
from downloads import STUDY, in_time, vault, vault_site  # noqa: F401
from fcgi import answer, request
from servers import FRONT_ENDS

PUBLIC = 'https://images.example/pacs/dicom-web'


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, vault_site):  # noqa: F811
    server = harness.front_end(request.param, vault_site, workers=2).start()
    yield server
    server.remove()


def test_the_line_names_the_client(door):
    assert door.get(f'/studies/{STUDY}', '--interface', '127.0.0.9', accept='text/csv').status == 200
    assert door.get('/studies/1.2.3', '--interface', '127.0.0.8', accept='text/csv').status == 404
    assert in_time(5, lambda: re.search(r'GET study \S+ 200 \d+ bytes \d+ ms complete \[127\.0\.0\.9 -\]\n', door.log()))
    assert in_time(5, lambda: re.search(r'GET study 1\.2\.3 404 .* refused: not-found: .* \[127\.0\.0\.8 -\]\n', door.log()))


@pytest.mark.parametrize('user, shown', [('anna', 'anna'), ('an na]', 'an_na_'), ('x\u202egpj', 'x\\u202egpj'),
                                         ('u' * 200, 'u' * 60), ('a\nb', 'a?b')])
def test_the_line_names_the_user(vault_site, user, shown):
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    try:
        assert answer(server.pool.socket, request(REQUEST_METHOD='GET', REQUEST_URI=f'/studies/{STUDY}', REMOTE_USER=user,
                                                  REMOTE_ADDR='2001:db8::1', HTTP_ACCEPT='text/csv'))[1]
        assert in_time(5, lambda: f' complete [2001:db8::1 {shown}]\n' in server.log()), server.log()
    finally:
        server.remove()


def test_addresses_follow_public_url(vault_site):
    vault_site.write_config(public_url=PUBLIC)
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    vault_site.write_config(public_url=None)
    try:
        got = server.get(f'/studies/{STUDY}', accept='text/csv')
        assert got.headers['content-location'] == f'{PUBLIC}/studies/{STUDY}'
        got = server.get(f'/studies/{STUDY}/metadata', accept='*/*')
        assert got.headers['content-location'] == f'{PUBLIC}/studies/{STUDY}/metadata'
        assert {e['7FE00010']['BulkDataURI'].split('/studies/')[0] for e in json.loads(got.data)} == {PUBLIC}
        wadl = ElementTree.fromstring(server.get('/', accept='*/*', method='OPTIONS').data)
        assert wadl.find('{http://wadl.dev.java.net/2009/02}resources').get('base') == PUBLIC
        part = server.get(f'/studies/{STUDY}', '--range', '0-300', accept='multipart/related; type="application/dicom"')
        assert f'Content-Location: {PUBLIC}/studies/{STUDY}/series/'.encode() in part.data, part.data
    finally:
        server.remove()


def test_addresses_follow_a_trusted_proxy(vault_site):
    """The proxy's word for scheme, host, path and client; of anybody else it means nothing."""
    vault_site.write_config(trusted_proxies='192.0.2.0/24 127.0.0.7')
    server = harness.front_end('lighttpd-socket', vault_site, workers=1).start()
    vault_site.write_config(trusted_proxies=None)
    reported = {'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'images.example', 'X-Forwarded-Prefix': '/pacs',
            'X-Forwarded-For': '198.51.100.1, 203.0.113.9'}
    try:
        for address, base, path, client in (
                ('127.0.0.7', 'https://images.example/pacs/dicom-web', '/pacs/dicom-web', '203.0.113.9'),
                ('127.0.0.8', f'http://127.0.0.1:{server.port}/dicom-web', '/dicom-web', '127.0.0.8')):
            got = server.get(f'/studies/{STUDY}/metadata', '--interface', address, accept='*/*', headers=reported)
            assert got.headers['content-location'] == f'{path}/studies/{STUDY}/metadata'
            assert {e['7FE00010']['BulkDataURI'].split('/studies/')[0] for e in json.loads(got.data)} == {base}
            assert in_time(5, lambda: f' complete [{client} -]\n' in server.log()), server.log()  # noqa: B023
    finally:
        server.remove()
