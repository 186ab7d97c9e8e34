# SPDX-License-Identifier: MIT
"""A small part of tests/fault/outages.py: the primary of the database, then a node, ends during downloads; none is lost."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fault'))

import outages  # noqa: E402

TRIALS = 5


def test_no_download_is_lost_with_the_primary():
    trials = outages.run('primary', TRIALS, 'test')
    assert [t.outcome for t in trials] == ['complete'] * TRIALS, trials


def test_every_download_is_resumed_on_the_other_node():
    trials = outages.run('node', TRIALS, 'test')
    assert {t.outcome for t in trials} <= {'resumed', 'whole', 'complete'} and len(trials) == TRIALS, trials
    assert sum(t.outcome == 'resumed' for t in trials if t.at) == sum(t.at > 0 for t in trials) > 2, trials
