"""Orthanc of Debian as a peer: loopback, a temporary folder, loaded with the same files."""
import http.client
import json
import shutil
import subprocess
import time
from pathlib import Path

import harness

PROGRAM = shutil.which('Orthanc') or shutil.which('orthanc')
PLUGIN = Path('/usr/share/orthanc/plugins/libOrthancDicomWeb.so')


class Orthanc:
    name = 'orthanc'

    def __init__(self):
        self.folder, self.port, self.process = harness.temporary('wzorthanc-'), harness.free_port(), None

    def start(self):
        (self.folder / 'orthanc.json').write_text(json.dumps({
            'Name': 'bench', 'StorageDirectory': str(self.folder / 'db'), 'IndexDirectory': str(self.folder / 'db'),
            'HttpPort': self.port, 'RemoteAccessAllowed': False, 'DicomServerEnabled': False,
            'AuthenticationEnabled': False, 'Plugins': [str(PLUGIN)] if PLUGIN.exists() else []}))
        with open(self.folder / 'log', 'wb') as log:
            self.process = subprocess.Popen([PROGRAM, str(self.folder / 'orthanc.json')], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        harness.wait_for('orthanc', lambda: harness.accepts(self.port), seconds=60, alive=self.process)
        return self

    def load(self, paths):
        """Uploads files; gives seconds."""
        began, c = time.monotonic(), http.client.HTTPConnection('127.0.0.1', self.port, timeout=600)
        for path in paths:
            c.request('POST', '/instances', path.read_bytes())
            answer = c.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f'orthanc refuses {path}: {answer.status}')
        c.close()
        return time.monotonic() - began

    def study(self, uid):
        """Its own identifier of a study."""
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        c.request('POST', '/tools/lookup', uid)
        return json.loads(c.getresponse().read())[0]['ID']

    def log(self):
        return (self.folder / 'log').read_text(errors='replace')

    def remove(self):
        if self.process:
            harness.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
