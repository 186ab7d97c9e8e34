# SPDX-License-Identifier: MIT
"""A de-identified CT study of 500 instances, compared with the same study as it is stored: whole, and ranges of it.

First: all headers are made. Again: their sizes are known from an earlier request, so they are made while the archive is
sent, and a range makes only those that it has.
"""
import random

import harness
from bench import per
from corpus import corpus, uid
from measure import Case, Web
from subjects.collection import RANGE, ask
from subjects.retrieve import ZIP, warm

SHARE, FIRST_MS, RANGE_SHARE = 0.7, 100, 0.5
PLAIN, DEID = '?compression=none', '?deidentify=basic'
WORKERS, RANGES = 2, 20


def forget(site):
    for cache in (site.folder / 'spool').glob('wadozip-*-cache'):
        for entry in cache.glob('*-s'):
            entry.unlink()


class Ranges(Case):
    """Ranges anywhere, one after the other; `before` each of them."""

    def __init__(self, name, server, query, before=lambda: None):
        super().__init__(name, RANGES * RANGE)
        self.server, self.path, self.before = server, f'/studies/{uid("ct")}{query}', before

    def sample(self):
        _, head = ask(self.server, self.path, 'HEAD')
        chance, times = random.Random(1), []
        for _ in range(RANGES):
            self.before()
            first = chance.randrange(int(head.headers['Content-Length']) - RANGE)
            seconds, answer = ask(self.server, self.path, Range=f'bytes={first}-{first + RANGE - 1}')
            if answer.status != 206 or answer.headers['ETag'] != head.headers['ETag'] or len(answer.body) != RANGE:
                raise RuntimeError(f'a range gave {answer.status} and {len(answer.body)} bytes')
            times.append(seconds)
        return {'seconds': sum(times), 'bytes': RANGES * RANGE, 'first_ms': sorted(times)[RANGES // 2] * 1e3}


def measure(bench):
    data = warm(corpus('ct'))
    keys = harness.owned_by_web_user(harness.temporary('wzbenchkey-'))
    with bench.site(['ct'], **{'deid.basic.key': keys / 'key'}) as site:
        if site.cli('deid', 'key', keys / 'key').code:
            raise RuntimeError('no key was made')
        harness.give_to_web_user(keys / 'key')
        server = harness.front_end('lighttpd-socket', site, workers=WORKERS).start()
        server.beside = [bench.pg.process]
        try:
            compare(bench, site, server, data)
        finally:
            server.remove()


def compare(bench, site, server, data):
    path = f'/dicom-web/studies/{uid("ct")}'

    def whole(title, query, prepare=None):
        return Web(title, data, server, path + query, ZIP, bench.drain, least=data // 2, prepare=prepare)

    cases = {'plain': whole('stored', PLAIN), 'first': whole('de-identified, first request', DEID, lambda: forget(site)),
             'again': whole('de-identified, again', DEID)}
    bench.measure('whole', 'ct, 500 instances; ratio: speed against the stored archive', cases, 'plain')
    parts = {'plain': Ranges('stored', server, PLAIN), 'again': Ranges('de-identified, again', server, DEID),
             'first': Ranges('de-identified, no sizes kept', server, DEID, lambda: forget(site))}
    bench.measure('ranges', f'{RANGES} ranges of {RANGE // 1024} KiB anywhere; first ms: the median range', parts, 'plain')
    for name in 'first', 'again':
        bench.target(f'{cases[name].name}, share of the stored one\'s speed', per(cases['plain'], cases[name]), SHARE)
        bench.target(f'{cases[name].name}: ms to the first byte', cases[name].value('first_ms'), FIRST_MS, at_least=False)
    bench.target('ranges, share of the speed of those of the stored archive', per(parts['plain'], parts['again']), RANGE_SHARE)
