# SPDX-License-Identifier: MIT
"""The worker pool as its supervisor sees it: stopping, replacing, re-reading, inheriting a socket."""
import os
import re
import signal
import socket
import subprocess
import time

import harness
import pytest
from client import curl
from downloads import STUDY, Slow, at_work, in_time, vault, vault_site  # noqa: F401
from servers import Lighttpd, Pool

ZIP = 'application/zip'


@pytest.fixture
def make_door(vault_site):
    """make_door(workers=N, option=value...): lighttpd in front of a pool with these options."""
    made = []

    def make(pool=None, **options):
        door = Lighttpd(vault_site, 'socket')
        made.append(door)
        door.pool = pool or Pool(vault_site, **options)
        return door.start()
    yield make
    for door in made:
        log = door.log()
        door.remove()
        assert not re.search(r'Sanitizer|runtime error:|stack smashing|assert', log), log


def get(door):
    return curl(door.study(STUDY), '--range', '0-99', accept=ZIP, folder=door.folder)


def all_workers(door, count):
    """Process ids, as soon as all are started: the pool listens before that."""
    assert in_time(5, lambda: len(door.workers()) == count), door.workers()
    return door.workers()


def stopped(pool):
    """The exit code of a master that was asked to stop."""
    return pool.wait(harness.PATIENCE)


def logged(door, pattern, seconds=5):
    return in_time(seconds, lambda: re.search(pattern, door.log()))


