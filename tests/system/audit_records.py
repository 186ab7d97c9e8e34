# SPDX-License-Identifier: MIT
"""A site whose audit is forwarded, records of its table, and the forwarder as a process."""
import json
import os
import signal
import subprocess

import corpus
import harness
from downloads import in_time

STUDY, SERIES = corpus.uid('audited'), corpus.uid('audited', 1)
ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/dicom+json'


def site_of(pg, name, receiver):
    """With a study of three instances, and the receiver in its settings."""
    folder = harness.temporary('wzaudit-')
    for n in range(3):
        path = folder / f'{n}.dcm'
        path.write_bytes(corpus.header(STUDY, SERIES, corpus.uid('audited', n, 'i'), n) + bytes(2))
        path.chmod(0o644)
    made = harness.Site(pg, f'{name}_{os.getpid()}', {'r': folder}, audit='1', **receiver.settings()).migrate()
    assert made.index().code == 0
    return made


def rows(site):
    """Pairs of number and change."""
    return {(int(n), int(changes)) for n, changes in site.sql('SELECT id, changes FROM wadozip.audit')}


def waiting(site):
    return int(site.sql('SELECT count(*) FROM wadozip.audit_due')[0][0])


def add(site, count=1, **fields):
    """Entries as the responder records them."""
    entry = {'at': 1700000000, 'begun': False, 'announced': False, 'who': 'ann', 'client': '10.0.0.7', 'act': 'retrieve',
             'resource': f'study {STUDY}', 'study': STUDY, 'profile': '', 'content': 'archive', 'tag': '', 'length': 0,
             'bytes': 5, 'status': 200, 'outcome': 'complete', **fields}
    text = json.dumps(entry).replace("'", "''")
    site.sql(f"SELECT wadozip.audit_add(NULL, (SELECT json_agg('{text}'::json) FROM generate_series(1, {count})), 0)")


def add_by_server(site):
    """Eight: four of retrievals and searches, a refusal, an archive of a search, a link that is made, and its download."""
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    try:
        for path, accept in ((f'/studies/{STUDY}', ZIP), (f'/studies/{STUDY}/series/{SERIES}', CSV), ('/studies?x=1', JSON),
                             ('/studies?PatientName=Secret', JSON), ('/studies/1.2.3', ZIP), ('/studies.zip', ZIP)):
            server.get(path, accept=accept)
        path = site.cli('link', 'create', STUDY).out.strip()
        assert harness.curl(f'{server.base}{path}/archive.zip', folder=server.folder).status == 200
        assert in_time(10, lambda: len(rows(site)) == 8), rows(site)
    finally:
        server.remove()


def add_collection(site, studies, patient="'P' || n / 3", **fields):
    """A collection, which is in the database only, and a record of its download. Returns its UIDs and Patient IDs."""
    identifier = '00' * 16
    site.sql(f"""
        SET search_path = wadozip;
        INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
            accession, description) SELECT '1.2.999.' || n, {patient}, '', '', '', '', '', '', '', ''
            FROM generate_series(1, {studies}) n;
        INSERT INTO collection (id, profile, name, creator, studies, series, instances, bytes, crc_sum)
            VALUES ('{identifier}', '', '', '', {studies}, {2 * studies}, {2 * studies}, 1, 1);
        INSERT INTO collection_series SELECT '{identifier}', 2 * n + s, '1.2.999.' || n, '1.2.998.' || n || '.' || s,
            1 + n / 3, n, '', '', s, 'CT', '', ARRAY['1.2.997.' || n || '.' || s], 1, 1
            FROM generate_series(1, {studies}) n CROSS JOIN generate_series(0, 1) s""")
    add(site, resource=f'collection {identifier}', study='', **fields)
    return {(uid, patient) for uid, patient in site.sql("SELECT uid, patient_id FROM wadozip.study WHERE uid LIKE '1.2.999.%'")}


def remove_collections(site):
    site.sql("DELETE FROM wadozip.collection; DELETE FROM wadozip.study WHERE uid LIKE '1.2.999.%'")


def forward(site, **settings):
    return site.cli('audit', '--forward', env={f'WADOZIP_{k.upper()}': str(v) for k, v in settings.items()})


def started(site, **env):
    return subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'audit', '--forward', '--watch'],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, **env})


def ended(forwarder, how=signal.SIGTERM):
    """Its exit code, output and errors."""
    forwarder.send_signal(how)
    out, err = forwarder.communicate(timeout=harness.PATIENCE)
    return forwarder.returncode, out, err
