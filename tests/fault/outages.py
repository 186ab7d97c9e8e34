#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Ends a server in the middle of downloads, many times: none may be lost. Exit code 1 if one is.

  tests/fault/outages.py primary|node... [--trials N] [--seed N]

primary: the primary of the database stops as in a crash, while look-ups go to a hot standby. The download must be complete,
and so must another one that begins while the primary is away.
node: one of two nodes is killed, its web server and its workers. The other one resumes the download (Range, If-Range), and
the bytes must be those of a download that nothing disturbed.

Each trial holds a download before its first byte or at a random byte of it until the server has ended.
"""
import argparse
import random
import signal
import sys
import time
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / 'data', HERE.parent / 'system'):
    sys.path.insert(0, str(_folder))

import harness as h  # noqa: E402
import subjects as s  # noqa: E402
from client import curl  # noqa: E402
from hold import Hold  # noqa: E402
from nodes import Node, node_of  # noqa: E402
from standby import look_up_on_standby, two_servers  # noqa: E402

# Of answers with a length and an entity tag, which can be resumed.
ASKED = ('stored', 'deflated', 'converted later', 'compressed later, JPEG-LS', 'multipart', 'DICOMDIR', 'manifest')
HELD = 0.5  # of an answer: the rest is more than what lies in buffers
EARLY = 0.2  # of the trials are held before the first byte

# outcome: complete, resumed, whole (the other node sent all of it) or LOST; at: byte of the answer at which it was held
Trial = namedtuple('Trial', 'subject at outcome note')


class Client:
    """Asks through a relay; `wanted`: what each subject holds, by name, as the first answers have it."""

    def __init__(self, server):
        self.server, self.relay = server, Hold(server.port)
        self.base = f'http://127.0.0.1:{self.relay.port}/dicom-web'

    def get(self, subject, *options):
        answer = curl(self.base + subject.path, *options, accept=subject.accept, folder=self.server.folder,
                      timeout=h.PATIENCE)
        answer.got = answer.data
        answer.body.unlink(missing_ok=True)
        return answer

    def held(self, pool, subject, at):
        """Begins a download that stops at a byte; gives its Moment and its future answer."""
        moment = self.relay.hold(at)
        answer = pool.submit(self.get, subject)
        event = moment.reached if at else moment.asked
        h.wait_for(f'byte {at} of {subject.name}', lambda: answer.done() or event.is_set())
        return moment, answer


def complete(answer, wanted):
    return (answer.exit, answer.status, answer.got) == (0, 200, wanted)


class Stage:
    """A catalogue of the studies and what each subject's answer is."""

    def __init__(self, stack, pg, trials, seed):
        self.trials, self.seed, self.pool = trials, seed, stack.enter_context(ThreadPoolExecutor(2))
        images = h.temporary('wzoutage-')
        stack.callback(h.run, 'rm', '-r', images)
        s.write(images)
        self.site = h.Site(pg, 'outages', {'r': images}).migrate()
        stack.callback(self.site.remove)
        done = self.site.index()
        if done.code:
            raise RuntimeError(f'index ended with {done.code}: {done.err}')
        self.subjects = [x for x in s.subjects() if x.name in ASKED]
        self.wanted = {}

    def ask_all(self, client):
        """Twice: lengths of converted members are known from the first answer."""
        for subject in self.subjects * 2:
            answer = client.get(subject)
            if answer.exit or answer.status != 200:
                raise RuntimeError(f'{subject}: {answer}\n{client.server.log()[-3000:]}')
            self.wanted[subject.name] = answer.got

    def plan(self):
        """(subject, byte, rng) of each trial; all subjects take turns."""
        for i in range(self.trials):
            rng = random.Random(f'{self.seed} {i}')
            subject = self.subjects[i % len(self.subjects)]
            early = rng.random() < EARLY
            yield subject, 0 if early else 400 + int(rng.random() * HELD * len(self.wanted[subject.name])), rng