def test_term_drains(make_door):
    door = make_door(workers=2)
    pool = door.pool.process
    with Slow(door, rate='25M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        pool.send_signal(signal.SIGTERM)
        assert in_time(2, lambda: not door.pool.socket.exists())
        assert get(door).status == 503
        assert pool.poll() is None
        slow.go_on()
        assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
        assert in_time(5, lambda: pool.poll() is not None) and pool.returncode == 0


def test_second_term_breaks_off(make_door):
    door = make_door(workers=2)
    with Slow(door) as slow:
        slow.wait_for_bytes()
        slow.hold()
        door.pool.process.send_signal(signal.SIGTERM)
        assert logged(door, 'stopping: 2 workers finish') and in_time(2, lambda: not door.pool.socket.exists())
        assert door.pool.process.poll() is None
        door.pool.process.send_signal(signal.SIGTERM)
        assert stopped(door.pool.process) == 0
        slow.go_on()
        assert slow.exit_code() not in (0, None)


def test_draining_is_bounded(make_door):
    door = make_door(workers=2, drain=1)
    with Slow(door) as slow:
        slow.wait_for_bytes()
        slow.hold()
        started = time.monotonic()
        door.pool.process.send_signal(signal.SIGINT)
        assert stopped(door.pool.process) == 0  # though the download would never end
        assert 0.9 < time.monotonic() - started
        slow.go_on()
        assert slow.exit_code() not in (0, None)


def test_idle_pool_stops_at_once(make_door):
    door = make_door(workers=8)
    pids = all_workers(door, 8)
    started = time.monotonic()
    door.pool.process.send_signal(signal.SIGTERM)
    assert stopped(door.pool.process) == 0
    assert time.monotonic() - started < 30  # of the 600 that it might wait for answers
    assert not any(harness.alive(p) for p in pids)


def test_dead_worker_is_replaced(make_door):
    door = make_door(workers=3)
    for how in (signal.SIGKILL, signal.SIGABRT):
        before = set(all_workers(door, 3))
        victim = min(before)
        os.kill(victim, how)
        assert in_time(5, lambda: len(set(door.workers()) - {victim}) == 3)
        assert logged(door, rf'error: worker {victim} was killed by signal {int(how)} ')
    assert get(door).status == 206


def test_workers_that_die_at_once_are_started_ever_slower(make_door):
    door = make_door(workers=1)
    began, starts = time.monotonic(), set()

    def pauses():
        return re.findall(r'started in ([0-9.]+) s', door.log())

    def kill_whatever_starts():
        for pid in door.workers():
            starts.add(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(pauses()) >= 4
    assert in_time(10, kill_whatever_starts), door.log()
    assert time.monotonic() - began > 0.25 + 0.5 + 1
    assert len(starts) <= len(pauses()) + 1, starts
    assert pauses()[:4] == ['0.25', '0.50', '1.00', '2.00']
    assert in_time(10, lambda: get(door).status == 206)


def test_hup_re_reads_the_settings(make_door, vault_site):
    door = make_door()
    old = set(all_workers(door, 8))
    try:
        with Slow(door, rate='25M') as slow:
            slow.wait_for_bytes()
            slow.hold()
            vault_site.write_config(access='none')
            door.pool.process.send_signal(signal.SIGHUP)
            assert logged(door, 'settings re-read')
            assert in_time(5, lambda: get(door).status == 404)
            assert in_time(5, lambda: len(set(door.workers()) & old) == 1), 'only the busy worker may be left of the old'
            slow.go_on()
            assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
        assert in_time(5, lambda: not set(door.workers()) & old)
        vault_site.write_config(access='whoever')
        door.pool.process.send_signal(signal.SIGHUP)
        assert logged(door, r'error: the settings stay as they were: .*web\.conf line \d+: access must be one of')
        assert get(door).status == 404
    finally:
        vault_site.write_config(access='all')
    door.pool.process.send_signal(signal.SIGHUP)
    assert in_time(5, lambda: get(door).status == 206)


def test_hup_loses_no_request(make_door):
    door = make_door(workers=4)
    for _ in range(20):
        door.pool.process.send_signal(signal.SIGHUP)
        for _ in range(5):
            answer = get(door)
            assert (answer.exit, answer.status) == (0, 206), (answer, door.log()[-2000:])


def by_whom(door):
    """Process ids of the workers that answered, in order."""
    return re.findall(r'wadozip-fcgi\[(\d+)\] info: [0-9a-f]{16} GET', door.log())


def test_worker_is_replaced_after_its_number_of_requests(make_door, vault_site):
    vault_site.write_config(worker_requests=3)
    try:
        door = make_door(workers=1)
    finally:
        vault_site.write_config(worker_requests=None)
    served = []
    for _ in range(9):
        assert get(door).status == 206
        assert in_time(5, lambda: len(by_whom(door)) > len(served)), 'logged after the last byte'
        served = by_whom(door)
    assert [served.count(p) for p in dict.fromkeys(served)] == [3, 3, 3], served


def test_killed_master_takes_its_workers_along(make_door, vault):
    door = make_door(workers=3)
    pids = all_workers(door, 3)
    with Slow(door, rate='25M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        one = at_work(door, vault)
        door.pool.process.kill()
        door.pool.process.wait()
        assert in_time(5, lambda: [p for p in pids if harness.alive(p)] == one)
        slow.go_on()
        assert slow.exit_code() == 0 and slow.size() == slow.length(), slow
    assert in_time(5, lambda: not any(harness.alive(p) for p in pids))
    # Its socket is stale now, and no obstacle.
    assert door.pool.socket.exists()
    door.pool.start()
    assert in_time(5, lambda: get(door).status == 206)


class Activated(Pool):
    """The pool started by systemd's socket activation at the first connection."""

    def start(self, env=None):
        user = ['setpriv', '--reuid', harness.WEB_USER, '--regid', harness.WEB_USER, '--clear-groups']
        with open(self.folder / 'stderr', 'ab') as log:
            self.process = subprocess.Popen(
                [*(user if harness.ROOT_USER else []), 'systemd-socket-activate', '-l', str(self.socket),
                 str(self.site.bin / 'wadozip-fcgi'), '--config', str(self.site.web_config), '--workers', '2'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        harness.wait_for('socket', self.socket.exists)
        return self


def test_socket_activation(make_door, vault_site):
    door = make_door(pool=Activated(vault_site))
    assert get(door).status == 206
    assert logged(door, '2 workers are ready')
    door.pool.process.send_signal(signal.SIGTERM)
    assert stopped(door.pool.process) == 0
    assert door.pool.socket.exists(), "the socket is systemd's"


def test_ready_and_stopping_are_reported_to_systemd(vault_site):
    folder = harness.owned_by_web_user(harness.temporary('wznotify-'))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(folder / 'notify'))
        (folder / 'notify').chmod(0o777)
        s.settimeout(harness.PATIENCE)
        pool = Pool(vault_site, workers=1).start({'NOTIFY_SOCKET': str(folder / 'notify')})
        assert s.recv(100) == b'READY=1\nSTATUS=1 workers'
        pool.process.send_signal(signal.SIGTERM)
        assert s.recv(100) == b'STOPPING=1'
        pool.remove()
    harness.run('rm', '-rf', folder)


@pytest.mark.parametrize('arguments, code, says', [
    ([], 1, 'no socket to serve: give --listen'),
    (['--listen', '/tmp/x'], 1, '--listen takes unix:/path or tcp:address:port'),
    (['--listen', 'unix:/no/such/folder/x'], 1, 'cannot listen at /no/such/folder/x: No such file'),
    (['--workers', '0'], 2, '--workers takes a number from 1 to 1024'),
    (['--drain', '1d'], 2, '--drain takes a number from 0 to'),
    (['--frobnicate'], 2, 'see wadozip-fcgi --help'),
    (['extra'], 2, '"extra" is not expected here'),
    (['--config', '/no/such/file'], 1, 'cannot open the settings /no/such/file'),
])
def test_mistakes_of_the_operator(arguments, code, says):
    result = harness.run(harness.program('wadozip-fcgi'), *arguments)
    assert result.code == code and says in result.err, result


def test_help_and_version():
    assert 'usage: wadozip-fcgi' in harness.run(harness.program('wadozip-fcgi'), '--help').out
    assert re.fullmatch(r'wadozip-fcgi [0-9.]+\n', harness.run(harness.program('wadozip-fcgi'), '--version').out)


def test_socket_in_use(make_door, vault_site):
    door = make_door(workers=1)
    result = harness.run(vault_site.bin / 'wadozip-fcgi', '--config', vault_site.web_config, '--listen',
                         f'unix:{door.pool.socket}')
    assert result.code == 1 and 'another process listens at' in result.err
    assert get(door).status == 206


def test_tcp(vault_site):
    port = harness.free_port()
    process = subprocess.Popen([vault_site.bin / 'wadozip-fcgi', '--config', vault_site.web_config, '--listen',
                                f'tcp:127.0.0.1:{port}', '--workers', '1'], stderr=subprocess.PIPE)
    try:
        harness.wait_for('tcp', lambda: harness.accepts(port), alive=process)
        # A connection that says nothing must not keep others waiting for long.
        with socket.create_connection(('127.0.0.1', port)):
            pass
        assert harness.accepts(port)
        process.send_signal(signal.SIGTERM)
        assert stopped(process) == 0
        assert not harness.accepts(port)
    finally:
        process.kill()
        process.communicate()
