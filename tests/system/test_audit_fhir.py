# SPDX-License-Identifier: MIT
"""wadozip audit --forward: AuditEvent resources to a FHIR service; every record arrives, whatever is killed or rejected."""
import base64
import json
import os
import re
import signal
import socket
import subprocess

import fhir_receiver
import harness
import pytest
from audit_records import (STUDY, add, add_by_server, add_collection, ended, forward, remove_collections, rows, site_of,
                           started, waiting)
from fhir_receiver import DCM, PERSON, check, code, details, entities, pattern, record_of

REJECTED = {'resourceType': 'OperationOutcome', 'issue': [
    {'severity': 'error', 'code': 'invalid', 'diagnostics': 'Jane Doe', 'expression': ['AuditEvent.agent[0].who']}]}


@pytest.fixture(scope='module')
def receiver():
    made = fhir_receiver.Receiver().start()
    yield made
    made.stop()


@pytest.fixture(scope='module')
def site(pg, receiver):
    made = site_of(pg, 'fhir', receiver)
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def empty(site, receiver):
    site.sql('DELETE FROM wadozip.audit')
    remove_collections(site)
    receiver.reset()
    if not receiver.server:
        receiver.start()


@pytest.mark.parametrize('address', ['/fhir', '/fhir/AuditEvent'])
def test_what_a_server_records_arrives_once(site, receiver, address):
    add_by_server(site)
    target = receiver.settings(address)['audit_fhir']
    done = forward(site, audit_fhir=target)
    assert (done.code, done.out) == (0, f'8 audit records forwarded to {target}\n'), done
    assert forward(site, audit_fhir=target).out == '' and waiting(site) == 0
    assert sorted(receiver.records()) == sorted(rows(site))
    assert receiver.posts == [address] * (1 if address == '/fhir' else 8)
    check(receiver.stored)
    assert 'Secret' not in json.dumps(receiver.stored)
    # The archive of a search has no patient of its own: it follows no pattern.
    assert sorted(map(pattern, receiver.stored)) == ['', '', '', 'PatientRead', 'PatientRead', 'PrivacyDisclosure.Source',
                                                     'Query', 'Query']
    assert sorted(code(s)[1] for r in receiver.stored for s in r['subtype'] if code(s)[0] == DCM) == [
        '110103', '110104', '110112', '110112', '110132', '110135']


def test_a_transfer_names_study_patient_and_instances(site, receiver):
    add(site, profile='research', client='2001:db8::1')
    assert forward(site).code == 0
    [r] = receiver.stored
    check([r])
    assert pattern(r) == 'PatientRead' and r['recorded'].startswith('2023-11-14T22:13:20')
    assert r['period'] == {'start': r['recorded'], 'end': r['recorded']}
    host = socket.gethostname()
    service, client, user = r['agent']
    assert service['who'] == {'identifier': {'value': f'wadozip@{host}'}} == r['source']['observer']
    assert service['network'] == {'address': host, 'type': '1'}
    assert client['network'] == {'address': '2001:db8::1', 'type': '2'}
    assert [a['requestor'] for a in r['agent']] == [False, False, True]
    assert user['who']['identifier']['value'] == user['name'] == 'ann'
    [study] = [e for e in r['entity'] if e['what'].get('type') == 'ImagingStudy']
    assert study['what']['identifier'] == {'system': 'urn:dicom:uid', 'value': f'urn:oid:{STUDY}'}
    assert [d['valueString'].split(': ')[1] for d in study['detail'] if d['type'] == 'SOPClass'] == ['3']
    [patient] = entities(r, PERSON)
    assert patient['what']['identifier']['value'] == site.sql('SELECT patient_id FROM wadozip.study')[0][0]
    assert 'assigner' not in patient['what']['identifier']
    found = details(r)
    assert (found['Bytes'], found['Representation'], found['DeidentificationProfile']) == ('5', 'archive', 'research')
    site.sql("UPDATE wadozip.study SET patient_issuer = 'HOSP'")
    add(site)
    assert forward(site, audit_source='x@y').code == 0
    site.sql('UPDATE wadozip.study SET patient_issuer = NULL')
    last = receiver.stored[-1]
    assert entities(last, PERSON)[0]['what']['identifier']['assigner'] == {'display': 'HOSP'}
    assert last['source']['observer']['identifier']['value'] == 'x@y'


