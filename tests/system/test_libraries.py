# SPDX-License-Identifier: MIT
"""Conversions are numbered by the versions of the libraries that make them, so that releases of Debian never mix them."""
import os
import re
import subprocess

import harness
import pytest

HELPER = harness.BUILD / 'wadozip-dicom'


def version(**env):
    done = subprocess.run([HELPER, 'version'], stdout=subprocess.PIPE, check=True, env={**os.environ, **env})
    return dict(line.split(' ', 1) for line in done.stdout.decode().splitlines())


@pytest.mark.parametrize('library, package', [('DCMTK', 'dcmtk'), ('OpenJPEG', 'libopenjp2'), ('libpng', 'libpng'),
                                              ('zlib', 'zlib')])
def test_named(library, package):
    done = subprocess.run(['pkg-config', '--modversion', package], stdout=subprocess.PIPE, check=True)
    assert version()[library] == done.stdout.decode().strip()


def test_all_are_named():
    found = version()
    assert list(found) == ['wadozip-dicom', 'conversions', 'DCMTK', 'OpenJPEG', 'CharLS', 'libjpeg', 'libxml2', 'libpng',
                           'zlib', 'deflate']
    assert re.fullmatch(r'2\.\d+\.\d+', found['CharLS'])
    assert re.fullmatch(r'(isal|zlib)-[\d.]+-.*', found['deflate'])
    assert 1 <= int(found['conversions']) < 1 << 31
    assert found == version()


@pytest.mark.parametrize('library, function', [('OpenJPEG', 'opj_version'), ('CharLS', 'charls_get_version_string'),
                                               ('zlib', 'zlibVersion')])
def test_another_version_is_another_number(tmp_path, library, function):
    """The same library with nothing changed but its version."""
    shim = tmp_path / 'shim.so'
    subprocess.run(['cc', '-shared', '-fPIC', '-x', 'c', '-o', shim, '-'], check=True,
                   input=f'const char *{function}(void) {{ return "99.9.9"; }}'.encode())
    usual, other = version(), version(LD_PRELOAD=str(shim))
    assert other.pop(library) == '99.9.9'
    assert other.pop('conversions') != usual.pop('conversions')
    del usual[library]
    assert other == usual
