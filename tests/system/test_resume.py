"""Downloads that break off are resumed by ordinary clients and come out byte-identical, through every web server."""
import random

import harness
import pytest
from client import curl_command
from corpus import corpus, uid
from cut import Cut

CUTS = 50


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
    """The time of the last change is that of an instance that is there: without another one the archive has the same."""
    folder = harness.temporary('wzdate-')
    files = [folder / f'{n}.dcm' for n in range(3)]
    for source, file in zip(sorted(corpus('ct').glob('*.dcm')), files):
        file.write_bytes(source.read_bytes())
    site = make_site('date', {'ct': folder})
    assert site.index().code == 0
    front = harness.Lighttpd(site, 'socket').start()
    try:
        path, accept = f'/studies/{uid("ct")}', 'application/zip'
        before = front.get(path, accept=accept)
        files[2].unlink()
        assert site.index(folder, prune=True, force=True).code == 0
        after = front.get(path, accept=accept)
        assert after.data != before.data and after.headers['last-modified'] == before.headers['last-modified']
        rest = front.get(path, accept=accept, headers={'Range': 'bytes=100-', 'If-Range': before.headers['last-modified']})
        assert rest.status == 200 and rest.data == after.data
    finally:
        front.remove()
