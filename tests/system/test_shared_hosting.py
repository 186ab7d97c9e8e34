# SPDX-License-Identifier: MIT
"""The guide for shared hosting, typed as it stands by an account without root, at a host made of Apache and PostgreSQL."""
import os
import pwd
import re
import shutil
import signal
from pathlib import Path

import corpus
import guide
import harness
import pytest
from client import curl
from downloads import in_time
from operator_site import write
from remote_pg import NAME, Remote
from servers import Server

STUDY = corpus.uid('study')
ACCOUNT = harness.WEB_USER if harness.ROOT_USER else pwd.getpwuid(os.geteuid()).pw_name
MODULES = ('mpm_event', 'authz_core', 'authz_user', 'authn_core', 'authn_file', 'auth_basic', 'alias', 'dir', 'mime', 'rewrite',
           'fcgid')


class Host(Server):
    """Apache as a host sets it up: the document root is the customer's, its settings are not."""

    name = 'host'

    def __init__(self, home):
        super().__init__(None)
        self.home = home

    def start(self):
        harness.owned_by_web_user(self.folder / 'ipc')
        loaded = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in MODULES)
        user = f'User {ACCOUNT}\nGroup {ACCOUNT}' if harness.ROOT_USER else ''
        (self.folder / 'apache.conf').write_text(f'''{loaded}{user}
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
PidFile {self.folder}/pid
DefaultRuntimeDir {self.folder}
Mutex file:{self.folder}
ErrorLog {self.folder}/error.log
TypesConfig /etc/mime.types
DirectoryIndex index.html
FcgidIPCDir {self.folder}/ipc
FcgidProcessTableFile {self.folder}/fcgid-shm
DocumentRoot {self.home}/public_html
<Directory />
    Require all denied
</Directory>
<Directory "{self.home}/public_html">
    AllowOverride FileInfo Options AuthConfig
    Require all granted
</Directory>
''')
        return self.launch('/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', self.folder / 'apache.conf')


@pytest.fixture(scope='module')
def customer():
    """The account's home with images and the sources; the words that the guide leaves open."""
    pg = Remote().start()
    pg.query('postgres', "CREATE ROLE kunde LOGIN PASSWORD 'geheim'")
    pg.query('postgres', 'CREATE DATABASE kunde7 OWNER kunde')
    home = harness.owned_by_web_user(harness.temporary('wzkunde-'))
    for i in range(3):
        write(home / 'images' / f'{i}.dcm', i, pixels=bytes(1000))
    files = harness.run('git', 'ls-files', '-co', '--exclude-standard', cwd=harness.REPO, check=True).out.split()
    for name in files:
        if not name.startswith('tests/') and (harness.REPO / name).exists():
            (home / 'src' / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(harness.REPO / name, home / 'src' / name)
    if harness.ROOT_USER:
        harness.run('chown', '-R', f'{ACCOUNT}:', home, check=True)
    yield home, {f'host={NAME}': f'host=127.0.0.1 port={pg.port} sslmode=require', 'DBNAME': 'kunde7', 'DBUSER': 'kunde',
                 'PASSWORD': 'geheim'}
    pg.remove()
    harness.run('rm', '-rf', home)


def type_in(block, home):
    """What the account sees that types it; it must end well."""
    become = ['setpriv', '--reuid', ACCOUNT, '--regid', ACCOUNT, '--init-groups'] if harness.ROOT_USER else []
    # Optimised less, so that the build is over sooner.
    shell = {'HOME': str(home), 'PATH': '/usr/local/bin:/usr/bin:/bin', 'LANG': 'C.UTF-8', 'CFLAGS': '-O1', 'CXXFLAGS': '-O1',
             'MAKEFLAGS': '-j2 --silent', 'CCACHE_DISABLE': ''}
    said = guide.type_in(block, 'right\nright\n', become, cwd=home / 'src', env=shell)
    assert said.code == 0, (block, said.out[-3000:])
    return said


@pytest.fixture(scope='module')
def typed(customer):
    """What each step of the guide said."""
    home, words = customer
    blocks = guide.commands('Shared hosting')
    assert all(any(old in block for block in blocks) for old in words)
    return [type_in(guide.replaced(block, words), home) for block in blocks]


@pytest.fixture(scope='module')
def host(customer, typed):
    server = Host(customer[0]).start()
    yield server
    server.remove()


def ask(host, path, *args, user='doctor:right', **options):
    return curl(f'{host.base}/dicom-web{path}', *(['--user', user] if user else []), *args, folder=host.folder, **options)


def test_migrate_and_doctor_are_content(typed):
    said = typed[2].out
    assert 'the schema is up to date' in said and 'note role kunde7_reader does not exist' in said, said
    assert 'this account may serve' in said and 'this account may index' in said and 'bad ' not in said, said


def test_a_download(host):
    answer = ask(host, f'/studies/{STUDY}?accept=application/zip')
    assert (answer.exit, answer.status) == (0, 200), (answer, host.log())
    assert answer.length == len(answer.data) > 0
    assert answer.headers['content-location'] == f'/dicom-web/studies/{STUDY}'
    assert ask(host, f'/studies/{STUDY}?accept=application/zip', '--range', '10-19').status == 206
    assert ask(host, '/studies/1.2.3', accept='application/zip').status == 404
    assert ask(host, '/page/main.js').status == 200


@pytest.mark.parametrize('path', ['/', '/studies', f'/studies/{STUDY}'])
def test_options_reach_the_service_without_a_password(host, path):
    answer = ask(host, path, user=None, method='OPTIONS')
    assert answer.status == 200 and 'wadl' in answer.headers['content-type'], (answer, host.log())


def test_others_get_nothing(host):
    for path in f'/studies/{STUDY}', '/', '/wadozip.fcgi', f'/wadozip.fcgi/studies/{STUDY}', '/.htaccess':
        assert ask(host, path, user=None).status in (401, 403), path
        assert ask(host, path, user='doctor:wrong').status in (401, 403), path


def test_the_worker_has_no_home(host):
    """As under suexec."""
    assert ask(host, f'/studies/{STUDY}?accept=application/zip').status == 200
    worker, *_ = [p for p in harness.children(host.process.pid) if harness.command_of(p).endswith('wadozip-fcgi')]
    assert not re.search(rb'(^|\0)HOME=', Path(f'/proc/{worker}/environ').read_bytes())


def workers(host):
    return {p for p in harness.children(host.process.pid) if harness.command_of(p).endswith('wadozip-fcgi')}


def test_upgrade_and_removal(customer, host):
    """The same commands again over the running service; HUP makes its workers the new ones. Settings and images stay."""
    home, _ = customer
    path, old = f'/studies/{STUDY}?accept=application/zip', workers(host)
    type_in(guide.commands('Shared hosting')[0], home)
    type_in('WADOZIP_CONFIG="$HOME/wadozip/wadozip.conf" "$HOME/wadozip/bin/wadozip" migrate', home)
    assert ask(host, path).status == 200
    for pid in old & workers(host):
        os.kill(pid, signal.SIGHUP)
    assert in_time(10, lambda: not old & workers(host))
    assert in_time(10, lambda: ask(host, path).status == 200), host.log()
    type_in('make PREFIX="$HOME/wadozip" uninstall', home)
    left = {str(p.relative_to(home / 'wadozip')) for p in (home / 'wadozip').rglob('*') if p.is_file()}
    assert {name for name in left if not name.startswith('spool/')} == {'wadozip.conf', 'users'}
    assert len(list((home / 'images').iterdir())) == 3
