"""The images of deploy/container: built by buildah, run by podman as compose.yaml does, with a download. `make test-systemd`.

There may be no registry: the base image is made by debootstrap. Storage of their own in the build folder; no network.
"""
import os
import re
import shutil
import time
import zipfile
from pathlib import Path

import pytest
import yaml

import harness
import machine
from client import curl_command
from downloads import FILES, STUDY, make_vault

CONTAINER = harness.REPO / 'deploy' / 'container'
STORE = harness.BUILD / 'containers'
BASE = 'docker.io/library/debian:bookworm-slim'
# crun refuses where both versions of cgroups are mounted, as here: version 2 is hidden from it.
HIDE = 'mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified; exec "$@"'
LIMITS = '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'
COMPOSE = yaml.safe_load((CONTAINER / 'compose.yaml').read_text())


def tool(name, *words, check=True):
    return harness.run('unshare', '--mount', 'sh', '-c', HIDE, 'sh', name, '--root', STORE / 'root', '--runroot', STORE / 'run',
                       '--storage-driver', 'overlay', *words, check=check, timeout=3600, cwd=harness.REPO)


@pytest.fixture(scope='module')
def images():
    machine.needed()
    if not (STORE / 'base.tar').exists():
        STORE.mkdir(parents=True, exist_ok=True)
        tree = STORE / 'tree'
        shutil.rmtree(tree, ignore_errors=True)
        harness.run('debootstrap', '--variant=minbase', 'bookworm', tree, timeout=3600, check=True)
        for conf in Path('/etc/apt/apt.conf.d').glob('99*'):
            shutil.copy(conf, tree / 'etc/apt/apt.conf.d')
        harness.run('tar', '-C', tree, '-cf', STORE / 'base.new', '.', check=True)
        (STORE / 'base.new').rename(STORE / 'base.tar')
        shutil.rmtree(tree)
    tool('podman', 'import', STORE / 'base.tar', BASE)
    for target, name in ('web', 'wadozip-web'), ('service', 'wadozip'):
        tool('buildah', 'bud', '--isolation', 'chroot', '--network', 'host', '--pull-never', *LIMITS[:2], '--layers',
             '-f', CONTAINER / 'Containerfile', '--target', target, '-t', name, '.')


class Service:
    """A service of compose.yaml, with its settings but for networks and the database's address."""

    def __init__(self, name, volumes, *command, settings=(), wait=False):
        made = COMPOSE['services'][name]
        assert made['read_only'] and made['cap_drop'] == ['ALL'] and made['security_opt'] == ['no-new-privileges']
        self.id = f'wz-{name}-{os.getpid()}-{time.monotonic_ns()}'
        options = ['--name', self.id, '--cgroups', 'disabled', *LIMITS, '--network', 'none', '--read-only',
                   '--read-only-tmpfs=false', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
        options += [o for group in made.get('group_add', []) for o in ('--group-add', re.sub(r'.*:-(\d+).*', r'\1', group))]
        options += [o for place in made.get('tmpfs', []) for o in ('--tmpfs', place)]
        options += [o for source, place in volumes.items() for o in ('--volume', f'{source}:{place}')]
        options += [o for key, value in {**made.get('environment', {}), **dict(settings)}.items()
                    if key != 'PGPASSWORD' for o in ('--env', f'{key}={value}')]
        self.result = tool('podman', 'run', *([] if wait else ['--detach']), *options, made['image'],
                           *(command or made.get('command', [])), check=wait)

    def pid(self):
        return tool('podman', 'inspect', '--format', '{{.State.Pid}}', self.id).out.strip()

    def run(self, *command):
        return tool('podman', 'exec', self.id, *command, check=False)

    def log(self):
        return tool('podman', 'logs', self.id, check=False)

    def remove(self):
        tool('podman', 'rm', '--force', '--time', '0', self.id, check=False)


@pytest.fixture(scope='module')
def services(images, pg):  # pylint: disable=unused-argument
    vault, folder = make_vault(), harness.temporary('wzcontainer-')
    for name in 'socket', 'cache', 'spool':
        (folder / name).mkdir()
        os.chown(folder / name, 900, 33 if name == 'socket' else 900)
    (folder / 'socket').chmod(0o2750)
    (folder / 'cache').chmod(0o700)
    (folder / 'spool').chmod(0o700)
    pg.query('postgres', 'CREATE ROLE wadozip LOGIN')
    pg.query('postgres', 'CREATE DATABASE wadozip OWNER wadozip')
    volumes = {vault: '/srv/images:ro', folder / 'socket': '/run/wadozip', folder / 'cache': '/var/cache/wadozip',
               folder / 'spool': '/var/tmp', pg.folder: '/db'}
    settings = {'WADOZIP_DATABASE': 'host=/db dbname=wadozip user=wadozip'}
    migrate = Service('migrate', volumes, settings=settings, wait=True)
    made = {name: Service(name, volumes, settings=settings) for name in ('service', 'index')}
    made['web'] = Service('web', {folder / 'socket': '/run/wadozip'})
    yield made
    for service in [migrate, *made.values()]:
        service.remove()
    shutil.rmtree(vault)
    shutil.rmtree(folder, ignore_errors=True)


def test_download_through_both_containers(services, tmp_path, pg):
    for name, service in services.items():
        assert service.result.code == 0, (name, service.result)
    harness.wait_for('index', lambda: pg.query('wadozip', 'SELECT count(*) FROM wadozip.instance') == [[str(FILES)]])
    url = f'http://127.0.0.1:8080/dicom-web/studies/{STUDY}'
    out = tmp_path / 'study.zip'
    done = harness.run('nsenter', '--net', '--target', services['web'].pid(), *curl_command(url, '--fail', out=out,
                                                                                           accept='application/zip'))
    assert done.code == 0, (done, services['web'].log(), services['service'].log())
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == FILES and archive.testzip() is None


def test_health_check_and_rights(services):
    service = services['service']
    health = re.search(r'HEALTHCHECK .* CMD (.*)', (CONTAINER / 'Containerfile').read_text()).group(1)
    result = service.run('sh', '-c', health)
    assert result.code == 0, result
    assert service.run('id', '-u').out == '900\n'
    assert service.run('touch', '/etc/x').code != 0 and service.run('touch', '/srv/images/x').code != 0
    assert re.search(r'(?m)^CapEff:\s+0+$', service.run('cat', '/proc/1/status').out)


def test_stop_is_orderly(services):
    """The first process of each container takes TERM and ends with success."""
    for name in 'service', 'index', 'web':
        tool('podman', 'kill', '--signal', 'TERM', services[name].id)
        assert tool('podman', 'wait', services[name].id).out == '0\n', (name, services[name].log())
    assert 'stopping: 8 workers finish' in services['service'].log().err
