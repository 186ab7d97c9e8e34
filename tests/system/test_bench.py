# SPDX-License-Identifier: MIT
"""The measurements' web servers start from today's shipped settings: `make bench` takes too long to be part of the tests."""
import shutil
import subprocess
import sys

import harness
import pytest

BENCH = harness.REPO / 'tests' / 'bench'


@pytest.fixture(scope='module')
def flood():
    folder = harness.temporary('wzbench-')
    program = folder / 'flood'
    subprocess.run(['cc', '-O2', '-D_GNU_SOURCE', '-o', program, BENCH / 'flood.c', '-lfcgi'], check=True)
    yield str(program)
    shutil.rmtree(folder)


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'apache-fcgid', 'apache-proxy'])
def test_constant_data_beside_the_service(site, flood, kind, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    from fronts import fronts
    with fronts(site, flood, [kind]) as servers:
        assert servers[kind].get('/flood?100000', prefix='').body.stat().st_size == 100000
        assert servers[kind].get('/studies?limit=1', accept='application/json').status == 200


def test_every_subject_can_be_loaded():
    subjects = sorted(p.stem for p in (BENCH / 'subjects').glob('[a-z]*.py'))
    assert len(subjects) >= 10
    code = ('import sys, importlib\n'
            f'sys.path[:0] = {[str(BENCH), str(BENCH.parent / "system"), str(BENCH.parent / "data")]!r}\n'
            'for name in sys.argv[1:]:\n'
            '    assert importlib.import_module(f"subjects.{name}").measure\n')
    subprocess.run([sys.executable, '-B', '-c', code, *subjects], check=True)
