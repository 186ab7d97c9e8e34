# SPDX-License-Identifier: MIT
"""The setting spool: by default a folder of the account's own below /var/tmp, wherever the workers are started."""
import contextlib
import os
import pwd
import re
import socket
import subprocess
import time
from pathlib import Path

import harness
import pytest
from downloads import STUDY, in_time, vault, vault_site  # noqa: F401
from xsendfile import HAND, ZIP, ended, get, hand_site  # noqa: F401

ACCOUNT, OTHER = 61236, 61237  # of nobody

root = pytest.mark.skipif(not harness.ROOT_USER, reason='needs root, which has several accounts')


@contextlib.contextmanager
def default_spool(site, **settings):
    before = site.settings['spool']
    site.write_config(spool=None, **settings)
    yield harness.default_spool()
    site.write_config(spool=before, **dict.fromkeys(settings))


def is_own(folder):
    found = folder.lstat()
    user = pwd.getpwnam(harness.WEB_USER).pw_uid if harness.ROOT_USER else os.geteuid()
    return (found.st_mode, found.st_uid) == (0o40700, user)


@pytest.mark.parametrize('kind', ['lighttpd-spawned', 'apache-fcgid'])
def test_workers_of_the_web_server(vault_site, kind):
    """They make it, and count downloads and keep metadata there."""
    limits = {'max_downloads': '1', 'max_downloads_per_client': '0'}
    with default_spool(vault_site, **limits) as spool:
        server = harness.front_end(kind, vault_site, workers=2).start()
        try:
            started = time.time() - 60  # the clock of files is coarse
            part = server.get(f'/studies/{STUDY}', '--range', '0-99', accept=ZIP)
            assert (part.exit, part.status) == (0, 206), server.log()
            metadata = server.get(f'/studies/{STUDY}/metadata', accept='application/dicom+json')
            assert (metadata.exit, metadata.status) == (0, 200), server.log()
            assert is_own(spool)
            if not server.master():  # a pool counts in memory
                counts = [p for p in spool.glob('wadozip-*.slots') if p.stat().st_mtime > started]
                assert counts and all(p.stat().st_mode & 0o777 == 0o600 for p in counts)
            assert is_own(spool / f'{spool.name}-cache')
            assert not re.search(r'\] (warn|error): ', server.log()), server.log()
        finally:
            server.remove()
    vault_site.write_config(max_downloads='0', max_downloads_per_client='0')


def test_files_are_handed_over_from_it(hand_site):
    """lighttpd is the account that started the workers, so it may read what they put there."""
    streaming = harness.front_end('lighttpd-spawned', hand_site, workers=1).start()
    data = get(streaming, HAND).data
    streaming.remove()
    with default_spool(hand_site, sendfile='lighttpd') as spool:
        server = harness.front_end('lighttpd-spawned', hand_site, workers=1).start()
        try:
            answer = get(server, HAND)
            assert (answer.exit, answer.data == data) == (0, True), answer
            assert ended(server, 1) == 'handed to the web server', server.log()
            assert in_time(5, lambda: not list(spool.glob('wz-*')))
        finally:
            server.remove()


def take_folder(path):
    path.mkdir()
    path.chmod(0o777)
    os.chown(path, OTHER, OTHER)


def take_link(path):
    target = harness.temporary()
    os.chown(target, ACCOUNT, ACCOUNT)
    path.symlink_to(target)


def open_own(path):
    path.mkdir()
    path.chmod(0o770)
    os.chown(path, ACCOUNT, ACCOUNT)


@contextlib.contextmanager
def listening(folder):
    """The socket that a web server hands to the worker that it starts, as descriptor 0."""
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(folder / 'worker'))
        s.listen()
        yield s


@root
@pytest.mark.parametrize('plant', [take_folder, take_link, open_own])
def test_name_that_is_taken(vault_site, plant):
    """Another account could read what is kept there, or keep downloads from being counted: no worker, and a reason."""
    path = Path(f'/var/tmp/wadozip-{ACCOUNT}')
    harness.run('rm', '-rf', path)
    plant(path)
    account = {'user': ACCOUNT, 'group': ACCOUNT, 'extra_groups': []}
    try:
        with default_spool(vault_site), listening(harness.temporary()) as worker:
            done = subprocess.run([vault_site.bin / 'wadozip-fcgi', '--config', vault_site.web_config], stdin=worker,
                                  stderr=subprocess.PIPE, timeout=harness.PATIENCE, check=False, **account)
            assert done.returncode == 1 and f'{path} is not a folder of this account alone' in done.stderr.decode(), done
            doctor = harness.run(vault_site.bin / 'wadozip', '--config', vault_site.config, 'doctor', **account)
            assert doctor.code == 1 and f'bad  spool: {path} is not a folder of this account alone' in doctor.out, doctor
            check = harness.run(vault_site.bin / 'wadozip-fcgi', '--config', vault_site.web_config, '--check', **account)
            assert check.code == 1 and f'check: spool: {path} is not' in check.err, check
            if path.is_symlink():
                assert not list(path.iterdir())
    finally:
        harness.run('rm', '-rf', path)
