# SPDX-License-Identifier: MIT
"""wadozip doctor URL: content with the shipped settings; names what web servers and proxies break, and the cure."""
import re
import subprocess

import harness
import pytest
from proxies import NginxProxy
from servers import Apache, Lighttpd, Nginx, filled

PASSWORD = 'correct-horse'
MODULES = '/usr/lib/apache2/modules'


@pytest.fixture(scope='module')
def shipped(site):
    """A web server with the shipped settings; others are put before it."""
    server = harness.front_end('lighttpd-socket', site).start()
    yield server
    server.remove()


class Proxy(NginxProxy):
    """nginx with settings of a site that knows nothing of the service."""

    def __init__(self, behind, location, server=''):
        super().__init__(behind, 'default')
        self.location, self.settings = location, server

    def start(self):
        (self.folder / 'users').write_text(f'doctor:{{PLAIN}}{PASSWORD}\n')
        (self.folder / 'users').chmod(0o644)
        (self.folder / 'wadozip.nginx.conf').write_text(
            f'location / {{\nproxy_pass http://127.0.0.1:{self.behind};\nproxy_http_version 1.1;\n{self.location}\n}}\n')
        return Nginx.launch_nginx(self, self.settings.replace('@FOLDER@', str(self.folder)))


def doctor(site, url, *args, login=None):
    """Exit code, findings as {topic: word}, and the whole output. login: NAME:PASSWORD, for standard input."""
    if login:
        command = [site.bin / 'wadozip', '--config', site.config, 'doctor', '--user-file', '-', *args, url]
        ended = subprocess.run(command, input=f'{login}\nmore\n', capture_output=True, text=True, check=False)
        done = harness.Result(ended.returncode, ended.stdout, ended.stderr)
    else:
        done = site.cli('doctor', *args, url)
    found = {}
    for line in done.out.splitlines():
        word, _, rest = line.partition(' ')
        if word in ('ok', 'bad', 'note'):
            topic = rest.strip().split(':')[0]
            found[topic] = 'bad' if 'bad' in (word, found.get(topic)) else word
    assert done.err == '', done
    return done.code, found, done.out


def test_shipped_settings_are_fine(front):
    code, found, out = doctor(front.site, front.url())
    assert code == 0 and 'bad' not in found.values(), out
    for topic in ('capabilities', 'length', 'GET', 'framing', 'ranges', 'resume', 'CORS', 'links'):
        assert found[topic] == 'ok', out
    assert found['buffering'] == 'note' and 'fastcgi_max_temp_file_size 0' in out and 'stream-response-body = 2' in out
    length = re.search(r'length: (\d+) bytes', out).group(1)
    times = re.search(rf'First byte of {length} bytes after (\d+) ms, of a range of 100 after (\d+) ms', out)
    assert all(0 <= int(ms) < 1000 * harness.PATIENCE for ms in times.groups()), out


GZIP = 'gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;'
BROKEN = {
    'gzip': (GZIP, 'compression', 'gzip off'),
    'no ranges': ('proxy_set_header Range "";', 'ranges', 'proxy_set_header Range $http_range'),
    'no If-Range': ('proxy_set_header If-Range "";', 'resume', 'proxy_set_header If-Range $http_if_range'),
    'no tag': ('proxy_hide_header ETag;', 'tag', 'gzip off'),
    'no OPTIONS': ('if ($request_method = OPTIONS) { return 403; }', 'capabilities', 'OPTIONS cannot reach it'),
    'OPTIONS without password': ('if ($http_origin) { return 401; }', 'CORS', 'limit_except OPTIONS'),
}


@pytest.mark.parametrize('case', BROKEN)
def test_an_nginx_before_it(shipped, case):
    location, topic, cure = BROKEN[case]
    proxy = Proxy(shipped.port, location).start()
    try:
        code, found, out = doctor(shipped.site, proxy.url())
        assert (code, found[topic]) == (1, 'bad') and cure in out, out
        assert [t for t, word in found.items() if word == 'bad'] == [topic], out
        assert case == 'no OPTIONS' or out.index('nginx:') < out.index('Apache:')
    finally:
        proxy.remove()


class ApacheProxy(Apache):
    """Apache as a reverse proxy, with the settings of a site that knows nothing of the service."""

    def start(self):
        modules = {'proxy': 'proxy', 'proxy_http': 'proxy_http', 'filter': 'filter', 'deflate': 'deflate'}
        load = ''.join(f'LoadModule {m}_module {MODULES}/mod_{f}.so\n' for m, f in modules.items())
        (self.folder / 'wadozip.apache.conf').write_text(
            f'{load}{self.settings}\nProxyPass / http://127.0.0.1:{self.site.port}/\n'
            '<Location />\nRequire all granted\n</Location>\n')
        user = f'User {harness.WEB_USER}\nGroup {harness.WEB_USER}' if harness.ROOT_USER else ''
        (self.folder / 'apache.conf').write_text(
            filled('apache/private.conf', RUN=self.folder, PORT=self.port, USER=user, ACCESS='', MORE=''))
        return self.launch('/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', self.folder / 'apache.conf')


