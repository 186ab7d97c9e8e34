# SPDX-License-Identifier: MIT
"""What the subjects share: the environment, the programs, sites, and where results go."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import harness
import machine
import orthanc
from corpus import corpus
from measure import Tool, rounds, table

HERE = Path(__file__).resolve().parent
LIBRARIES = {'drain': [], 'fetch': [], 'flood': ['-lfcgi'], 'ahead': ['-luring'], 'spend': []}


class Bench:
    def __init__(self, subjects):
        self.quick = bool(os.environ.get('BENCH_QUICK'))
        self.rounds = int(os.environ.get('BENCH_ROUNDS', 2 if self.quick else 5))
        self.budget = 8 if self.quick else 30  # seconds of one case
        self.out = harness.BUILD / 'bench' / ('quick' if self.quick else '') / '+'.join(subjects)
        self.lines, self.subject, self.sites = [], None, 0
        self.results = {'machine': machine.describe(), 'rounds': self.rounds, 'quick': self.quick, 'tables': {},
                        'targets': [], 'missing': [], 'failures': [], 'facts': {}}
        # Where the web servers' user can run them.
        self.programs = harness.temporary('wzbench-')
        self.pg = self._orthanc = None

    def start(self):
        self.out.mkdir(parents=True, exist_ok=True)
        for name, libraries in LIBRARIES.items():
            subprocess.run(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-o', str(self.programs / name),
                            str(HERE / f'{name}.c'), *libraries], check=True)
        self.drain, self.fetch, self.flood, self.ahead, Tool.spend = (str(self.programs / name) for name in LIBRARIES)
        self.pg = harness.Postgres(fsync=True).start()
        self.say(machine.text(self.results['machine']))
        self.say(f'{self.rounds} rounds after one that warms up, fewer for cases longer than {self.budget} s in all; '
                 'medians; GB = 1e9 bytes')

    def close(self):
        if self._orthanc:
            self._orthanc.remove()
        if self.pg:
            self.pg.remove()
        shutil.rmtree(self.programs, ignore_errors=True)

    # --- Telling ----------------------------------------------------------------------------------------------------

    def say(self, text=''):
        print(text, flush=True)
        self.lines.append(text)

    def missing(self, what, why):
        """Something that is not measured: reported where it would stand and again at the end."""
        if [what, why] not in self.results['missing']:
            self.results['missing'].append([what, why])
            self.say(f'\nnot measured: {what}: {why}')

    def failed(self, what, why):
        self.results['failures'].append([what, why])
        self.say(f'\nFAILED {what}: {why}')

    def fact(self, name, value, text):
        """A single number that is no case of a table."""
        self.results['facts'][f'{self.subject}/{name}'] = {'value': value, 'text': text.strip()}
        self.say(f'  {text}')

    def target(self, name, reached, wanted, at_least=True):
        """A row of the list of targets; `reached` is None where a case it needs has failed."""
        met = reached is not None and (reached >= wanted if at_least else reached <= wanted)
        self.results['targets'].append({'subject': self.subject, 'name': name, 'reached': reached, 'wanted': wanted,
                                        'at_least': at_least, 'met': met})

    def measure(self, key, title, cases, base=None, budget=None):
        """Runs {key: case} in turn and tells the table; ratios are the speed against the case `base`. budget: seconds
        that one case may take in all its rounds."""
        rounds(list(cases.values()), self.rounds, min(self.budget, budget or self.budget))
        self.say(table(f'\n{title}', list(cases.values()), cases.get(base)))
        self.results['tables'][f'{self.subject}/{key}'] = {
            'title': title, 'base': base, 'cases': {k: {'name': c.name, 'size': c.size, 'samples': c.samples,
                                                        'failure': c.failure} for k, c in cases.items()}}
        for case in cases.values():
            if case.failure:
                self.failed(f'{self.subject} {key}: {case.name}', case.failure)
        return cases

    # --- What is measured -------------------------------------------------------------------------------------------

    @contextmanager
    def site(self, names, index=True, **settings):
        """A site of its own whose roots are corpora, indexed unless set otherwise."""
        self.sites += 1
        site = harness.Site(self.pg, f'bench_{self.sites}', {n: corpus(n) for n in names}, **settings).migrate()
        try:
            if index:
                done = site.index()
                if done.code:
                    raise RuntimeError(f'index: {done}')
            yield site
        finally:
            site.remove()

    def knows(self, site, setting):
        """Whether the programs have a setting."""
        return bool(re.search(rf'^{setting} = ', site.cli('settings', check=True).out, re.M))

    def orthanc(self, name):
        """Orthanc with a corpus loaded; None, and reported, where it is not measured."""
        if self.quick or not orthanc.PROGRAM:
            self.missing('Orthanc', 'BENCH_QUICK' if self.quick else 'it is not installed')
            return None
        if not self._orthanc:
            self._orthanc = orthanc.Orthanc()
            self._orthanc.start()
        self._orthanc.load(name)
        return self._orthanc

    def run(self, name, subject):
        """A subject; whatever goes wrong in it fails the run, but not the subjects behind it."""
        self.subject, began = name, time.monotonic()
        self.say(f'\n=== {name}: {subject.__doc__.splitlines()[0]}')
        try:
            subject.measure(self)
        except Exception as e:
            traceback.print_exc(file=sys.stdout)
            self.failed(name, f'{type(e).__name__}: {e}')
        self.say(f'\n{name} took {time.monotonic() - began:.0f} s')

    def finish(self):
        """Tells targets and what was not measured, writes the results; gives whether everything worked."""
        self.say('\ntargets')
        for t in self.results['targets']:
            reached = '  failed' if t['reached'] is None else f'{t["reached"]:8.2f}'
            self.say(f'  {"met   " if t["met"] else "MISSED"} {t["subject"] + ": " + t["name"]:78}{reached}   '
                     f'{"at least" if t["at_least"] else "at most"} {t["wanted"]}')
        for what, why in self.results['missing']:
            self.say(f'not measured: {what}: {why}')
        for what, why in self.results['failures']:
            self.say(f'FAILED {what}: {why.splitlines()[0][:200]}')
        (self.out / 'results.txt').write_text('\n'.join(self.lines) + '\n')
        (self.out / 'results.json').write_text(json.dumps(self.results, indent=1))
        return not self.results['failures']


def per(a, b, key='seconds'):
    """How many times b's value a's is; None when either has failed."""
    x, y = a.value(key) if a else None, b.value(key) if b else None
    return x / y if x is not None and y else None
