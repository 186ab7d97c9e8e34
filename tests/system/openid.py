# SPDX-License-Identifier: MIT
"""An OpenID provider (npm oidc-provider) over TLS, and a browser's way through its login."""
import http.cookiejar
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import harness
import packages


class Provider:
    """accounts: claims by name; a password is the name backwards. programs: claims by client; its secret likewise."""

    def __init__(self, keys, redirect, accounts, programs):
        self.port, self.keys, self.accounts, self.programs = harness.free_port(), keys, accounts, programs
        self.issuer = f'https://localhost:{self.port}'
        self.redirect, self.process = redirect, None

    def start(self):
        clients = [{'client_id': 'wadozip', 'client_secret': 'hush', 'redirect_uris': [self.redirect]}]
        clients += [{'client_id': name, 'client_secret': name[::-1], 'redirect_uris': [], 'response_types': [],
                     'grant_types': ['client_credentials']} for name in self.programs]
        (self.keys / 'provider.json').write_text(json.dumps(
            {'port': self.port, 'key': str(self.keys / 'tls.key'), 'certificate': str(self.keys / 'tls.crt'),
             'clients': clients, 'accounts': {**self.accounts, **self.programs}}))
        folder = packages.fetched('oidc')
        with open(self.keys / 'provider.log', 'ab') as log:
            self.process = subprocess.Popen(['node', 'provider.mjs', str(self.keys / 'provider.json')], cwd=folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ))
        harness.wait_for('oidc-provider', lambda: harness.accepts(self.port), alive=self.process)
        return self

    def stop(self):
        if self.process:
            harness.end(self.process)

    def token(self, name, audience, issuer=''):
        """An access token of a program; client:NAME for the audience of a client's logins, /two for the other issuer."""
        form = {'grant_type': 'client_credentials', 'client_id': name, 'client_secret': name[::-1], 'resource': audience}
        with Browser(self).open(f'{self.issuer}{issuer}/token', form) as answer:
            return json.load(answer)['access_token']

    def revoke(self, name, token):
        form = {'client_id': name, 'client_secret': name[::-1], 'token': token}
        with Browser(self).open(f'{self.issuer}/token/revocation', form):
            pass

    def log(self):
        return (self.keys / 'provider.log').read_text()


class Browser:
    """Follows redirects and keeps cookies, as a browser does; it accepts the certificate of `keys` alone."""

    def __init__(self, provider):
        self.provider, self.jar = provider, http.cookiejar.CookieJar()
        trust = ssl.create_default_context(cafile=provider.keys / 'tls.crt')
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust),
                                                  urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        return self.opener.open(urllib.request.Request(url, data, {'Accept': 'text/html'}), timeout=harness.PATIENCE)

    def login(self, url, name):
        """Opens url, logs in where that leads to; returns the cookies for the service as a header field."""
        try:
            with self.open(url):
                pass
            raise AssertionError(f'{url} asked for no login')
        except urllib.error.HTTPError as asked:  # the login address without a name: 403
            assert asked.code == 403 and asked.url.startswith(f'{self.provider.issuer}/login/'), (asked, asked.url)
            with self.open(f'{asked.url}?{urllib.parse.urlencode({"name": name, "password": name[::-1]})}') as landed:
                assert landed.url == url and landed.status == 200, (landed.url, landed.status)
        return '; '.join(f'{c.name}={c.value}' for c in self.jar if c.name == 'mod_auth_openidc_session')
