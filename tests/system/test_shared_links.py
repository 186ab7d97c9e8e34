# SPDX-License-Identifier: MIT
"""Links that users make: who may, what they show, now and after the maker has lost a grant, and who sees and ends them."""
import io
import json
import random
import zipfile

import corpus
import harness
import pydicom
import pytest
from client import Raw, curl
from fcgi import PARAMS, STDIN, answer, begin, pairs, record
from servers import FRONT_ENDS
from test_grants import RETRIEVE, SEARCH, SHARE, Series, write

ZIP, JSON, OCTETS = 'application/zip', 'application/dicom+json', 'application/octet-stream'
STUDIES = [corpus.uid('shared', n) for n in range(3)]
ACTS = {SEARCH: 'search', RETRIEVE: 'retrieve', SHARE: 'share'}


class Ward:
    """Three studies of two series, of two patients, and grants for users."""

    def __init__(self, pg):
        self.folder = harness.temporary('wzshared-')
        self.series = [Series(f'P{n // 2}', '', study, corpus.uid(study, s), 1 + s, 'CT')
                       for n, study in enumerate(STUDIES) for s in range(2)]
        for one in self.series:
            for i in range(one.instances):
                write(self.folder, one, i)
        self.site = harness.Site(pg, 'shared', {'r': self.folder}, access='grants', create_links='1', link_max_days='30',
                                 groups_variable='OIDC_CLAIM_groups', patient_variable='OIDC_CLAIM_patient').migrate()
        assert self.site.index().code == 0
        self.pool = harness.Pool(self.site, workers=4).start()

    def remove(self):
        self.pool.remove()
        self.site.remove()

    def ask(self, path, user=None, method='GET', body=None, kind='application/json', **more):
        variables = {'REQUEST_METHOD': method, 'REQUEST_URI': path, 'HTTP_HOST': 'h', 'HTTP_ACCEPT': JSON,
                     'REMOTE_ADDR': '192.0.2.7', **({'REMOTE_USER': user} if user else {})}
        if body is not None:
            body = json.dumps(body).encode() if not isinstance(body, bytes) else body
            variables |= {'CONTENT_TYPE': kind, 'CONTENT_LENGTH': str(len(body))}
        variables |= more
        data, ended = answer(self.pool.socket, begin() + record(PARAMS, pairs(variables)) + record(PARAMS)
                             + (record(STDIN, body) if body else b'') + record(STDIN))
        assert ended, data
        return Raw(data.replace(b'Status:', b'HTTP/1.1', 1))

    def share(self, user, **wish):
        return self.ask('/links', user, 'POST', wish)

    def made(self, user, **wish):
        """The path of a new link."""
        got = self.share(user, **wish)
        assert got.status == 201, got
        return json.loads(got.body)['address'].removeprefix('http://h')

    def grant(self, who, acts, *what):
        done = self.site.cli('grant', '--acts', ','.join(ACTS[a] for a in ACTS if a & acts), *what, who, check=True)
        return done.out.split(':')[0].removeprefix('grant ')

    def forget(self):
        for table in 'grant_', 'link', 'audit':
            self.site.sql(f'DELETE FROM wadozip.{table}')

    def shown(self, path):
        """UIDs of the series that a link shows, by its archive and by a search, which must agree."""
        whole = self.ask(f'{path}/archive.zip')
        found = self.ask(f'{path}/series')
        if whole.status != 200:
            assert (whole.status, found.status) == (410, 204), (whole, found)
            assert self.ask(f'{path}/studies').status == 204
            return set()
        with zipfile.ZipFile(io.BytesIO(whole.body)) as z:
            count = len(z.namelist())
        uids = {s['0020000E']['Value'][0] for s in json.loads(found.body)}
        assert count == sum(s.instances for s in self.series if s.uid in uids)
        studies = {s['0020000D']['Value'][0] for s in json.loads(self.ask(f'{path}/studies').body)}
        assert studies == {s.study for s in self.series if s.uid in uids}
        for s in self.series:
            got = self.ask(f'{path}/studies/{s.study}/series/{s.uid}/metadata')
            assert got.status == (200 if s.uid in uids else 404)
        return uids


