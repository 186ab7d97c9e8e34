# SPDX-License-Identifier: MIT
"""The shipped units under a real systemd: what an administrator types, and what breaks. See machine.py."""
import contextlib
import hashlib
import os
import re
import shutil
import signal
import zipfile

import harness
import pytest
import machine
from client import Response
from corpus import header, uid
from downloads import STUDY, Slow, in_time, vault, vault_site  # noqa: F401

ZIP = 'application/zip'
UNIT = 'wadozip.service'
REFUSED = 7  # curl's exit code for a connection that is refused
LIGHTTPD = '''server.document-root = "/srv"
server.port = 80
server.username = "www-data"
server.groupname = "www-data"
server.errorlog = "/var/log/lighttpd/error.log"
server.modules = ()
'''
WEB_SERVER = '''[Service]
ExecStart=/usr/sbin/lighttpd -D -f /etc/lighttpd/lighttpd.conf
'''


class Clinic:
    """A machine on which the service was installed by `make install` and set up as operation.md says."""

    name = 'clinic'
    base = 'http://127.0.0.1/dicom-web'

    def __init__(self, site):
        self.site = site
        roots = [(str(path), f'/srv/{name}') for name, path in site.roots.items()]
        self.machine = machine.Machine([(str(site.pg.folder), '/run/postgresql'), *roots])
        self.folder = self.machine.folder
        harness.run('make', '-s', '-o', 'all', f'BUILD={harness.BUILD}', f'DESTDIR={self.machine.upper}', 'install',
                    cwd=harness.REPO, check=True)
        self.settings = {'database': f'dbname={site.name} user={site.pg.WEB_ROLE}', 'access': 'all', 'workers': '3',
                         'max_downloads': '0', 'socket_buffer': '32K', 'conversion_cache': '/var/cache/wadozip/conversions',
                         **{f'root.{name}': f'/srv/{name}' for name in site.roots}}
        self.write_settings()
        put = self.machine.write
        put('/etc/lighttpd/lighttpd.conf', LIGHTTPD + (harness.REPO / 'deploy/lighttpd/wadozip-socket.conf').read_text())
        put('/usr/local/lib/systemd/system/web-server.service', WEB_SERVER)

    def write_settings(self, **changes):
        text = ''.join(f'{key} = {value}\n' for key, value in {**self.settings, **changes}.items())
        if not self.machine.init:
            self.machine.write('/etc/wadozip/wadozip.conf', text)
        else:
            self.machine.run('sh', '-c', 'printf %s "$1" >/etc/wadozip/wadozip.conf', 'sh', text, check=True)

    def start(self):
        self.machine.start()
        self.machine.run('systemd-sysusers', check=True)
        self.ctl('enable', '--now', 'wadozip.socket', 'wadozip.service')
        self.ctl('start', 'web-server')
        # A simple unit has started before it listens.
        assert in_time(60, lambda: self.machine.curl(self.base, out=self.folder / 'body').code != REFUSED), self.log()
        return self

    def drop_in(self, settings, unit=UNIT):
        """As `systemctl edit` leaves it; None removes it."""
        place = f'/run/systemd/system/{unit}.d/90-test.conf'
        if settings:
            self.machine.run('mkdir', '-p', os.path.dirname(place))
            self.machine.run('sh', '-c', f'printf "[Service]\n$1\n" >{place}', 'sh', settings, check=True)
        else:
            self.machine.run('rm', place)
        self.ctl('daemon-reload')

    @contextlib.contextmanager
    def with_drop_in(self, settings):
        """Starts the service again with settings of the unit, and without them at the end."""
        self.drop_in(settings)
        try:
            self.machine.ctl('restart', UNIT)
            yield
        finally:
            self.drop_in(None)
            self.ctl('restart', UNIT)

    def ctl(self, *words):
        """As an administrator types it, if not as fast: systemd's limit of starts in ten seconds is not what is tested."""
        self.machine.ctl('reset-failed')
        result = self.machine.ctl(*words)
        assert result.code == 0, (words, result, self.log())

    @property
    def enter(self):
        return self.machine.enter('--net')

    def study(self, uid, query=''):
        return f'{self.base}/studies/{uid}{query}'

    def get(self, uid, query='', *args, accept=ZIP):
        out = self.folder / 'body'
        head = self.folder / 'head'
        out.unlink(missing_ok=True)
        done = self.machine.curl(self.study(uid, query), '--dump-header', head, *args, accept=accept, out=out)
        return Response(done.code, head.read_text() if head.exists() else '', out, done.err)

    def workers(self):
        return [p for p in self.machine.pids(UNIT, 'below') if harness.command_of(p).endswith('wadozip-fcgi')]

    def state(self):
        return self.machine.show(UNIT, 'ActiveState')

    def log(self):
        return self.machine.log()

    def remove(self):
        self.machine.remove()


