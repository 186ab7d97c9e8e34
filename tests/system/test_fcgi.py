# SPDX-License-Identifier: MIT
"""The front door's promises when something breaks in the middle of an answer, through every web server."""
import os
import re
import signal
import time

import harness
import pytest
from client import curl
from corpus import uid
from downloads import STUDY, Slow, at_work, busy, in_time, restore, vault, vault_site  # noqa: F401
from servers import FRONT_ENDS

ZIP = 'application/zip'


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, vault_site):
    server = harness.front_end(request.param, vault_site).start()
    server.kind = request.param
    yield server
    log = server.log()
    server.remove()
    # A sanitizer build tells its findings here.
    assert not re.search(r'Sanitizer|runtime error:|stack smashing|assert', log), log


@pytest.fixture
def intact(vault, vault_site):
    """Tests may damage files: afterwards they are as they were, and so is the catalogue."""
    yield vault
    restore(vault)
    assert vault_site.index().code == 0


def logged(server, pattern):
    return in_time(5, lambda: re.search(pattern, server.log()))


def test_killed_worker_is_noticed_and_replaced(door, vault):
    with Slow(door) as slow:
        slow.wait_for_bytes()
        for pid in at_work(door, vault):
            os.kill(pid, signal.SIGKILL)
        assert slow.exit_code() not in (0, None), slow
    answer = curl(door.study(STUDY), accept=ZIP, folder=door.folder)
    assert (answer.exit, answer.status) == (0, 200), (answer, door.log()[-3000:])


