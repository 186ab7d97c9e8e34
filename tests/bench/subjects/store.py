# SPDX-License-Identifier: MIT
"""Studies in an object store that answers after 20 ms, compared with rclone and with fetching object by object.

Round trips before the first byte: the time to it with answers that take 200 ms, divided by that; the connection is then
closed.
"""
import http.client
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import harness
from bench import per
from corpus import corpus, uid
from fronts import WORKERS
from measure import Tool, Web
from static_store import BUCKET, StaticStore
from subjects.retrieve import ZIP, warm

DELAY, CONNECTIONS = 0.02, 16
LONG = 0.2  # a delay beside which nothing else counts
TRIPS = 3  # most before the first byte
SHARE = 0.8  # of rclone's throughput
TIMES = 3  # as fast as one object after the other
CHECKS = 'list', 'trust'


class Shell(Tool):
    """A command in an environment of its own."""

    def __init__(self, name, size, command, env, prepare=None):
        super().__init__(name, size, ['/usr/bin/env', '-i', *(f'{k}={v}' for k, v in env.items()), *command], prepare=prepare)


def service(bench, stack, name, root, **settings):
    """lighttpd before a site with one study."""
    bench.sites += 1
    site = harness.Site(bench.pg, f'bench_{bench.sites}', {'r': root}, **settings).migrate()
    stack.callback(site.remove)
    done = site.index()
    if done.code:
        raise RuntimeError(f'index: {done}')
    server = harness.front_end('lighttpd-socket', site, workers=WORKERS)
    server.beside = [site.pg.process]
    stack.callback(server.remove)
    server.start()
    return server, f'/dicom-web/studies/{uid(name)}?compression=none'


def rclone(store, data, target):
    def empty():
        shutil.rmtree(target, ignore_errors=True)
    command = ['rclone', 'copy', '--fast-list', '--use-server-modtime', '--transfers', CONNECTIONS, '--checkers', 1,
               f'store:{BUCKET}', target]
    return Shell(f'rclone copy, {CONNECTIONS} connections', data, map(str, command), store.rclone(), prepare=empty)


def one_by_one(store, data, folder):
    """One curl with one connection that stays open."""
    config = store.folder / 'one-by-one'
    config.write_text(''.join(f'url = "{store.endpoint}/{BUCKET}/{p.relative_to(folder)}"\noutput = "/dev/null"\n'
                              for p in sorted(folder.rglob('*')) if p.is_file()))
    return Tool('curl, one object after the other', data, ['curl', '--silent', '--fail', '--config', config])


def study(bench, name, title, peers):
    """Measures one corpus; gives its cases."""
    folder, data = Path(corpus(name)), warm(corpus(name))
    with ExitStack() as stack:
        store = StaticStore(folder, DELAY).start()
        stack.callback(store.remove)
        target = Path('/dev/shm/wadozip-bench-store')
        stack.callback(shutil.rmtree, target, ignore_errors=True)

        def web(what, root, **settings):
            server, path = service(bench, stack, name, root, **settings)
            return Web(what, data, server, path, f'{ZIP};transfer-syntax=*', bench.drain, least=data)
        cases = {'folder': web('from a folder', folder)}
        for check in CHECKS:
            settings = store.settings('r', check=check, connections=CONNECTIONS)
            cases[check] = web(f'object store, check = {check}', f's3://{BUCKET}', **settings)
        for peer in peers:
            cases[peer.__name__] = peer(store, data, target if peer is rclone else folder)
        bench.measure(name, f'{title}; ratio: speed against rclone' if rclone in peers else title, cases,
                      'rclone' if rclone in peers else None)
    return cases


def first_byte(server, path):
    """Seconds until the first byte of the archive, the least of three requests."""
    def once():
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=60)
        began = time.monotonic()
        connection.request('GET', path, headers={'Accept': f'{ZIP};transfer-syntax=*'})
        answer = connection.getresponse()
        answer.read(1)
        seconds = time.monotonic() - began
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f'{path} gave {answer.status}\n{server.log()[-3000:]}')
        return seconds
    return min(once() for _ in range(3))


def round_trips(bench, name):
    """Before the first byte, for each way to check objects. The study is indexed without a delay."""
    for check in CHECKS:
        with ExitStack() as stack:
            store = StaticStore(Path(corpus(name)), 0).start()
            stack.callback(store.remove)
            settings = store.settings('r', check=check, connections=CONNECTIONS)
            server, path = service(bench, stack, name, f's3://{BUCKET}', **settings)
            store.relay.seconds = LONG
            trips = first_byte(server, path) / LONG
        bench.target(f'5,000 objects in a folder, check = {check}: round trips before the first byte', trips, TRIPS,
                     at_least=False)


def measure(bench):
    round_trips(bench, 'small')
    small = study(bench, 'small', f'5,000 objects of 20 KB, {DELAY * 1000:.0f} ms an answer', [rclone])
    for check in CHECKS:
        bench.target(f'check = {check}: share of rclone\'s throughput', per(small['rclone'], small[check]), SHARE)
    ct = study(bench, 'ct', f'500 objects of 525 KB, {DELAY * 1000:.0f} ms an answer', [rclone, one_by_one])
    bench.target('500 objects: share of rclone\'s throughput', per(ct['rclone'], ct['list']), SHARE)
    bench.target('500 objects: times as fast as one after the other', per(ct['one_by_one'], ct['list']), TIMES)