@contextmanager
def primary_stage(trials, seed):
    """Trials in which the primary ends."""
    with ExitStack() as stack:
        pair = stack.enter_context(two_servers())
        stage = Stage(stack, pair[0], trials, seed)
        look_up_on_standby(stage.site, pair, 'prefer-standby', learn='read-write')
        node = Node(stage.site)
        stack.callback(node.remove)
        client = Client(node.start().server)
        stack.callback(client.relay.close)
        stage.ask_all(client)
        pair[1].caught_up(pair[0])
        yield (primary_trial(stage, pair, client, *row) for row in stage.plan())


def primary_trial(stage, pair, client, subject, at, _rng):
    moment, answer = client.held(stage.pool, subject, at)
    pair[0].stop(signal.SIGQUIT)
    moment.go.set()
    first, second = answer.result(), client.get(subject)
    pair[0].start()
    pair[1].caught_up(pair[0])
    wanted = stage.wanted[subject.name]
    lost = [f'{when}: {a}' for when, a in (('held', first), ('begun meanwhile', second)) if not complete(a, wanted)]
    return Trial(subject.name, at, 'LOST' if lost else 'complete', '; '.join(lost))


@contextmanager
def node_stage(trials, seed):
    """Trials in which a node ends."""
    with ExitStack() as stack:
        pg = h.Postgres().start()
        stack.callback(pg.remove)
        stage = Stage(stack, pg, trials, seed)
        nodes = [Node(node_of(stage.site)) for _ in range(2)]
        for node in nodes:
            stack.callback(node.remove)
            node.client = Client(node.start().server)
            stack.callback(node.client.relay.close)
        stage.ask_all(nodes[0].client)
        yield (node_trial(stage, nodes, *row) for row in stage.plan())


def node_trial(stage, nodes, subject, at, rng):
    first, other = rng.sample(nodes, 2)
    moment, answer = first.client.held(stage.pool, subject, at)
    first.kill()
    moment.go.set()
    begun, wanted = answer.result(), stage.wanted[subject.name]
    outcome, note = 'complete', ''
    if begun.exit:
        size, tag = len(begun.got), begun.headers.get('etag')
        options = ('--range', f'{size}-', '--header', f'If-Range: {tag}') if size and tag else ()
        rest = other.client.get(subject, *options)
        whole = begun.got + rest.got if rest.status == 206 else rest.got
        outcome = {206: 'resumed', 200: 'begun again' if size else 'whole'}.get(rest.status, 'LOST')
        if rest.exit or whole != wanted or (options and rest.headers.get('etag') != tag):
            outcome, note = 'LOST', f'{begun}, {size} bytes; then {rest}, {len(rest.got)} bytes'
    elif not complete(begun, wanted):
        outcome, note = 'LOST', f'other bytes: {begun}'
    first.start()
    return Trial(subject.name, at, outcome, note)


STAGES = {'primary': primary_stage, 'node': node_stage}


def run(name, trials, seed):
    """All trials of a stage; each that is lost is printed at once."""
    done = []
    with STAGES[name](trials, seed) as rows:
        for trial in rows:
            done.append(trial)
            if trial.outcome == 'LOST':
                print(f'{name} {len(done)}: {trial}', file=sys.stderr, flush=True)
    return done


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    p.add_argument('stages', nargs='+', choices=STAGES)
    p.add_argument('--trials', type=int, default=100)
    p.add_argument('--seed', default='1')
    args = p.parse_args()
    lost = 0
    for name in args.stages:
        began = time.monotonic()
        trials = run(name, args.trials, args.seed)
        counts = Counter(t.outcome for t in trials)
        lost += counts['LOST']
        print(f'{name}: {len(trials)} downloads, {sum(t.at == 0 for t in trials)} of them held before the first byte, in '
              f'{time.monotonic() - began:.0f} s: ' + ', '.join(f'{n} {o}' for o, n in sorted(counts.items())))
    return 1 if lost else 0


if __name__ == '__main__':
    sys.exit(main())
