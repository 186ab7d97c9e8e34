# SPDX-License-Identifier: MIT
"""Indexing into an empty catalogue, with and without learning deflated sizes, and again when nothing has changed.

fsync is on, files are page-cached. The costs are those of the indexer and its helpers, without the database's.
"""
from corpus import corpus
from measure import Tool
from subjects.retrieve import CORPORA, warm

FILES = {'ct': 500, 'small': 5000, 'large': 4, 'jpll': 500}


class Index(Tool):
    """A fresh site each time, or, with `keep`, one whose files are indexed already."""

    def __init__(self, bench, name, title, data, learn, keep):
        super().__init__(f'{name}, {title}', data, [])
        self.bench, self.corpus, self.learn, self.keep = bench, name, learn, keep
        self.prepare, self.open, self.site = self.renew, None, None

    def renew(self):
        if self.keep and self.site:
            return
        self.close()
        self.open = self.bench.site([self.corpus], index=self.keep, index_deflate=self.learn)
        self.site = self.open.__enter__()
        self.command = [str(c) for c in (self.site.bin / 'wadozip', '--config', self.site.config, 'index',
                                         corpus(self.corpus))]

    def close(self):
        if self.open:
            self.open.__exit__(None, None, None)
        self.open = None


def cases_of(bench, name):
    data = warm(corpus(name))
    return {f'{name} learn': Index(bench, name, 'new, deflated sizes recorded', data, 1, False),
            f'{name} plain': Index(bench, name, 'new, without', data, 0, False),
            f'{name} again': Index(bench, name, 'unchanged', data, 1, True)}


def report(bench, name, cases):
    for key, case in cases.items():
        if key.startswith(f'{name} ') and case.value():
            bench.fact(key, FILES[name] / case.value(), f'{case.name:36}{FILES[name] / case.value():10,.0f} files/s')


def measure(bench):
    names, cases = [n for n in CORPORA if not bench.quick or n in ('ct', 'small')], {}
    for name in names:
        cases |= cases_of(bench, name)
    try:
        bench.measure('index', 'indexing', cases)
    finally:
        for case in cases.values():
            case.close()
    bench.say()
    for name in names:
        report(bench, name, cases)
    small = cases['small plain'].value()
    bench.target('files a second, small, without deflated sizes', small and FILES['small'] / small, 5000)
    if 'large plain' in cases:
        large = cases['large plain'].value()
        bench.target('MB a second, large, without deflated sizes', large and cases['large plain'].size / large / 1e6, 500)