@pytest.fixture(scope='module')
def ward(pg):
    made = Ward(pg)
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def empty(ward):
    ward.forget()


def of(ward, *studies):
    return {s.uid for s in ward.series if s.study in studies}


def test_a_link_is_made_used_listed_and_revoked(ward):
    ward.grant('user:ann', RETRIEVE | SHARE, '--study', STUDIES[0])
    got = ward.share('ann', studies=[STUDIES[0]], label='Knie „links“', expires='2d', passcode=True, max_downloads=3,
                     transfer_syntax='*', dicomdir=True)
    assert got.status == 201 and got.headers['cache-control'] == 'no-store', got
    reported = json.loads(got.body)
    assert set(reported) == {'link', 'address', 'passcode', 'expires'} and reported['address'].startswith('http://h/s/')
    assert got.headers['location'] == f'/links/{reported["link"]}'
    token, path = reported['address'][-43:], reported['address'].removeprefix('http://h')
    assert token not in str(ward.site.sql('SELECT * FROM wadozip.link')) and token not in ward.pool.log()
    form = f'passcode={reported["passcode"]}'.encode()
    right = ward.ask(path, method='POST', body=form, kind='application/x-www-form-urlencoded')
    assert right.status == 303
    listed = json.loads(ward.ask('/links', 'ann').body)
    assert (listed['may_share'], listed['max_days'], len(listed['links'])) == (True, 30, 1)
    one = listed['links'][0]
    assert {k: one[k] for k in ('link', 'state', 'label', 'passcode', 'downloads', 'max_downloads', 'contents')} == {
        'link': reported['link'], 'state': 'valid', 'label': 'Knie „links“', 'passcode': True, 'downloads': 0,
        'max_downloads': 3,
        'contents': [f'study {STUDIES[0]}']}
    assert one['expires'] == reported['expires'] and token not in json.dumps(listed)
    assert ward.ask('/links', 'ann', 'HEAD').body == b''
    # Another user neither sees it nor revokes it.
    assert json.loads(ward.ask('/links', 'bob').body) == {'may_share': False, 'max_days': 30, 'links': []}
    assert ward.ask(f'/links/{reported["link"]}', 'bob', 'DELETE').status == 404
    assert ward.ask(path).status == 200
    assert ward.ask(f'/links/{reported["link"]}', 'ann', 'DELETE').status == 204
    assert ward.ask(path).status == 410
    assert ward.ask(f'/links/{reported["link"]}', 'ann', 'DELETE').status == 204
    assert json.loads(ward.ask('/links', 'ann').body)['links'][0]['state'] == 'revoked'
    rows = ward.site.sql("SELECT who, client, resource, content FROM wadozip.audit WHERE act = 'link' ORDER BY id")
    assert rows == [['ann', '192.0.2.7', f'link {reported["link"]}', what] for what in ('created', 'revoked')]


def test_who_may_share_what(ward):
    """Retrieve and share are needed, by the same grant; 422: does not exist for the user, 403: may not be shared."""
    ward.grant('user:ann', RETRIEVE | SHARE, '--study', STUDIES[0])
    ward.grant('user:ann', SEARCH | RETRIEVE, '--study', STUDIES[1])
    ward.grant('user:bob', SHARE, '--study', STUDIES[0])
    assert ward.share('ann', studies=[STUDIES[0]]).status == 201
    got = ward.share('ann', studies=[STUDIES[0], STUDIES[1]])
    assert got.status == 403 and 'not share' in json.loads(got.body)['reason']
    for unknown in (STUDIES[2], '1.2.3'):
        got = ward.share('ann', studies=[STUDIES[0], unknown])
        assert got.status == 422 and f'study {unknown}' in json.loads(got.body)['reason'], got
    assert ward.share('bob', studies=[STUDIES[0]]).status == 422
    assert ward.share('ann', series=[ward.series[0].uid]).status == 201
    assert ward.share('ann', series=[ward.series[4].uid]).status == 422
    assert ward.share('ann', collections=['0' * 32]).status == 422
    # Own images may be retrieved, but not shared.
    own = ward.ask('/links', 'eve', 'POST', {'studies': [STUDIES[2]]}, OIDC_CLAIM_patient='P1')
    assert own.status == 403
    ward.grant('group:ward', RETRIEVE | SHARE, '--patient', 'P0')
    assert ward.share('eve', studies=[STUDIES[0]]).status == 422
    assert ward.ask('/links', 'eve', 'POST', {'studies': [STUDIES[0]]}, OIDC_CLAIM_groups='x,ward').status == 201


