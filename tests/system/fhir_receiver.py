# SPDX-License-Identifier: MIT
"""A FHIR service over TLS that stores AuditEvent resources, and judges of them: npm's fhir for R4, rules of IHE BALP here."""
import base64
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import audit_receiver
import harness
import packages

FHIR = 'application/fhir+json'
DCM = 'http://dicom.nema.org/resources/ontology/DCM'
TERMS = 'http://terminology.hl7.org/CodeSystem/'
REST = (TERMS + 'audit-event-type', 'rest')
INTERACTION = 'http://hl7.org/fhir/restful-interaction'
DISCLOSE = (TERMS + 'iso-21089-lifecycle', 'disclose')
SOURCE, DESTINATION, USER = (DCM, '110153'), (DCM, '110152'), (TERMS + 'v3-ParticipationType', 'IRCP')
PERSON, OBJECT = ((TERMS + 'audit-entity-type', code) for code in '12')
PATIENT, DOMAIN_RESOURCE, QUERY = ((TERMS + 'object-role', code) for code in ('1', '4', '24'))
BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
# BALP demands this subtype; the binding is extensible, and the judge's copy of the value set does not have it.
BEYOND = f'Code "disclose" ({DISCLOSE[0]}) not found in value set'


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1  # one write for an answer

    def log_message(self, *args):
        pass

    def answer(self, status, body=b'', **fields):
        self.send_response(status)
        self.send_header('Content-Type', FHIR)
        self.send_header('Content-Length', str(len(body)))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def refused(self):
        wanted = self.server.receiver.token
        if wanted and self.headers['Authorization'] != f'Bearer {wanted}':
            self.answer(401)
            return True
        return False

    def do_GET(self):
        receiver = self.server.receiver
        if self.refused():
            return
        if self.path != '/fhir/metadata' or not receiver.version:
            self.answer(404)
            return
        self.answer(200, json.dumps({'resourceType': 'CapabilityStatement', 'fhirVersion': receiver.version}).encode())

    def do_POST(self):
        receiver = self.server.receiver
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        assert (self.headers['Content-Type'], self.headers['Accept']) == (FHIR, FHIR)
        if self.refused():
            return
        with receiver.lock:
            receiver.posts.append(self.path)
            if self.path == '/fhir/AuditEvent':
                status, text = receiver.store(body)
                answer = json.dumps(text).encode()
            elif self.path == '/fhir':
                status, answer = receiver.batch(body)
            else:
                status, answer = 404, b'{}'
        if receiver.cut(len(receiver.posts)):
            self.close_connection = True
            return
        self.answer(status, answer)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a handshake that fails is the client's error


class Receiver:
    def __init__(self):
        self.folder = harness.temporary('wzfhir-')
        audit_receiver.authority(self.folder)
        self.lock = threading.Lock()
        self.server = None
        self.port = harness.free_port()
        self.reset()

    def reset(self):
        self.stored, self.posts = [], []
        self.token = self.bundle = None
        self.version = '4.0.1'
        self.judge = lambda resource: 201  # or a status and an OperationOutcome
        self.cut = lambda posts: False     # close the connection in place of the answer

    def settings(self, address='/fhir', **more):
        return {'audit_fhir': f'https://localhost:{self.port}{address}', 'audit_fhir_ca': str(self.folder / 'ca.crt'), **more}

    def start(self, name='receiver', ask=False):
        self.server = Server(('127.0.0.1', self.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f'{name}.crt', self.folder / f'{name}.key')
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.folder / 'ca.crt')
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.receiver = self
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def store(self, resource):
        judged = self.judge(resource)
        status, outcome = judged if isinstance(judged, tuple) else (judged, None)
        if status < 300:
            self.stored.append(resource)
        return status, outcome

    def batch(self, bundle):
        assert (bundle['resourceType'], bundle['type']) == ('Bundle', 'batch')
        if self.bundle and self.bundle(bundle):
            return self.bundle(bundle), b'{}'
        entries = []
        for entry in bundle['entry']:
            assert entry['request'] == {'method': 'POST', 'url': 'AuditEvent'}
            status, outcome = self.store(entry['resource'])
            response = {'status': f'{status} reason', **({'outcome': outcome} if outcome else {})}
            entries.append({'response': response})
        return 200, json.dumps({'resourceType': 'Bundle', 'type': 'batch-response', 'entry': entries}).encode()

    def records(self):
        """The rows that were stored: pairs of number and change."""
        return [record_of(resource) for resource in self.stored]


