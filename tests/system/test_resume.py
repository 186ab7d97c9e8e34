# SPDX-License-Identifier: MIT
"""Downloads that break off are resumed by ordinary clients and come out byte-identical, through every web server."""
import random
from email.utils import parsedate_to_datetime

import harness
import pytest
from client import curl_command
from corpus import corpus, uid
from cut import Cut

CUTS = 50
HOUR = 3_600_000_000  # in microseconds


@pytest.fixture(scope='module')
def body(front, whole):
    answer = front.get(f'/studies/{whole}', accept='application/zip')
    assert (answer.exit, answer.status) == (0, 200), (answer, front.log())
    return answer.data


def offsets(seed, size, count):
    return [random.Random(f'{seed}/{i}').randrange(1, size) for i in range(count)]


def test_curl(front, body, whole, tmp_path):
    """Fifty times: cut at a random offset, then curl -C - completes it."""
    path = f'/studies/{whole}?accept=application/zip'
    for at in offsets('curl', len(body), CUTS):
        out = tmp_path / 'x.zip'
        with Cut(front.port, [at]) as relay:
            url = f'http://127.0.0.1:{relay.port}/dicom-web{path}'
            first = harness.run(*curl_command(url, out=out))
            assert first.code != 0, at
            again = harness.run(*curl_command(url, '--continue-at', '-', '--fail', out=out))
        assert again.code == 0 and out.read_bytes() == body, (at, first, again)
        out.unlink()


@pytest.mark.parametrize('seed', range(5))
def test_wget(front, body, whole, seed, tmp_path):
    """Five times: wget goes on by itself after each of ten cuts."""
    out = tmp_path / 'x.zip'
    with Cut(front.port, offsets(seed, len(body) // 12, CUTS // 5)) as relay:
        result = harness.run('wget', '-c', '-q', '--tries=0', '--waitretry=0', '--retry-connrefused', '-O', out,
                             f'http://127.0.0.1:{relay.port}/dicom-web/studies/{whole}?accept=application/zip')
        assert result.code == 0 and relay.used == CUTS // 5 + 1, (result, relay.used)
    assert out.read_bytes() == body


@pytest.mark.parametrize('seed', range(5))
def test_aria2(front, body, whole, seed, tmp_path):
    """Five times: aria2c with up to four connections at a time, the first ten of which are cut."""
    with Cut(front.port, offsets(seed, len(body) // 24, CUTS // 5)) as relay:
        result = harness.run('aria2c', '-x4', '-s4', '-k1M', '--quiet', '--no-conf', '--max-tries=0', '--retry-wait=0',
                             '--file-allocation=none', '-d', tmp_path, '-o', 'x.zip',
                             f'http://127.0.0.1:{relay.port}/dicom-web/studies/{whole}?accept=application/zip')
    assert result.code == 0 and relay.used > CUTS // 5, (result, relay.used)
    assert (tmp_path / 'x.zip').read_bytes() == body


def test_date_hides_no_removal(make_site):
    """Of a study and of a series: who has only the date gets the smaller archive, and what comes back moves it again."""
    folder = harness.temporary('wzdate-')
    files = [folder / f'{n}.dcm' for n in range(3)]
    for source, file in zip(sorted(corpus('ct').glob('*.dcm')), files):
        file.write_bytes(source.read_bytes())
    site = make_site('date', {'ct': folder})
    assert site.index().code == 0
    site.sql(f'UPDATE wadozip.instance SET updated = updated - {HOUR}')
    front = harness.Lighttpd(site, 'socket').start()
    series = site.sql('SELECT uid FROM wadozip.series')[0][0]
    paths, accept = (f'/studies/{uid("ct")}', f'/studies/{uid("ct")}/series/{series}'), 'application/zip'

    def status(path, **headers):
        return front.get(path, accept=accept, headers={k.replace('_', '-'): v for k, v in headers.items()}).status
    try:
        before = [front.get(path, accept=accept) for path in paths]
        content = files[2].read_bytes()
        files[2].unlink()
        assert site.index(folder, prune=True, force=True).code == 0
        for path, was in zip(paths, before):
            old, now = was.headers['last-modified'], front.get(path, accept=accept)
            new = now.headers['last-modified']
            assert now.data != was.data and parsedate_to_datetime(new) > parsedate_to_datetime(old), path
            assert (status(path, If_Modified_Since=old), status(path, If_Modified_Since=new)) == (200, 304)
            assert (status(path, If_Unmodified_Since=old), status(path, If_Unmodified_Since=new)) == (412, 200)
            rest = front.get(path, accept=accept, headers={'Range': 'bytes=100-', 'If-Range': new})
            assert rest.status == 200 and rest.data == now.data
        site.sql("UPDATE wadozip.gone SET at = at - interval '30 minutes'")
        halfway = front.get(paths[0], accept=accept, method='HEAD').headers['last-modified']
        files[2].write_bytes(content)
        assert site.index().code == 0
        for path, was in zip(paths, before):
            assert front.get(path, accept=accept).data == was.data and status(path, If_Modified_Since=halfway) == 200
    finally:
        front.remove()