def test_records_without_some_facts(site, receiver):
    """An unknown study, no user, no address, errors: valid resources, which claim no pattern that they do not follow."""
    add(site, resource='study 1.2.9', study='1.2.9')
    add(site, who='-')
    add(site, who='-', client='-')
    add(site, who='link:4', resource='study 1.2.9', study='1.2.9')
    add(site, outcome='aborted')
    add(site, outcome='refused', status=503, act='search', resource='search studies', study='', content='search')
    add(site, outcome='refused', status=404)
    add(site, begun=True, outcome='begun', tag='"t"', length=10)
    add(site, act='search', resource='search series', study='', content='search')
    assert forward(site).code == 0 and len(receiver.stored) == 9
    check(receiver.stored)
    assert [pattern(r) for r in receiver.stored] == ['Read', 'PatientRead', '', '', '', '', '', '', 'Query']
    assert [r['outcome'] for r in receiver.stored] == ['0', '0', '0', '0', '4', '8', '4', '0', '0']
    assert [len(r['agent']) for r in receiver.stored[:3]] == [3, 2, 1]
    assert receiver.stored[1]['agent'][1]['requestor'] is True
    assert receiver.stored[5]['outcomeDesc'] == 'refused, status 503'
    assert code(receiver.stored[7]['type']) == (DCM, '110102') and 'end' not in receiver.stored[7]['period']
    query = receiver.stored[8]['entity'][0]['query']
    assert base64.b64decode(query) == b'/series'


def test_text_is_text(site, receiver):
    names = ['a"b<c>&\'', 'zoë \u2028\u202e', '日本' * 20, 'x' * 127, 'back\\slash', '\ufeff', '{"a": 1}']
    for name in names:
        add(site, who=name)
    assert forward(site).code == 0
    check(receiver.stored)
    assert [r['agent'][2]['who']['identifier']['value'] for r in receiver.stored] == names


@pytest.mark.parametrize('address', ['/fhir', '/fhir/AuditEvent'])
def test_rejected_records_wait_and_hold_no_other(site, receiver, address):
    add(site, 120)
    faulty = dict(zip(sorted(rows(site))[3:], (422, 400, 409, 410, 412, 413, 451, 500)))
    receiver.judge = lambda r: (faulty[record_of(r)], REJECTED) if record_of(r) in faulty else 201
    settings = receiver.settings(address)
    done = forward(site, **settings)
    assert done.code == 2 and done.out == f'112 audit records forwarded to {settings["audit_fhir"]}\n', done
    first = min(faulty)[0]
    assert f'8 audit records were rejected by the receiver and wait; record {first}: status 422 invalid' in done.err
    assert 'AuditEvent.agent[0].who' in done.err and 'Jane' not in done.err
    assert waiting(site) == 8 and sorted(receiver.records()) == sorted(rows(site) - set(faulty))
    receiver.judge = lambda r: 201
    assert forward(site, **settings).code == 0 and waiting(site) == 0
    assert sorted(receiver.records()) == sorted(rows(site))


@pytest.mark.parametrize('status', [400, 413, 422, 500])
def test_a_rejected_bundle_is_sent_one_by_one(site, receiver, status):
    add(site, 5)
    receiver.bundle = lambda bundle: status if len(bundle['entry']) > 1 else None
    assert forward(site).code == 0 and waiting(site) == 0
    assert len(receiver.posts) == 6 and sorted(receiver.records()) == sorted(rows(site))


