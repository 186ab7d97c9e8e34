# SPDX-License-Identifier: MIT
"""The metadata of the 5,000-instance study as DICOM JSON, where the service offers it."""
from corpus import corpus, uid
from fronts import NAMES, fronts
from measure import Web
from subjects.retrieve import warm

JSON = 'application/dicom+json'
NAME = 'small'
SECONDS, FIRST_MS = 2, 50


def offered(server, path):
    answer = server.get(path, accept=JSON)
    answer.body.unlink(missing_ok=True)
    return answer.status == 200 and answer.exit == 0


def measure(bench):
    data, path = warm(corpus(NAME)), f'/studies/{uid(NAME)}/metadata'
    with bench.site([NAME]) as site, fronts(site, bench.flood, ('lighttpd-socket', 'apache-fcgid')) as servers:
        if not offered(servers['lighttpd-socket'], path):
            bench.missing('metadata', 'the service does not answer 200 for it')
            return
        cases = {kind: Web(f'{NAMES[kind]}, metadata', 0, server, f'/dicom-web{path}', JSON, bench.drain, least=data // 100)
                 for kind, server in servers.items()}
        peer = bench.orthanc(NAME)
        if peer:
            cases['orthanc'] = Web('Orthanc metadata', 0, peer, f'/dicom-web{path}', JSON, bench.drain, least=data // 100)
        bench.measure('metadata', f'metadata of {NAME} (5,000 instances)', cases)
        for kind in servers:
            bench.target(f'{NAMES[kind]}: seconds', cases[kind].value(), SECONDS, at_least=False)
            bench.target(f'{NAMES[kind]}: ms to the first byte', cases[kind].value('first_ms'), FIRST_MS, at_least=False)
