# SPDX-License-Identifier: MIT
"""A hundred hostile clients at every front end, while a polite one downloads and HEAD is answered: tests/fault/hostile.py.

lighttpd that spawns the workers is left to `make fault`: a HEAD waited there for 120 s on a loaded machine.
"""
import sys

import harness
import pytest
from servers import FRONT_ENDS

sys.path.append(str(harness.REPO / 'tests' / 'fault'))

import hostile  # noqa: E402


@pytest.fixture(scope='module')
def site(pg):
    with hostile.hostile_site(pg) as made:
        yield made


@pytest.mark.parametrize('kind', [k for k in FRONT_ENDS if k != 'lighttpd-spawned'])
def test_a_polite_client_gets_everything(site, kind):
    faults, _, told = hostile.try_front(kind, site, seconds=0)
    assert not faults, (told, faults[:5])