@pytest.mark.parametrize('status, words', [
    (401, 'see audit_fhir_token'), (403, 'see audit_fhir_token'), (429, 'answers with status 429'), (500, 'status 500'),
    (503, 'status 503'), (404, 'answers with status 404 to '), (308, 'answers with status 308 to ')])
def test_a_service_that_takes_nothing(site, receiver, status, words):
    add(site, 3)

    def fails(address):
        done = forward(site, **receiver.settings(address))
        assert done.code == 2 and words in done.err and 'rejected' not in done.err and waiting(site) == 3, done
    receiver.judge = lambda r: status
    fails('/fhir/AuditEvent')
    fails('/fhir')  # in the entries of the answer
    receiver.bundle = lambda bundle: status
    fails('/fhir')
    assert receiver.stored == []


def test_what_was_stored_before_an_error_counts(site, receiver):
    add(site, 5)
    third = sorted(rows(site))[2]
    receiver.judge = lambda r: 503 if record_of(r) >= third else 201
    done = forward(site, **receiver.settings('/fhir/AuditEvent'))
    assert done.code == 2 and waiting(site) == 3 and len(receiver.posts) == 3, done
    receiver.judge = lambda r: 503 if record_of(r) == third else 201
    assert forward(site).code == 2 and waiting(site) == 1
    receiver.judge = lambda r: 201
    assert forward(site).code == 0
    assert sorted(receiver.records()) == sorted(rows(site))


@pytest.mark.parametrize('answer', [b'', b'{}', b'[]', b'x', b'{"resourceType": "Bundle"}', b'"' + b'x' * (9 << 20),
                                    b'{"resourceType": "Bundle", "entry": []}',
                                    b'{"resourceType": "Bundle", "entry": [{}, 1, null]}'], ids=range(8))
def test_an_answer_that_is_none(site, receiver, answer):
    add(site, 3)
    receiver.batch = lambda bundle: (200, answer)
    try:
        done = forward(site)
    finally:
        del receiver.batch
    assert done.code == 2 and done.err.startswith('wadozip: audit_fhir: ') and waiting(site) == 3, done


def test_a_connection_that_is_cut(site, receiver):
    """After the service has stored a Bundle, before it has answered: it is sent again."""
    add(site, 250)
    receiver.cut = lambda posts: posts > 1
    done = forward(site)
    assert done.code == 2 and waiting(site) == 150 and done.out.startswith('100 audit records'), done
    receiver.cut = lambda posts: False
    assert forward(site).code == 0 and len(receiver.stored) > 250
    assert set(receiver.records()) == rows(site)


def test_who_is_not_trusted(site, receiver):
    add(site)
    folder = receiver.folder
    base = f'https://localhost:{receiver.port}/fhir'
    for settings, words in (
            ({'audit_fhir_ca': 'system'}, f'the certificate of {base} is rejected'),
            ({'audit_fhir_ca': f'{folder}/other.crt'}, f'the certificate of {base} is rejected'),
            ({'audit_fhir_ca': f'{folder}/none'}, f'audit_fhir_ca: {folder}/none cannot be read'),
            ({'audit_fhir_client': f'{folder}/ca.crt'}, f'audit_fhir_client: {folder}/ca.crt cannot be used'),
            ({'audit_fhir_token': f'{folder}/none'}, f'audit_fhir_token: {folder}/none cannot be read'),
            ({'audit_fhir_token': f'{folder}/ca.crt'}, 'holds characters that no token has'),
            ({'audit_fhir_token': '/dev/null'}, 'must hold a token of 1 to 8192 bytes'),
            ({'audit_fhir': f'https://localhost:{harness.free_port()}'}, 'Failed to connect'),
            ({'audit_fhir': 'https://nowhere.invalid'}, 'nowhere.invalid'),
            ({'audit_fhir': 'none'}, 'name the receiver in the setting audit_syslog or audit_fhir'),
            ({'audit_fhir': base.replace('https', 'http')}, 'audit_fhir must begin with https://'),
            ({'audit_syslog': 'localhost'}, 'audit_syslog and audit_fhir are both set')):
        done = forward(site, **settings)
        assert done.code == 2 and words in done.err, (settings, done)
        assert waiting(site) == 1 and receiver.stored == []
    assert forward(site, audit_fhir=f'https://127.0.0.1:{receiver.port}/fhir').code == 0 and receiver.records()


