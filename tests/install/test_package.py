# SPDX-License-Identifier: MIT
"""The Debian package on a bare system with systemd: installed, set up as it says, used, upgraded, removed. `make test-systemd`.

The tree comes from debootstrap and is kept in the build folder. It is of the release that this machine runs, or of
WADOZIP_SUITE, whose package is then built in the tree of tests/distro.
"""
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest

import harness
import machine
from downloads import FILES, STUDY, Slow, in_time, make_vault

PACKAGES = 'systemd,systemd-sysv,dbus,postgresql,lighttpd,curl'
SETTINGS = 'root.images = /srv/images\naccess = all\nsocket_buffer = 32K\nmax_downloads = 0\n'
OWN_SUITE = re.search(r'(?m)^VERSION_CODENAME=(\w+)', Path('/etc/os-release').read_text()).group(1)
SUITE = os.environ.get('WADOZIP_SUITE', OWN_SUITE)


@pytest.fixture(scope='module')
def tree():
    """A bare system with a database and a web server, as an administrator has it."""
    machine.needed()
    place = harness.BUILD / 'trees' / SUITE
    if not (place / 'complete').exists():
        shutil.rmtree(place, ignore_errors=True)
        harness.run('debootstrap', '--variant=minbase', f'--include={PACKAGES}', SUITE, place, timeout=3600, check=True)
        for conf in Path('/etc/apt/apt.conf.d').glob('99*'):
            shutil.copy(conf, place / 'etc/apt/apt.conf.d')
        (place / 'complete').touch()
    return place


def build():
    """Makes the package of the release; its folder."""
    env = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MAKELEVEL')}
    if SUITE == OWN_SUITE:
        harness.run('make', '-s', 'deb', f'BUILD={harness.BUILD}', cwd=harness.REPO, timeout=3600, check=True, env=env)
        return harness.BUILD / 'deb'
    distro = harness.REPO / 'tests/distro'
    harness.run(distro, SUITE, 'update', timeout=3600, check=True, env=env)
    harness.run(distro, SUITE, 'root', 'make', '-s', 'deb', timeout=3600, check=True, env=env)
    return Path(env.get('DISTRO_TREES', '/var/tmp/wadozip-distro'), SUITE, 'srv/admin/wadozip/build/deb')


@pytest.fixture(scope='module')
def package(tree):
    """The package, and in the tree's cache what it depends on."""
    made = list(build().glob('wadozip_*.deb'))
    assert len(made) == 1
    shutil.copy(made[0], tree / 'srv' / 'wadozip.deb')
    for command in ('update',), ('install', '--yes', '--download-only', '--no-install-recommends', '/srv/wadozip.deb'):
        harness.run('chroot', tree, 'apt-get', '-q', *command, timeout=3600, check=True)
    return made[0]


class Host:
    """The machine with the package; what Slow asks of a server."""

    name = 'host'

    def __init__(self, tree, images):
        self.packages = harness.temporary('wzdeb-')
        self.machine = machine.Machine([(str(images), '/srv/images'), (str(self.packages), '/srv/packages')], tree=str(tree))
        self.folder = self.machine.folder

    @property
    def enter(self):
        return self.machine.enter('--net')

    def study(self, uid, query=''):
        return f'http://127.0.0.1/dicom-web/studies/{uid}{query}'

    def sh(self, text):
        """As root at a terminal."""
        result = self.machine.run('sh', '-ec', text)
        assert result.code == 0, f'{text}\n{result.out}\n{result.err}\n{self.log()}'
        return result.out

    def apt(self, *words):
        return self.sh('DEBIAN_FRONTEND=noninteractive apt-get -q --yes --no-install-recommends ' + ' '.join(words))

    def download(self, *args):
        out = self.folder / 'study.zip'
        done = self.machine.curl(self.study(STUDY), '--fail', *args, accept='application/zip', out=out)
        assert done.code == 0, (done, self.log())
        return out

    def log(self):
        return self.machine.log()

    def remove(self):
        self.machine.remove()


