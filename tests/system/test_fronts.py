# SPDX-License-Identifier: MIT
"""What hangs on how a web server is set up: prefixes, PATH_INFO or none, its users, limits; and the settings' own."""
import re

import harness
import pytest
from client import raw
from corpus import header, uid
from servers import FRONT_ENDS

ZIP = 'application/zip'
STUDY, SERIES, SOP = (uid('fronts', *[1] * i) for i in range(3))
LEVELS = (f'/studies/{STUDY}', f'/studies/{STUDY}/series/{SERIES}',
          f'/studies/{STUDY}/series/{SERIES}/instances/{SOP}')
ALL = pytest.mark.parametrize('kind', FRONT_ENDS)


@pytest.fixture(scope='module')
def one(pg):
    """A site of one instance, whose settings may be changed: set_up() puts them back."""
    folder = harness.temporary('wzfront-')
    (folder / 'one.dcm').write_bytes(header(STUDY, SERIES, SOP, 1) + b'\1\1')
    site = harness.Site(pg, 'fronts', {'one': folder}).migrate()
    assert site.index().code == 0
    yield site
    site.remove()


@pytest.fixture
def set_up(one, request):
    """set_up(kind, settings of the web server, **settings): a front end of the site, started."""
    def make(kind, more='', **settings):
        one.write_config(**settings)
        request.addfinalizer(lambda: one.write_config(access='all', **{k: None for k in settings if k != 'access'}))
        server = harness.front_end(kind, one, workers=1, settings=more)
        request.addfinalizer(server.remove)
        return server.start()
    return make


# Ways to hand requests on beside those of deploy/, with or without PATH_INFO: kind, settings, prefix.
LIGHTTPD = '$HTTP["url"] =~ "^/other" { server.stream-response-body = 2\n fastcgi.server = ( "%s" => (( ' \
           '"socket" => "%%s", "check-local" => "disable"%s )) ) }'
PASS = '<Location /other>\nRequire all granted\n</Location>\nProxyPass "%s" "unix:%%s|fcgi://other%s"'
WAYS = [
    ('lighttpd-socket', LIGHTTPD % ('/', ''), '/other'),  # SCRIPT_NAME has it all
    ('lighttpd-socket', LIGHTTPD % ('/other', ''), '/other'),  # PATH_INFO behind SCRIPT_NAME
    ('lighttpd-socket', LIGHTTPD % ('/other/deep', ''), '/other/deep'),
    ('lighttpd-socket', LIGHTTPD % ('/', ', "fix-root-scriptname" => "enable"'), '/other/deep'),  # no SCRIPT_NAME
    ('lighttpd-socket', LIGHTTPD % ('/other/studies/here', ''), '/other/studies/here'),
    ('apache-proxy', PASS % ('/other/', '/'), '/other'),
    ('apache-proxy', PASS % ('/other/deep/', '/x/y/'), '/other/deep'),
]


@pytest.mark.parametrize('way', range(len(WAYS)))
def test_other_ways_to_hand_requests_on(set_up, one, way, request):
    kind, settings, prefix = WAYS[way]
    pool = harness.Pool(one, workers=1)
    request.addfinalizer(pool.remove)
    door = set_up(kind, settings % pool.start().socket)
    for path in LEVELS:
        answer = door.get(path, accept=ZIP, prefix=prefix)
        assert (answer.status, answer.headers.get('content-type')) == (200, ZIP), (answer, pool.log())
        assert answer.headers['content-location'] == prefix + path
    assert door.get('/studies/1.2.3', accept=ZIP, prefix=prefix).status == 404
    if 'studies' not in prefix:  # with nothing behind it, such a folder is taken for the resource
        answer = door.get('/', accept='*/*', method='OPTIONS', prefix=prefix)
        assert answer.status == 200 and f'base="{prefix}"' in answer.text, answer


@ALL
def test_length_is_kept(set_up, kind):
    """Check-list 25: behind mod_proxy_fcgi only with the setting that deploy/apache ships."""
    answer = set_up(kind).get(LEVELS[0], accept=ZIP)
    assert answer.length == len(answer.data) > 0 and 'transfer-encoding' not in answer.headers


PASSWORD, REALM = 'secret words', 'Images'


