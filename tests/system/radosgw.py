# SPDX-License-Identifier: MIT
"""Ceph's radosgw for tests: a cluster of one monitor and one OSD in a folder below /var/tmp, all of it on 127.0.0.1.

Nothing of a Ceph that is installed on the machine is used or changed: the cluster has settings and sockets of its own.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import harness

USER = 'wadozip'
SETTINGS = '''[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
mon cluster log file = {folder}/cluster.log
mon allow pool size one = true
mon data avail crit = 0
osd objectstore = bluestore
bluestore block size = 17179869184
osd memory target = 939524096
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
rgw rados pool pg num min = 1
rgw enable apis = s3
rgw dns name = localhost
'''


class Radosgw:
    """The other side of an ObjectStore. It verifies signatures, and makes pages of lists."""

    verifies = True

    def __init__(self, key):
        self.key, self.port, self.processes = key, harness.free_port(), []
        self.folder = Path(tempfile.mkdtemp(prefix='wzceph-', dir='/var/tmp'))
        self.settings = self.folder / 'ceph.conf'

    def start(self):
        fsid, monitor = uuid.uuid4(), harness.free_port()
        self.settings.write_text(SETTINGS.format(fsid=fsid, mon=monitor, folder=self.folder))
        for name in 'mon', 'osd', 'rgw':
            (self.folder / name).mkdir()
        self._tool('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', f'[v2:127.0.0.1:{monitor}/0]',
                   self.folder / 'monmap')
        self._tool('ceph-mon', '-i', 'a', '--mkfs', '--monmap', self.folder / 'monmap')
        self._daemon('ceph-mon', '-i', 'a')
        osd = self._tool('ceph', 'osd', 'new', fsid).strip()
        self._tool('ceph-osd', '-i', osd, '--mkfs', '--osd-uuid', fsid)
        self._daemon('ceph-osd', '-i', osd)
        gateway = self._daemon('radosgw', '-n', 'client.rgw', f'--rgw-frontends=beast endpoint=127.0.0.1:{self.port}')
        harness.wait_for('radosgw', lambda: harness.accepts(self.port), alive=gateway)
        self._tool('radosgw-admin', 'user', 'create', '--uid', USER, '--display-name', USER, '--access-key', self.key,
                   '--secret-key', self.key)
        return self

    def stop(self):
        for process in reversed(self.processes):
            harness.end(process, signal.SIGKILL)  # nothing of it is kept
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tool(self, name, *words):
        return harness.run(name, '-c', self.settings, *words, check=True).out

    def _daemon(self, name, *words):
        with open(self.folder / 'console', 'ab') as log:
            self.processes.append(subprocess.Popen([name, '-c', str(self.settings), '-f', *words],
                                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return self.processes[-1]

    def rotate(self, secret):
        """The key gets another secret."""
        self._tool('radosgw-admin', 'key', 'create', '--uid', USER, '--key-type', 's3', '--access-key', self.key,
                   '--secret-key', secret)

    def configure(self, name, value):
        """A setting of the running gateway."""
        self._tool('ceph', '--admin-daemon', self.folder / 'client.rgw.asok', 'config', 'set', name, value)
