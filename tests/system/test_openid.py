# SPDX-License-Identifier: MIT
"""Logins by OpenID Connect: the shipped Apache settings with mod_auth_openidc against npm's oidc-provider."""
import json

import decisions
import harness
import pytest
from client import curl
from decisions import A, CSV, JSON, PATIENTS, ZIP, B
from openid import Browser, Provider
from servers import Apache, changed

MODULES = 'ssl', 'authn_core', 'authz_user', 'auth_openidc', 'socache_shmcb'
AUDIENCE = 'https://images.example.org/dicom-web'
ACCOUNTS = {'ann': {}, 'rita': {'groups': ['staff', 'radiology']}, 'sue': {'groups': []}, 'eve': {'groups': ['rad']},
            'pat': {'patient': PATIENTS[B]}, 'max': {'groups': [f'{n:08}-0000-4000-8000-000000000000' for n in range(200)]
                                                     + ['radiology']}}
PROGRAMS = {'loader': {'preferred_username': 'rob', 'groups': ['radiology']},
            'stale': {'preferred_username': 'ann', 'seconds': -3600}, 'other': {'preferred_username': 'ann'}}


class Guarded(decisions.Guarded):
    """With TLS keys and a provider; the claims are the variables of the settings."""

    def __init__(self, pg):
        super().__init__(pg, 'openid', groups_variable='OIDC_CLAIM_groups', patient_variable='OIDC_CLAIM_patient',
                         create_links=1)
        assert self.site.cli('grant', '--study', A, '--acts', 'retrieve,share', 'user:ann').code == 0
        harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                    '-addext', 'subjectAltName=DNS:localhost', '-keyout', self.keys / 'tls.key', '-out',
                    self.keys / 'tls.crt', check=True)
        for path in self.keys.iterdir():
            path.chmod(0o644)
        self.port = harness.free_port()
        self.base = f'https://localhost:{self.port}'
        accounts = {name: {'preferred_username': name, **claims} for name, claims in ACCOUNTS.items()}
        self.provider = Provider(self.keys, f'{self.base}/dicom-web/login', accounts, PROGRAMS)

    def server(self, mode, opaque=False):
        """opaque: access tokens are those that the provider is asked about; on a port of its own, without logins."""
        one, port = Apache(self.site, mode, workers=2), harness.free_port() if opaque else self.port
        places = {r'\*:443': f'*:{port}', '/etc/wadozip/(?=tls)': f'{self.keys}/', '/etc/wadozip/login-ca.crt':
                  self.keys / 'tls.crt', 'https://login.example.org': self.provider.issuer, 'CLIENT-SECRET': 'hush',
                  'PASSPHRASE': '0123456789abcdef0123456789abcdef',
                  'https://images.example.org/dicom-web/(?=login|page)': f'{self.base}/dicom-web/'}
        if opaque:
            places |= {r'(?m)^OIDCOAuthVerifyJwksUri .*\n': '', '(?m)^#(?=OIDCOAuth)': ''}
        one.before = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in MODULES) + \
            f'Listen 127.0.0.1:{port}\n' + changed('apache/wadozip-openidc.conf', places)
        one.access = ''
        one.start()
        one.plain, one.base = one.base, f'https://localhost:{port}'
        return one


@pytest.fixture(scope='module')
def guarded(pg):
    made = Guarded(pg)
    made.provider.start()
    yield made
    made.provider.stop()
    made.site.remove()


@pytest.fixture(scope='module', params=['proxy_fcgi', 'fcgid'])
def door(request, guarded):
    server = guarded.server(request.param)
    server.cookies = {name: Browser(guarded.provider).login(server.url('/page/index.html'), name) for name in ACCOUNTS}
    yield server
    server.remove()


def statuses(server, guarded, token):
    """Of the two studies, with an access token."""
    return [curl(server.url(f'/studies/{study}'), '--cacert', guarded.keys / 'tls.crt', folder=server.folder, accept=ZIP,
                 headers={'Authorization': f'Bearer {token}'}).status for study in (A, B)]


@pytest.fixture(scope='module', name='ask')
def asks(door, guarded):
    def ask(path, user, accept, *args, headers=None, **options):
        login = {'Cookie': door.cookies[user]} if user else {}
        return curl(door.url(path), '--cacert', guarded.keys / 'tls.crt', *args, folder=door.folder, accept=accept,
                    headers={**login, **(headers or {})}, **options)
    return ask


class TestDecisions(decisions.Decisions):
    """By logins at the provider."""


def test_a_patient_sees_the_own_study(ask):
    assert [ask(f'/studies/{study}', 'pat', ZIP).status for study in (A, B)] == [404, 200]
    got = ask('/studies', 'pat', JSON)
    assert got.status == 200 and A not in got.text and B in got.text


def test_a_member_of_many_groups(ask):
    """The last of 201."""
    assert [ask(f'/studies/{study}', 'max', ZIP).status for study in (A, B)] == [404, 200]


