# SPDX-License-Identifier: MIT
"""A small part of tests/fault/campaign.py, which breaks something in the middle of downloads: no answer is taken as complete
that is not, behind any web server and proxy. Each web server is asked for every kind of answer, and for two of the
compressed transfer syntaxes, so that all of them are tried."""
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fault'))

import campaign  # noqa: E402
import subjects  # noqa: E402

KINDS = [kind for kind in campaign.FRONTS if kind != 'caddy']  # test_caddy.py and `make fault` try that
ASKED = ('stored', 'deflated', 'converted first', 'converted later', 'multipart', 'multipart, converted', 'metadata',
         'zipped metadata', 'DICOMDIR', 'manifest', 'one value, instance')
TRIALS = 32


def asked_of(kind):
    """Subjects for a web server."""
    targets = list(subjects.TARGETS)
    first = 2 * KINDS.index(kind)
    mine = [targets[(first + i) % len(targets)] for i in range(2)]
    names = [*ASKED, f'compressed first, {mine[0]}', f'compressed later, {mine[0]}', f'compressed first, {mine[1]}']
    return [s for s in subjects.subjects() if s.name in names]


def test_every_target_is_asked_for():
    names = {s.name for kind in KINDS for s in asked_of(kind)}
    assert {f'compressed first, {target}' for target in subjects.TARGETS} | set(ASKED) <= names


@pytest.mark.parametrize('kind', KINDS)
def test_no_broken_answer_looks_complete(kind):
    asked = asked_of(kind)
    trials = campaign.run_stage(kind, TRIALS, asked, 'test')
    counts = Counter(t.outcome for t in trials)
    assert not [t for t in trials if t.outcome in campaign.BAD]
    assert len(trials) == TRIALS + len(asked) and counts['broken'] and counts['complete'] >= 5, counts
