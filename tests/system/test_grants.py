# SPDX-License-Identifier: MIT
"""Grants: every resource shows what a plain model says, and nothing else differs from what does not exist."""
import csv
import io
import itertools
import json
import random
import re
import zipfile
from collections import namedtuple

import corpus
import harness
import pytest
from fcgi import answer, request

ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/dicom+json'
ZIPPED, MULTIPART = f'{ZIP}; type="{JSON}"', 'multipart/related; type="application/dicom"'
SEARCH, RETRIEVE, SHARE = 1, 2, 4
Series = namedtuple('Series', 'patient issuer study uid instances modality')
Grant = namedtuple('Grant', 'number who kind value issuer acts valid profile')

PATIENTS = [('P1', ''), ('P1', 'Clinic A'), ('P2', 'Clinic A'), ("O'Neill \\ \"x\"", '')]
GONE = corpus.uid('grants', 'gone')
USERS = {'ann': ['radiology', 'a b'], 'bob': ['radiology'], "o'hara\\\"": [], 'eve': []}


def write(folder, series, i):
    sop = corpus.uid(series.uid, i)
    path = folder / f'{series.uid}-{i}.dcm'
    path.write_bytes(corpus.header(series.study, series.uid, sop, i + 1, modality=series.modality, patient=series.patient)
                     + b'\1\2')
    path.chmod(0o644)
    return sop


class Archive:
    """Nine studies of four patients, two of which share a Patient ID, and a study that was removed."""

    def __init__(self, pg, name='grants'):
        self.folder = harness.temporary('wzgrants-')
        key = harness.owned_by_web_user(harness.temporary('wzgrantkeys-')) / 'research'
        self.series = []
        for n in range(8):
            patient, issuer = PATIENTS[n % 4]
            for s in range(1 + n % 3):
                one = Series(patient, issuer, corpus.uid('grants', n), corpus.uid('grants', n, s), 1 + s, 'CT MR US'.split()[s])
                self.series.append(one)
                for i in range(one.instances):
                    write(self.folder, one, i)
        gone = Series('P2', '', GONE, corpus.uid('grants', 'gone', 1), 1, 'CT')
        write(self.folder, gone, 0)
        self.site = harness.Site(pg, name, {'r': self.folder}, access='grants', groups_variable='OIDC_CLAIM_groups',
                                 patient_variable='OIDC_CLAIM_patient', **{
                                     'deid.research.key': key, 'deid.research.pixels': 'trust'}).migrate()
        assert self.site.cli('deid', 'key', key).code == 0
        harness.give_to_web_user(key)
        assert self.site.index().code == 0
        for one in self.series:
            self.site.sql(f"UPDATE wadozip.study SET patient_issuer = '{one.issuer}' WHERE uid = '{one.study}'")
        next(self.folder.glob(f'{gone.uid}*')).unlink()
        assert self.site.index(prune=True).code == 0
        self.pool = harness.Pool(self.site, workers=2).start()

    def remove(self):
        self.pool.remove()
        self.site.remove()


@pytest.fixture(scope='module')
def archive(pg):
    made = Archive(pg)
    yield made
    made.remove()


Answer = namedtuple('Answer', 'status headers body')


def ask(archive, path, user=None, accept=JSON, **variables):
    variables = {'OIDC_CLAIM_groups': ','.join(USERS.get(user, [])), **variables}
    path, _, query = path.partition('?')
    data, ended = answer(archive.pool.socket, request(
        **{'REQUEST_METHOD': 'GET', 'REQUEST_URI': path + ('?' + query if query else ''), 'QUERY_STRING': query,
           'HTTP_ACCEPT': accept, 'HTTP_HOST': 'h', **({'REMOTE_USER': user} if user else {}), **variables}))
    assert ended, data
    head, _, body = data.partition(b'\r\n\r\n')
    lines = dict(line.split(': ', 1) for line in head.decode().splitlines())
    return Answer(int(lines['Status'].split()[0]), {k.lower(): v for k, v in lines.items()}, body)


def principals(user):
    return {'everyone', f'user:{user}', *(f'group:{g}' for g in USERS.get(user, []))}


def covers(grant, series):
    if grant.kind == 'everything':
        return True
    if grant.kind == 'patient':
        return grant.value == series.patient and grant.issuer in (None, series.issuer)
    return grant.value == (series.study if grant.kind == 'study' else series.uid)