def users(kind, folder):
    """Settings of a web server that asks for a name and a password at /dicom-web."""
    listed = folder / 'users'
    if kind.startswith('lighttpd'):
        listed.write_text(f'anna:{PASSWORD}\n')
        # Only before mod_fastcgi does mod_auth see a request.
        return f'''server.modules := ( "mod_auth", "mod_authn_file", "mod_fastcgi" )
auth.backend = "plain"
auth.backend.plain.userfile = "{listed}"
auth.require = ( "/dicom-web" => ( "method" => "basic", "realm" => "{REALM}", "require" => "valid-user" ) )'''
    hashed = harness.run('openssl', 'passwd', '-apr1', PASSWORD, check=True).out
    listed.write_text(f'anna:{hashed}')
    if kind == 'nginx':  # the lines that the sample has as comments
        return f'location ^~ /dicom-web {{\n@SNIPPET@auth_basic "{REALM}";\nauth_basic_user_file {listed};\n' \
               'fastcgi_param REMOTE_USER $remote_user;\n}'
    if kind == 'caddy':
        hashed = harness.run('htpasswd', '-nbB', 'anna', PASSWORD, check=True).out.replace(':', ' ')
        return f'basicauth /dicom-web/* bcrypt "{REALM}" {{\n{hashed.strip()}\n}}'
    modules = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n'
                      for m in ('authn_core', 'authn_file', 'auth_basic', 'authz_user'))
    return f'''{modules}<LocationMatch "^/dicom-web">
AuthType Basic
AuthName "{REALM}"
AuthBasicProvider file
AuthUserFile "{listed}"
Require valid-user
</LocationMatch>'''


@ALL
def test_access_of_users(set_up, kind):
    """Check-list 30: whom the web server knows may retrieve; where it asks nobody, the service says 401 itself."""
    folder = harness.temporary('wzusers-')
    door = set_up(kind, users(kind, folder), access='user')
    for given in ((), ('--user', 'anna:wrong'), ('--user', f'bert:{PASSWORD}')):
        answer = door.get(LEVELS[0], *given, accept=ZIP)
        assert answer.status == 401 and REALM in answer.headers['www-authenticate'], answer
    answer = door.get(LEVELS[0], '--user', f'anna:{PASSWORD}', accept=ZIP)
    assert (answer.status, answer.headers['content-type']) == (200, ZIP), (answer, door.log())
    for headers in ({}, {'Remote-User': 'anna'}, {'REMOTE_USER': 'anna'}, {'Authorization': 'Basic YW5uYTp4'}):
        answer = door.get(LEVELS[0], accept=ZIP, prefix='/wado', headers=headers)
        assert answer.status == 401 and answer.headers['www-authenticate'].startswith('Basic '), (headers, answer)
        assert door.get('/studies/1.2.3', accept=ZIP, prefix='/wado', headers=headers).status == 401


def without_id(text):
    return re.sub(r'[0-9a-f]{16}', '', text)


@ALL
def test_access_denied_looks_like_absence(set_up, kind):
    """Check-list 30."""
    door = set_up(kind, access='none')
    here, nowhere = (door.get(path, accept=ZIP) for path in (LEVELS[0], '/studies/1.2.3'))
    assert here.status == nowhere.status == 404 and without_id(here.text) == without_id(nowhere.text)


@ALL
@pytest.mark.parametrize('setting', [{'max_bytes': 100}, {'max_instances': 1}])
def test_413_beyond_the_limits(set_up, one, kind, setting):
    """Check-list 30."""
    if 'max_instances' in setting:
        (one.roots['one'] / 'two.dcm').write_bytes(header(STUDY, SERIES, uid('fronts', 2), 2) + b'\2\2')
        assert one.index().code == 0
    door = set_up(kind, **setting)
    for method in (None, 'HEAD'):
        assert door.get(LEVELS[0], accept=ZIP, method=method).status == 413
    assert (door.get(LEVELS[2], accept=ZIP).status == 200) == ('max_instances' in setting)
    if 'max_instances' in setting:
        (one.roots['one'] / 'two.dcm').unlink()
        assert one.index(prune=True, force=True).code == 0


@ALL
def test_410_for_what_was_removed(set_up, one, kind):
    """Check-list 30: at every level; what was never here stays 404."""
    door, path = set_up(kind), one.roots['one'] / 'one.dcm'
    data = path.read_bytes()
    path.unlink()
    assert one.index(prune=True, force=True).code == 0
    try:
        for gone in LEVELS:
            for method in (None, 'HEAD'):
                assert door.get(gone, accept=ZIP, method=method).status == 410, gone
        assert door.get(f'{LEVELS[0]}/series/1.2', accept=ZIP).status in (404, 410)
        assert door.get('/studies/1.2.3', accept=ZIP).status == 404
    finally:
        path.write_bytes(data)
        assert one.index().code == 0
    assert door.get(LEVELS[0], accept=ZIP).status == 200