def details(resource):
    found = [d for entity in resource['entity'] for d in entity.get('detail', [])]
    return {d['type']: d['valueString'] for d in found}


def record_of(resource):
    return tuple(map(int, details(resource)['AuditRecord'].split('.')))


def code(coding):
    return coding['system'], coding['code']


def role(agent):
    return code(agent['type']['coding'][0]) if 'type' in agent else None


def pattern(resource):
    """The name of the BALP profile that the resource claims, or ''."""
    [found] = resource.get('meta', {}).get('profile', [''])
    assert found.startswith(BALP) or not found
    return found.removeprefix(BALP)


def agents(resource, wanted):
    return [a for a in resource['agent'] if role(a) == wanted]


def entities(resource, wanted):
    return [e for e in resource['entity'] if code(e['type']) == wanted]


def check_who(resource, source, destination):
    for wanted, least in ((source, 1), (destination, 1)):
        found = agents(resource, wanted)
        assert len(found) == least and 'who' in found[0] and 'network' in found[0] and 'media' not in found[0]


def check_user(resource):
    users = agents(resource, USER)
    assert len(users) <= 1
    assert all(u['requestor'] and 'who' in u and 'network' not in u and 'media' not in u for u in users)


def check_patient(resource):
    [patient] = entities(resource, PERSON)
    assert code(patient['role']) == PATIENT and patient['what']['type'] == 'Patient' and patient['what']['identifier']['value']


def check_disclosure(resource):
    assert (code(resource['type']), resource['action']) == ((DCM, '110106'), 'R')
    assert DISCLOSE in map(code, resource['subtype'])
    check_who(resource, SOURCE, DESTINATION)
    [source] = agents(resource, SOURCE)
    assert source['who'] == resource['source']['observer']
    assert len(resource['entity']) >= 2
    check_patient(resource)


def check_rest(resource, interaction, action):
    assert code(resource['type']) == REST and resource['outcome'] == '0' and resource['action'] == action
    assert (INTERACTION, interaction) in map(code, resource['subtype'])
    check_user(resource)


def check_read(resource):
    check_rest(resource, 'read', 'R')
    check_who(resource, SOURCE, DESTINATION)
    [data] = entities(resource, OBJECT)
    assert code(data['role']) == DOMAIN_RESOURCE and data['what']
    if pattern(resource) == 'PatientRead':
        check_patient(resource)
    else:
        assert not entities(resource, PERSON)


def check_query(resource):
    check_rest(resource, 'search', 'E')
    check_who(resource, SOURCE, DESTINATION)
    [query] = entities(resource, OBJECT)
    assert code(query['role']) == QUERY and base64.b64decode(query['query'], validate=True)
    assert not {'what', 'lifecycle', 'detail', 'name'} & set(query)


PATTERNS = {'PrivacyDisclosure.Source': check_disclosure, 'Query': check_query, 'Read': check_read, 'PatientRead': check_read,
            '': lambda resource: None}


def empty(value):
    """Whether something in it is empty, which FHIR's JSON does not allow."""
    if isinstance(value, dict):
        return not value or any(map(empty, value.values()))
    if isinstance(value, list):
        return not value or any(map(empty, value))
    return value is None or value == ''


def check(resources):
    """R4 by npm's fhir; what that does not check, and the BALP profile that each claims, here."""
    folder = packages.fetched('fhir')
    (folder / 'resources.json').write_text(json.dumps(resources), encoding='utf-8')
    judged = harness.run('node', 'validate.mjs', 'resources.json', cwd=folder)
    assert judged.code == 0, judged
    assert [m for m in json.loads(judged.out) if m['message'] != BEYOND] == [], judged.out
    for resource in resources:
        assert not empty(resource), resource
        assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', resource['recorded'])
        assert [a for a in resource['agent'] if 'requestor' not in a] == [] and resource['source']['observer']
        assert all(not ('name' in e and 'query' in e) for e in resource['entity'])  # invariant sev-1
        PATTERNS[pattern(resource)](resource)