def test_never_more_than_the_maker(ward):
    """Random grants of the maker come and go; at each step the link shows what a plain model says."""
    chance = random.Random(23)
    for _ in range(12):
        ward.forget()
        first = ward.grant('user:ann', RETRIEVE | SHARE, '--everything')
        named = [('study', chance.choice(STUDIES)), ('series', chance.choice(ward.series).uid)]
        path = ward.made('ann', studies=[named[0][1]], series=[named[1][1]])
        operator = ward.site.cli('link', 'create', '--series', ward.series[0].uid, check=True).out.strip()
        inside = {s.uid for s in ward.series if ('study', s.study) in named or ('series', s.uid) in named}
        assert ward.shown(path) == inside
        ward.site.cli('revoke', first, check=True)
        assert ward.shown(path) == set()
        allowed = set()
        for _ in range(4):
            s = chance.choice(ward.series)
            kind, value = chance.choice([('study', s.study), ('series', s.uid), ('patient', s.patient)])
            acts = chance.choice([RETRIEVE | SHARE, SEARCH | RETRIEVE | SHARE, SEARCH | RETRIEVE, SHARE])
            who = chance.choice(['user:ann', 'user:bob', 'everyone'])
            ward.grant(who, acts, f'--{kind}', value)
            if who != 'user:bob' and acts & (RETRIEVE | SHARE) == RETRIEVE | SHARE:
                allowed |= {o.uid for o in ward.series if value in (o.study, o.uid, o.patient)}
            assert ward.shown(path) == inside & allowed
        assert ward.shown(operator) == {ward.series[0].uid}


def test_other_changes_of_the_maker(ward):
    """A grant that expires, a patient that is corrected, groups of then, and another setting access."""
    ward.grant('user:ann', RETRIEVE | SHARE, '--patient', 'P0')
    path = ward.made('ann', studies=[STUDIES[0]])
    assert ward.shown(path) == of(ward, STUDIES[0])
    ward.site.sql(f"UPDATE wadozip.study SET patient_id = 'P9' WHERE uid = '{STUDIES[0]}'")
    assert ward.shown(path) == set()
    ward.site.sql(f"UPDATE wadozip.study SET patient_id = 'P0' WHERE uid = '{STUDIES[0]}'")
    ward.site.sql("UPDATE wadozip.grant_ SET expires = now() - interval '1 s' WHERE who = 'user:ann'")
    assert ward.shown(path) == set()
    ward.grant('group:ward', RETRIEVE | SHARE, '--study', STUDIES[0])
    assert ward.shown(path) == set()  # ann was in no group when it was made
    got = ward.ask('/links', 'ann', 'POST', {'studies': [STUDIES[0]]}, OIDC_CLAIM_groups='ward')
    assert ward.shown(json.loads(got.body)['address'].removeprefix('http://h')) == of(ward, STUDIES[0])
    for access, seen in (('user', of(ward, STUDIES[0])), ('open', of(ward, STUDIES[0])), ('none', set())):
        ward.site.write_config(access=access)
        pool, ward.pool = ward.pool, harness.Pool(ward.site, workers=1).start()
        try:
            assert ward.shown(path) == seen, access
        finally:
            ward.pool.remove()
            ward.pool = pool
            ward.site.write_config(access='grants')


