# SPDX-License-Identifier: MIT
"""Collections that are frozen with a profile: what they send is de-identified, and nothing else is sent through them."""
import csv
import hashlib
import io
import json
import re
import shutil
import zipfile
from types import SimpleNamespace
from xml.etree import ElementTree

import corpus
import harness
import pytest
from collections_site import ZIP, as_user, create, members
from deid_cases import new_uid

STUDIES = [corpus.uid('deid collections', n) for n in range(3)]
SERIES = [corpus.uid(study, 'series') for study in STUDIES]
FORMS = {'text/csv': 'text/csv', 'json': 'application/json', 'uri': 'text/uri-list', 'metalink': 'application/metalink4+xml',
         'croissant': 'application/ld+json'}


def write(folder, n):
    for i in range(2):
        path = folder / f'{n}-{i}.dcm'
        header = corpus.header(STUDIES[n], SERIES[n], corpus.uid(STUDIES[n], i), i, patient=f'MARK{n}')
        path.write_bytes(header + bytes([n, i]))
        path.chmod(0o644)


@pytest.fixture(scope='module')
def place(pg):
    folder, keys = harness.temporary('wzdeidcoll-'), harness.owned_by_web_user(harness.temporary('wzdeidkeys-'))
    for n in range(len(STUDIES)):
        write(folder, n)
    site = harness.Site(pg, 'deidcoll', {'r': folder}, access='grants', create_collections='1', create_links='1', **{
        f'deid.{name}.{key}': value for name in ('basic', 'other')
        for key, value in (('key', keys / name), ('pixels', 'trust'))}).migrate()
    for name in ('basic', 'other'):
        assert site.cli('deid', 'key', keys / name).code == 0
        harness.give_to_web_user(keys / name)
    assert site.index().code == 0
    assert site.cli('grant', '--everything', '--acts', 'search,retrieve,share', 'user:all').code == 0
    for study in STUDIES[:2]:
        assert site.cli('grant', '--study', study, '--deidentify', 'basic', 'user:ann').code == 0
    made = SimpleNamespace(site=site, key=keys / 'basic', pool=harness.Pool(site, workers=2).start())
    yield made
    made.pool.remove()
    site.remove()
    shutil.rmtree(folder)
    shutil.rmtree(keys)


def post(place, user, **what):
    body = json.dumps(what).encode()
    return as_user(place.pool, user, '/collections', body, REQUEST_METHOD='POST', CONTENT_TYPE='application/json',
                   CONTENT_LENGTH=str(len(body)))


def get(place, user, collection, query='', accept=ZIP, **variables):
    return as_user(place.pool, user, f'/collections/{collection}{query}', HTTP_ACCEPT=accept, **variables)


def unmarked(answer):
    """The body, if it and the header fields have nothing of the originals."""
    seen = str(answer.headers).encode() + answer.body
    if answer.body.startswith(b'PK'):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
            seen += b''.join(z.read(n) for n in z.namelist())
    assert answer.status == 200, answer
    assert not [m for m in (b'MARK', *(uid.encode() for uid in STUDIES + SERIES)) if m in seen]
    return answer.body


@pytest.fixture(scope='module')
def bound(place):
    answer = post(place, 'all', studies=STUDIES, profile='basic', name='cohort')
    assert answer.status == 201
    made = json.loads(answer.body)
    assert made['profile'] == 'basic' and made['studies'] == len(STUDIES)
    return made['id']


@pytest.fixture(scope='module')
def plain(place):
    made = json.loads(post(place, 'all', studies=STUDIES).body)
    assert 'profile' not in made
    return made['id']


def test_addresses_depend_on_the_profile(place, bound, plain):
    other = json.loads(post(place, 'all', studies=STUDIES, profile='other').body)
    again = json.loads(post(place, 'all', series=SERIES, profile='basic').body)
    assert len({bound, plain, other['id']}) == 3 and (again['id'], again['created']) == (bound, False)
    assert create(place.site, '\n'.join(STUDIES), '--deidentify', 'basic') == bound
    rows = {line.split()[0]: line for line in place.site.cli('collection', 'list', check=True).out.splitlines()}
    assert ' basic ' in rows[bound] and ' original ' in rows[plain]


def test_every_form_is_deidentified(place, bound, plain):
    whole = get(place, 'all', bound)
    data = unmarked(whole)
    assert data == unmarked(get(place, 'all', bound, '?deidentify=basic')) == get(place, 'all', plain, '?deidentify=basic').body
    assert [d.PatientIdentityRemoved for _, d in members(whole)] == ['YES'] * 6
    part = get(place, 'all', bound, HTTP_RANGE='bytes=700-1700')
    assert part.status == 206 and part.body == data[700:1701] and part.headers['etag'] == whole.headers['etag']
    assert len(members(get(place, 'all', bound, '?part_bytes=1&part=2'))) == 2
    unmarked(get(place, 'all', bound, '?manifest=csv&names=uid'))
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        sizes = [(i.filename, str(i.file_size)) for i in z.infolist()]
    table = csv.DictReader(io.StringIO(unmarked(get(place, 'all', bound, accept='text/csv')).decode()))
    assert [(row['path'], row['size']) for row in table] == sizes


@pytest.mark.parametrize('accept', FORMS.values())
def test_lists(place, bound, plain, accept):
    """They have the addresses of the collection itself. Of another collection they would lead to the original."""
    body = unmarked(get(place, 'all', bound, accept=accept)).decode()
    if accept == FORMS['uri']:
        assert re.fullmatch(rf'\S+/collections/{bound}\.zip\r\n', body)
    if accept == FORMS['metalink']:
        size = ElementTree.fromstring(body).findtext('.//{*}size')
        assert size == get(place, 'all', bound, REQUEST_METHOD='HEAD').headers['content-length']
    if accept in (FORMS['uri'], FORMS['metalink'], FORMS['croissant']):
        assert get(place, 'all', plain, '?deidentify=basic', accept=accept).status == 400


