# SPDX-License-Identifier: MIT
"""A grant that gives only a profile of de-identification: the original reads as what does not exist."""
import io
import re
import shutil
import zipfile
from collections import namedtuple

import corpus
import harness
import pytest
from test_grants import ask

ZIP, JSON, OCTETS = 'application/zip', 'application/dicom+json', 'application/octet-stream'
STUDIES = [corpus.uid('deid grants', n) for n in range(2)]
Place = namedtuple('Place', 'pool')
ABSENT = corpus.uid('deid grants', 'absent')


@pytest.fixture(scope='module')
def place(pg):
    folder, keys = harness.temporary('wzdeidgrants-'), harness.owned_by_web_user(harness.temporary('wzdeidkeys-'))
    for n, study in enumerate(STUDIES):
        path = folder / f'{n}.dcm'
        header = corpus.header(study, corpus.uid(study, 'series'), corpus.uid(study, 1), 1, patient=f'MARK{n}')
        path.write_bytes(header + b'\1\2')
        path.chmod(0o644)
    site = harness.Site(pg, 'deidgrants', {'r': folder}, access='grants', **{
        f'deid.{name}.{key}': value for name in ('basic', 'other')
        for key, value in (('key', keys / name), ('pixels', 'trust'))}).migrate()
    for name in ('basic', 'other'):
        assert site.cli('deid', 'key', keys / name).code == 0
        harness.give_to_web_user(keys / name)
    assert site.index().code == 0
    for options in (['--study', STUDIES[0], '--deidentify', 'basic', 'user:ann'], ['--study', STUDIES[0], 'user:bob']):
        assert site.cli('grant', *options).code == 0
    place = Place(harness.Pool(site, workers=2).start())
    yield place
    place.pool.remove()
    site.remove()
    shutil.rmtree(folder)
    shutil.rmtree(keys)


def same(body):
    """An error page without what differs from request to request: UIDs and its number."""
    return re.sub(rb'[0-9.]{20,}|[0-9a-f]{8,}', b'', body)


def profile(name):
    return f'?deidentify={name}'


@pytest.mark.parametrize('user,study,query,status', [
    ('ann', STUDIES[0], '', 404), ('ann', STUDIES[0], profile('basic'), 200), ('ann', STUDIES[0], profile('other'), 404),
    ('ann', STUDIES[1], profile('basic'), 404), ('bob', STUDIES[0], '', 200), ('bob', STUDIES[0], profile('basic'), 200),
    ('bob', STUDIES[1], profile('basic'), 404), ('eve', STUDIES[0], profile('basic'), 404)])
@pytest.mark.parametrize('below', ['', 'series', 'instance'])
def test_who_gets_what(place, user, study, query, status, below):
    path = f'/studies/{study}' + {'': '', 'series': f'/series/{corpus.uid(study, "series")}',
                                  'instance': f'/series/{corpus.uid(study, "series")}/instances/{corpus.uid(study, 1)}'}[below]
    got = ask(place, path + query, user, ZIP)
    assert got.status == status, got
    assert ask(place, path + query, user, ZIP, REQUEST_METHOD='HEAD').status == status
    if status == 404:
        absent = ask(place, path.replace(study, ABSENT) + query, user, ZIP)
        assert same(got.body) == same(absent.body)
        assert ask(place, path + query, user, ZIP, HTTP_IF_NONE_MATCH='*').status == 404
    elif query:
        with zipfile.ZipFile(io.BytesIO(got.body)) as z:
            assert not any(mark in z.read(n) for n in z.namelist() for mark in (b'MARK', study.encode()))


INSTANCE = f'/studies/{STUDIES[0]}/series/{corpus.uid(STUDIES[0], "series")}/instances/{corpus.uid(STUDIES[0], 1)}'


@pytest.mark.parametrize('path,accept', [
    ('/metadata', JSON), ('', 'application/zip; type="application/dicom+json"'), ('/bulkdata/7FE00010', OCTETS),
    ('/frames/1', OCTETS), ('/rendered', 'image/png'), ('/thumbnail', 'image/jpeg')])
def test_resources_of_an_instance(place, path, accept):
    """Each is 404 but with the profile that is granted, whatever the condition."""
    for query, status in (('', 404), (profile('other'), 404), (profile('basic'), 200)):
        got = ask(place, INSTANCE + path + query, 'ann', accept)
        assert got.status == status, (query, got)
        assert b'MARK' not in got.body and STUDIES[0].encode() not in got.body + str(got.headers).encode()
        assert ask(place, INSTANCE + path + query, 'ann', accept, HTTP_IF_NONE_MATCH='*').status == (
            304 if status == 200 else 404)
    plain = ask(place, INSTANCE + path, 'bob', accept)
    assert plain.status == 200
    assert ask(place, INSTANCE + path, 'ann', accept, HTTP_IF_NONE_MATCH=plain.headers['etag']).status == 404
    assert ask(place, INSTANCE + path + profile('basic'), 'ann', accept,
               HTTP_IF_NONE_MATCH=plain.headers['etag']).status == 200
    assert ask(place, INSTANCE + path + profile('basic'), 'eve', accept).status == 404


def test_searches_do_not_show_the_original(place):
    assert ask(place, '/studies', 'ann', JSON).status == 204
    assert STUDIES[0].encode() in ask(place, '/studies', 'bob', JSON).body
    assert ask(place, '/studies' + profile('basic'), 'ann', JSON).status == 400
    got = ask(place, '/studies' + profile('basic'), 'ann', ZIP)
    assert got.status == 200
    with zipfile.ZipFile(io.BytesIO(got.body)) as z:
        assert not any(b'MARK' in z.read(n) for n in z.namelist())
