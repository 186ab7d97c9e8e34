# SPDX-License-Identifier: MIT
"""What tests of collections share: creation by the command, requests, members of archives."""
import io
import zipfile

import fcgi
import pydicom
from client import Raw, raw

ZIP = 'application/zip'


def create(site, text, *options):
    path = site.folder / 'list'
    path.write_text(text, encoding='utf-8')
    return site.cli('collection', *options, 'create', path, check=True).out.strip()


def ask(server, path, accept=ZIP, method='GET', **headers):
    return raw(server.port, f'/dicom-web{path}', [('Accept', accept)] * bool(accept) + list(headers.items()), method=method)


def as_user(pool, user, path, body=b'', **variables):
    """A request that the web server vouches for, sent to the pool itself."""
    data, ended = fcgi.answer(pool.socket, fcgi.begin() + fcgi.record(fcgi.PARAMS, fcgi.pairs({
        'REQUEST_METHOD': 'GET', 'REQUEST_URI': path, 'HTTP_HOST': 'h', 'REMOTE_USER': user, **variables}))
        + fcgi.record(fcgi.PARAMS) + (fcgi.record(fcgi.STDIN, body) if body else b'') + fcgi.record(fcgi.STDIN))
    assert ended, data
    return Raw(data.replace(b'Status:', b'HTTP/1.1', 1))


def members(answer):
    """Names and data sets, in their order."""
    assert (answer.status, answer.headers['content-type']) == (200, ZIP), answer
    assert int(answer.headers['content-length']) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
        assert z.testzip() is None
        return [(n, pydicom.dcmread(io.BytesIO(z.read(n)))) for n in z.namelist()]
