#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Downloads a large collection with programs of others, as it is and de-identified, and verifies every file with sha256sum.

  tests/fault/cohort.py [--studies N] [--instances N] [--side N]

aria2c takes it over eight connections by its Metalink, curl over connections that break off (-C -), wget in parts by the list
of addresses, rclone in one piece. sha256sum -c compares what they unpack to with MANIFEST.sha256, and the manifest is compared
with the files that were indexed; de-identified files hold no mark of the patients. At last a study in the middle of the
collection is removed: during a download, and before others. Exit code 1 if anything is not as it must be.
"""
import argparse
import hashlib
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / 'data', HERE.parent / 'system'):
    sys.path.insert(0, str(_folder))

import harness as h  # noqa: E402
from client import curl  # noqa: E402
from corpus import header, uid  # noqa: E402
from cut import Cut  # noqa: E402
from deid_cases import new_uid  # noqa: E402
from hold import Hold  # noqa: E402

MARK = 'COHORTMARK'  # in the patients' identifiers
FORMS = ('plain', 'deidentified')
PARTS = 7
HELD = 1000  # the byte at which a download waits: what is removed is megabytes away
METALINK, LIST = 'application/metalink4+xml', 'text/uri-list'


class Wrong(Exception):
    """Something is not as it must be."""


def must(condition, *what):
    if not condition:
        raise Wrong(' '.join(str(w) for w in what))


def study_uid(n):
    return uid('cohort', n)


def write(folder, studies, instances, side):
    """The files, one folder a study, of so many pixels in a row and a column. Gives their SHA-256."""
    digests = set()
    for n in range(studies):
        place = folder / f'{n:04}'
        place.mkdir(mode=0o755)
        for i in range(instances):
            pixels = hashlib.shake_128(f'{n} {i}'.encode()).digest(2 * side * side)
            data = header(study_uid(n), uid('cohort', n, 'series'), uid('cohort', n, i), i, rows=side, columns=side,
                          pixel_bytes=len(pixels), patient=f'{MARK}{n}') + pixels
            digests.add(hashlib.sha256(data).hexdigest())
            (place / f'{i:04}.dcm').write_bytes(data)
            (place / f'{i:04}.dcm').chmod(0o644)
    return digests


class Cohort:
    """A site with the files, a web server before it, and a collection of all of them in each form."""

    def __init__(self, stack, pg, studies, instances, side):
        self.studies, self.count = studies, studies * instances
        self.files, self.work = h.temporary('wzcohort-'), h.temporary('wzcohortwork-')
        self.keys = h.owned_by_web_user(h.temporary('wzcohortkeys-'))
        for folder in self.files, self.work, self.keys:
            stack.callback(h.run, 'rm', '-r', folder)
        self.digests = write(self.files, studies, instances, side)
        self.site = h.Site(pg, 'cohort', {'r': self.files}, **{'deid.basic.key': self.keys / 'key'}).migrate()
        stack.callback(self.site.remove)
        self.site.cli('deid', 'key', self.keys / 'key', check=True)
        h.give_to_web_user(self.keys / 'key')
        self.index()
        (self.work / 'list').write_text('\n'.join(study_uid(n) for n in range(studies)))
        self.ids = {form: self.site.cli('collection', *options, 'create', self.work / 'list', check=True).out.strip()
                    for form, options in zip(FORMS, ((), ('--deidentify', 'basic')))}
        self.server = h.front_end('lighttpd-socket', self.site).start()
        stack.callback(self.server.remove)

    def index(self):
        done = self.site.index()
        must(done.code == 0, 'index ended with', done.code, done.err)

    def url(self, form, query='', port=None):
        return f'http://127.0.0.1:{port or self.server.port}/dicom-web/collections/{self.ids[form]}.zip{query}'

    def ask(self, form, query='', *args, **options):
        got = curl(self.url(form, query), *args, folder=self.work, **options)
        got.body.unlink() if not got.length or got.length > 1 << 20 else None
        return got

    def addresses(self, form, accept, query, name):
        """The list of addresses as a file, with the port of the server."""
        got = curl(self.url(form).removesuffix('.zip') + query, accept=accept, folder=self.work)
        must(got.status == 200, accept, got)
        text = got.text.replace('http://127.0.0.1/', f'http://127.0.0.1:{self.server.port}/')
        (self.work / name).write_text(text.replace(f':{self.server.port}:{self.server.port}/', f':{self.server.port}/'))
        return self.work / name


def run(*command, cwd=None):
    done = h.run(*command, cwd=cwd)
    must(done.code == 0, *command, 'ended with', done.code, done.err[-500:])
    return done


def digest(path):
    return run('sha256sum', path).out.split()[0]


def by_aria2(c, form, folder, _size):
    links = c.addresses(form, METALINK, '', 'list.meta4')
    run('aria2c', '-q', '-x8', '-s8', '-k1M', '--no-conf', '-d', folder, f'--metalink-file={links}')
    return list(folder.iterdir())


def by_curl(c, form, folder, size):
    """Each connection breaks off after a quarter of the archive."""
    with Cut(c.server.port, [size // 4] * 3) as relay:
        codes = [h.run('curl', '-sSf', '-C', '-', '-o', 'curl.zip', c.url(form, port=relay.port), cwd=folder).code
                 for _ in range(4)]
    must(all(codes[:3]) and codes[3] == 0, 'curl ended with', codes)
    return [folder / 'curl.zip']


def by_wget(c, form, folder, size):
    links = c.addresses(form, LIST, f'?part_bytes={size // PARTS}', 'list.txt')
    run('wget', '-q', '--content-disposition', '-P', folder, '-i', links)
    return sorted(folder.iterdir())


def by_rclone(c, form, folder, _size):
    run('rclone', '--config', '', 'copyurl', c.url(form), folder / 'rclone.zip')
    return [folder / 'rclone.zip']


PROGRAMS = (by_aria2, by_curl, by_wget, by_rclone)


def manifest_of(c, form):
    """MANIFEST.sha256 of the collection, out of an archive that has it."""
    archive = c.work / 'manifest.zip'
    run('curl', '-sSf', '-o', archive, c.url(form, '?manifest=sha256'))
    text = run('unzip', '-p', archive, 'MANIFEST.sha256').out
    lines = text.splitlines()
    must(len(lines) == c.count, 'the manifest has', len(lines), 'lines, not', c.count)
    if form == 'plain':
        must({line[:64] for line in lines} == c.digests, 'the manifest is of other files than those that were indexed')
    (c.work / 'MANIFEST.sha256').write_text(text)
    return c.work / 'MANIFEST.sha256'


def verify(c, form, manifest, archives, folder):
    """Unpack the archives and compare every file."""
    tree = folder / 'tree'
    tree.mkdir()
    for archive in archives:
        run('unzip', '-q', archive, '-d', tree)
    run('sha256sum', '--check', '--strict', '--quiet', manifest, cwd=tree)
    found = sum(len(names) for _, _, names in os.walk(tree))
    must(found == c.count, found, 'files, not', c.count)
    marked = h.run('grep', '-rlF', MARK, tree).out.splitlines()
    must(len(marked) == (c.count if form == 'plain' else 0), len(marked), 'files have the mark of a patient')
    names = ' '.join(str(p) for p in tree.iterdir())
    must(form == 'plain' or MARK not in names, 'a folder has the mark of a patient')


def download(c, form):
    """With every program. Gives (program, seconds of download, seconds until verified)."""
    manifest, size, wholes = manifest_of(c, form), c.ask(form, method='HEAD').length, set()
    for program in PROGRAMS:
        folder = c.work / program.__name__
        folder.mkdir()
        began = time.monotonic()
        archives = program(c, form, folder, size)
        took = time.monotonic() - began
        must(len(archives) == 1 or program is by_wget, program.__name__, archives)
        if len(archives) == 1:
            wholes.add(digest(archives[0]))
        verify(c, form, manifest, archives, folder)
        run('rm', '-r', folder)
        yield program.__name__[3:], size, took, time.monotonic() - began
    must(len(wholes) == 1, 'the archives differ')


def held(c, form, at, then):
    """A download that stops at a byte until something has been done; (exit code of curl, archive)."""
    relay, out = Hold(c.server.port), c.work / 'held.zip'
    moment = relay.hold(at)
    process = subprocess.Popen(['curl', '-sSf', '-o', out, c.url(form, port=relay.port)], stderr=subprocess.DEVNULL)
    h.wait_for(f'byte {at}', moment.reached.is_set)
    then()
    moment.go.set()
    code = process.wait()
    relay.close()
    return code, out


def refused(c, form, study):
    """Whole and ranges: 410 that names the study as the archive has named it. Every part without it is sent."""
    etag, parts = c.etags[form], c.part_count
    lost = study if form == 'plain' else new_uid(c.keys / 'key', study)
    for args in (), ('--range', '0-9'), ('--range', '9-', '--header', f'If-Range: {etag}'):
        got = c.ask(form, '', *args)
        must(got.status == 410 and lost in got.text, args, got, got.text)
        must(form == 'plain' or study not in got.text, 'the original is named:', got.text)
    statuses = [c.ask(form, f'?part_bytes={c.part_bytes}&part={n + 1}', method='HEAD').status for n in range(parts)]
    must(statuses.count(410) in (1, 2) and statuses.count(200) == parts - statuses.count(410), statuses)


def remove_a_study(c):
    """From the catalogue, and then from the disk."""
    middle = c.studies // 2
    size = c.ask('plain', method='HEAD').length
    c.etags = {form: c.ask(form, method='HEAD').headers['etag'] for form in FORMS}
    c.part_bytes = size // PARTS
    parts = c.addresses('plain', LIST, f'?part_bytes={c.part_bytes}', 'parts')
    c.part_count = len(re.findall('^http', parts.read_text(), re.M))
    before = digest(c.whole)
    code, out = held(c, 'plain', HELD, lambda: c.site.cli('forget', study_uid(middle), check=True))
    must(code == 0 and digest(out) == before, 'a download during which a study was forgotten ended with', code)
    for form in FORMS:
        refused(c, form, study_uid(middle))
    c.index()
    again = c.ask('plain', method='HEAD')
    must((again.length, again.headers['etag']) == (size, c.etags['plain']), 'another archive after the study came back')
    code, out = held(c, 'plain', HELD, lambda: run('rm', '-r', c.files / f'{middle:04}'))
    must(code != 0 and out.stat().st_size < size, 'curl ended with', code, 'although files were removed')
    must(h.run('unzip', '-tq', out).code != 0, 'a smaller archive looks whole')
    for form in FORMS:
        got = c.ask(form)
        must(got.status >= 400 or got.exit, 'an archive without the removed files:', got)


def trial(studies, instances, side):
    """All of it. Gives the rows that main() prints."""
    rows = []
    with ExitStack() as stack:
        pg = h.Postgres().start()
        stack.callback(pg.remove)
        began = time.monotonic()
        c = Cohort(stack, pg, studies, instances, side)
        rows.append(('written and indexed', c.count, time.monotonic() - began))
        for form in FORMS:
            rows += [(form, *row) for row in download(c, form)]
        c.whole = c.work / 'whole.zip'
        run('curl', '-sSf', '-o', c.whole, c.url('plain'))
        remove_a_study(c)
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    p.add_argument('--studies', type=int, default=300)
    p.add_argument('--instances', type=int, default=100)
    p.add_argument('--side', type=int, default=32, help='pixels in a row and a column')
    args = p.parse_args()
    try:
        first, *rows = trial(args.studies, args.instances, args.side)
    except Wrong as e:
        print(f'cohort: {e}', file=sys.stderr)
        return 1
    print(f'{first[1]} instances of {args.studies} studies, written and indexed in {first[2]:.0f} s')
    for form, program, size, took, verified in rows:
        print(f'{form}: {program}: {size / 1e6:.0f} MB in {took:.1f} s, unpacked and verified after {verified:.0f} s')
    print('a study in the middle: 410 that names it; no smaller archive')
    return 0


if __name__ == '__main__':
    sys.exit(main())