@ALL
def test_503_when_the_database_has_no_room(set_up, one, kind):
    """Check-list 30: overload is reported with Retry-After, and over when it is over."""
    one.sql(f'ALTER DATABASE "{one.name}" CONNECTION LIMIT 0')
    try:
        door = set_up(kind)
        for method in (None, 'HEAD'):
            answer = door.get(LEVELS[0], accept=ZIP, method=method)
            assert answer.status == 503 and int(answer.headers['retry-after']) > 0, (answer, door.log())
    finally:
        one.sql(f'ALTER DATABASE "{one.name}" CONNECTION LIMIT -1')
    assert door.get(LEVELS[0], accept=ZIP).status == 200


@pytest.mark.parametrize('kind', ['lighttpd-spawned', 'lighttpd-socket', 'nginx', 'caddy'])
def test_http_2(set_up, kind):
    door, http = set_up(kind), '--http2-prior-knowledge'
    whole = door.get(LEVELS[0], accept=ZIP, http=http)
    assert (whole.exit, whole.status, whole.length) == (0, 200, len(whole.data)), whole
    tag = whole.headers['etag']
    part = door.get(LEVELS[0], accept=ZIP, http=http, headers={'Range': 'bytes=10-', 'If-Range': tag})
    assert part.status == 206 and part.data == whole.data[10:]
    assert door.get(LEVELS[0], accept=ZIP, http=http, headers={'If-None-Match': tag}).status == 304
    assert door.get(LEVELS[0], accept=ZIP, http=http, method='HEAD').length == whole.length
    assert door.get('/studies/1.2.3', accept=ZIP, http=http).status == 404
    assert door.get('/', accept='*/*', http=http, method='OPTIONS').status == 200


LONG_LINES = {'lighttpd': 'server.max-request-field-size = 32768', 'apache': 'LimitRequestLine 32768',
              'nginx': 'large_client_header_buffers 4 32k;', 'caddy': ''}


@ALL
def test_414_for_long_addresses(set_up, kind):
    """Check-list 30: by the service where the web server lets them through, by that itself otherwise."""
    door = set_up(kind, LONG_LINES[kind.split('-')[0]])
    answer = raw(door.port, f'/dicom-web{LEVELS[0]}?x={"y" * 9000}', [('Accept', ZIP)])
    assert answer.status == 414 and b'longer than 8192 bytes' in answer.body, answer
    assert raw(door.port, f'/dicom-web{LEVELS[0]}?x={"y" * 7000}', [('Accept', ZIP)]).status == 200


@ALL
def test_414_or_431_of_the_web_server(set_up, kind):
    answer = raw(set_up(kind).port, f'/dicom-web{LEVELS[0]}?x={"y" * 9000}', [('Accept', ZIP)])
    assert answer.status in (414, 431), answer


@ALL
def test_http_1_0(set_up, kind):
    """PS3.18 asks for HTTP/1.1; old clients are served all the same, and never chunked."""
    door = set_up(kind, framing='chunked')
    answer = door.get(LEVELS[0], accept=ZIP, http='--http1.0')
    assert (answer.exit, answer.status) == (0, 200) and 'transfer-encoding' not in answer.headers, answer
    assert answer.data.startswith(b'PK\3\4')


@ALL
def test_http_1_0_without_a_host(set_up, kind):
    """Addresses of bulk data need one: the web server's own name (Apache: ServerName), which Caddy does not pass on."""
    door = set_up(kind)
    answer = door.get(f'{LEVELS[2]}/metadata', accept='application/dicom+json', headers={'Host': None}, http='--http1.0')
    if kind == 'caddy':
        assert answer.status == 400 and 'Host' in answer.text, answer
        return
    assert answer.status == 200, answer
    found = re.search(r'"http://([^/]+)/dicom-web([^"]+)"', answer.text).groups()
    assert found[1] == f'{LEVELS[2]}/bulkdata/7FE00010'
    assert 'lighttpd' not in kind or found[0] == f'127.0.0.1:{door.port}'


DEFLATE = '''LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
AddOutputFilterByType DEFLATE application/zip application/dicom+json text/csv
'''


@pytest.mark.parametrize('kind', ['apache-fcgid', 'apache-proxy'])
def test_mod_deflate_leaves_answers_alone(set_up, kind):
    """deploy/apache excludes these addresses from compression, which would cost them length and ranges."""
    door = set_up(kind, DEFLATE)
    for path, accept in ((LEVELS[0], ZIP), (LEVELS[0], 'text/csv')):
        answer = door.get(path, accept=accept, headers={'Accept-Encoding': 'gzip'})
        assert answer.status == 200 and 'content-encoding' not in answer.headers, answer
        assert answer.length == len(answer.data) and answer.headers['etag'].endswith('"'), answer