def visible(archive, grants, user, acts, patient=None, profile=None):
    """The model. profile: of de-identification; grants of the original give its data so, too."""
    mine = [g for g in grants if g.who in principals(user) and g.acts & acts == acts and g.valid
            and g.profile in (None, profile)]
    return [s for s in archive.series if any(covers(g, s) for g in mine)
            or (patient and not acts & SHARE and (s.patient, s.issuer) == (patient, ''))]


def random_grants(archive, chance, count):
    """Made by the command, so that it is under test, too; some of them expired."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    made = []
    for _ in range(count):
        series = chance.choice(archive.series)
        kind = chance.choices(['everything', 'patient', 'study', 'series'], [1, 4, 5, 6])[0]
        value = {'everything': None, 'patient': series.patient, 'study': series.study, 'series': series.uid}[kind]
        issuer = chance.choice([None, series.issuer]) if kind == 'patient' else None
        user = chance.choice(list(USERS))
        groups = [f'group:{g}' for g in USERS[user]]
        who = chance.choices([f'user:{user}', 'everyone', *groups], [6, 1, *[3] * len(groups)])[0]
        acts = chance.choice([3, 3, 3, 1, 2, 7, 6])
        profile = chance.choice([None, None, None, 'research'])
        options = {kind: True if kind == 'everything' else value, 'issuer': issuer if issuer is not None else False,
                   'acts': ','.join(n for n, b in (('search', 1), ('retrieve', 2), ('share', 4)) if acts & b),
                   'deidentify': profile or False, 'expires': chance.choice([False, '7d'])}
        done = archive.site.cli('grant', *harness.Site.options(options), who)
        assert done.code == 0, done
        number = int(done.out.split(':')[0].removeprefix('grant '))
        valid = chance.random() > 0.2
        if not valid:
            archive.site.sql(f"UPDATE wadozip.grant_ SET expires = now() - interval '1 s' WHERE id = {number}")
        made.append(Grant(number, who, kind, value, issuer, acts, valid, profile))
    return made


def found(got, tag):
    assert got.status in (200, 204), got
    return sorted(one[tag]['Value'][0] for one in json.loads(got.body or b'[]'))


def check_searches(archive, user, seen, **variables):
    studies = {}
    for s in seen:
        studies.setdefault(s.study, []).append(s)
    got = ask(archive, '/studies?includefield=all', user, **variables)
    assert found(got, '0020000D') == sorted(studies)
    for one in json.loads(got.body or b'[]'):
        of = studies[one['0020000D']['Value'][0]]
        assert one['00201206']['Value'] == [len(of)] and one['00201208']['Value'] == [sum(s.instances for s in of)]
        assert sorted(one['00080061']['Value']) == sorted(s.modality for s in of)
    count = ask(archive, '/studies/count', user, 'application/json', **variables)
    assert json.loads(count.body)['count'] == len(studies)
    assert found(ask(archive, '/series', user, **variables), '0020000E') == sorted(s.uid for s in seen)
    sops = sorted(corpus.uid(s.uid, i) for s in seen for i in range(s.instances))
    assert found(ask(archive, '/instances', user, **variables), '00080018') == sops
    assert json.loads(ask(archive, '/instances/count', user, 'application/json', **variables).body)['count'] == len(sops)
    assert json.loads(ask(archive, '/series/count', user, 'application/json', **variables).body)['count'] == len(seen)
    for study in {s.study for s in archive.series}:
        of = [s for s in seen if s.study == study]
        for path, tag, expected in (
                (f'/studies/{study}/series', '0020000E', [s.uid for s in of]),
                (f'/series?StudyInstanceUID={study}&includefield=all', '0020000E', [s.uid for s in of]),
                (f'/studies?StudyInstanceUID={study}', '0020000D', {s.study for s in of}),
                (f'/studies/{study}/instances', '00080018', [corpus.uid(s.uid, i) for s in of for i in range(s.instances)])):
            assert found(ask(archive, path, user, **variables), tag) == sorted(expected), path
        count = ask(archive, f'/studies/count?StudyInstanceUID={study}', user, 'application/json', **variables)
        assert json.loads(count.body)['count'] == bool(of)
    for s in archive.series:
        sops = found(ask(archive, f'/studies/{s.study}/series/{s.uid}/instances', user, **variables), '00080018')
        assert sops == sorted(corpus.uid(s.uid, i) for i in range(s.instances) if s in seen)
    # What is hidden cannot be searched for: not by a modality of a hidden series.
    assert found(ask(archive, '/studies?ModalitiesInStudy=MR', user, **variables), '0020000D') == sorted(
        {s.study for s in seen if s.modality == 'MR'})


def names(got):
    assert got.status == 200, got
    return len(zipfile.ZipFile(io.BytesIO(got.body)).namelist())


def check_retrieval(archive, user, seen, tags, **variables):
    for study in sorted({s.study for s in archive.series}):
        of = [s for s in seen if s.study == study]
        total = sum(s.instances for s in of)
        got = ask(archive, f'/studies/{study}', user, CSV, **variables)
        assert got.status == (200 if of else 404)
        if of:
            assert len(list(csv.DictReader(io.StringIO(got.body.decode())))) == total
            assert names(ask(archive, f'/studies/{study}', user, ZIP, **variables)) == total
            assert len(json.loads(ask(archive, f'/studies/{study}/metadata', user, JSON, **variables).body)) == total
        for path, kind in (f'/studies/{study}', ZIPPED), (f'/studies/{study}', MULTIPART), (f'/studies/{study}.zip', '*/*'):
            assert ask(archive, path, user, kind, **variables).status == (200 if of else 404), (path, kind)
        for word, kind in (('metadata', JSON), ('thumbnail', 'image/jpeg'), ('rendered', 'image/jpeg')):
            assert ask(archive, f'/studies/{study}/{word}', user, kind, **variables).status == (200 if of else 404)
        # Its validator tells nothing to those who may not have it.
        known = ask(archive, f'/studies/{study}', user, ZIP, HTTP_IF_NONE_MATCH=tags[study], **variables).status
        assert known == (404 if not of else 304 if len(of) == sum(s.study == study for s in archive.series) else 200)
    for s in archive.series:
        sop = corpus.uid(s.uid, 0)
        series, instance = f'/studies/{s.study}/series/{s.uid}', f'/studies/{s.study}/series/{s.uid}/instances/{sop}'
        for path, kind in ((series, ZIP), (f'{series}.zip', '*/*'), (series, MULTIPART), (f'{instance}.zip', '*/*'),
                           (f'{instance}/frames/1/rendered', 'image/png'), (f'{series}/metadata', JSON),
                           (f'{series}/thumbnail', 'image/jpeg'), (series, CSV),
                           (instance, 'application/dicom'), (f'{instance}/metadata', JSON), (f'{instance}/frames/1', '*/*'),
                           (f'{instance}/rendered', 'image/png'), (f'{instance}/bulkdata/7FE00010', '*/*')):
            assert ask(archive, path, user, kind, **variables).status == (200 if s in seen else 404), path


def check_deidentified(archive, user, seen):
    """Of every resource that is offered de-identified, that much."""
    for study in sorted({s.study for s in archive.series}):
        of = [s for s in seen if s.study == study]
        for path, kind in (('', ZIP), ('.zip', '*/*'), ('', CSV), ('', ZIPPED), ('', MULTIPART), ('/metadata', JSON),
                           ('/rendered', 'image/png'), ('/thumbnail', 'image/jpeg')):
            got = ask(archive, f'/studies/{study}{path}?deidentify=research', user, kind)
            assert got.status == (200 if of else 404), (path, kind)
            assert not of or kind not in (ZIP, '*/*') or names(got) == sum(s.instances for s in of)
    for s in archive.series:
        series = f'/studies/{s.study}/series/{s.uid}'
        instance = f'{series}/instances/{corpus.uid(s.uid, 0)}'
        for path, kind in ((series, ZIP), (f'{series}/metadata', JSON), (f'{series}/thumbnail', 'image/jpeg'),
                           (instance, 'application/dicom'), (f'{instance}/frames/1', '*/*'), (f'{instance}/metadata', JSON),
                           (f'{instance}/rendered', 'image/png'), (f'{instance}/bulkdata/7FE00010', '*/*')):
            got = ask(archive, f'{path}?deidentify=research', user, kind)
            assert got.status == (200 if s in seen else 404), (path, kind)


def check_search_archives(archive, user, seen, profile=''):
    """All ways to have the instances of everything that is found."""
    for path, kind in ('/series.zip', ZIP), ('/studies', ZIP), ('/studies.zip', '*/*'), ('/instances', ZIP):
        got = ask(archive, path + profile, user, kind)
        assert got.status == (200 if seen else 204), (path, got)
        assert not seen or names(got) == sum(s.instances for s in seen)
    for study in sorted({s.study for s in archive.series}):
        of = [s for s in seen if s.study == study]
        got = ask(archive, f'/studies/{study}/series.zip{profile}', user, ZIP)
        assert got.status == (200 if of else 204), got
        assert not of or names(got) == sum(s.instances for s in of)


@pytest.fixture(scope='module')
def tags(archive):
    """Entity tags of the whole studies, as one who sees everything has them."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    assert archive.site.cli('grant', '--everything', 'user:root').code == 0
    return {s.study: ask(archive, f'/studies/{s.study}', 'root', ZIP).headers['etag'] for s in archive.series}


