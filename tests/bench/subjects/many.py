# SPDX-License-Identifier: MIT
"""Two hundred downloads at once, held by clients that take nothing: memory, the database, and the next one in line."""
import statistics
import time
from contextlib import contextmanager

import harness
from corpus import corpus, uid
from cost import field
from slow import LIMIT, Client, held
from subjects.retrieve import warm

NAME = 'ct'
PATH = f'/dicom-web/studies/{uid(NAME)}?compression=none'
HELD, SPARE = 200, 8
FIRST_MS = 100


@contextmanager
def service(site, workers):
    """lighttpd before a pool."""
    server = harness.front_end('lighttpd-socket', site, workers=workers, settings='server.max-fds = 4096\n')
    try:
        server.start()
        harness.wait_for('workers', lambda: len(server.pool.workers()) == workers)
        yield server
    finally:
        server.remove()


def memory(bench, server, pids, what):
    """Resident and proportional memory of the workers, and of the web server."""
    rss, pss = ([field(p, 'smaps_rollup', name) for p in pids] for name in ('Rss', 'Pss'))
    bench.fact(f'{what} rss', sum(rss), f'{what}: {len(pids)} workers: {sum(rss) / 1e6:.0f} MB resident, '
               f'{sum(pss) / 1e6:.0f} MB proportional (each {statistics.median(rss) / 1e6:.1f} and '
               f'{statistics.median(pss) / 1e6:.2f} MB)')
    bench.fact(f'{what} lighttpd', field(server.process.pid, 'status', 'VmRSS'),
               f'{what}: lighttpd {field(server.process.pid, "status", "VmRSS") / 1e6:.1f} MB')
    return max(rss)


def database(bench, site, workers):
    """Connections and open transactions of the service."""
    rows = site.sql(f"SELECT count(*), count(xact_start) FROM pg_stat_activity WHERE datname = '{site.name}' "
                    f"AND usename = '{site.pg.WEB_ROLE}'")
    connections, transactions = map(int, rows[0])
    bench.fact('connections', connections, f'database: {connections} connections, {transactions} transactions open')
    bench.target('database transactions open while all stream', transactions, 0, at_least=False)
    bench.target('database connections of a worker', connections / workers, 1, at_least=False)


def with_spare(bench, site, count):
    """More workers than downloads."""
    with service(site, count + SPARE) as server:
        memory(bench, server, server.pool.workers(), 'idle')
        with held(server, PATH, count) as clients:
            times = sorted(c.first_ms for c in clients)
            bench.fact('first', times[len(times) // 2], f'first byte of the {count} held: median '
                       f'{statistics.median(times):.1f} ms, most {times[-1]:.1f} ms')
            most = memory(bench, server, server.pool.workers(), f'{count} held')
            bench.target('peak MB of a worker among many', most / 1e6, 12, at_least=False)
            database(bench, site, count + SPARE)
            following(bench, server, f'download {count + 1}, {SPARE} workers free')


def following(bench, server, what):
    """The next download; gives it."""
    one = Client(server.port, PATH)
    one.wait()
    one.close()
    bench.fact(what, one.first_ms, f'{what}: status {one.status}, first byte after '
               f'{"none in " + str(LIMIT) + " s" if one.first_ms is None else f"{one.first_ms:.1f} ms"}')
    bench.target(f'{what}: ms to the first byte', one.first_ms, FIRST_MS, at_least=False)
    return one


def without_spare(bench, site, count):
    """As many workers as downloads: the next one waits until one of them leaves."""
    what = f'download {count + 1}, no worker free'
    with service(site, count) as server, held(server, PATH, count) as clients:
        one = Client(server.port, PATH)
        waited = not one.wait(2)
        clients[0].close()
        left = time.monotonic()
        came = one.wait()
        after = (time.monotonic() - left) * 1e3
        bench.fact(what, after if came else None, f'{what}: {"waits" if waited else "does not wait"}; status {one.status}, '
                   f'{after:.1f} ms after another one has left')
        one.close()


def with_limit(bench, site, count):
    """The setting that refuses what is more."""
    if not bench.knows(site, 'max_downloads'):
        bench.missing('max_downloads', 'the programs have no such setting')
        return
    site.write_config(max_downloads=count)
    with service(site, count + SPARE) as server, held(server, PATH, count):
        one = following(bench, server, f'download {count + 1}, max_downloads = {count}')
        refused = one.status == 503 and 'retry-after:' in one.head
        bench.target(f'download {count + 1}, max_downloads = {count}: is refused with 503 and Retry-After', int(refused), 1)
    site.write_config(max_downloads=0)


def measure(bench):
    count = HELD // 4 if bench.quick else HELD
    warm(corpus(NAME))
    with bench.site([NAME]) as site:
        bench.say()
        with_spare(bench, site, count)
        without_spare(bench, site, count)
        with_limit(bench, site, count)