def test_collections(ward):
    grant = ward.grant('user:ann', RETRIEVE | SHARE, '--study', STUDIES[0])
    listed = ward.site.folder / 'list'
    listed.write_text(STUDIES[0])
    number = ward.site.cli('collection', 'create', listed, check=True).out.strip()
    path = ward.made('ann', collections=[number])
    assert ward.shown(path) == of(ward, STUDIES[0])
    ward.site.cli('revoke', grant, check=True)
    assert ward.shown(path) == set()


def test_refusals(ward):
    ward.grant('user:ann', RETRIEVE | SHARE, '--everything')
    study = [STUDIES[0]]
    for body, status, why in (
            ({}, 422, 'needs contents'), (b'[]', 422, 'an object'), (b'', 422, 'an object'), ({'studies': ['x']}, 422, 'UID'),
            ({'studies': study, 'nonsense': 1}, 422, 'nonsense'),
            ({'studies': study, 'expires': '31d'}, 422, 'at most 30 days'),
            ({'studies': study, 'expires': '0d'}, 422, 'expires is a time'), ({'studies': study, 'expires': 7}, 422, 'a time'),
            ({'studies': study, 'passcode': 'short'}, 422, '6 to 64'),
            ({'studies': study, 'passcode': 'é' * 33}, 422, '6 to 64'),
            ({'studies': study, 'passcode': 7}, 422, 'true or false'),
            ({'studies': study, 'max_downloads': 0}, 422, 'from 1'), ({'studies': study, 'max_downloads': -1}, 422, 'from 1'),
            ({'studies': study, 'dicomdir': 'x'}, 422, 'true, false'),
            ({'studies': study, 'label': 'x' * 201}, 422, '200'), ({'studies': study, 'label': 'a\nb'}, 422, 'control'),
            ({'studies': study, 'transfer_syntax': 'x'}, 422, 'UID or'),
            ({'studies': study, 'deidentify': 'no'}, 400, '"no"'),
            ({'collections': ['x']}, 422, 'collection'),
            ({'studies': [f'1.{n}' for n in range(1001)]}, 422, 'at most 1000'),
            (b'{"studies": ["' + STUDIES[0].encode() + b'"]', 422, 'end of the object'), (b' ' * 60000, 422, 'an object')):
        got = ward.ask('/links', 'ann', 'POST', body)
        assert got.status == status and why in json.loads(got.body).get('reason', ''), (body, got)
    assert ward.ask('/links', 'ann', 'POST', {'studies': study}, CONTENT_LENGTH='262145').status == 413
    assert ward.ask('/links', 'ann', 'POST', {'studies': study}, kind='text/plain').status == 415
    assert ward.ask('/links', None, 'POST', {'studies': study}).status == 401 == ward.ask('/links').status
    for method, path, allow in (('DELETE', '/links', 'GET, HEAD, POST, OPTIONS'), ('POST', '/links/1', 'DELETE, OPTIONS'),
                                ('GET', '/links/1', 'DELETE, OPTIONS'), ('PUT', '/links', None)):
        got = ward.ask(path, 'ann', method)
        assert got.status == 405 and allow in (None, got.headers['allow']), got
    assert ward.ask('/links/0', 'ann', 'DELETE').status == 404
    assert ward.ask(f'/studies/{STUDIES[0]}', 'ann', 'DELETE').status == 405
    assert ward.site.sql('SELECT count(*) FROM wadozip.link') == [['0']]
    null = {'label': None, 'passcode': None, 'max_downloads': None, 'deidentify': None, 'dicomdir': None, 'expires': None}
    assert ward.share('ann', studies=study, **null).status == 201
    days = ward.site.sql("SELECT extract(epoch FROM expires - created)::int / 86400 FROM wadozip.link")
    assert days == [['7']]


@pytest.mark.parametrize('headers, status', [
    ({}, 201), ({'HTTP_ORIGIN': 'http://h'}, 201), ({'HTTP_ORIGIN': 'http://h', 'HTTP_SEC_FETCH_SITE': 'same-origin'}, 201),
    ({'HTTP_SEC_FETCH_SITE': 'none'}, 201), ({'HTTP_ORIGIN': 'http://evil.example'}, 403), ({'HTTP_ORIGIN': 'null'}, 403),
    ({'HTTP_ORIGIN': 'https://h'}, 403), ({'HTTP_ORIGIN': 'http://h.evil.example'}, 403),
    ({'HTTP_SEC_FETCH_SITE': 'same-site'}, 403), ({'HTTP_SEC_FETCH_SITE': 'cross-site', 'HTTP_ORIGIN': 'http://h'}, 403)],
    ids=str)
