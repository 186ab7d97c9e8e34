# SPDX-License-Identifier: MIT
"""cache = public,max-age=...: nginx keeps slices of archives, Varnish whole ones; they serve without asking."""
import re
import textwrap

import corpus
import harness
import pytest
from downloads import in_time
from servers import Server, changed

STUDY = corpus.uid('clinic')
GUIDE = (harness.REPO / 'deploy' / 'operation.md').read_text()


class Before(Server):
    """A cache before a port."""

    def __init__(self, port):
        super().__init__(None)
        self.origin = port


class Cache(Before):
    """nginx with the settings of the guide."""

    name = 'nginx-cache'

    def start(self):
        block = re.search(r'(?s)## Caches in between.*?\n\n(    proxy_cache_path.*?\n    \}\n)', GUIDE).group(1)
        block = textwrap.dedent(block).replace(' 8m', ' 64k').replace('/var/cache/nginx/wadozip', str(self.folder / 'cache'))
        block = block.replace('http://127.0.0.1:8080', f'http://127.0.0.1:{self.origin}')
        path, location = block.split('\n', 1)
        user = f'user {harness.WEB_USER};' if harness.ROOT_USER else ''
        temp = ''.join(f'{n}_temp_path {self.folder}/{n};\n' for n in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        (self.folder / 'nginx.conf').write_text(
            f'daemon off;\npid {self.folder}/pid;\n{user}\nevents {{ }}\nhttp {{\naccess_log off;\n{temp}{path}\n'
            f'server {{\nlisten 127.0.0.1:{self.port};\nadd_header X-Cache $upstream_cache_status;\n{location}}}\n}}\n')
        return self.launch('/usr/sbin/nginx', '-e', self.folder / 'error.log', '-c', self.folder / 'nginx.conf')


class Varnish(Before):
    """varnishd with the shipped settings."""

    name = 'varnish'

    def start(self):
        (self.folder / 'wadozip.vcl').write_text(
            changed('varnish/wadozip.vcl', {r'\.port = "8080"': f'.port = "{self.origin}"'}))
        return self.launch('/usr/sbin/varnishd', '-F', '-j', 'none', '-n', self.folder / 'work', '-a',
                           f'127.0.0.1:{self.port}', '-f', self.folder / 'wadozip.vcl', '-s', 'malloc,200m')


@pytest.fixture
def varnished(make_site):
    site = make_site('varnish', {'r': corpus.corpus('clinic')}, cache='public,max-age=1', access='open')
    assert site.index(prepare=True).code == 0
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    varnish = Varnish(server.port).start()
    yield server, varnish
    varnish.remove()
    server.remove()


def asked(server, status):
    """How often the service has answered with the status."""
    return len(re.findall(rf'GET study {STUDY} {status} ', server.log()))


def test_varnish_asks_for_validation_only(varnished):
    """One transfer for all clients; ranges are cut from the copy; after max-age the entity tag is compared."""
    server, varnish = varnished
    path = f'/studies/{STUDY}.zip'
    direct = server.get(path)
    assert in_time(10, lambda: asked(server, 200) == 1)
    first = varnish.get(path)
    assert (first.status, first.exit, first.data) == (200, 0, direct.data), varnish.log()
    assert first.headers['etag'] == direct.headers['etag'] and first.length == len(direct.data)
    assert in_time(10, lambda: asked(server, 200) == 2)
    for _ in range(3):
        middle = varnish.get(path, '--range', '200000-500000')
        assert (middle.status, middle.data) == (206, direct.data[200000:500001])
    assert varnish.get(path, headers={'If-None-Match': direct.headers['etag']}).status == 304
    assert in_time(30, lambda: varnish.get(path).data == direct.data and asked(server, 304) > 0)
    assert asked(server, 200) == 2 and asked(server, 206) == 0


def test_varnish_keeps_nothing_private(varnished):
    server, varnish = varnished
    search = f'/studies?StudyInstanceUID={STUDY}'
    assert [varnish.get(search).status for _ in range(2)] == [200, 200]
    assert in_time(10, lambda: server.log().count('GET search') == 2), server.log()


@pytest.fixture
def served(make_site):
    site = make_site('cache', {'r': corpus.corpus('clinic')}, cache='public,max-age=3600', access='open')
    assert site.index(prepare=True).code == 0
    server = harness.front_end('lighttpd-socket', site, workers=2).start()
    cache = Cache(server.port).start()
    yield server, cache
    cache.remove()
    server.remove()


def test_what_is_cached_is_not_asked_for_again(served):
    server, cache = served
    path = f'/studies/{STUDY}.zip'
    direct = server.get(path)
    assert direct.headers['cache-control'] == 'public,max-age=3600' and len(direct.data) > 1 << 20
    first = cache.get(path)
    assert (first.status, first.exit, first.data) == (200, 0, direct.data), cache.log()
    assert first.headers['etag'] == direct.headers['etag']
    server.stop()  # nobody is there to be asked
    again = cache.get(path)
    assert (again.status, again.exit, again.data) == (200, 0, direct.data), cache.log()
    assert again.headers['x-cache'] == 'HIT'
    middle = cache.get(path, '--range', '200000-500000')
    assert (middle.status, middle.data) == (206, direct.data[200000:500001])
    known = cache.get(path, headers={'If-None-Match': direct.headers['etag']})
    assert known.status == 304


def test_searches_stay_private(served):
    server, _ = served
    for path in f'/studies.zip?StudyInstanceUID={STUDY}', f'/studies?StudyInstanceUID={STUDY}':
        answer = server.get(path)
        assert answer.status == 200 and 'public' not in answer.headers.get('cache-control', 'private'), answer
    for path in f'/studies/{STUDY}/metadata', f'/studies/{STUDY}?accept=text/csv':
        assert server.get(path).headers['cache-control'].startswith('public'), path


@pytest.mark.parametrize('cache, access, word', [
    ('public', 'open', 'must be private'), ('public,max-age=', 'open', 'must be private'),
    ('public,max-age=1x', 'open', 'must be private'), ('public,max-age=60', 'user', 'needs access = open')],
    ids=['word', 'empty', 'number', 'access'])
def test_wrong_settings(tmp_path, cache, access, word):
    (tmp_path / 'conf').write_text(f'cache = {cache}\naccess = {access}\n')
    result = harness.run(harness.program('wadozip'), '--config', tmp_path / 'conf', 'settings')
    assert result.code == 2 and word in result.err, result
