# SPDX-License-Identifier: MIT
"""wadozip index --prepare: what the default form needs is converted ahead."""
import os
import re
import signal
import subprocess

import conversions
import harness
import pytest
from trees import locked, write

ZIP = 'application/zip'
FORMS = 'SELECT count(*) FROM wadozip.conversion WHERE deflated_size IS NOT NULL'


@pytest.fixture
def root():
    folder = harness.temporary('wzahead-')
    yield folder
    harness.run('rm', '-r', folder)


def ahead(result):
    """Made and not made, as the last line of the summary has them."""
    return tuple(map(int, re.search(r'^(\d+) instances converted ahead, (\d+) not$', result.out, re.M).groups()))


def known(site):
    return int(site.sql(FORMS)[0][0])


def test_lengths_from_the_first_request_on(root, make_site):
    """A catalogue that is there already is completed; what is known is skipped; other forms are not touched."""
    study = conversions.study(root / 'a')
    plain = root / 'b' / 'plain.dcm'
    write(plain, study='plain')
    site = make_site('ahead', {'r': root})
    assert site.index().code == 0 and known(site) == 0
    result = site.index(prepare=True)
    assert result.code == 0 and ahead(result) == (12, 0), result
    assert site.sql('SELECT DISTINCT target FROM wadozip.conversion') == [['1.2.840.10008.1.2.1']]
    server = harness.front_end('lighttpd-socket', site).start()
    try:
        head = server.get(f'/studies/{study}', accept=ZIP, method='HEAD')
        first = server.get(f'/studies/{study}', accept=ZIP)
        assert (first.exit, first.status) == (0, 200), server.log()
        assert head.length == first.length == len(first.data) and head.headers['etag'] == first.headers['etag']
    finally:
        server.remove()
    assert ahead(site.index(prepare=True)) == (0, 0)
    conversions.study(root / 'a', 14)
    assert ahead(site.index(root / 'b', prepare=True)) == (0, 0)
    assert ahead(site.index(prepare=True)) == (2, 0)


def test_many_small_studies(root, make_site):
    """More than are asked for at once, in two places; beneath a path only its studies."""
    for i in range(300):
        conversions.study(root / ('x' if i < 10 else 'y') / f'{i}', 1, name=f'small {i}')
    site = make_site('small', {'r': root})
    assert ahead(site.index(root / 'x', prepare=True)) == (10, 0)
    assert ahead(site.index(root / 'x', root / 'y', prepare=True, jobs=3)) == (290, 0)
    assert known(site) == 300


def test_what_fails_is_named_and_the_rest_is_made(root, make_site):
    conversions.study(root)
    site = make_site('fails', {'r': root})
    assert site.index().code == 0
    for name in ('001.dcm', '007.dcm'):
        conversions.nested(root / name)
        conversions.smuggle(site, root / name)
    (root / '009.dcm').write_bytes(b'changed since')
    result = site.cli('index', '--prepare', root / '001.dcm')  # the study of one file: all of it
    assert result.code == 1 and ahead(result) == (9, 3), result
    named = re.findall(r'^not converted: r:(\d+)\.dcm: (.*)$', result.err, re.M)
    assert sorted(n for n, _ in named) == ['001', '007', '009'], result.err
    assert all('killed by signal' in why or 'not as it was indexed' in why for _, why in named)
    assert known(site) == 9


def test_the_cache_is_filled_for_the_service(root, make_site):
    """Also by another account (root) than the service's, whose files they are then."""
    study = conversions.study(root / 'images')
    var = harness.owned_by_web_user(root / 'var')
    site = make_site('fills', {'r': root / 'images'}, conversion_cache=var / 'conversions')
    (var / 'conversions').mkdir(mode=0o700)
    harness.owned_by_web_user(var / 'conversions')
    assert ahead(site.index(prepare=True)) == (12, 0)
    owner = (var / 'conversions').stat().st_uid
    assert [p.stat().st_uid for p in (var / 'conversions').iterdir()] == [owner] * 13
    for path in (root / 'images').iterdir():
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    server = harness.front_end('lighttpd-socket', site).start()
    try:
        answer = server.get(f'/studies/{study}', accept=ZIP)
        assert (answer.exit, answer.status) == (0, 200) and answer.length == len(answer.data), server.log()
    finally:
        server.remove()


def test_interrupted_and_gone_on_with(root, make_site):
    """The database lets it learn the first form only after the signal has come: it ends there, and loses nothing."""
    conversions.study(root, 40)
    site = make_site('stops', {'r': root})
    assert site.index().code == 0
    with locked(site, 'wadozip.conversion'):
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'wadozip.conversion'::regclass"
        running = subprocess.Popen([site.bin / 'wadozip', '--config', site.config, 'index', '--prepare', root],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        harness.wait_for('the first form', lambda: site.sql(waiting), alive=running)
        running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    assert running.returncode == 130 and '1 instances converted ahead, 0 not' in out, (out, err)
    assert ahead(site.index(prepare=True)) == (39, 0)
    assert known(site) == 40
