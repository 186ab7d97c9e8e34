# SPDX-License-Identifier: MIT
"""A small part of tests/fault/campaign.py, which breaks something in the middle of downloads: of answers that have a length
none is taken as complete that is not, behind any web server and proxy."""
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fault'))

import campaign  # noqa: E402
import subjects  # noqa: E402

ASKED = ('stored', 'deflated', 'multipart', 'DICOMDIR', 'manifest', 'table', 'one value, instance')
TRIALS = 42


@pytest.mark.parametrize('kind', list(campaign.FRONTS))
def test_no_broken_answer_looks_complete(kind):
    asked = [s for s in subjects.subjects() if s.name in ASKED]
    trials = campaign.run_stage(kind, TRIALS, asked, 'test')
    counts = Counter(t.outcome for t in trials)
    assert not [t for t in trials if t.outcome in campaign.BAD]
    assert len(trials) == TRIALS + len(asked) and counts['broken'] >= 5 and counts['complete'] >= 5, counts
