# SPDX-License-Identifier: MIT
"""A collection of 100,000 instances and 1 TB, of sparse files: creation, first bytes, ranges anywhere, memory."""
import http.client
import os
import random
import shutil
import time
import zlib

import harness
from corpus import GROWTH, corpus
from cost import peak_memory, reset_peak

INSTANCES, QUICK = 100_000, 10_000
EACH = 10 * 1000 * 1000  # bytes of a file: none of them takes a block
SERIES = 200             # instances of one
RANGE = 64 * 1024
RANGES = 30
FIRST_SECONDS, RANGE_MS, WORKER_MB = 1.5, 50, 100


def columns(bench, site, table):
    rows = bench.pg.query(site.name, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'wadozip'"
                                     f" AND table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position")
    return [r[0] for r in rows]


def copies(bench, site, table, changes, source):
    """SQL that inserts rows like the first one, with other values in some columns."""
    names = columns(bench, site, table)
    values = ', '.join(changes.get(n, f'pattern.{n}') for n in names)
    return (f'INSERT INTO wadozip.{table} ({", ".join(names)}) OVERRIDING SYSTEM VALUE SELECT {values} FROM'
            f' (SELECT * FROM wadozip.{table} ORDER BY id LIMIT 1) pattern, {source};\n')


def fill(bench, site, count, mtime_ns, crc):
    """Rows of sparse files: 5 series a study, 2 studies a patient."""
    series = count // SERIES
    sql = copies(bench, site, 'study', {'id': '1000 + n', 'uid': "'1.2.826.0.1.3680043.10.998.' || n",
                                        'patient_id': "'P' || n / 2"}, f'generate_series(1, {series // 5}) n')
    sql += copies(bench, site, 'series', {
        'id': '1000 + n', 'study_id': '1001 + (n - 1) / 5', 'number': 'n', 'instances': str(SERIES),
        'uid': "'1.2.826.0.1.3680043.10.998.' || 1 + (n - 1) / 5 || '.' || n"}, f'generate_series(1, {series}) n')
    sql += copies(bench, site, 'instance', {
        'id': '1000 + n', 'series_id': f'1001 + (n - 1) / {SERIES}', 'number': f'1 + (n - 1) % {SERIES}',
        'uid': "'1.2.826.0.1.3680043.10.998.0.' || n", 'root': "'sparse'", 'size': str(EACH), 'mtime_ns': str(mtime_ns),
        'path': f"convert_to((n - 1) / {SERIES} || '/' || n || '.dcm', 'UTF8')", 'crc32': str(crc), 'deflated_size': 'NULL',
        'deflated_by': 'NULL', 'pixel_offset': 'NULL', 'pixel_length': 'NULL', 'pixel_crc': 'NULL', 'frame_table': 'NULL'},
        f'generate_series(1, {count}) n')
    bench.pg.query(site.name, f"INSERT INTO wadozip.root VALUES ('sparse'); {sql}")
    bench.pg.query(site.name, 'ANALYZE')


def write_files(folder, count):
    crc, zeros = 0, bytes(EACH // 10)
    for _ in range(10):
        crc = zlib.crc32(zeros, crc)
    for n in range(1, count + 1):
        below = folder / str((n - 1) // SERIES)
        if (n - 1) % SERIES == 0:
            below.mkdir(mode=0o755)
        path = below / f'{n}.dcm'
        with open(path, 'wb') as f:
            f.truncate(EACH)
        os.utime(path, ns=(10 ** 18, 10 ** 18))
        path.chmod(0o644)
    return crc


def ask(server, path, method='GET', **headers):
    """Seconds to the first byte of the body, and the answer; of a long one no more is read."""
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
    try:
        began = time.monotonic()
        connection.request(method, f'/dicom-web{path}', headers={'Accept': 'application/zip', **headers})
        answer = connection.getresponse()
        answer.body = answer.read(RANGE if method == 'GET' else 1)
        return time.monotonic() - began, answer
    finally:
        connection.close()


def ranges(server, path, length, etag, chance):
    """Seconds of ranges anywhere, sorted."""
    times = []
    for _ in range(RANGES):
        first = chance.randrange(length - RANGE)
        seconds, answer = ask(server, path, Range=f'bytes={first}-{first + RANGE - 1}', **{'If-Range': etag})
        if answer.status != 206 or len(answer.body) != RANGE:
            raise RuntimeError(f'a range gave {answer.status} and {len(answer.body)} bytes')
        times.append(seconds)
    return sorted(times)


def create(bench, site):
    uids = bench.pg.query(site.name, "SELECT uid FROM wadozip.study WHERE uid LIKE '1.2.826.0.1.3680043.10.998.%'")
    path = site.folder / 'list'
    path.write_text('\n'.join(r[0] for r in uids))
    began = time.monotonic()
    collection = site.cli('collection', 'create', path, check=True).out.strip()
    seconds = time.monotonic() - began
    bench.fact('create', seconds, f'{seconds:8.2f} s to create it')
    return collection


def requests(bench, server, path):
    chance, steps = random.Random(1), []
    for name, method in (('HEAD, the first', 'HEAD'), ('HEAD again', 'HEAD'), ('GET', 'GET')):
        seconds, answer = ask(server, path, method)
        steps.append(seconds)
        bench.fact(name, seconds, f'{seconds:8.3f} s to the first byte: {name}')
        if answer.status != 200:
            raise RuntimeError(f'{name} gave {answer.status}')
    length, etag = int(answer.headers['Content-Length']), answer.headers['ETag']
    times = ranges(server, path, length, etag, chance)
    middle, last = times[len(times) // 2], times[-1]
    bench.fact('range', middle, f'{middle * 1e3:8.1f} ms a range of {RANGE // 1024} KiB anywhere in {length / 1e12:.3f} TB;'
                                f' the slowest of {RANGES}: {last * 1e3:.1f} ms')
    bench.target('first byte of the first request: s', max(steps), FIRST_SECONDS, at_least=False)
    bench.target('a range after the first request: ms', middle * 1e3, RANGE_MS, at_least=False)


def measure(bench):
    count = QUICK if bench.quick else INSTANCES
    sparse = harness.temporary('wzsparse-')
    try:
        crc = write_files(sparse, count)
        roots = {'pattern': corpus(GROWTH[100]), 'sparse': sparse}
        site = harness.Site(bench.pg, 'bench_collection', roots, max_bytes='2T', max_instances='1000000').migrate()
        if site.index(roots['pattern']).code:
            raise RuntimeError('the pattern was not indexed')
        fill(bench, site, count, 10 ** 18, crc)
        collection = create(bench, site)
        server = harness.front_end('lighttpd-socket', site, workers=2).start()
        try:
            for pid in server.workers():
                reset_peak(pid)
            requests(bench, server, f'/collections/{collection}')
            peak = max(map(peak_memory, server.workers())) / 1e6
            bench.fact('peak', peak, f'{peak:8.1f} MB peak of a worker')
            bench.target('memory of a worker: MB', peak, WORKER_MB, at_least=False)
        finally:
            server.remove()
            site.remove()
    finally:
        shutil.rmtree(sparse, ignore_errors=True)
