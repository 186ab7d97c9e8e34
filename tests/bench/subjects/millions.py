# SPDX-License-Identifier: MIT
"""A catalogue of ten million instances, generated in the database, beside one of 100,000: the same work must cost the same.

Studies of 500 instances in two series. The files of the generated rows do not exist; what reads files works on 1,000 real
ones that are indexed beside them. Requests are measured with the shared_buffers that PostgreSQL has by itself and with CACHE.
The migrations run from the oldest schema, once for each size.
"""
import itertools
import random
import time
from contextlib import ExitStack, contextmanager

import corpus
import generated
import harness
from measure import Tool
from subjects.search import Requests

SMALL, LARGE, QUICK = 100_000, 10_000_000, 1_000_000
STUDY, FILES = 500, 1000  # instances of a study; real files
MOST = 1.2
CACHE = '4GB'  # shared_buffers
TABLES = 'wadozip.instance', 'wadozip.series', 'wadozip.study'
SLOW_STEP = 0.5  # seconds per million instances, of a migration that is named


def write_files(folder):
    rng = random.Random(7)
    for i in range(FILES):
        study = corpus.uid('millions', i // 100)
        pixels = rng.randbytes(2048)
        (folder / f'{i:04}.dcm').write_bytes(corpus.header(study, f'{study}.1', corpus.uid('millions', 'sop', i), i,
                                                           rows=32, columns=32, pixel_bytes=2048) + pixels)


class Mixed(Requests):
    """Each request for another study, in an order of its own."""

    def __init__(self, name, server, path, studies):
        super().__init__(name, server, '')
        rng = random.Random(1)
        numbers = (rng.randrange(1, studies + 1) for _ in itertools.count())
        self.paths = ('/dicom-web' + path.format(n=n, root=generated.ROOT, name=generated.name(n)) for n in numbers)

    @property
    def path(self):
        return next(self.paths)

    @path.setter
    def path(self, value):
        pass


REQUESTS = {'look': ('look-up of a study of 500, as a table', '/studies/{root}.{n}?accept=text/csv'),
            'patient': ('search by Patient ID', '/studies?PatientID=P{n}'),
            'name': ('search by a part of the name', '/studies?limit=101&PatientName=*{name}*'),
            'page': ('first page of studies', '/studies?limit=101')}


def tools(site, folder, instances):
    def forget():
        for i in range(FILES // 100):
            site.cli('forget', corpus.uid('millions', i))

    def tool(title, word, prepare=None):
        words = (site.bin / 'wadozip', '--config', site.config, word, '--quiet', folder)
        return Tool(f'{title}, {instances:,}', 0, words, prepare=prepare)
    return {'new': tool(f'index of {FILES:,} new files', 'index', forget),
            'known': tool(f'index of {FILES:,} known files', 'index'),
            'verify': tool(f'verify of {FILES:,} files', 'verify')}


def requests(server, instances):
    return {name: Mixed(f'{title}, {instances:,}', server, path, instances // STUDY)
            for name, (title, path) in REQUESTS.items()}


def both(of_size):
    """The cases of both sizes in one table."""
    return {f'{name} {key}': case for key, cases in of_size.items() for name, case in cases.items()}


@contextmanager
def cached(bench, sites):
    """PostgreSQL with the pages that requests read in its cache: each request is for another study."""
    bench.pg.settings['shared_buffers'] = CACHE
    bench.pg.restart()
    for site in sites.values():
        bench.pg.query(site.name, 'CREATE EXTENSION IF NOT EXISTS pg_prewarm')
        for table in TABLES:
            bench.pg.query(site.name, f"SELECT pg_prewarm(i.indexrelid) FROM pg_index i WHERE i.indrelid = '{table}'::regclass;"
                                      f" SELECT pg_prewarm('{table}')")
    yield
    del bench.pg.settings['shared_buffers']
    bench.pg.restart()


def ratio(large, small):
    """Of the least of all rounds: requests of 1 ms take many times as long while another program runs."""
    least = [case.value(how=min) for case in (large, small)]
    return least[0] / least[1] if all(least) else None


def targets(bench, sizes, of_size, suffix=''):
    for name in of_size['small']:
        bench.target(f'{name}: time with {sizes["large"]:,} instances, compared with {SMALL:,}{suffix}',
                     ratio(of_size['large'][name], of_size['small'][name]), MOST, at_least=False)


def sizes_of_rows(bench, site, key, instances):
    size, = bench.pg.query(site.name, "SELECT pg_total_relation_size('wadozip.instance')")
    each = int(size[0]) / instances
    bench.fact(f'{key}_bytes', each, f'{each:.0f} bytes a row of instance with its indexes, {instances:,} rows')
    pages = generated.pages(site, f'{generated.ROOT}.7')
    bench.fact(f'{key}_pages', pages, f'{pages} pages have the {STUDY} instances of a study')


def migrate(bench, key, instances):
    """Seconds an instance, from the oldest schema to the newest."""
    site = harness.Site(bench.pg, f'bench_oldest_{key}', {})
    try:
        site.migrate_to(1)
        generated.fill(site, instances // STUDY, STUDY, oldest=True)
        began = time.monotonic()
        site.cli('migrate', check=True, timeout=7200)
        seconds = time.monotonic() - began
        bench.fact(f'{key}_migrate', seconds, f'{seconds:.1f} s for all migrations of {instances:,} instances')
        # A migration is one transaction, and `applied` the time when it began.
        for name, step in bench.pg.query(site.name, """
                SELECT name, extract(epoch FROM coalesce(lead(applied) OVER (ORDER BY version), now()) - applied)
                FROM wadozip.schema_version WHERE version > 1 ORDER BY version"""):
            if float(step) > SLOW_STEP * instances / 1e6 and key == 'large':
                bench.fact(name, float(step), f'{step} s of them: {name}')
        return seconds / instances
    finally:
        site.remove()


def measure(bench):
    sizes = {'small': SMALL, 'large': QUICK if bench.quick else LARGE}
    folder = harness.temporary('wzmillions-')
    for name in 'new', 'nothing':
        (folder / name).mkdir(mode=0o755)
    write_files(folder / 'new')
    sites, servers = {}, {}
    with ExitStack() as stack:
        stack.callback(harness.run, 'rm', '-r', folder)
        for key, instances in sizes.items():
            site = sites[key] = stack.enter_context(bench.site([], index=False))
            site.roots |= {'new': folder / 'new', 'generated': folder / 'nothing'}
            site.write_config()
            generated.fill(site, instances // STUDY, STUDY)
            sizes_of_rows(bench, site, key, instances)
            server = servers[key] = harness.front_end('lighttpd-socket', site, workers=2)
            stack.callback(server.remove)
            server.start()
        made = {k: requests(servers[k], n) for k, n in sizes.items()}
        worked = {k: tools(sites[k], folder / 'new', n) for k, n in sizes.items()}
        all_of = {k: made[k] | worked[k] for k in sizes}
        bench.measure('millions', 'the same work with few and with many instances in the catalogue', both(all_of))
        targets(bench, sizes, all_of)
        pages = generated.pages(sites['large'], corpus.uid('millions', 0))
        bench.fact('indexed_pages', pages, f'{pages} pages have the 100 instances of an indexed study')
        with cached(bench, sites):
            made = {k: requests(servers[k], n) for k, n in sizes.items()}
            bench.measure('cached', f'the same with shared_buffers of {CACHE}', both(made))
            targets(bench, sizes, made, f', shared_buffers of {CACHE}')
    each = {k: migrate(bench, k, n) for k, n in sizes.items()}
    bench.target(f'migrate: time an instance with {sizes["large"]:,} instances, compared with {SMALL:,}',
                 each['large'] / each['small'], MOST, at_least=False)
