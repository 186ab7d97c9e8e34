# SPDX-License-Identifier: MIT
"""wadozip audit --forward: DICOM audit messages to rsyslog over TLS; every record arrives, whatever is killed."""
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import audit_receiver
import harness
import pytest
from audit_receiver import detail, record_of
from audit_records import (SERIES, STUDY, add, add_by_server, add_collection, ended, forward, remove_collections, rows, site_of,
                           started, waiting)

BEGIN, ACCESSED, TRANSFERRED, EXPORT, QUERY, ALERT = '110102', '110103', '110104', '110106', '110112', '110113'


@pytest.fixture(scope='module')
def receiver():
    made = audit_receiver.Receiver().start()
    yield made
    made.stop()


@pytest.fixture(scope='module')
def site(pg, receiver):
    made = site_of(pg, 'forward', receiver)
    yield made
    made.remove()


@pytest.fixture(autouse=True)
def empty(site, receiver):
    site.sql('DELETE FROM wadozip.audit')
    remove_collections(site)
    if not receiver.process:
        receiver.start()
    receiver.clear()


def event(message):
    return message.root.find('EventIdentification/EventID').get('csd-code')


def valid(message, tmp_path):
    path = tmp_path / 'message.xml'
    path.write_text(message.xml, encoding='utf-8')
    checked = harness.run('xmllint', '--noout', '--relaxng', harness.REPO / 'tests/data/audit_message.rng', path)
    assert checked.code == 0, (checked.err, message.xml)


def roles(message):
    """RoleIDCode of each participant by UserID."""
    return {p.get('UserID'): {r.get('csd-code') for r in p.iter('RoleIDCode')}
            for p in message.root.iter('ActiveParticipant')}


def objects(message):
    found = message.root.iter('ParticipantObjectIdentification')
    return {o.find('ParticipantObjectIDTypeCode').get('csd-code'): o for o in found}


def test_what_a_server_records_arrives_once(site, receiver, tmp_path):
    add_by_server(site)
    done = forward(site)
    assert (done.code, done.out) == (0, f'8 audit records forwarded to localhost:{receiver.port}\n'), done
    assert forward(site).out == '' and waiting(site) == 0
    messages = receiver.messages()
    assert sorted(receiver.records()) == sorted(rows(site))
    for m in messages:
        valid(m, tmp_path)
        assert (m.app, m.msgid, m.data, m.host) == ('wadozip', 'DICOM+RFC3881', '-', socket.gethostname())
        assert 'Secret' not in m.xml
    assert sorted(map(event, messages)) == sorted(
        [TRANSFERRED, ACCESSED, QUERY, QUERY, ALERT, EXPORT, ALERT, EXPORT])
    assert [m.pri for m in messages if event(m) == TRANSFERRED] == [85]
    assert [m.pri for m in messages if '1.2.3' in m.xml.replace(STUDY, '').replace(SERIES, '')] == [84]


def test_a_transfer_names_study_patient_and_instances(site, receiver, tmp_path):
    add(site, profile='research')
    assert forward(site).code == 0
    [m] = receiver.messages()
    valid(m, tmp_path)
    assert event(m) == TRANSFERRED and m.time.startswith('2023-11-14T22:13:20')
    host = f'wadozip@{socket.gethostname()}'
    assert roles(m) == {host: {'110153', '110150'}, 'ann': {'110152'}}
    assert m.root.find('AuditSourceIdentification').get('AuditSourceID') == host
    study = objects(m)['110180']
    assert study.get('ParticipantObjectID') == STUDY
    [sop_class] = study.iter('SOPClass')
    assert sop_class.get('NumberOfInstances') == '3' and study.find('.//Anonymized').text == 'true'
    patient = site.sql('SELECT patient_id FROM wadozip.study')[0][0]
    assert objects(m)['2'].get('ParticipantObjectID') == patient
    assert (detail(m, 'Bytes'), detail(m, 'Representation')) == ('5', 'archive')
    assert forward(site, audit_source='x@y').code == 0


