# SPDX-License-Identifier: MIT
"""Orthanc of Debian as a peer: loopback, a temporary folder, loaded with the same files."""
import http.client
import json
import shutil
import subprocess
from pathlib import Path

import harness
from corpus import corpus, uid

PROGRAM = shutil.which('Orthanc') or shutil.which('orthanc')
PLUGIN = Path('/usr/share/orthanc/plugins/libOrthancDicomWeb.so')


class Orthanc:
    name = 'orthanc'

    def __init__(self, **settings):
        self.settings = settings
        self.folder, self.port, self.process = harness.temporary('wzorthanc-'), harness.free_port(), None
        self.loaded = set()

    def start(self):
        (self.folder / 'orthanc.json').write_text(json.dumps({
            'Name': 'bench', 'StorageDirectory': str(self.folder / 'db'), 'IndexDirectory': str(self.folder / 'db'),
            'HttpPort': self.port, 'RemoteAccessAllowed': False, 'DicomServerEnabled': False,
            'AuthenticationEnabled': False, 'Plugins': [str(PLUGIN)] if PLUGIN.exists() else [],
            **self.settings}))
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen([PROGRAM, str(self.folder / 'orthanc.json')], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        harness.wait_for('orthanc', lambda: harness.accepts(self.port), seconds=60, alive=self.process)

    def load(self, name):
        """Uploads a corpus, once."""
        if name in self.loaded:
            return
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=600)
        for path in sorted(corpus(name).rglob('*.dcm')):
            c.request('POST', '/instances', path.read_bytes())
            answer = c.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f'orthanc refuses {path}: {answer.status}')
        c.close()
        self.loaded.add(name)

    def archive(self, name):
        """The path of a study's archive, which goes by an identifier of Orthanc's own."""
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        c.request('POST', '/tools/lookup', uid(name))
        return f'/studies/{json.loads(c.getresponse().read())[0]["ID"]}/archive'

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    def remove(self):
        if self.process:
            harness.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