@pytest.mark.parametrize('seed', range(5))
def test_the_model_holds(archive, tags, seed):
    chance = random.Random(seed)
    grants = random_grants(archive, chance, chance.choice([1, 3, 6, 12]))
    for user in USERS:
        check_searches(archive, user, visible(archive, grants, user, SEARCH))
        check_retrieval(archive, user, visible(archive, grants, user, RETRIEVE), tags)
        check_search_archives(archive, user, visible(archive, grants, user, SEARCH | RETRIEVE))
        check_deidentified(archive, user, visible(archive, grants, user, RETRIEVE, profile='research'))
        check_search_archives(archive, user, visible(archive, grants, user, SEARCH | RETRIEVE, profile='research'),
                              '?deidentify=research')


def test_patients_see_their_own(archive, tags):
    """By the variable alone, and only studies without an issuer, as patient_issuer says."""
    archive.site.sql('DELETE FROM wadozip.grant_')
    for patient in ('P1', "O'Neill \\ \"x\"", '*', 'P', ''):
        seen = visible(archive, [], 'pat', RETRIEVE, patient)
        assert bool(seen) == (patient in [p for p, i in PATIENTS if not i])
        check_searches(archive, 'pat', seen, OIDC_CLAIM_patient=patient)
        check_retrieval(archive, 'pat', seen, tags, OIDC_CLAIM_patient=patient)


