"""The Makefile's targets for developers, and that warnings stop only them."""
import json
import os
import re
import subprocess

import harness

SOURCE = 'src/base/num.c'


def make(*arguments):
    env = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MAKELEVEL', 'BUILD', 'WERROR')}
    return subprocess.run(['make', *arguments], cwd=harness.REPO, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True)


def test_help_names_the_targets():
    text = (harness.REPO / 'Makefile').read_text()
    targets = re.search(r'^\.PHONY: ((?:.*\\\n)*.*)$', text, re.M)[1].replace('\\\n', ' ').split()
    named = re.findall(r'^make ([\w.-]+)(?:, (\w+))?', make('help').stdout, re.M)
    inner = {'all', 'libraries', 'helper_libraries', 'deps', 'help', 'units', 'clean', 'FORCE'}
    assert {n for pair in named for n in pair if n} - {'compile_commands.json'} >= set(targets) - inner


def test_warnings_are_errors_for_developers_only(tmp_path):
    """-Wtraditional warns of every prototype."""
    goal = f'{tmp_path}/obj/{SOURCE}.o'
    arguments = [f'BUILD={tmp_path}', 'CC=gcc', 'CFLAGS=-O2 -Wtraditional', goal]
    usual = make(*arguments)
    assert usual.returncode == 0 and 'warning:' in usual.stdout
    os.unlink(goal)
    strict = make('WERROR=1', *arguments)
    assert strict.returncode != 0 and 'error:' in strict.stdout


def test_check_of_one_room(tmp_path):
    built = re.findall(rf'-o {tmp_path}/unit/(\w+)/', make('-nB', f'BUILD={tmp_path}', 'check', 'ROOM=http').stdout)
    assert set(built) == {'http'}


def test_compile_commands():
    path = harness.REPO / 'compile_commands.json'
    kept = path.read_bytes() if path.exists() else None
    assert make('compile_commands.json').returncode == 0
    found = {entry['file']: entry['command'] for entry in json.loads(path.read_text())}
    path.unlink()
    if kept:
        path.write_bytes(kept)
    sources = {str(p.relative_to(harness.REPO)) for folder in ('src', 'fcgi') for suffix in ('*.c', '*.cc')
               for p in (harness.REPO / folder).rglob(suffix)}
    assert sources <= set(found) and all(f in c for f, c in found.items())