class LighttpdProxy(Lighttpd):
    """lighttpd as a reverse proxy."""

    def start(self):
        (self.folder / 'wadozip.lighttpd.conf').write_text(
            f'server.modules += ( "mod_proxy" )\n{self.settings}\n'
            f'proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => {self.site.port} ) ) )\n')
        user = f'server.username = "{harness.WEB_USER}"\nserver.groupname = "{harness.WEB_USER}"' if harness.ROOT_USER else ''
        (self.folder / 'lighttpd.conf').write_text(
            filled('lighttpd/private.conf', RUN=self.folder, PORT=self.port, USER=user, MORE=''))
        return self.launch('/usr/sbin/lighttpd', '-D', '-f', self.folder / 'lighttpd.conf')


OTHERS = {
    'Apache compresses': (ApacheProxy, 'SetOutputFilter DEFLATE', 'compression', 'SetEnv no-gzip 1'),
    'Apache without ranges': (ApacheProxy, 'RequestHeader unset Range', 'ranges', 'remove "RequestHeader unset Range"'),
    'lighttpd asks OPTIONS for a password': (
        LighttpdProxy, 'server.modules += ( "mod_auth", "mod_authn_file" )\nauth.backend = "plain"\n'
        'auth.backend.plain.userfile = "@FOLDER@/users"\n'
        'auth.require = ( "" => ( "method" => "basic", "realm" => "x", "require" => "valid-user" ) )',
        'CORS', '$HTTP["request-method"] != "OPTIONS"'),
}


@pytest.mark.parametrize('case', OTHERS)
def test_others_before_it(shipped, case):
    make, settings, topic, cure = OTHERS[case]
    proxy = make(shipped)
    proxy.settings = settings.replace('@FOLDER@', str(proxy.folder))
    (proxy.folder / 'users').write_text(f'doctor:{PASSWORD}\n')
    (proxy.folder / 'users').chmod(0o644)
    proxy.start()
    try:
        code, found, out = doctor(shipped.site, proxy.url(), login=f'doctor:{PASSWORD}')
        assert (code, found[topic]) == (1, 'bad') and cure in out, out
    finally:
        proxy.remove()


def test_status_pages_and_plain_http_from_outside(shipped):
    """0.0.0.0 is this machine, too, but no address of its own for the command."""
    proxy = Proxy(shipped.port, 'proxy_set_header X-Forwarded-For "";').start()
    try:
        code, found, out = doctor(shipped.site, proxy.url().replace('127.0.0.1', '0.0.0.0'))
        assert code == 1 and found['TLS'] == 'bad' and 'listen 443 ssl' in out, out
        if shipped.get('/health', accept='*/*').status == 200:
            assert found['/health'] == found['/metrics'] == 'bad' and 'deny all' in out, out
    finally:
        proxy.remove()


def test_passwords(shipped):
    proxy = Proxy(shipped.port, 'auth_basic x; auth_basic_user_file @FOLDER@/users;')
    proxy.location = proxy.location.replace('@FOLDER@', str(proxy.folder))
    proxy.start()
    try:
        code, found, out = doctor(shipped.site, proxy.url())
        assert (code, found) == (1, {'TLS': 'note', 'capabilities': 'bad'}) and '--user-file FILE' in out
        code, found, out = doctor(shipped.site, proxy.url(), login=f'doctor:{PASSWORD}')
        assert (code, found['ranges'], found['access'], found['CORS']) == (1, 'ok', 'ok', 'bad'), out
        assert PASSWORD not in out
        (proxy.folder / 'login').write_text(f'doctor:{PASSWORD}')
        assert doctor(shipped.site, proxy.url(), '--user-file', proxy.folder / 'login')[1]['ranges'] == 'ok'
    finally:
        proxy.remove()


def test_tls(shipped, tmp_path):
    cert, key = tmp_path / 'tls.crt', tmp_path / 'tls.key'
    harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
                'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert, check=True)
    port = harness.free_port()
    listen = f'listen 127.0.0.1:{port} ssl;\nssl_certificate {cert};\nssl_certificate_key {key};'
    proxy = Proxy(shipped.port, '', listen).start()
    url = f'https://localhost:{port}/dicom-web/'
    try:
        assert doctor(shipped.site, url)[1] == {'connection': 'bad'}
        for option in (['--cacert', cert], ['--insecure']):
            code, found, out = doctor(shipped.site, url, *option)
            assert (code, found['TLS'], found['ranges']) == (0, 'ok', 'ok'), out
        assert doctor(shipped.site, url, '--insecure', '--origin', 'https://x.example')[1]['CORS'] == 'bad'
        assert doctor(shipped.site, url, '--insecure', '--study', '1.2.3')[1]['HEAD'] == 'bad'
    finally:
        proxy.remove()


def test_it_is_used_wrongly(site):
    for args in (['ftp://x'], ['http://127.0.0.1:1', 'x'], ['--insecure'], ['--study', 'x', 'http://127.0.0.1:1'],
                 ['--user', 'a:b', 'http://127.0.0.1:1'], ['--user-file', '-']):
        assert site.cli('doctor', *args).code == 2, args
    for text in None, '', 'no colon\n', 'a:' + 'b' * 1022:
        path = site.folder / f'login-{text is None}'
        if text is not None:
            path.write_text(text)
        done = site.cli('doctor', '--user-file', path, 'http://127.0.0.1:1')
        assert done.code == 2 and ('cannot open' if text is None else 'is not NAME:PASSWORD') in done.err, done
    assert doctor(site, f'http://127.0.0.1:{harness.free_port()}')[:2] == (1, {'connection': 'bad'})
    assert doctor(site, 'http://127.0.0.1/' + 'x' * 2000)[:2] == (1, {'address': 'bad'})