def test_file_cut_short_in_mid_stream(door, intact):
    with Slow(door, rate='25M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        os.truncate(intact / 'last.dcm', 1000)
        slow.go_on()
        assert slow.exit_code() not in (0, None), slow
    assert logged(door, r'error: [0-9a-f]{16} GET study \S+ 200 .* aborted: data: .*last\.dcm')


def test_file_changed_in_mid_stream(door, intact):
    """Same size and name, other bytes: only the CRC can tell."""
    with Slow(door, rate='25M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        with open(intact / 'last.dcm', 'r+b') as f:
            f.seek(-100, os.SEEK_END)
            f.write(b'changed')
        slow.go_on()
        assert slow.exit_code() not in (0, None), slow
    assert logged(door, r'aborted: data: .*last\.dcm')


def test_client_that_leaves_frees_its_worker(door, vault):
    with Slow(door) as slow:
        slow.wait_for_bytes()
        at_work(door, vault)
    assert in_time(1, lambda: not busy(door, vault)), 'the worker is still at it'
    assert logged(door, r'GET study \S+ 200 .* client left')


def test_complete_download_is_logged_as_such(door):
    before = len(re.findall(r'200 \d+ bytes \d+ ms complete', door.log()))
    answer = curl(door.study(STUDY), accept=ZIP, folder=door.folder)
    assert answer.exit == 0 and answer.length == answer.body.stat().st_size
    assert in_time(2, lambda: len(re.findall(r'200 \d+ bytes \d+ ms complete', door.log())) > before), door.log()[-2000:]


def test_term_lets_the_running_download_end(door, vault):
    """A stop of the web server's choosing, as when it wants fewer processes: the answer still goes out whole."""
    with Slow(door, rate='40M') as slow:
        slow.wait_for_bytes()
        slow.hold()
        pids = at_work(door, vault)
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        slow.go_on()
        assert slow.exit_code() == 0, slow
        assert slow.size() == slow.length()
    assert in_time(5, lambda: not any(harness.alive(p) for p in pids))
    answer = curl(door.study(STUDY), '--range', '0-99', accept=ZIP, folder=door.folder)
    assert (answer.exit, answer.status) == (0, 206), (answer, door.log()[-3000:])


def test_hup_renews_a_worker_in_place(door):
    """Where the web server owns the processes, HUP is how one of them comes to re-read its settings."""
    if door.master():
        return  # test_pool.py: there HUP is the master's
    assert curl(door.study(STUDY), '--range', '0-99', accept=ZIP, folder=door.folder).status == 206
    before = door.workers()
    for pid in before:
        os.kill(pid, signal.SIGHUP)
    assert in_time(5, lambda: not any(harness.alive(p) for p in before))
    assert in_time(5, lambda: curl(door.study(STUDY), '--range', '0-99', accept=ZIP, folder=door.folder).status == 206), \
        door.log()[-2000:]


def test_changed_file_is_refused_before_the_status_line(door, intact):
    with open(intact / 'last.dcm', 'r+b') as f:
        f.seek(-100, os.SEEK_END)
        f.write(b'changed')
    answer = curl(door.study(STUDY), accept=ZIP, folder=door.folder)
    assert (answer.exit, answer.status) == (0, 500), answer
    assert 'last.dcm' not in answer.text and 'vault' not in answer.text
    request = re.search(r'<code>([0-9a-f]{16})</code>', answer.text).group(1)
    assert logged(door, rf'error: {request} GET study \S+ 500 .* refused: data: .*last\.dcm')


def test_missing_file_is_refused_before_the_status_line(door, intact):
    os.rename(intact / 'last.dcm', intact / 'away')
    try:
        answer = curl(door.study(STUDY), accept=ZIP, folder=door.folder)
        assert (answer.exit, answer.status) == (0, 500), answer
    finally:
        os.rename(intact / 'away', intact / 'last.dcm')


def test_touched_file_is_served_and_its_time_learned(door, intact, vault_site):
    os.utime(intact / 'last.dcm')
    wanted = (intact / 'last.dcm').stat().st_mtime_ns
    answer = curl(door.study(STUDY), accept=ZIP, folder=door.folder)
    assert (answer.exit, answer.status) == (0, 200), (answer, door.log()[-2000:])
    assert [[str(wanted)]] == vault_site.sql(f"SELECT mtime_ns FROM wadozip.instance WHERE uid = '{uid('vault', 'last')}'")


def test_chunked_framing(pg, vault, vault_site, door):
    """No length, no ranges, no entity tag, if a worker's death is visible without a length; else it is ignored."""
    vault_site.write_config(framing='chunked')
    server = harness.front_end(door.kind, vault_site).start()
    try:
        answer = curl(server.study(STUDY), '--range', '0-9', accept=ZIP, folder=server.folder)
        if door.kind in ('apache-fcgid', 'nginx', 'caddy'):
            assert (answer.exit, answer.status, len(answer.data)) == (0, 206, 10), answer
            assert answer.headers['content-length'] == '10' and 'etag' in answer.headers
            return
        assert (answer.exit, answer.status) == (0, 200), answer
        assert not {'content-length', 'etag', 'content-range'} & set(answer.headers), answer
        assert answer.headers['accept-ranges'] == 'none' and answer.headers['transfer-encoding'] == 'chunked'
        whole = curl(door.study(STUDY), accept=ZIP, folder=server.folder)
        assert answer.data == whole.data
        with Slow(server) as slow:
            slow.wait_for_bytes()
            os.kill(at_work(server, vault)[0], signal.SIGKILL)
            assert slow.exit_code() not in (0, None), slow
    finally:
        server.remove()
        vault_site.write_config(framing=None)


def test_as_many_downloads_at_once_as_there_are_workers(door, vault, vault_site):
    """More than the four that lighttpd starts by default."""
    server = harness.front_end(door.kind, vault_site, workers=6).start()
    slow = [Slow(server) for _ in range(6)]
    try:
        for one in slow:
            one.wait_for_bytes(1)
            one.hold()
        at_work(server, vault, 6)
    finally:
        for one in slow:
            one.close()
        server.remove()


def test_peak_memory_of_a_worker(door):
    """16 MB whatever the study (a sanitizer's own memory aside)."""
    for _ in range(2):
        assert curl(door.study(STUDY), accept=ZIP, folder=door.folder).exit == 0
    if os.environ.get('WADOZIP_SANITIZED'):
        pytest.skip('a sanitizer build has memory of its own')
    peaks = []
    for pid in door.workers():
        with open(f'/proc/{pid}/status', encoding='ascii') as status:
            peaks.append(int(re.search(r'VmHWM:\s+(\d+) kB', status.read()).group(1)))
    assert peaks and max(peaks) <= 16 * 1024, peaks


def test_database_away_and_back(vault, door):
    """503 with Retry-After, and recovery without a restart."""
    pg = harness.Postgres().start()
    try:
        site = harness.Site(pg, 'away', {'vault': vault}).migrate()
        assert site.index().code == 0
        pg.stop()
        server = harness.front_end(door.kind, site).start()
        for _ in range(2):
            answer = curl(server.study(STUDY), accept=ZIP, folder=server.folder)
            assert (answer.status, int(answer.headers['retry-after']) > 0) == (503, True), answer
        pg.start()
        assert curl(server.study(STUDY), '--range', '0-9', accept=ZIP, folder=server.folder).status == 206
        for how in signal.SIGINT, signal.SIGQUIT:
            pg.restart(how)
            answer = curl(server.study(STUDY), '--range', '0-9', accept=ZIP, folder=server.folder)
            assert answer.status == 206, server.log()
        pg.stop()
        started = time.monotonic()
        assert curl(server.study(STUDY), accept=ZIP, folder=server.folder).status == 503
        assert time.monotonic() - started < 30  # and waits for nothing
        server.remove()
        site.remove()
    finally:
        pg.remove()