def grant_all(archive, *names):
    archive.site.sql('DELETE FROM wadozip.grant_')
    for name in names:
        assert archive.site.cli('grant', '--everything', name).code == 0


def test_what_is_hidden_reads_as_what_does_not_exist(archive):
    grant_all(archive, 'user:root')
    study = archive.series[0].study
    for tail, accept in (('', ZIP), ('', CSV), ('/metadata', JSON), ('/thumbnail', 'image/jpeg')):
        hidden, missing = (ask(archive, f'/studies/{uid}{tail}', 'eve', accept) for uid in (study, '1.2.3'))
        assert hidden.status == missing.status == 404
        without_id = [re.sub(rb'\b[0-9a-f]{16}\b', b'', one.body) for one in (hidden, missing)]
        assert without_id[0] == without_id[1] and hidden.headers.keys() == missing.headers.keys()


def test_removed_studies(archive):
    """410 for who was granted it, 404 for all others."""
    grant_all(archive, 'user:root')
    assert archive.site.cli('grant', '--study', GONE, 'user:ann').code == 0
    status = {user: ask(archive, f'/studies/{GONE}', user, ZIP).status for user in ('root', 'ann', 'bob')}
    assert status == {'root': 410, 'ann': 410, 'bob': 404}


def test_names_are_not_sql_or_lists(archive):
    grant_all(archive, 'user:root', 'group:staff')
    for name in ('x,root', 'x","user:root', "x'; SET LOCAL wadozip.who = '{user:root}", 'x\\', '{user:root}', 'root\n', 'ROOT',
                 'root ', 'x"', 'user:root'):
        assert ask(archive, '/studies', name).status == 204, name
        assert ask(archive, '/studies', 'x', OIDC_CLAIM_groups=f'{name}"').status == 204
    for groups in ('staff', ' a , staff', 'a,staff ,b', ',,staff'):
        assert ask(archive, '/studies', 'x', OIDC_CLAIM_groups=groups).status == 200, groups
    for groups in ('staf', 'staff2', 'Staff', 'a staff', 'staff;x'):
        assert ask(archive, '/studies', 'x', OIDC_CLAIM_groups=groups).status == 204, groups


def test_clients_name_no_groups(archive):
    """A header field is not what the web server vouches for."""
    grant_all(archive, 'group:staff')
    for name in ('HTTP_OIDC_CLAIM_GROUPS', 'HTTP_OIDC_CLAIM_groups'):
        assert ask(archive, '/studies', 'x', **{name: 'staff'}).status == 204
    archive.site.write_config(groups_variable='HTTP_OIDC_CLAIM_GROUPS')
    try:
        assert 'that clients cannot set' in archive.site.cli('settings').err
    finally:
        archive.site.write_config(groups_variable='OIDC_CLAIM_groups')


