# SPDX-License-Identifier: MIT
"""TLS and passwords as deploy/ has them: a name arrives as REMOTE_USER, nothing else gets in."""
import harness
import pytest
from client import curl
from corpus import header, uid
from servers import FRONT_ENDS, changed

STUDY = uid('guarded')
MODULES = 'ssl', 'auth_basic', 'authn_core', 'authn_file', 'authz_user', 'socache_shmcb'


@pytest.fixture(scope='module')
def guarded(pg):
    folder = harness.temporary('wzguard-')
    (folder / 'one.dcm').write_bytes(header(STUDY, uid('guarded', 1), uid('guarded', 1, 1), 1) + b'\1\1')
    site = harness.Site(pg, 'guarded', {'one': folder}, access='user').migrate()
    assert site.index().code == 0
    keys = site.folder / 'keys'
    harness.owned_by_web_user(keys)
    harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
                'subjectAltName=DNS:localhost', '-keyout', keys / 'tls.key', '-out', keys / 'tls.crt', check=True)
    harness.run('htpasswd', '-B', '-b', '-c', keys / 'users', 'doctor', 'right', check=True)
    for path in keys.iterdir():
        path.chmod(0o644)
    yield site
    site.remove()


@pytest.fixture(scope='module', params=[kind for kind in FRONT_ENDS if kind not in ('nginx', 'caddy')])
def server(request, guarded):
    """A front end with the sample before its settings, on two ports: `base` over TLS, `plain` without."""
    one = harness.front_end(request.param, guarded, workers=2)
    kind, port = request.param.split('-')[0], harness.free_port()
    keys = f'{guarded.folder}/keys/'
    places = {'/etc/wadozip/(?=tls|users)': keys}
    if kind == 'apache':
        rules = f'Listen 127.0.0.1:{port}\n' + changed('apache/wadozip-auth.conf', {**places, r'\*:443': f'*:{port}'})
        one.access = ''
        one.before = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in MODULES) + rules
    else:
        one.before = changed('lighttpd/wadozip-auth.conf', {**places, ':443': f'127.0.0.1:{port}'})
    one.start()
    one.plain, one.base = one.base, f'https://localhost:{port}'
    yield one
    one.remove()


def ask(server, path, *args, user='doctor:right', base=None, **options):
    login = ['--user', user] if user else []
    return curl((base or server.base) + path, *login, '--cacert', server.site.folder / 'keys' / 'tls.crt', *args,
                folder=server.folder, **options)


PATH = f'/dicom-web/studies/{STUDY}?accept=application/zip'


def test_a_name_and_its_password_get_in(server):
    """access = user: without REMOTE_USER there would be 404."""
    for http in '--http1.1', '--http2':
        answer = ask(server, PATH, http=http)
        assert (answer.exit, answer.status) == (0, 200), (answer, server.log())
        assert answer.length == len(answer.data) > 0
    assert ask(server, PATH.replace('dicom-web', 'wado')).status == 200
    assert ask(server, PATH, '--range', '0-9').status == 206


@pytest.mark.parametrize('user', [None, 'doctor:wrong', 'nobody:right', 'doctor:', ':right'])
def test_nobody_else_does(server, user):
    for method in None, 'HEAD', 'POST':
        answer = ask(server, PATH, *(['--data', 'x'] if method == 'POST' else []), user=user, method=method)
        assert answer.status == 401 and 'basic' in answer.headers['www-authenticate'].lower(), (method, answer)


@pytest.mark.parametrize('path', ['//dicom-web', '/./dicom-web', '/x/../dicom-web', '/%64icom-web', '/dicom-web/.',
                                  '/DICOM-web', '/dicom-web//', '/wado/../dicom-web', '/dicom-web%2f', '/dicom-web;x'])
def test_no_spelling_gets_round_it(server, path):
    answer = ask(server, f'{path}/studies/{STUDY}?accept=application/zip', user=None)
    assert answer.status in (400, 401, 403, 404), answer


def test_no_password_without_tls(server):
    assert ask(server, PATH, base=server.plain).status == 403
    assert ask(server, PATH, base=server.plain, user=None).status in (401, 403)


def test_options_needs_no_password(server):
    """Of a preflight request a browser sends none (Fetch 4.8). It shows what the service can do, no data."""
    answer = ask(server, '/dicom-web/', user=None, method='OPTIONS')
    assert answer.status == 200 and STUDY not in answer.text
    assert ask(server, '/dicom-web/', user=None).status == 401


def test_a_name_without_password_is_not_believed(server):
    """REMOTE_USER is the web server's word, no header of the visitor's."""
    for name in 'Remote-User', 'X-Remote-User', 'Remote_User':
        assert ask(server, PATH, user=None, headers={name: 'doctor'}).status == 401