def test_pages_of_other_origins(ward, headers, status):
    """Their requests bear the user's credentials."""
    ward.grant('user:ann', RETRIEVE | SHARE, '--everything')
    got = ward.ask('/links', 'ann', 'POST', {'studies': [STUDIES[0]]}, **headers)
    assert got.status == status, got
    if status == 403:
        path = ward.made('ann', studies=[STUDIES[0]])
        number = json.loads(ward.ask('/links', 'ann').body)['links'][0]['link']
        assert ward.ask(f'/links/{number}', 'ann', 'DELETE', **headers).status == 403
        assert ward.ask(path).status == 200


def test_without_the_setting(ward, make_site):
    ward.site.write_config(create_links='0')
    pool, ward.pool = ward.pool, harness.Pool(ward.site, workers=1).start()
    try:
        for method in 'GET', 'POST':
            got = ward.ask('/links', 'ann', method, {'studies': [STUDIES[0]]})
            assert got.status == 404 and 'create_links' in json.loads(got.body)['reason']
        assert ward.ask('/links/1', 'ann', 'DELETE').status == 404
    finally:
        ward.pool.remove()
        ward.pool = pool
        ward.site.write_config(create_links='1')


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_through_web_servers(ward, kind):
    """POST and DELETE arrive, and the address in the answer leads to the link."""
    server = harness.front_end(kind, ward.site, workers=2).start()
    try:
        got = curl(server.url('/links'), '--data-binary', '{}', folder=server.folder,
                   headers={'Content-Type': 'application/json'})
        assert got.status == 401, got
        got = curl(server.url('/links/7'), folder=server.folder, method='DELETE')
        assert got.status == 401, got
    finally:
        server.remove()


def check_de_identified_dicomweb(ward, path, whole):
    """What a viewer asks for, from the search to the pixels, without a trace of the originals."""
    originals = [STUDIES[0].encode(), b'P0', *(u.encode() for s in ward.series if s.study == STUDIES[0] for u in [s.uid])]
    originals += [corpus.uid(s.uid, i).encode() for s in ward.series if s.study == STUDIES[0] for i in range(s.instances)]

    def ask(tail, accept=JSON, status=200, **more):
        got = ward.ask(path + tail, HTTP_ACCEPT=accept, **more)
        assert got.status == status, (tail, got)
        assert [o for o in originals if o in got.body + got.head.encode()] == [], (tail, got)
        return got

    def found(tail, tag):
        return [one[tag]['Value'][0] for one in json.loads(ask(tail).body)]

    study, = found('/studies', '0020000D')
    assert study == pydicom.dcmread(io.BytesIO(next(iter(whole.values())))).StudyInstanceUID
    instances = set()
    for series in found(f'/studies/{study}/series', '0020000E'):
        instances |= {(series, sop) for sop in found(f'/studies/{study}/series/{series}/instances', '00080018')}
    sets = {(d.SeriesInstanceUID, d.SOPInstanceUID): m for m in whole.values() for d in [pydicom.dcmread(io.BytesIO(m))]}
    assert instances == set(sets)
    for series, sop in instances:
        base = f'/studies/{study}/series/{series}/instances/{sop}'
        told, = json.loads(ask(f'{base}/metadata').body)
        assert told['00080018']['Value'] == [sop] and told['7FE00010']['BulkDataURI'].startswith(f'http://h{path}{base}/')
        pixels = pydicom.dcmread(io.BytesIO(sets[series, sop])).PixelData
        bulk = told['7FE00010']['BulkDataURI'].removeprefix(f'http://h{path}')
        assert ask(bulk, OCTETS).body == pixels == ask(f'{base}/frames/1', OCTETS).body
        assert ask(base, 'application/dicom').body == sets[series, sop]
        assert ask(f'{base}?deidentify=basic', 'application/dicom').body == sets[series, sop]
    result, = json.loads(ask(f'/studies?StudyInstanceUID={study}&ModalitiesInStudy=CT&PatientName=*').body)
    assert not any(result[tag].get('Value') for tag in ('00100010', '00100020', '00080020', '00080050'))
    assert json.loads(ask('/studies/count', 'application/json').body) == {'count': 1}
    assert study in ask('/studies', 'text/csv').body.decode()
    for query, status in (('PatientName=S*', 400), ('PatientID=P0', 400), ('StudyDate=19000101-', 400),
                          ('StudyInstanceUID=1.2', 204)):
        assert ward.ask(f'{path}/studies?{query}').status == status
    assert ask(f'/studies/{study}/series/{series}?deidentify=none', ZIP, 400)
    for tail in f'/studies/{STUDIES[1]}/metadata', f'/studies/{study[:-1]}/metadata', '/studies/1.2/series':
        assert ward.ask(path + tail).status in (204, 404)


