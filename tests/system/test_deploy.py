# SPDX-License-Identifier: MIT
"""What deploy/ ships is what works: sample settings, manual pages, units and scripts."""
import os
import re
import signal
import subprocess

import harness
import pytest
from client import curl
from servers import Pool

DEPLOY = harness.REPO / 'deploy'
MAN = sorted((DEPLOY / 'man').iterdir())
UNITS = 1, 1 << 10, 1 << 20, 1 << 30, 1 << 40


def size(text):
    """4K -> 4096; what is no size stays as it is."""
    found = re.fullmatch(r'(\d+)([KMGT]?)', text)
    return str(int(found.group(1)) * UNITS[' KMGT'.index(found.group(2) or ' ')]) if found else text


def settings_of(text):
    return {k: size(v) for k, v in re.findall(r'(?m)^#?(\w[\w.]*) =(?: (.*))?$', text)}


@pytest.fixture(scope='module')
def defaults():
    """Keys and values without a settings file."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith('WADOZIP_')}
    out = harness.run(harness.program('wadozip'), '--config', '/dev/null', 'settings', env=clean, check=True).out
    return settings_of(re.sub(r'(?m)^#.*', '', out))


def test_sample_settings_have_every_key_with_its_default(defaults):
    sample = settings_of((DEPLOY / 'wadozip.conf').read_text())
    assert sample.pop('root.images') == '/srv/images'
    assert sample == defaults


def test_sample_settings_load_as_they_are_and_uncommented(tmp_path):
    text = (DEPLOY / 'wadozip.conf').read_text()
    for name, content in ('as-is', text), ('all', re.sub(r'(?m)^#(\w[\w.]* = )', r'\1', text)):
        (tmp_path / name).write_text(content)
        harness.run(harness.program('wadozip'), '--config', tmp_path / name, 'settings', check=True)


def test_manual_names_every_setting(defaults):
    page = (DEPLOY / 'man' / 'wadozip.conf.5').read_text()
    page = page.replace('deid. Ns Ar name Ns Cm .', 'deid.basic.')
    assert [k for k in defaults if not re.search(rf'(?m)^\.It Cm .*\b{re.escape(k)}\b', page)] == []


def test_containers_are_given_settings_that_exist(defaults):
    text = (DEPLOY / 'container' / 'compose.yaml').read_text() + (DEPLOY / 'container' / 'Containerfile').read_text()
    given = [name.lower() for name in re.findall(r'\bWADOZIP_(\w+)[:=]', text)]
    assert len(given) > 5 and [n for n in given if n not in defaults and n not in ('config', 'root_images')] == []


@pytest.mark.parametrize('page', MAN, ids=lambda p: p.name)
def test_manual_pages_are_well_formed(page):
    result = harness.run('mandoc', '-Tlint', '-Wwarning', page)
    assert (result.code, result.out, result.err) == (0, '', '')


def test_manual_of_the_command_names_every_command():
    page = (DEPLOY / 'man' / 'wadozip.1').read_text()
    commands = re.findall(r'(?m)^  ([a-z]+) {2,}', harness.run(harness.program('wadozip'), '--help', check=True).out)
    assert commands and [c for c in commands if not re.search(rf'(?m)^\.It Cm {c}\b', page)] == []
    for command in commands:
        options = re.findall(r'--([a-z-]+)', harness.run(harness.program('wadozip'), command, '--help').out)
        missing = [o for o in options if o not in ('config', 'help') and f'Fl Fl {o}' not in page]
        assert not missing, (command, missing)


def test_scripts_pass_shellcheck():
    scripts = [DEPLOY / 'packages', DEPLOY / 'install', DEPLOY / 'deb', *(DEPLOY / 'debian').glob('wadozip.p*')]
    result = harness.run('shellcheck', *scripts)
    assert len(scripts) == 6 and result.code == 0, result.out


def test_package_is_built_of_what_is_installed_for_building():
    listed = re.search(r"\[build\]='([^']*)'", (DEPLOY / 'packages').read_text()).group(1).split()
    control = (DEPLOY / 'debian' / 'control').read_text()
    needed = re.search(r'Build-Depends: (.*(?:\n .*)*)', control).group(1)
    names = {n.split('(')[0].split('|')[-1].strip() for n in needed.split(',')}
    assert names == {*listed, 'debhelper-compat'} - {'build-essential'}
    version = re.search(r'(?m)^VERSION := (.*)', (harness.REPO / 'Makefile').read_text()).group(1)
    assert (DEPLOY / 'debian' / 'changelog').read_text().startswith(f'wadozip ({version}) ')


def test_installed_and_removed(tmp_path):
    """With the prefix in what names it; nothing is left."""
    make = ['make', '-s', '-o', 'all', f'BUILD={harness.BUILD}', 'PREFIX=/opt/w', f'DESTDIR={tmp_path}']
    harness.run(*make, 'install', cwd=harness.REPO, check=True)
    texts = [p for p in tmp_path.rglob('*') if p.is_file() and not {'bin', 'libexec'} & set(p.parts)]
    assert texts and not [p for p in texts if '/usr/local' in p.read_text()]
    place = tmp_path / 'opt' / 'w'
    assert 'ExecStart=/opt/w/bin/wadozip-fcgi' in (place / 'lib/systemd/system/wadozip.service').read_text()
    for name in 'bin/wadozip', 'libexec/wadozip/wadozip-dicom', 'share/doc/wadozip/operation.md', 'share/man/man1/wadozip.1':
        assert (place / name).exists(), name
    harness.run(*make, 'uninstall', cwd=harness.REPO, check=True)
    assert not [p for p in tmp_path.rglob('*') if p.is_file()]


def test_another_prefix_is_compiled_in():
    """Also where programs with another one are there already: they know where their helper lies."""
    plan = harness.run('make', '-n', f'BUILD={harness.BUILD}', 'PREFIX=/elsewhere', 'all', cwd=harness.REPO, check=True).out
    made = [line for line in plan.splitlines() if ' -c -o ' in line and '/elsewhere/libexec/wadozip' in line]
    globs = 'fcgi/*.c', 'src/*/*.c', 'src/wadozip-dicom/*.cc', 'src/wadozip-dicom/*/*.cc'
    sources = [f for glob in globs for f in harness.REPO.glob(glob)]
    assert len(made) == len([*sources, 'sql_files.c']), plan


def test_a_missing_library_stops_the_build(tmp_path):
    """With its name, not with a compiler's error about a header."""
    tool = tmp_path / 'pkg-config'
    tool.write_text('#!/bin/sh\nPKG_CONFIG_LIBDIR=/nonexistent exec /usr/bin/pkg-config "$@"\n')
    tool.chmod(0o755)
    result = harness.run('make', f'BUILD={tmp_path / "build"}', f'PKG_CONFIG={tool}', 'all', cwd=harness.REPO)
    assert result.code == 2 and "'libpq'" in result.err and 'deploy/packages build' in result.err, result
    assert ' -c -o ' not in result.out


