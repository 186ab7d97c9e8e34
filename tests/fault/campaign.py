#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Breaks something in the middle of downloads, many times, and looks for answers that a client takes as complete and that are
not. Prints a table; exit code 0: there is none and nothing hung, 1: there is.

  tests/fault/campaign.py [--trials N] [--fronts NAME,...] [--seed N] [--results FILE]

Each trial: a web server, a version of HTTP or a reverse proxy, something to download, a fault, and whether it happens
before the first byte or when so many bytes have passed. Every pair of front and subject is tried before one is repeated.
At the end everything is downloaded once more without a fault: what was kept meanwhile must not be damaged.
"""
import argparse
import http.client
import itertools
import json
import random
import re
import sys
import time
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / 'data', HERE.parent / 'system'):
    sys.path.insert(0, str(_folder))

import harness as h  # noqa: E402
import subjects as s  # noqa: E402
from arena import Arena  # noqa: E402
from client import curl  # noqa: E402
from faults import FAULTS, possible  # noqa: E402

# Web servers, and whether reverse proxies are tried before them, too.
FRONTS = {'lighttpd-socket': True, 'lighttpd-spawned': False, 'apache-fcgid': True, 'apache-proxy': True, 'nginx': True,
          'caddy': False}
HELD = 0.5  # of an answer: at most so much has passed when a fault happens in the middle of it
EARLY = 0.2  # seconds after the request within which an early fault happens
FOLDERS = {s.PLAIN: 'plain', s.IMPLICIT: 'implicit', s.LARGE: 'large'}

BAD = ('FALSE', 'hung')

# complete: the client says so; status 0: no answer
Taken = namedtuple('Taken', 'complete status type data note')
Trial = namedtuple('Trial', 'front subject fault early client outcome note')
AFTERWARDS = 'none, afterwards'


def by_curl(door, subject, folder):
    answer = curl(door.base + subject.path, '--fail', accept=subject.accept, folder=folder, http=door.http,
                  timeout=h.PATIENCE)
    taken = Taken(answer.exit == 0, answer.status, answer.headers.get('content-type', ''), answer.data,
                  f'curl {answer.exit}{"" if answer.length is not None else ", no length"}')
    answer.body.unlink(missing_ok=True)
    return taken


def by_python(door, subject, _folder):
    """http.client, as urllib uses it."""
    host, path = re.fullmatch(r'http://([^/]+)(/.*)', door.base + subject.path).groups()
    connection = http.client.HTTPConnection(host, timeout=h.PATIENCE)
    if door.http == '--http1.0':
        connection._http_vsn, connection._http_vsn_str = 10, 'HTTP/1.0'  # pylint: disable=protected-access
    status, kind = 0, ''
    try:
        connection.request('GET', path, headers={'Accept': subject.accept, 'Host': host})
        answer = connection.getresponse()
        status, kind = answer.status, answer.headers.get('Content-Type', '')
        length = answer.headers.get('Content-Length')
        return Taken(True, status, kind, answer.read(), f'http.client{"" if length else ", no length"}')
    except (http.client.HTTPException, OSError) as e:
        return Taken(False, status, kind, b'', f'http.client {type(e).__name__}')
    finally:
        connection.close()


def judge(taken, wanted, seconds):
    """What became of an answer, and why."""
    if seconds >= h.PATIENCE:
        return 'hung', taken.note
    if taken.status >= 400:
        return 'refused', f'{taken.status}'
    if not taken.complete:
        return 'broken', taken.note
    try:
        if taken.status == 200 and s.content(taken.data, taken.type) == wanted:
            return 'complete', ''
        return 'FALSE', f'{taken.note}: other content, {len(taken.data)} bytes'
    except s.DAMAGE as e:
        return 'FALSE', f'{taken.note}: {type(e).__name__}: {e}, {len(taken.data)} bytes'


class Stage:
    """An arena with what each subject holds when nothing breaks. `asked`: the subjects."""

    def __init__(self, kind, asked):
        self.arena, self.asked = Arena(kind, FRONTS[kind]), asked
        self.pool = ThreadPoolExecutor(4)
        self.wanted, self.sizes = {}, {}

    def start(self):
        self.arena.start()
        for subject in self.asked:
            taken = self._clean(subject)
            self.wanted[subject.name] = s.content(taken.data, taken.type)
            self.sizes[subject.name] = len(taken.data)
        return self

    def _clean(self, subject):
        """An answer without a fault; the service may have to recover first."""
        end = time.monotonic() + h.PATIENCE
        while True:
            taken = by_curl(self.arena.doors['1.1'], subject, self.arena.server.folder)
            if taken.complete and taken.status == 200:
                return taken
            if time.monotonic() > end:
                raise RuntimeError(f'{self.arena.kind}: {subject}: {taken.status} {taken.note}\n{self.arena.log()[-3000:]}')
            time.sleep(0.2)

    def front(self, door):
        return f'{self.arena.kind}, {"HTTP/" if door[0].isdigit() else "behind "}{door}'

    def trial(self, door_name, subject, fault, early, rng):
        """Holds an answer, breaks something, lets the answer go on and judges what the client took."""
        door, folder = self.arena.doors[door_name], FOLDERS[subject.path.split('/')[2].split('?')[0]]
        client = by_python if door.http != '--http2-prior-knowledge' and rng.random() < 0.3 else by_curl
        if subject.first:
            self.arena.forget()
        began = time.monotonic()
        moment = door.relay.hold(0 if early else 400 + int(rng.random() * HELD * self.sizes[subject.name]))
        answer = self.pool.submit(client, door, subject, self.arena.server.folder)
        while not (answer.done() or moment.asked.is_set() if early else answer.done() or moment.reached.is_set()):
            time.sleep(0.005)
        if early:
            time.sleep(rng.random() * EARLY)
        with FAULTS[fault](self.arena, folder, rng):
            moment.go.set()
            taken = answer.result()
        outcome = judge(taken, self.wanted[subject.name], time.monotonic() - began)
        return Trial(self.front(door_name), subject.name, fault, early, client.__name__, *outcome)

    def run(self, plan, seed):
        for i, (door, subject, fault, early) in enumerate(plan):
            yield self.trial(door, subject, fault, early, random.Random(f'{seed} {self.arena.kind} {i}'))
        for subject in self.asked:
            outcome = judge(self._clean(subject), self.wanted[subject.name], 0)
            yield Trial(self.front('1.1'), subject.name, AFTERWARDS, False, 'by_curl', *outcome)

    def remove(self):
        self.pool.shutdown()
        self.arena.remove()


def plan(stage, count, seed):
    """(door, subject, fault, early) of each trial: every pair of door and subject in turn; each subject meets every fault at
    both moments before one comes again."""
    faults = [f for f in FAULTS if possible(f, stage.arena)]
    rng = random.Random(f'{seed} {stage.arena.kind}')
    pairs = list(itertools.product(stage.arena.doors, stage.asked))
    rng.shuffle(pairs)
    ways = {}
    for subject in stage.asked:
        both = list(itertools.product(faults, (True, False)))
        rng.shuffle(both)
        ways[subject.name] = itertools.cycle(both)
    for door, subject in itertools.islice(itertools.cycle(pairs), count):
        yield (door, subject, *next(ways[subject.name]))


def report(trials):
    """Tables of all trials, then each answer that was false or hung."""
    table(trials, 'front', lambda t: t.front)
    table(trials, 'fault', lambda t: t.fault)
    print('\nEach cell: trials = refused + broken off + complete; ! answers that were taken as complete and were not; ? hung')
    for t in trials:
        if t.outcome in BAD:
            print(f'{t.outcome}: {t.front}; {t.subject}; {t.fault}, {"early" if t.early else "held"}; {t.client}: {t.note}')


def table(trials, title, row_of):
    """A row each of what row_of says, a column each of what was asked for."""
    def column_of(t):
        return t.subject.split(',')[0]
    rows, columns = (list(dict.fromkeys(map(f, trials))) for f in (row_of, column_of))
    order = [column_of(Trial('', s_.name, *[''] * 5)) for s_ in s.subjects()]
    columns.sort(key=order.index)
    print(f'\n| {title} | {" | ".join(columns)} | all |\n|---|{"---|" * (len(columns) + 1)}')
    for row in [*sorted(rows), 'all']:
        mine = [t for t in trials if row in ('all', row_of(t))]
        print(f'| {row} | ' + ' | '.join(cell(t for t in mine if column_of(t) == c) for c in columns) + f' | {cell(mine)} |')


def cell(trials):
    n = Counter(t.outcome for t in trials)
    marks = ''.join(f' {mark}{n[o]}' for o, mark in (('FALSE', '!'), ('hung', '?')) if n[o])
    return f'{sum(n.values())} = {n["refused"]}+{n["broken"]}+{n["complete"]}{marks}'


def run_stage(kind, count, asked, seed):
    stage = Stage(kind, asked)
    try:
        stage.start()
        trials = []
        for t in stage.run(plan(stage, count, seed), seed):
            trials.append(t)
            if t.outcome in BAD:
                print(f'{len(trials)} {t}', file=sys.stderr, flush=True)
        return trials
    finally:
        stage.remove()


def campaign(count, fronts, asked, seed):
    """All trials, those of one web server one after the other, the web servers at the same time."""
    doors = {kind: 6 if FRONTS[kind] else 3 for kind in fronts}
    with ThreadPoolExecutor(len(fronts)) as pool:
        shares = {k: -(-count * n // sum(doors.values())) for k, n in doors.items()}
        return [t for trials in pool.map(lambda k: run_stage(k, shares[k], asked, seed), fronts) for t in trials]


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    p.add_argument('--trials', type=int, default=1200)
    p.add_argument('--fronts', default=','.join(FRONTS))
    p.add_argument('--seed', default='1')
    p.add_argument('--results', type=Path)
    args = p.parse_args()
    began = time.monotonic()
    trials = campaign(args.trials, args.fronts.split(','), s.subjects(), args.seed)
    report(trials)
    if args.results:
        args.results.write_text(''.join(json.dumps(t._asdict()) + '\n' for t in trials))
    counts = Counter(t.outcome for t in trials)
    faults = sum(t.fault != AFTERWARDS for t in trials)
    print(f'\n{faults} trials and {len(trials) - faults} answers afterwards in {time.monotonic() - began:.0f} s: '
          + ', '.join(f'{n} {o}' for o, n in sorted(counts.items())))
    return 1 if any(counts[o] for o in BAD) else 0


if __name__ == '__main__':
    sys.exit(main())