@pytest.fixture(scope='module')
def clinic(vault_site, dicom):  # noqa: F811
    """Both the large study and the real files; the catalogue is that of vault_site."""
    machine.needed()
    vault_site.roots['sample'] = dicom
    vault_site.write_config()
    assert vault_site.index(dicom).code in (0, 1)
    made = Clinic(vault_site)
    try:
        yield made.start()
    finally:
        made.remove()
        shutil.rmtree(made.folder, ignore_errors=True)


def digests(folder):
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob('*') if path.is_file()}


def test_download_from_the_unit(clinic, whole, dicom):
    """The bytes of the files: every image is opened under the rights that the unit leaves."""
    answer = clinic.get(whole)
    assert (answer.exit, answer.status) == (0, 200), (answer, clinic.log())
    with zipfile.ZipFile(answer.body) as archive:
        members = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert len(members) == 160 and members <= digests(dicom)


def test_conversions_run_in_the_unit(clinic, expected):
    """Of each study's default form: wadozip-dicom starts, locks itself in, and the cache keeps what it made."""
    answers = {study: clinic.get(study) for study in list(expected)[:12]}
    assert {a.status for a in answers.values()} <= {200, 500, 406}
    assert [a.status for a in answers.values()].count(200) > 8, (answers, clinic.log())
    for study in list(expected)[:12]:
        assert clinic.get(study, '?transfer-syntax=1.2.840.10008.1.2.5').status in (200, 406), clinic.log()
    assert clinic.machine.run('find', '/var/cache/wadozip/conversions', '-type', 'f').out.count('\n') > 0


def ranged(clinic):
    return clinic.get(STUDY, '', '--range', '0-99').status


def complete(slow):
    slow.go_on()
    assert slow.exit_code() == 0 and slow.size() == slow.length(), slow


