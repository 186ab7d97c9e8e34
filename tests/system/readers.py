# SPDX-License-Identifier: MIT
"""Independent readers of ZIP archives. Each takes a path and gives (names, SHA-256 of all members' content in order),
and fails on any complaint of the program."""
import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 600
SEVEN_ZIP = '7zz' if shutil.which('7zz') else '7z'  # its name in Debian's package until 12, since 13


def _said(command, out, error):
    assert not error.strip(), f'{command[0]} says: {error.decode(errors="replace")[:2000]}'
    return out


def _names(*command):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=SECONDS, check=False)
    assert done.returncode == 0, (command, done.returncode, done.stderr[:2000])
    return _said(command, done.stdout, done.stderr).decode().splitlines()


def _digest(*command, stdin=subprocess.DEVNULL):
    """SHA-256 of what a command writes."""
    h = hashlib.sha256()
    with subprocess.Popen([str(c) for c in command], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        while block := p.stdout.read(1 << 18):
            h.update(block)
        error = p.stderr.read()
    assert p.returncode == 0, (command, p.returncode, error[:2000])
    _said(command, b'', error)
    return h.hexdigest()


def unzip(path):
    return _names('unzip', '-Z1', path), _digest('unzip', '-p', path)


def seven_zip(path):
    test = '\n'.join(_names(SEVEN_ZIP, 't', path))
    assert 'Everything is Ok' in test, test
    assert not re.search(r'warning|error', test, re.I), test
    # Without -ba the first Path is that of the archive itself.
    listed = [line[7:] for line in _names(SEVEN_ZIP, 'l', '-slt', path) if line.startswith('Path = ')][1:]
    return listed, _digest(SEVEN_ZIP, 'x', '-so', path)


def bsdtar_file(path):
    return _names('bsdtar', '-tf', path), _digest('bsdtar', '-xOf', path)


def bsdtar_pipe(path):
    with subprocess.Popen(['cat', str(path)], stdout=subprocess.PIPE) as cat:
        content = _digest('bsdtar', '-xOf', '-', stdin=cat.stdout)
    return _names('bsdtar', '-tf', path), content


def busybox(path):
    listed = [line.split(None, 3)[3] for line in _names('busybox', 'unzip', '-l', path)
              if re.match(r'\s*\d+ +\d+-\d+-\d+ +\d+:\d+ +\S', line)]
    return listed, _digest('busybox', 'unzip', '-p', path)


def python(path):
    h = hashlib.sha256()
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            with z.open(info) as f:
                while block := f.read(1 << 20):
                    h.update(block)
        return z.namelist(), h.hexdigest()


def _java(how, path):
    *names, content = _names('java', HERE / 'ReadZip.java', how, path)
    return names, content


def java_file(path):
    return _java('file', path)


def java_stream(path):
    return _java('stream', path)


READERS = (unzip, seven_zip, bsdtar_file, bsdtar_pipe, busybox, python, java_file, java_stream)
TREES = {'unzip': ('unzip', '-q', '-d', '{out}', '{zip}'), '7z': (SEVEN_ZIP, 'x', '-y', '-bso0', '-o{out}', '{zip}'),
         'bsdtar': ('bsdtar', '-C', '{out}', '-xf', '{zip}'),
         'busybox': ('busybox', 'unzip', '-q', '-d', '{out}', '{zip}')}


def extract(tool, path, out):
    """Unpacks into the folder `out`; gives name -> SHA-256 of every file there."""
    out.mkdir()
    _names(*[word.format(out=out, zip=path) for word in TREES[tool]])
    return {str(f.relative_to(out)): hashlib.sha256(f.read_bytes()).hexdigest() for f in out.rglob('*') if f.is_file()}
