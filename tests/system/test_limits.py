# SPDX-License-Identifier: MIT
"""How many downloads may be under way: in all and of one client, counted across workers, through every web server."""
import os
import re
import signal

import harness
import pytest
from client import curl
from corpus import uid
from downloads import STUDY, Slow, at_work, idle, in_time, vault, vault_site  # noqa: F401
from servers import FRONT_ENDS

ZIP, CSV = 'application/zip', 'text/csv'
ALL, EACH = 3, 2
HERE, THERE, ELSEWHERE = '127.0.0.1', '127.0.0.2', '127.0.0.3'


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, vault_site):
    vault_site.write_config(max_downloads=ALL, max_downloads_per_client=EACH)
    server = harness.front_end(request.param, vault_site, workers=ALL + 2).start()
    server.kind = request.param
    yield server
    server.remove()
    vault_site.write_config(max_downloads=0, max_downloads_per_client=0)


@pytest.fixture
def slow(door):
    """slow(address): a download that lasts until the end of the test."""
    made = []

    def begin(address=HERE):
        made.append(Slow(door, address=address))
        made[-1].wait_for_bytes(1)
        return made[-1].hold()
    yield begin
    for one in made:
        one.close()
    assert idle(door, door.site.roots['vault'])


def ask(door, address=HERE, query='', **options):
    return curl(door.study(STUDY, query), '--interface', address, folder=door.folder, **{'accept': ZIP, **options})


def part(door, address=HERE):
    return ask(door, address, headers={'Range': 'bytes=0-99'})


def refused(answer, status):
    return (answer.exit, answer.status) == (0, status) and int(answer.headers['retry-after']) > 0 and \
        answer.headers['cache-control'] == 'no-store'


def test_one_client(door, slow):
    tag = ask(door, method='HEAD').headers['etag']
    slow(), slow()
    for answer in part(door), ask(door), ask(door, accept='multipart/related'):
        assert refused(answer, 429), answer
        assert f'your address has {EACH} downloads under way' in answer.text and '<h1>' in answer.text
    # What has no body of instances does not count, and nobody else is kept waiting.
    assert ask(door, method='HEAD').status == 200
    assert ask(door, method='OPTIONS', accept='application/json').status == 200
    bulk = f'/series/{uid("vault", 1)}/instances/{uid("vault", "00")}/bulkdata/7FE00010'
    for method, status in ('HEAD', 200), (None, 429):
        assert ask(door, query=bulk, method=method, accept='application/octet-stream').status == status
    assert ask(door, accept=CSV).status == 200
    assert ask(door, headers={'If-None-Match': tag}).status == 304
    assert ask(door, headers={'If-Match': '"x"'}).status == 412
    assert ask(door, headers={'Range': 'bytes=99999999999-'}).status == 416
    assert ask(door, accept='image/png').status == 406
    assert ask(door, query='.9').status == 404
    assert part(door, THERE).status == 206
    assert in_time(5, lambda: re.search(r'info: \w+ GET study \S+ 429 .* refused: too-many: your address has', door.log()))


def test_all_clients(door, slow):
    slow(), slow(), slow(THERE)
    for address in THERE, ELSEWHERE:
        answer = part(door, address)
        assert refused(answer, 503), answer
        assert f'{ALL} downloads are under way' in answer.text
    assert refused(part(door), 429)
    # Addresses that hold all places, however slowly they read, keep nobody from what does not count.
    assert ask(door, ELSEWHERE, accept=CSV).status == 200
    assert ask(door, ELSEWHERE, method='HEAD').status == 200
    assert ask(door, ELSEWHERE, method='OPTIONS', accept='application/json').status == 200
    assert ask(door, ELSEWHERE, query='.9').status == 404
    assert ask(door, ELSEWHERE, accept='image/png').status == 406


def test_who_leaves_makes_room(door, slow):
    first, _ = slow(), slow()
    assert part(door).status == 429
    first.close()
    assert in_time(5, lambda: part(door).status == 206)
    slow()
    assert part(door).status == 429


def test_killed_worker_makes_room(door, slow, vault):
    """No slot leaks, whichever process started the worker."""
    slow(), slow()
    assert part(door).status == 429
    pids = at_work(door, vault, 2)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert in_time(5, lambda: not any(map(harness.alive, pids)))
    assert in_time(10, lambda: part(door).status == 206), door.log()[-2000:]
    slow()
    assert part(door).status == 206
    slow()
    assert part(door).status == 429


def test_one_after_the_other_is_never_refused(door, slow):
    """The place is free when the last byte comes: archives that fit one buffer, and ones that do not."""
    slow()
    instance = f'{STUDY}?accept=application/zip'
    for ranges, times in (('0-99', 40), ('0-3000000', 10)):
        urls = [door.study(instance)] * times
        options = [o for url in urls[1:] for o in ('--output', '/dev/null', url)]
        answer = curl(urls[0], '--range', ranges, '--write-out', '%{stderr}%{http_code} ', *options, folder=door.folder)
        assert answer.error.split() == ['206'] * times, answer


def test_counting_survives_new_settings(door, slow):
    """HUP: answers under way still count for the workers that come after."""
    slow(), slow()
    pids = door.workers()
    if door.master():
        os.kill(door.master(), signal.SIGHUP)
    else:
        for pid in pids:
            os.kill(pid, signal.SIGHUP)
    assert in_time(5, lambda: sum(harness.alive(p) for p in pids) == 2)
    assert in_time(5, lambda: part(door, THERE).status == 206)
    assert refused(part(door), 429)


def test_files_that_count(door):
    """Only where there is no pool, and for nobody else."""
    found = list((door.site.folder / 'spool').glob('wadozip-*.slots'))
    if not door.master():
        assert len(found) == 1 and found[0].stat().st_mode & 0o777 == 0o600


def test_a_password_does_not_count(make_site, vault):
    """Nothing of it is to be learned from the file's name, which others may see."""
    site = make_site('secret', {'vault': vault}, max_downloads=1)
    database = site.settings['database']
    for password in 'one', 'another':
        site.write_config(database=f'{database} password={password}')
        server = harness.front_end('apache-fcgid', site, workers=1).start()
        try:
            assert part(server).status == 404
        finally:
            server.remove()
    assert len(list((site.folder / 'spool').glob('wadozip-*.slots'))) == 1


def test_folder_that_cannot_count(make_site, vault):
    """No worker that would not count: the reason is in the log."""
    site = make_site('nowhere', {'vault': vault}, max_downloads=1, spool='/no/such/folder')
    server = harness.front_end('apache-fcgid', site, workers=1)
    try:
        server.start()
        assert part(server).status in (500, 503)
        why = 'cannot count downloads: cannot open the folder /no/such/folder'
        assert in_time(5, lambda: why in server.log()), server.log()
    finally:
        server.remove()