def test_a_certificate_of_another_name(site, receiver):
    add(site)
    receiver.stop()
    receiver.start('other')
    try:
        done = forward(site)
        assert done.code == 2 and 'is rejected' in done.err and waiting(site) == 1, done
    finally:
        receiver.stop()
    assert receiver.posts == []


def test_a_service_that_asks_for_a_certificate(site, receiver):
    add(site)
    receiver.stop()
    receiver.start(ask=True)
    try:
        done = forward(site)
        assert done.code == 2 and waiting(site) == 1 and receiver.posts == [], done
        assert forward(site, audit_fhir_client=receiver.folder / 'sender.pem').code == 0
        assert receiver.records() == list(rows(site))
    finally:
        receiver.stop()


def test_a_service_that_asks_for_a_token(site, receiver):
    add(site)
    receiver.token = 'abc.DEF-1_2~3+4/5=='
    done = forward(site)
    assert done.code == 2 and 'answers with status 401: see audit_fhir_token' in done.err, done
    token = receiver.folder / 'token'
    token.write_text(receiver.token + '\n')
    assert forward(site, audit_fhir_token=token).code == 0 and receiver.records() == list(rows(site))
    assert re.search('bad  audit: .* status 401', site.cli('doctor').out)
    assert f'ok   audit: {receiver.settings()["audit_fhir"]} speaks FHIR 4.0.1 over TLS' in site.cli(
        'doctor', env={'WADOZIP_AUDIT_FHIR_TOKEN': str(token)}).out


def test_kills_of_the_forwarder_and_of_the_service(site, receiver):
    """Every record arrives, and what is noted as delivered has arrived."""
    def noted():
        return {(int(n), 1) for n, in site.sql('SELECT id FROM wadozip.audit WHERE forwarded = 1')}
    add(site, 1000)
    for count in (1, 250, 700):
        forwarder = started(site)
        harness.wait_for('resources', lambda: len(receiver.stored) >= count, alive=forwarder)
        ended(forwarder, signal.SIGKILL)
        assert noted() <= set(receiver.records())
    forwarder = started(site)
    for count in (900, 1300):
        add(site, 500)
        harness.wait_for('resources', lambda: len(receiver.stored) >= count, alive=forwarder)
        receiver.stop()
        receiver.cut = lambda posts: True
        assert noted() <= set(receiver.records())
        add(site)
        assert b'trying again in' in forwarder.stderr.readline()
        receiver.cut = lambda posts: False
        receiver.start()
    harness.wait_for('the end', lambda: waiting(site) == 0, alive=forwarder)
    assert ended(forwarder)[0] == 0 and set(receiver.records()) == rows(site)


def test_others_follow_while_a_rejected_record_waits(site, receiver):
    add(site)
    [faulty] = rows(site)
    receiver.judge = lambda r: 422 if record_of(r) == faulty else 201
    forwarder = started(site)
    try:
        assert f'record {faulty[0]}: status 422; trying again in 1 s'.encode() in forwarder.stderr.readline()
        add(site, 2)
        harness.wait_for('the others', lambda: len(receiver.stored) == 2, alive=forwarder)
        receiver.judge = lambda r: 201
        harness.wait_for('the end', lambda: waiting(site) == 0, alive=forwarder)
    finally:
        code_, _, _ = ended(forwarder)
    assert code_ == 0 and sorted(receiver.records()) == sorted(rows(site))