def test_reload_ends_no_download_and_takes_effect(clinic):
    with Slow(clinic, rate='50M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        clinic.write_settings(workers='2')
        clinic.ctl('reload', UNIT)
        assert in_time(5, lambda: '2 workers restart' in clinic.machine.said(UNIT)), clinic.log()
        assert ranged(clinic) == 206
        complete(slow)
    assert in_time(5, lambda: len(clinic.workers()) == 2)
    clinic.write_settings()
    clinic.ctl('reload', UNIT)
    assert in_time(5, lambda: len(clinic.workers()) == 3)


def test_restart_ends_no_download_and_refuses_nobody(clinic):
    """What is asked meanwhile waits in the socket, which is systemd's."""
    before = clinic.machine.show(UNIT, 'MainPID')
    with Slow(clinic, rate='50M') as slow, Slow(clinic, rate='50M') as late:
        slow.wait_for_bytes()
        late.wait_for_bytes()
        slow.hold()
        clinic.ctl('restart', '--no-block', UNIT)
        assert in_time(5, lambda: clinic.state() == 'deactivating'), clinic.log()
        with Slow(clinic, rate='50M') as waiting:
            complete(slow)
            assert late.exit_code() == 0 and late.size() == late.length(), late
            assert waiting.exit_code() == 0 and waiting.size() == waiting.length(), waiting
    assert in_time(5, lambda: clinic.state() == 'active')
    assert clinic.machine.show(UNIT, 'MainPID') != before
    assert clinic.machine.show(UNIT, 'NRestarts') == '0'


def test_killed_worker_is_replaced(clinic):
    main = clinic.machine.show(UNIT, 'MainPID')
    victim = clinic.workers()[0]
    os.kill(victim, signal.SIGKILL)
    assert in_time(5, lambda: len(set(clinic.workers()) - {victim}) == 3)
    assert (clinic.state(), clinic.machine.show(UNIT, 'MainPID')) == ('active', main)
    killed = [entry for entry in clinic.machine.journal(UNIT) if 'was killed by signal 9' in entry['MESSAGE']]
    assert killed and {entry['PRIORITY'] for entry in killed} == {'3'}
    ready = [entry for entry in clinic.machine.journal(UNIT) if 'workers are ready' in entry['MESSAGE']]
    assert ready and {entry['PRIORITY'] for entry in ready} == {'6'} and ready[0]['MESSAGE'].startswith('wadozip-fcgi')
    assert ranged(clinic) == 206


def test_killed_service_is_started_again(clinic):
    main = clinic.machine.pids(UNIT)[0]
    os.kill(main, signal.SIGKILL)
    assert in_time(10, lambda: clinic.machine.pids(UNIT) not in ([], [main]) and clinic.state() == 'active'), clinic.log()
    assert ranged(clinic) == 206
    assert clinic.machine.show(UNIT, 'NRestarts') == '1'


def test_hung_service_is_started_again(clinic):
    """The watchdog: a pool that gives no sign of life is killed and replaced."""
    assert clinic.machine.show(UNIT, 'WatchdogUSec') == '1min'
    with clinic.with_drop_in('WatchdogSec=10'):
        main, started = clinic.machine.pids(UNIT)[0], clinic.machine.show(UNIT, 'WatchdogTimestampMonotonic')
        # Signs of life come while nothing happens.
        assert in_time(10, lambda: clinic.machine.show(UNIT, 'WatchdogTimestampMonotonic') != started)
        assert clinic.machine.pids(UNIT) == [main]
        os.kill(main, signal.SIGSTOP)
        assert in_time(20, lambda: clinic.machine.pids(UNIT) not in ([], [main]) and clinic.state() == 'active'), clinic.log()
        assert 'Watchdog timeout' in clinic.machine.said(UNIT)


def test_reload_with_a_mistake_fails_and_changes_nothing(clinic):
    main, workers = clinic.machine.show(UNIT, 'MainPID'), set(clinic.workers())
    for change, says in (({'workers': 'many'}, 'workers'), ({'root.new': '/srv/typo'}, 'root.new: /srv/typo cannot be read'),
                         ({'spool': '/nowhere'}, 'spool: cannot open the folder'),
                         ({'helper': '/bin/false'}, 'helper: /bin/false')):
        clinic.write_settings(**change)
        result = clinic.machine.ctl('reload', UNIT)
        assert result.code != 0 and 'Job for wadozip.service failed' in result.err, (change, result)
        assert says in clinic.machine.said(UNIT), clinic.log()
        assert (clinic.state(), clinic.machine.show(UNIT, 'MainPID'), set(clinic.workers())) == ('active', main, workers)
        assert ranged(clinic) == 206
    clinic.write_settings()
    clinic.ctl('reload', UNIT)
    assert in_time(5, lambda: not workers & set(clinic.workers()))


def test_start_says_what_is_missing(clinic):
    """The rest is served all the same; status and journal name what is not."""
    clinic.write_settings(**{'root.gone': '/srv/gone', 'conversion_cache': '/nowhere/conversions'})
    clinic.ctl('restart', UNIT)
    said = clinic.machine.said(UNIT)
    assert 'check: root.gone: /srv/gone cannot be read (No such file or directory): is it mounted' in said
    assert 'check: conversion_cache: the folder /nowhere cannot be found' in said
    assert clinic.machine.show(UNIT, 'StatusText') == '3 workers; 2 of its checks failed: see the log'
    assert ranged(clinic) == 206
    clinic.write_settings()
    clinic.ctl('restart', UNIT)
    assert clinic.machine.show(UNIT, 'StatusText') == '3 workers'


def test_start_fails_if_nothing_could_be_opened(clinic):
    """RestrictSUIDSGID= takes openat2() away."""
    with clinic.with_drop_in('RestrictSUIDSGID=yes\nRestart=no'):
        assert clinic.state() == 'failed'
        assert 'service unit without RestrictSUIDSGID=' in clinic.machine.said(UNIT)
    assert ranged(clinic) == 206


def test_audit_unit(clinic):
    """It reads the database and uses the network under its unit, tries again, and ends when it is stopped."""
    unit = 'wadozip-audit.service'
    clinic.site.sql("INSERT INTO wadozip.audit (at, last, who, client, act, resource, content, tag, length, requests, bytes,"
                    " status, outcome) VALUES (now(), now(), 'w', '-', 'search', 'search studies', 'search', '', 0, 1, 0, 200,"
                    " 'complete')")
    clinic.drop_in(f'Environment="WADOZIP_DATABASE=dbname={clinic.site.name} user=postgres"\n'
                   'Environment=WADOZIP_AUDIT_SYSLOG=127.0.0.1:9', unit)
    clinic.ctl('start', unit)
    assert in_time(10, lambda: 'Connection refused; trying again in 2 s' in clinic.machine.said(unit)), clinic.log()
    clinic.ctl('stop', unit)
    assert clinic.machine.show(unit, 'Result') == 'success'


def test_watch_unit_and_timers(clinic, vault):  # noqa: F811
    """A new file can be downloaded within seconds; index and verification run under their units."""
    writer = f'Environment="WADOZIP_DATABASE=dbname={clinic.site.name} user=postgres"'
    for unit in 'wadozip-watch', 'wadozip-index', 'wadozip-verify':
        clinic.drop_in(writer, f'{unit}.service')
    study = uid('newcomer')
    assert clinic.get(study).status == 404
    clinic.ctl('start', 'wadozip-watch.service')
    try:
        for i in range(2):
            path = vault / 'new' / f'{i}.dcm'
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(header(study, uid('newcomer', 1), uid('newcomer', 2, i), i + 1, pixel_bytes=2) + b'\0\1')
        assert in_time(10, lambda: clinic.get(study, '?accept=text/csv').text.count('.dcm') == 2), clinic.log()
        assert clinic.get(study).status == 200
    finally:
        clinic.ctl('stop', 'wadozip-watch.service')
        shutil.rmtree(vault / 'new')
    assert clinic.machine.show('wadozip-watch.service', 'Result') == 'success'
    clinic.ctl('start', 'wadozip-index.service')
    assert clinic.get(study).status == 410
    clinic.machine.ctl('start', 'wadozip-verify.service')
    assert re.search(r'\d+ good', clinic.machine.said('wadozip-verify.service')), clinic.log()
    clinic.ctl('enable', '--now', 'wadozip-index.timer', 'wadozip-verify.timer')
    listed = clinic.machine.ctl('list-timers').out
    assert 'wadozip-index.service' in listed and 'wadozip-verify.service' in listed
    clinic.ctl('disable', '--now', 'wadozip-index.timer', 'wadozip-verify.timer')


def test_memory_limit_costs_a_process_not_the_service(clinic):
    """MemoryMax: the kernel ends the process that wants too much; the service and its other downloads live."""
    half = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2
    assert int(clinic.machine.show(UNIT, 'MemoryMax')) <= half
    clinic.ctl('set-property', '--runtime', UNIT, 'MemoryMax=200M', 'MemorySwapMax=0')
    group, main = (clinic.machine.show(UNIT, name) for name in ('ControlGroup', 'MainPID'))
    with Slow(clinic, rate='50M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        greedy = clinic.machine.run('sh', '-c', f'echo $$ >/sys/fs/cgroup/memory{group}/cgroup.procs || '
                                    f'echo $$ >/sys/fs/cgroup{group}/cgroup.procs; exec python3 -c "bytearray(1 << 30)"')
        assert greedy.code in (137, -signal.SIGKILL), greedy
        assert (clinic.state(), clinic.machine.show(UNIT, 'MainPID')) == ('active', main), clinic.log()
        complete(slow)
    assert in_time(5, lambda: ranged(clinic) == 206)


def test_installed_again_while_it_runs(clinic, whole):
    """Running processes keep the files that they began with; the restart is what takes the new ones."""
    main = clinic.machine.pids(UNIT)[0]
    with Slow(clinic, rate='50M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        clinic.machine.run('make', '-s', '-o', 'all', '-C', harness.REPO, f'BUILD={harness.BUILD}', 'install', check=True)
        assert os.readlink(f'/proc/{main}/exe').endswith(' (deleted)')
        assert clinic.get(whole, '?transfer-syntax=1.2.840.10008.1.2.4.80').status == 200, clinic.log()
        complete(slow)
    clinic.ctl('daemon-reload')
    clinic.ctl('restart', UNIT)
    assert os.readlink(f'/proc/{clinic.machine.pids(UNIT)[0]}/exe').endswith('/usr/local/bin/wadozip-fcgi')
    assert ranged(clinic) == 206


def test_stop_and_start_by_socket(clinic):
    """Stopped, the service is started by the next request; without its socket it stays away."""
    clinic.ctl('stop', UNIT)
    assert (clinic.state(), clinic.machine.show(UNIT, 'Result')) == ('inactive', 'success')
    assert ranged(clinic) == 206
    assert clinic.state() == 'active'
    clinic.ctl('stop', 'wadozip.socket', UNIT)
    assert ranged(clinic) == 503
    assert (clinic.state(), clinic.machine.show(UNIT, 'Result')) == ('inactive', 'success')
    assert not clinic.machine.run('ls', '/run/wadozip/fcgi.sock').out
    clinic.ctl('start', UNIT)
    assert in_time(5, lambda: ranged(clinic) == 206)