def test_without_a_login(ask, guarded):
    """A browser is sent to the provider; a script or a viewer, which cannot log in there, gets 401."""
    got = ask(f'/studies/{A}', None, 'text/html,application/xhtml+xml,*/*;q=0.8')
    assert got.status == 302 and got.headers['location'].startswith(f'{guarded.provider.issuer}/auth?'), got
    for accept in ZIP, JSON, CSV, '*/*', 'image/avif,image/webp,*/*;q=0.8':
        assert ask(f'/studies/{A}', None, accept).status == 401, accept
    for cookie in 'mod_auth_openidc_session=x', 'mod_auth_openidc_session=', 'x=y':
        assert ask(f'/studies/{A}', None, ZIP, headers={'Cookie': cookie}).status == 401, cookie


def test_options_needs_no_login(ask):
    """Of a preflight request a browser sends no cookie (Fetch 4.8). It shows what the service can do, no data."""
    got = ask('/', None, '*/*', method='OPTIONS')
    assert got.status == 200 and A not in got.text, got
    assert ask(f'/studies/{A}', None, '*/*', method='OPTIONS').status in (200, 204)


def test_nothing_enters_without_tls(ask, door):
    plain = curl(f'{door.plain}/dicom-web/studies/{A}', folder=door.folder, accept=ZIP,
                 headers={'Cookie': door.cookies['ann']})
    assert plain.status == 403, plain


FORGED = {'REMOTE_USER': 'ann', 'Remote-User': 'ann', 'X-Remote-User': 'ann', 'OIDC_CLAIM_groups': 'radiology',
          'OIDC-CLAIM-groups': 'radiology', 'oidc_claim_patient': PATIENTS[A], 'OIDC-Claim-Patient': PATIENTS[A],
          'OIDC_CLAIM_preferred_username': 'ann', 'OIDC-CLAIM-preferred-username': 'ann', 'OIDC_CLAIM_sub': 'ann'}


def test_a_client_cannot_send_claims(ask):
    """Header fields named like the variables that the service trusts change nothing, with and without a login."""
    for name, value in [*FORGED.items(), (None, None)]:
        headers = {name: value} if name else FORGED
        for study in A, B:
            assert ask(f'/studies/{study}', 'eve', ZIP, headers=headers).status == 404, (name, study)
            assert ask(f'/studies/{study}', None, ZIP, headers=headers).status == 401, (name, study)
        assert ask('/studies', 'eve', JSON, headers=headers).status == 204, name


def test_links_are_made_by_those_who_may_share(ask, door, guarded):
    """By the session's cookie from the page's origin, not from another one; the link itself needs no login."""
    def share(user, study, origin=door.base):
        return ask('/links', user, 'application/json', '--data', json.dumps({'studies': [study]}),
                   headers={'Content-Type': 'application/json', 'Origin': origin})
    assert [share(user, A).status for user in ('rita', None)] == [422, 401]
    assert share('ann', A, 'https://elsewhere.example').status == 403
    made = share('ann', A)
    assert made.status == 201, (made, made.text)
    address = json.loads(made.text)['address']
    assert address.startswith(f'{door.base}/s/')
    assert curl(f'{address}/archive.zip', '--cacert', guarded.keys / 'tls.crt', folder=door.folder).status == 200


def test_tokens_of_programs(ask, door, guarded):
    """An access token for these images counts as a login by the name in its claim, not the program's. Those of another
    service, of a person's login or of another issuer do not, nor do a stale, a cut and a forged one."""
    token = guarded.provider.token
    good, other = token('loader', AUDIENCE), token('other', 'https://another.example.org/')
    assert statuses(door, guarded, good) == [404, 200] and statuses(door, guarded, token('other', AUDIENCE)) == [200, 404]
    head, body, signature = good.split('.')
    stolen = '.'.join([head, other.split('.')[1], signature])
    unsigned = 'eyJhbGciOiJub25lIn0.' + body + '.'
    for bad in (other, token('other', 'client:wadozip'), token('loader', AUDIENCE, '/two'), token('stale', AUDIENCE),
                good[:-4], stolen, unsigned, 'x', ''):
        assert statuses(door, guarded, bad) == [401, 401], bad
    assert ask(f'/studies/{B}?access_token={good}', None, ZIP).status == 401  # addresses are logged


def test_tokens_that_only_the_provider_can_read(guarded):
    """The commented lines of the settings: the same decisions, and a token that was revoked is refused."""
    def token(name, audience=AUDIENCE):
        return guarded.provider.token(name, f'opaque:{audience}')
    server = guarded.server('proxy_fcgi', opaque=True)
    try:
        good, revoked = token('loader'), token('loader')
        assert '.' not in good
        assert statuses(server, guarded, good) == [404, 200] and statuses(server, guarded, token('other')) == [200, 404]
        guarded.provider.revoke('loader', revoked)
        for bad in (revoked, token('other', 'https://another.example.org/'), token('stale'), good[:-1],
                    guarded.provider.token('loader', AUDIENCE), 'x', ''):
            assert statuses(server, guarded, bad) == [401, 401], bad
    finally:
        server.remove()
