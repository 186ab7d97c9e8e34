# SPDX-License-Identifier: MIT
"""A receiver of audit messages: rsyslog over TLS, with certificates of its own authority."""
import base64
import json
import shutil
import signal
import subprocess
from collections import namedtuple
from xml.etree import ElementTree

import harness

RSYSLOGD = '/usr/sbin/rsyslogd'
CONFIG = '''
global(workDirectory="{folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"
       defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{folder}/ca.crt"
       defaultNetstreamDriverCertFile="{folder}/{name}.crt" defaultNetstreamDriverKeyFile="{folder}/{name}.key")
main_queue(queue.type="Direct")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="{auth}")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="line" type="list" option.jsonf="on") {{
    property(outname="pri" name="pri" format="jsonf")
    property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
    property(outname="host" name="hostname" format="jsonf")
    property(outname="app" name="app-name" format="jsonf")
    property(outname="msgid" name="msgid" format="jsonf")
    property(outname="data" name="structured-data" format="jsonf")
    property(outname="msg" name="msg" format="jsonf")
}}
action(type="omfile" file="{folder}/received" template="line" asyncWriting="off")
'''
Message = namedtuple('Message', 'pri time host app msgid data xml root')


def authority(folder):
    """Certificates: of an authority, of the receiver, of a receiver of another name, and of the sender."""
    def openssl(*args):
        harness.run('openssl', *args, check=True)
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
            '/CN=audit test authority', '-keyout', folder / 'ca.key', '-out', folder / 'ca.crt')
    for name, names in (('receiver', 'DNS:localhost,IP:127.0.0.1'), ('other', 'DNS:other.example'), ('sender', 'DNS:sender')):
        openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', f'/CN={name}',
                '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.csr')
        (folder / 'names').write_text(f'subjectAltName={names}\n')
        openssl('x509', '-req', '-in', folder / f'{name}.csr', '-CA', folder / 'ca.crt', '-CAkey', folder / 'ca.key',
                '-CAcreateserial', '-days', '2', '-extfile', folder / 'names', '-out', folder / f'{name}.crt')
    (folder / 'sender.pem').write_text((folder / 'sender.crt').read_text() + (folder / 'sender.key').read_text())


class Receiver:
    def __init__(self):
        self.folder = harness.temporary('wzsyslog-')
        self.port = harness.free_port()
        self.process = None
        authority(self.folder)
        # A copy: a security module may confine the installed one to the folders of the system's log.
        self.program = shutil.copy(RSYSLOGD, self.folder / 'rsyslogd')
        self.received = self.folder / 'received'

    def settings(self, **more):
        return {'audit_syslog': f'localhost:{self.port}', 'audit_syslog_ca': str(self.folder / 'ca.crt'), **more}

    def start(self, name='receiver', auth='anon'):
        with open(self.received, 'a', encoding='utf-8') as f:
            f.write('\n')  # a kill may have cut the last line
        config = self.folder / 'rsyslog.conf'
        config.write_text(CONFIG.format(folder=self.folder, name=name, auth=auth, port=self.port))
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen([self.program, '-n', '-f', str(config), '-i', 'NONE'],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        harness.wait_for('rsyslog', lambda: harness.accepts(self.port), alive=self.process)
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process:
            harness.end(self.process, how)
            self.process = None

    def lines(self):
        return self.received.read_bytes().count(b'}\n')

    def messages(self):
        """Those that have arrived, in order."""
        lines = self.received.read_text(encoding='utf-8').split('\n') if self.received.exists() else []
        return [parse(json.loads(line)) for line in lines if line.endswith('}')]

    def records(self):
        """The rows that have arrived: pairs of number and change."""
        return [record_of(m) for m in self.messages()]

    def clear(self):
        if self.received.exists():
            self.received.write_text('')


def parse(m):
    text = m['msg']
    assert text.startswith('\ufeff'), text[:20]
    return Message(int(m['pri']), m['time'], m['host'], m['app'], m['msgid'], m['data'], text[1:],
                   ElementTree.fromstring(text[1:]))


def detail(message, kind):
    """The value of a ParticipantObjectDetail."""
    values = [d.get('value') for d in message.root.iter('ParticipantObjectDetail') if d.get('type') == kind]
    return base64.b64decode(values[0], validate=True).decode() if values else None


def record_of(message):
    return tuple(map(int, detail(message, 'AuditRecord').split('.')))