def test_units_are_well_formed_and_locked_in(tmp_path):
    units = sorted(p for p in (DEPLOY / 'systemd').iterdir() if p.name.startswith('wadozip'))
    for unit in units:
        text = unit.read_text()
        for name in 'wadozip-fcgi', 'wadozip':
            text = re.sub(rf'/usr/local/bin/{name}\b(?!-)', str(harness.program(name)), text)
        # Neither manual pages nor other units are installed where this runs.
        (tmp_path / unit.name).write_text(re.sub(r'(?m)^(Documentation|After)=.*$', '', text))
    result = harness.run('systemd-analyze', 'verify', *(tmp_path / unit.name for unit in units))
    assert (result.code, result.err) == (0, ''), result
    services = [unit.name for unit in units if unit.suffix == '.service']
    assert len(services) == 5
    for name in services:
        level = harness.run('systemd-analyze', 'security', '--offline=true', tmp_path / name).out
        assert float(re.search(r'exposure level for \S+ ([0-9.]+)', level).group(1)) < 1.5, level
    for unit in units:
        assert 'RestrictSUIDSGID' not in re.sub('(?m)^#.*$', '', unit.read_text()), 'it takes openat2() away'


def allowed_calls():
    """What SystemCallFilter of the unit lets through."""
    sets, name = {}, None
    for line in harness.run('systemd-analyze', 'syscall-filter', check=True).out.splitlines():
        word = line.strip()
        if line.startswith('@'):
            name = sets.setdefault(word, [])
        elif word and not word.startswith('#'):
            name.append(word)

    def members(word):
        return set().union(*map(members, sets[word])) if word.startswith('@') else {word}
    allowed = set()
    for line in re.findall(r'(?m)^SystemCallFilter=(.*)$', (DEPLOY / 'systemd' / 'wadozip.service').read_text()):
        words = set().union(*map(members, line.lstrip('~').split()))
        allowed = allowed - words if line.startswith('~') else allowed | words
    return allowed


class Traced(Pool):
    """A pool whose system calls are written down."""

    def start(self, env=None):
        user = ['setpriv', '--reuid', harness.WEB_USER, '--regid', harness.WEB_USER, '--clear-groups']
        with open(self.folder / 'stderr', 'ab') as log:
            self.process = subprocess.Popen(
                [*(user if harness.ROOT_USER else []), 'strace', '-f', '-qq', '-I', '2', '-o', str(self.folder / 'calls'),
                 str(self.site.bin / 'wadozip-fcgi'), '--config', str(self.site.web_config), '--workers', '2',
                 '--listen', f'unix:{self.socket}'], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        harness.wait_for('wadozip-fcgi', lambda: self.socket.exists() and harness.accepts(self.socket),
                         alive=self.process)
        return self


def test_unit_allows_the_system_calls_that_are_made(site, expected, whole):
    """Conversions among them, so that wadozip-dicom's own lock is seen to be put in place."""
    from servers import Lighttpd
    server = Lighttpd(site, 'socket')
    server.pool = Traced(site)
    server.start()
    try:
        assert curl(server.study(whole), accept='application/zip', folder=server.folder).status == 200
        others = [s for s in expected if s != whole]
        for study in others[:10]:
            curl(server.study(study), accept='application/zip', folder=server.folder)
        for pid in harness.children(server.pool.process.pid)[:1]:
            os.kill(pid, signal.SIGTERM)
        server.pool.process.wait(harness.PATIENCE)
        made = set(re.findall(r'(?m)^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)', (server.pool.folder / 'calls').read_text()))
    finally:
        server.remove()
    assert {'sendmsg', 'openat2', 'epoll_wait', 'fork' if 'fork' in made else 'clone'} <= made, made
    assert made - allowed_calls() - {'exited', 'killed'} == set()