def test_text_is_text(site, receiver, tmp_path):
    """What a user may be called cannot become markup, a second message or a broken frame."""
    names = ['a"b<c>&\'', 'zoë \u2028\u202e', '日本' * 20, 'x' * 127, '<85>1 - - - - - -', '\ufeff', 'a\ufffeb']
    for name in names:
        add(site, who=name)
    assert forward(site).code == 0
    messages = receiver.messages()
    for m in messages:
        valid(m, tmp_path)
    users = [p.get('UserID') for m in messages for p in m.root.iter('ActiveParticipant') if p.get('UserIsRequestor') == 'true']
    assert users == [n.replace('\ufffe', '\ufffd') for n in names]


def test_open_transfers_wait_for_their_end(site, receiver):
    add(site, begun=True, outcome='begun', bytes=0, tag='"t"', at=harness.time.time(), length=10)
    add(site, outcome='partial', status=206, tag='"u"', at=harness.time.time(), length=10)
    assert forward(site).code == 0 and receiver.messages() == []
    site.sql("UPDATE wadozip.audit SET last = last - interval '11 min'")
    assert forward(site).code == 0
    assert sorted(map(event, receiver.messages())) == [BEGIN, TRANSFERRED]
    begun = next(m for m in receiver.messages() if event(m) == BEGIN)
    add(site, announced=True, tag='"t"', at=harness.time.time() + 7200, length=10, bytes=10)  # hours later: the same row
    assert forward(site).code == 0
    last = receiver.messages()[-1]
    assert (event(last), detail(last, 'Bytes')) == (TRANSFERRED, '10')
    assert record_of(last) == (record_of(begun)[0], 2) and len(rows(site)) == 2


def test_a_row_that_changes_while_it_is_sent_is_sent_again(site, receiver):
    add(site, tag='"t"', length=5, at=harness.time.time())
    [(number, _)] = rows(site)
    assert forward(site).code == 0
    add(site, tag='"t"', status=206, length=5, at=harness.time.time())
    site.sql(f'SELECT wadozip.audit_forwarded(ARRAY[{number}], ARRAY[1])')
    assert waiting(site) == 1 and forward(site).code == 0 and waiting(site) == 0
    assert receiver.records() == [(number, 1), (number, 2)]


class Fake:
    """A receiver that does with a connection what a test says."""

    def __init__(self, receiver, act):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(receiver.folder / 'receiver.crt', receiver.folder / 'receiver.key')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = f'localhost:{self.listener.getsockname()[1]}'
        self.thread = threading.Thread(target=self.serve, args=(act,), daemon=True)
        self.thread.start()

    def serve(self, act):
        connection = self.listener.accept()[0]
        with self.context.wrap_socket(connection, server_side=True) as tls:
            act(tls)

    def close(self):
        self.listener.close()
        self.thread.join(harness.PATIENCE)


def read_all(tls):
    """Read, and close without close_notify."""
    while tls.recv(65536):
        pass
    os.close(tls.detach())


def read_little(tls):
    tls.recv(1)
    os.close(tls.detach())


@pytest.mark.parametrize('act, words', [(read_all, 'close_notify was awaited'), (read_little, '')])
def test_a_receiver_that_may_have_lost_messages(site, receiver, act, words):
    add(site, 150)
    fake = Fake(receiver, act)
    done = forward(site, audit_syslog=fake.address)
    fake.close()
    assert done.code == 2 and words in done.err and waiting(site) == 150, done
    assert forward(site).code == 0 and len(set(receiver.records())) == 150


def test_who_is_not_trusted(site, receiver):
    add(site)
    folder = receiver.folder
    for settings, words in (
            ({'audit_syslog_ca': 'system'}, 'the certificate of localhost is rejected: self-signed certificate'),
            ({'audit_syslog_ca': f'{folder}/other.crt'}, 'the certificate of localhost is rejected'),
            ({'audit_syslog_ca': f'{folder}/none'}, f'audit_syslog_ca: {folder}/none cannot be read'),
            ({'audit_syslog_client': f'{folder}/ca.crt'}, 'ca.crt has no key'),
            ({'audit_syslog_client': f'{folder}/log'}, 'log has no certificate'),
            ({'audit_syslog': f'localhost:{harness.free_port()}'}, 'Connection refused'),
            ({'audit_syslog': 'nowhere.invalid'}, 'nowhere.invalid'),
            ({'audit_syslog': 'none'}, 'name the receiver in the setting audit_syslog'),
            ({'audit_syslog': 'a b'}, 'audit_syslog must be none, HOST, HOST:PORT or [ADDRESS]:PORT, not "a b"')):
        done = forward(site, **settings)
        assert done.code == 2 and words in done.err, (settings, done)
        assert waiting(site) == 1
    assert forward(site, audit_syslog=f'127.0.0.1:{receiver.port}').code == 0 and receiver.records()