def test_the_end_in_the_middle_of_a_request(site, receiver):
    """The forwarder waits for a service that takes the request and does not answer."""
    add(site, 100)
    with socket.create_server(('127.0.0.1', 0)) as silent:
        forwarder = started(site, WADOZIP_AUDIT_FHIR=f'https://localhost:{silent.getsockname()[1]}/fhir')
        connection = silent.accept()[0]
        code_, _, err = ended(forwarder)
        connection.close()
    assert (code_, err) == (0, b'') and waiting(site) == 100 and receiver.posts == []


def test_retention_waits_for_the_service(site, receiver):
    days = {'WADOZIP_AUDIT_DAYS': '30'}
    add(site, 2)
    assert site.cli('audit', '--expire', env=days).out == '0 entries deleted\n'
    assert site.cli('audit', '--forward', env=days).code == 0
    assert rows(site) == set() and len(receiver.records()) == 2


def test_doctor_looks_at_it(site, receiver):
    base = receiver.settings()['audit_fhir']
    assert f'ok   audit: {base} speaks FHIR 4.0.1 over TLS' in site.cli('doctor').out
    found = site.cli('doctor', env={'WADOZIP_AUDIT_FHIR': f'{base}/AuditEvent'}).out
    assert f'ok   audit: {base}/AuditEvent speaks FHIR 4.0.1 over TLS' in found
    receiver.version = '5.0.0'
    assert f'bad  audit: audit_fhir: {base} speaks FHIR 5.0.0, not R4' in site.cli('doctor').out
    receiver.version = None
    assert f'ok   audit: {base} answers over TLS, without a capability statement' in site.cli('doctor').out
    receiver.stop()
    assert re.search('bad  audit: audit_fhir: .*Failed to connect', site.cli('doctor').out)
    assert receiver.posts == []


def test_an_archive_of_a_collection_has_a_resource_for_each_patient(site, receiver):
    named = add_collection(site, 1203)
    assert forward(site).code == 0 and waiting(site) == 0
    check(receiver.stored)
    seen = []
    for r in receiver.stored:
        assert pattern(r) == 'PrivacyDisclosure.Source'
        studies = [e['what']['identifier']['value'].removeprefix('urn:oid:') for e in r['entity']
                   if e['what'].get('type') == 'ImagingStudy']
        [patient] = entities(r, PERSON)
        seen += [(uid, patient['what']['identifier']['value']) for uid in studies]
        assert details(r)['Studies'] == f'{len(seen) - len(studies) + 1}-{len(seen)} of 1203'
    assert len(seen) == len(set(seen)) == 1203 and set(seen) == named


def test_a_collection_counts_when_all_of_its_resources_are_accepted(site, receiver):
    add_collection(site, 400)
    add(site)
    receiver.judge = lambda r: 422 if details(r).get('Studies') == '300-302 of 400' else 201
    done = forward(site)
    assert done.code == 2 and '1 audit records were rejected' in done.err and waiting(site) == 1, done
    receiver.judge = lambda r: 201
    assert forward(site).code == 0 and waiting(site) == 0


def test_patients_of_a_collection_by_issuer(site, receiver):
    """The same Patient ID of two issuers is two patients; a study that was removed has none."""
    add_collection(site, 5, "'P'")
    site.sql("UPDATE wadozip.study SET patient_issuer = 'B' WHERE uid = '1.2.999.3'")
    site.sql("DELETE FROM wadozip.study WHERE uid = '1.2.999.5'")
    assert forward(site).code == 0
    check(receiver.stored)
    assert [details(r)['Studies'] for r in receiver.stored] == ['1-2 of 5', '3-3 of 5', '4-4 of 5', '5-5 of 5']
    assert [len(entities(r, PERSON)) for r in receiver.stored] == [1, 1, 1, 0]
    assert pattern(receiver.stored[3]) == ''