@pytest.mark.parametrize('query', ['?deidentify=other', '?deidentify=', '?anonymize=yes', '?deidentify=nobody'])
def test_no_other_form(place, bound, query):
    answer = get(place, 'all', bound, query)
    assert answer.status == 400 and not answer.body.startswith(b'PK')


def test_refused_lists(place):
    for status, what in ((422, {'profile': 'nobody'}), (422, {'profile': ''}), (422, {'profile': None}),
                         (422, {'deidentify': 'basic'}), (422, {'profile': 'x' * 33}), (422, {'profile': '../key'})):
        answer = post(place, 'all', studies=STUDIES, **what)
        assert (answer.status, what) == (status, what), answer
    wrong = place.site.cli('collection', '--deidentify', 'nobody', 'create', place.site.folder / 'list')
    assert wrong.code != 0 and '"nobody"' in wrong.err


@pytest.mark.parametrize('accept', [ZIP, 'text/csv', FORMS['metalink']])
def test_a_study_that_is_gone(place, bound, plain, accept):
    """It is named as the archive has named it, never as the original."""
    place.site.cli('forget', STUDIES[1], check=True)
    try:
        for query, collection in ('', bound), ('?part_bytes=1&part=2', bound), ('?deidentify=basic', plain):
            if (collection, accept) == (plain, FORMS['metalink']) or ('part=' in query and accept == FORMS['metalink']):
                continue
            answer = get(place, 'all', collection, query, accept)
            assert answer.status == 410 and new_uid(place.key, STUDIES[1]).encode() in answer.body, answer
            assert not [uid for uid in STUDIES + SERIES if uid.encode() in answer.body + str(answer.headers).encode()]
    finally:
        assert place.site.index().code == 0
    assert get(place, 'all', bound).status == 200


def test_digest(place, bound):
    done = place.site.cli('collection', 'digest', bound, check=True)
    answer = get(place, 'all', bound)
    assert done.out.split()[0] == hashlib.sha256(answer.body).hexdigest()
    assert 'sha-256=' in answer.headers['repr-digest']


def test_a_principal_who_has_only_that_form(place, bound):
    """ann has two studies de-identified: she makes and reads such collections of these, and no others."""
    assert post(place, 'ann', studies=STUDIES[:2]).status == 422
    assert post(place, 'ann', studies=STUDIES[:2], profile='other').status == 422
    assert post(place, 'ann', studies=STUDIES, profile='basic').status == 422
    answer = post(place, 'ann', studies=STUDIES[:2], profile='basic')
    assert answer.status == 201
    hers = json.loads(answer.body)['id']
    assert len(members(get(place, 'ann', hers))) == 4
    unmarked(get(place, 'ann', hers, accept='text/csv'))
    assert get(place, 'ann', bound).status == 404 and get(place, 'eve', hers).status == 404
    plain = json.loads(post(place, 'all', studies=STUDIES[:2]).body)['id']
    assert get(place, 'ann', plain).status == 404 and get(place, 'ann', plain, '?deidentify=basic').status == 200


def test_links_and_grants_open_no_other_form(place, bound):
    for command in (['link', 'create'], ['grant', 'user:eve']):
        for profile in ([], ['--deidentify', 'other']):
            refused = place.site.cli(*command, '--collection', bound, *profile)
            assert refused.code != 0 and 'by the profile basic only' in refused.err, refused
        assert place.site.cli(*command, '--collection', bound, '--deidentify', 'basic', check=True)
    assert len(members(get(place, 'eve', bound))) == 6
    assert as_user(place.pool, 'eve', f'/studies/{STUDIES[0]}', HTTP_ACCEPT=ZIP).status == 404


def test_links_of_users(place, bound):
    for status, what in ((400, {}), (400, {'deidentify': 'other'}), (201, {'deidentify': 'basic'})):
        body = json.dumps({'collections': [bound], **what}).encode()
        answer = as_user(place.pool, 'all', '/links', body, REQUEST_METHOD='POST', CONTENT_TYPE='application/json',
                         CONTENT_LENGTH=str(len(body)))
        assert answer.status == status and (status == 201 or b'by the profile basic only' in answer.body), answer


def test_link(place, bound):
    done = place.site.cli('link', 'create', '--collection', bound, '--deidentify', 'basic', check=True)
    token = done.out.split()[0]
    answer = as_user(place.pool, '', f'{token}/archive.zip', HTTP_ACCEPT=ZIP)
    assert len(members(answer)) == 6 and unmarked(answer)


def test_ranges_need_no_rows(place):
    """The plan is kept, and the sizes of headers are: nothing is looked up but the collection."""
    made = json.loads(post(place, 'all', studies=STUDIES[:2], profile='other').body)['id']
    whole = get(place, 'all', made)
    data = unmarked(whole)
    place.site.sql(f'REVOKE SELECT ON wadozip.instance FROM "{place.site.name}_reader"')
    try:
        for first in 0, 900, len(data) - 30:
            part = get(place, 'all', made, HTTP_RANGE=f'bytes={first}-{first + 29}')
            assert part.status == 206 and part.body == data[first:first + 30]
            assert part.headers['etag'] == whole.headers['etag']
        assert get(place, 'all', made, REQUEST_METHOD='HEAD').headers['content-length'] == str(len(data))
        assert get(place, 'all', made, '?names=uid').status >= 500, 'rows can be read'
    finally:
        place.site.sql(f'GRANT SELECT ON wadozip.instance TO "{place.site.name}_reader"')