def test_a_certificate_of_another_name(site, receiver):
    add(site)
    receiver.stop()
    receiver.start('other')
    try:
        done = forward(site)
        assert done.code == 2 and 'hostname mismatch' in done.err, done
        done = forward(site, audit_syslog=f'127.0.0.1:{receiver.port}')
        assert done.code == 2 and 'IP address mismatch' in done.err, done
    finally:
        receiver.stop()
    assert receiver.messages() == [] and waiting(site) == 1


def test_a_receiver_that_asks_for_a_certificate(site, receiver):
    add(site)
    receiver.stop()
    receiver.start(auth='x509/certvalid')
    try:
        done = forward(site)
        assert done.code == 2 and waiting(site) == 1 and receiver.messages() == [], done
        assert forward(site, audit_syslog_client=receiver.folder / 'sender.pem').code == 0
        assert receiver.records() == list(rows(site))
    finally:
        receiver.stop()


def test_kills_of_the_forwarder_and_of_the_receiver(site, receiver):
    """Every record arrives, and what is noted as delivered has arrived."""
    add(site, 1000)
    for count in (1, 250, 700):
        forwarder = started(site)
        harness.wait_for('messages', lambda: receiver.lines() >= count, alive=forwarder)
        ended(forwarder, signal.SIGKILL)
    forwarder = started(site)
    for count in (900, 1300):
        add(site, 500)
        harness.wait_for('messages', lambda: receiver.lines() >= count, alive=forwarder)
        receiver.stop(signal.SIGKILL)
        noted = {(int(n), 1) for n, in site.sql('SELECT id FROM wadozip.audit WHERE forwarded = 1')}
        assert noted <= set(receiver.records())
        add(site)
        assert b'trying again in' in forwarder.stderr.readline()
        receiver.start()
    harness.wait_for('the end', lambda: waiting(site) == 0, alive=forwarder)
    assert ended(forwarder)[0] == 0 and set(receiver.records()) == rows(site)


@pytest.mark.parametrize('how, code', [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)])
def test_the_end_in_the_middle_of_a_batch(site, receiver, how, code):
    """The forwarder waits for a receiver that neither reads on nor answers."""
    add(site, 100)
    begun, over = threading.Event(), threading.Event()

    def hold(tls):
        tls.recv(1)
        begun.set()
        over.wait(harness.PATIENCE)
    fake = Fake(receiver, hold)
    forwarder = started(site, WADOZIP_AUDIT_SYSLOG=fake.address)
    try:
        assert begun.wait(harness.PATIENCE)
        assert ended(forwarder, how)[0] == code
    finally:
        over.set()
        fake.close()
    assert waiting(site) == 100


def test_new_records_follow_while_it_watches(site, receiver):
    forwarder = started(site)
    try:
        for n in range(1, 4):
            add(site)
            harness.wait_for('a message', lambda: len(receiver.records()) == n, alive=forwarder)
    finally:
        code, out, err = ended(forwarder)
    assert (code, err, out.count(b'1 audit records forwarded')) == (0, b'', 3)
    assert sorted(receiver.records()) == sorted(rows(site))