@pytest.fixture(scope='module')
def host(tree, package):  # pylint: disable=unused-argument
    images = make_vault()
    made = Host(tree, images)
    try:
        made.machine.start()
        yield made
    finally:
        made.remove()
        shutil.rmtree(images)


def newer(package, folder):
    """The same package under the next version's number."""
    harness.run('dpkg-deb', '-R', package, folder / 'tree', check=True)
    control = folder / 'tree/DEBIAN/control'
    control.write_text(re.sub(r'(?m)^(Version: .*)$', r'\1+next', control.read_text()))
    harness.run('dpkg-deb', '--root-owner-group', '-b', folder / 'tree', folder / 'next.deb', check=True)
    return folder / 'next.deb'


def test_install_says_once_what_is_left_to_do(host):
    out = host.apt('install', '/srv/wadozip.deb')
    assert 'What is left' in out and 'wadozip migrate' in out
    assert 'enabled' in host.sh('systemctl is-enabled wadozip.socket wadozip.service')
    assert host.machine.ctl('is-active', 'wadozip.service').out == 'inactive\n'
    assert host.sh('stat -c "%U %G %a" /etc/wadozip/wadozip.conf') == 'root wadozip 640\n'
    assert 'What is left' not in host.sh('dpkg-reconfigure wadozip 2>&1; dpkg --verify wadozip')


def test_set_up_as_it_says_then_download(host):
    host.sh(f'printf "{SETTINGS}" >>/etc/wadozip/wadozip.conf; systemctl start postgresql')
    host.sh('runuser -u postgres -- createuser wadozip; runuser -u postgres -- createdb --owner=wadozip wadozip')
    host.sh('runuser -u wadozip -- wadozip migrate; systemctl start wadozip.socket wadozip.service')
    host.sh('systemctl enable --now wadozip-watch.service')
    host.sh('cp /usr/share/doc/wadozip/lighttpd/wadozip-socket.conf /etc/lighttpd/conf-enabled/60-wadozip.conf; '
            'systemctl restart lighttpd')
    assert in_time(20, lambda: host.machine.run('runuser', '-u', 'wadozip', '--', 'psql', '-XAtc',
                                                'SELECT count(*) FROM wadozip.instance').out == f'{FILES}\n'), host.log()
    with zipfile.ZipFile(host.download()) as archive:
        assert len(archive.namelist()) == FILES and archive.testzip() is None
    doctor = host.sh('runuser -u wadozip -- wadozip doctor')
    assert 'bad ' not in doctor, doctor
    assert host.machine.show('wadozip.service', 'StatusText') == '8 workers'


def test_upgrade_with_a_download_under_way(host, package, tmp_path):
    shutil.copy(newer(package, tmp_path), host.packages / 'next.deb')
    before = host.machine.show('wadozip.service', 'MainPID')
    with Slow(host, rate='40M') as slow:
        slow.wait_for_bytes()
        out = host.apt('install', '/srv/packages/next.deb')
        assert 'What is left' not in out
        assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
    assert host.sh("dpkg-query -Wf '${Version}' wadozip").endswith('+next')
    assert host.machine.show('wadozip.service', 'ActiveState') == 'active', host.log()
    assert host.machine.show('wadozip.service', 'MainPID') != before
    assert host.sh('grep -c root.images /etc/wadozip/wadozip.conf') == '2\n', 'the sample line and ours'
    host.download()


def test_removal_and_purge_leave_images_and_database(host):
    count = "runuser -u postgres -- psql -XAt wadozip -c 'SELECT count(*) FROM wadozip.instance'"
    host.apt('remove', 'wadozip')
    assert host.machine.run('sh', '-c', 'command -v wadozip').code != 0
    assert host.machine.ctl('is-active', 'wadozip.service').out != 'active\n'
    assert host.sh('ls /etc/wadozip') == 'wadozip.conf\n'
    host.apt('purge', 'wadozip')
    assert host.machine.run('ls', '/etc/wadozip').code != 0
    assert host.sh('ls /srv/images | wc -l') == f'{FILES}\n'
    assert host.sh(count) == f'{FILES}\n'
