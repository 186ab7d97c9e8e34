# SPDX-License-Identifier: MIT
"""A small part of tests/fault/cohort.py: programs of others download it, sha256sum verifies it, a study is removed."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fault'))

import cohort  # noqa: E402


def test_every_file_is_verified():
    _, *rows = cohort.trial(6, 16, 256)
    programs = [program.__name__[3:] for program in cohort.PROGRAMS]
    assert [row[:2] for row in rows] == [(form, program) for form in cohort.FORMS for program in programs]
