# SPDX-License-Identifier: MIT
"""What tests of collections share: creation by the command, requests, members of archives."""
import io
import zipfile

import pydicom
from client import raw

ZIP = 'application/zip'


def create(site, text, *options):
    path = site.folder / 'list'
    path.write_text(text, encoding='utf-8')
    return site.cli('collection', *options, 'create', path, check=True).out.strip()


def ask(server, path, accept=ZIP, method='GET', **headers):
    return raw(server.port, f'/dicom-web{path}', [('Accept', accept)] * bool(accept) + list(headers.items()), method=method)


def members(answer):
    """Names and data sets, in their order."""
    assert (answer.status, answer.headers['content-type']) == (200, ZIP), answer
    assert int(answer.headers['content-length']) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
        assert z.testzip() is None
        return [(n, pydicom.dcmread(io.BytesIO(z.read(n)))) for n in z.namelist()]
