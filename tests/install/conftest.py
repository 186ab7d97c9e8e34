# SPDX-License-Identifier: MIT
"""Fixtures of the tests that install what is shipped on bare systems."""
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ('system', 'data')]

import harness  # noqa: E402


@pytest.fixture(scope='session')
def pg():
    server = harness.Postgres().start()
    yield server
    server.remove()