def check_de_identified_medium(ward, path):
    """Whose archive has a DICOMDIR of the files in it, and nothing of the original in either."""
    whole = ward.ask(f'{path}/archive.zip')
    assert whole.status == 200, whole
    with zipfile.ZipFile(io.BytesIO(whole.body)) as z:
        held = {n: z.read(n) for n in z.namelist()}
    records = pydicom.dcmread(io.BytesIO(held.pop('DICOMDIR'))).DirectoryRecordSequence
    named = {'/'.join(r.ReferencedFileID): r.ReferencedSOPInstanceUIDInFile for r in records if 'ReferencedFileID' in r}
    assert named == {n: pydicom.dcmread(io.BytesIO(d)).SOPInstanceUID for n, d in held.items()} and named
    assert records[0].PatientID not in ('', 'P0') and records[1].StudyInstanceUID.startswith('2.25.')
    assert not [uid for uid in (STUDIES[0], *of(ward, STUDIES[0])) if uid.encode() in whole.body]


@pytest.mark.parametrize('maker', ['user', 'operator'])
def test_de_identified(ward, maker):
    """Only so, also for DICOMweb, whose requests need no parameter."""
    ward.grant('user:ann', RETRIEVE | SHARE, '--study', STUDIES[0])
    key = harness.owned_by_web_user(ward.site.folder / 'keys') / 'basic'
    if not key.exists():
        ward.site.cli('deid', 'key', key, check=True)
    harness.give_to_web_user(key)
    ward.site.write_config(**{'deid.basic.key': key})
    pool, ward.pool = ward.pool, harness.Pool(ward.site, workers=1).start()
    try:
        if maker == 'user':
            path = ward.made('ann', studies=[STUDIES[0]], deidentify='basic')
            check_de_identified_medium(ward, ward.made('ann', studies=[STUDIES[0]], deidentify='basic', dicomdir=True))
        else:
            made = ward.site.cli('link', 'create', STUDIES[0], '--deidentify', 'basic', check=True)
            path = '/s/' + made.out.split('/s/')[1].strip()
        whole = ward.ask(f'{path}/archive.zip')
        assert whole.status == 200, whole
        with zipfile.ZipFile(io.BytesIO(whole.body)) as z:
            sets = [pydicom.dcmread(io.BytesIO(z.read(n))) for n in z.namelist() if n.endswith('.dcm')]
        assert len(sets) == sum(s.instances for s in ward.series if s.study == STUDIES[0])
        assert all(d.PatientID != 'P0' and d.StudyInstanceUID != STUDIES[0] for d in sets)
        assert STUDIES[0].encode() not in whole.body and 'href="' in ward.ask(path).body.decode()
        with zipfile.ZipFile(io.BytesIO(whole.body)) as z:
            check_de_identified_dicomweb(ward, path, {n: z.read(n) for n in z.namelist()})
    finally:
        ward.pool.remove()
        ward.pool = pool
        ward.site.write_config(**{'deid.basic.key': None})