def test_nobody_without_a_name(archive):
    grant_all(archive, 'everyone')
    assert ask(archive, '/studies').status == 401
    assert ask(archive, f'/studies/{archive.series[0].study}', accept=ZIP).status == 401
    assert ask(archive, '/studies', 'x').status == 200


def test_groups_from_a_file(archive, tmp_path):
    """For lighttpd, which knows no groups."""
    path = archive.site.folder / 'groups'
    path.write_text('# staff: mallory\nstaff: ann bob\n\nother:eve\nstaff : carl\n')
    grant_all(archive, 'group:staff')
    archive.site.write_config(group_file=str(path))
    pool = harness.Pool(archive.site, workers=1).start()
    archive.site.write_config(group_file=None)
    one = namedtuple('One', 'pool')(pool)
    try:
        for user in ('ann', 'bob', 'carl'):
            assert ask(one, '/studies', user).status == 200, user
        for user in ('eve', 'mallory', 'staff', 'an', 'staff:', '#'):
            assert ask(one, '/studies', user).status == 204, user
        path.write_text('staff: eve\n')
        assert (ask(one, '/studies', 'ann').status, ask(one, '/studies', 'eve').status) == (204, 200)
        path.unlink()
        assert ask(one, '/studies', 'eve').status == 500
    finally:
        pool.remove()


def test_collections(archive, tmp_path):
    """Seen by those who see all of it, or whom it is granted; then its series are, too."""
    grant_all(archive, 'user:root')
    inside = [s for s in archive.series if s.study in (archive.series[0].study, archive.series[-1].study)]
    (tmp_path / 'list').write_text('\n'.join({s.study for s in inside}))
    made = archive.site.cli('collection', 'create', str(tmp_path / 'list'))
    assert made.code == 0, made
    ident = made.out.split()[0]

    def seen(user):
        return {ask(archive, f'/collections/{ident}', user, kind).status for kind in (ZIP, CSV)}
    grant = archive.site.cli
    assert (seen('root'), seen('ann'), seen('bob'), seen('eve')) == ({200}, {404}, {404}, {404})
    assert grant('grant', '--study', inside[0].study, 'user:ann').code == 0
    assert seen('ann') == {404}
    for one in inside:
        assert grant('grant', '--series', one.uid, 'user:ann').code == 0
    done = grant('grant', '--collection', ident, 'user:bob')
    assert (seen('ann'), seen('bob'), seen('eve')) == ({200}, {200}, {404})
    names_of = found(ask(archive, '/series', 'bob'), '0020000E')
    assert names_of == sorted(s.uid for s in inside)
    assert grant('revoke', done.out.split(':')[0].removeprefix('grant ')).code == 0
    assert seen('bob') == {404} and ask(archive, '/series', 'bob').status == 204


def test_the_command(archive):
    cli = archive.site.cli
    archive.site.sql('DELETE FROM wadozip.grant_')
    done = cli('grant', '--patient', 'P1', '--issuer', '', '--acts', 'search', '--expires', '2h', 'user:ann', 'everyone')
    assert done.code == 0 and len(done.out.splitlines()) == 2
    listed = cli('grants').out.splitlines()
    assert listed[0].split() == ['grant', 'who', 'what', 'acts', 'form', 'expires'] and len(listed) == 3
    assert ['user:ann', 'patient', 'P1', 'of', 'no', 'issuer', 'search', 'original'] == listed[1].split()[1:9]
    assert len(cli('grants', 'everyone').out.splitlines()) == 2
    number = listed[1].split()[0]
    assert cli('revoke', number).out == f'grant {number} revoked\n'
    again = cli('revoke', number)
    assert again.code == 1 and 'does not exist' in again.out
    for wrong in ([], ['ann', '--everything'], ['user:', '--everything'], ['link:1', '--everything'], ['user:a'],
                  ['user:a', '--study', 'x'], ['user:a', '--study', '1.2', '--everything'],
                  ['user:a', '--issuer', 'x', '--study', '1.2'],
                  ['user:a', '--everything', '--acts', 'write'], ['user:a', '--everything', '--expires', '0d']):
        assert cli('grant', *wrong).code == 2, wrong
    assert cli('revoke', 'x').code == cli('revoke').code == cli('grants', 'x').code == 2


def test_workers_forget_the_user_before(archive):
    grant_all(archive, 'user:ann')
    for user, expected in itertools.islice(itertools.cycle([('ann', 200), ('eve', 204)]), 12):
        assert ask(archive, '/studies', user).status == expected