def test_two_at_once(site, receiver):
    add(site)
    holder = subprocess.Popen(['psql', '-XAtq', site.settings['database']], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdin.write(b'BEGIN; SELECT pg_advisory_xact_lock(20521, 7);\n\\echo held\n')
    holder.stdin.flush()
    assert b'held\n' in iter(holder.stdout.readline, b'')
    done = forward(site)
    holder.communicate(b'COMMIT;\n')
    assert done.code == 2 and 'another process is forwarding the audit of this database' in done.err, done
    assert receiver.messages() == [] and forward(site).code == 0 and len(receiver.messages()) == 1


def test_an_account_that_may_not_note_what_was_sent(site, receiver, pg):
    add(site)
    done = forward(site, database=pg.conninfo(site.name, pg.WEB_ROLE))
    assert done.code == 2 and f'GRANT "{site.name}_writer" TO it' in done.err, done
    assert receiver.messages() == [] and waiting(site) == 1


def test_retention_waits_for_the_receiver(site, receiver):
    days = {'WADOZIP_AUDIT_DAYS': '30'}
    add(site, 2)
    assert site.cli('audit', '--expire', env=days).out == '0 entries deleted\n'
    assert site.cli('audit', '--forward', env=days).code == 0
    assert rows(site) == set() and len(receiver.records()) == 2
    add(site)
    assert site.cli('audit', '--expire', env={**days, 'WADOZIP_AUDIT_SYSLOG': 'none'}).out == '1 entries deleted\n'


def test_doctor_looks_at_it(site, receiver):
    add(site, at=harness.time.time())
    found = site.cli('doctor').out
    assert f'ok   audit: localhost:{receiver.port} accepts messages over TLS' in found, found
    assert 'ok   audit: 1 records wait' in found
    site.sql("UPDATE wadozip.audit SET last = last - interval '3 hours'")
    receiver.stop()
    found = site.cli('doctor', env={'WADOZIP_AUDIT': '0'}).out
    assert re.search('bad  audit: .*cannot connect to localhost.*Connection refused', found), found
    assert 'bad  audit: 1 records wait, the oldest since 180 minutes: start wadozip-audit.service' in found
    assert 'note audit: only links' in found


def test_it_is_used_wrongly(site):
    assert site.cli('audit', '--watch').code == site.cli('audit', '--forward', 'x').code == 2


def studies_of(message):
    """UIDs, and Patient IDs, that a message names."""
    found = {'110180': [], '2': [], '12': []}
    for o in message.root.iter('ParticipantObjectIdentification'):
        found[o.find('ParticipantObjectIDTypeCode').get('csd-code')].append(o.get('ParticipantObjectID'))
    assert len(found['12']) == 1 and len(set(found['2'])) == len(found['2'])
    return found['110180'], found['2']


@pytest.mark.parametrize('patient', ["'P' || n / 3", "repeat('\"', 60) || n"])
def test_an_archive_of_a_collection_names_its_studies(site, receiver, tmp_path, patient):
    """Each once, in messages that a receiver accepts; a patient's follow each other."""
    named = add_collection(site, 1203, patient)
    done = forward(site)
    assert done.code == 0 and done.out.startswith('1 audit records') and waiting(site) == 0, done
    messages = receiver.messages()
    first = 1
    for m in messages:
        valid(m, tmp_path)
        studies, patients = studies_of(m)
        assert event(m) == EXPORT and len(m.xml) < 32768
        assert set(patients) == {p for uid, p in named if uid in studies}
        assert detail(m, 'Studies') == f'{first}-{first + len(studies) - 1} of 1203'
        first += len(studies)
    assert first == 1204 and sorted(s for m in messages for s in studies_of(m)[0]) == sorted(uid for uid, _ in named)
    assert (len(messages) == 25) == patient.startswith("'P"), [len(m.xml) for m in messages]


def test_archives_of_collections_that_name_no_studies(site, receiver):
    """One that was refused, one that has not ended, one whose collection was deleted, and one of a search."""
    add_collection(site, 1, outcome='refused', status=503)
    collection = 'collection ' + '00' * 16
    add(site, resource=collection, study='', begun=True, outcome='begun', tag='"t"', length=10)
    add(site, resource='collection ' + '11' * 16, study='')
    add(site, resource='search studies', study='')
    assert forward(site).code == 0
    assert [studies_of(m) for m in receiver.messages()] == 4 * [([], [])] and waiting(site) == 0


def test_a_study_of_a_collection_that_was_removed(site, receiver):
    add_collection(site, 4)
    site.sql("DELETE FROM wadozip.study WHERE uid = '1.2.999.4'")
    assert forward(site).code == 0
    assert studies_of(receiver.messages()[0]) == ([f'1.2.999.{n}' for n in range(1, 5)], ['P0', 'P1'])
