// SPDX-License-Identifier: MIT
// An OpenID provider over TLS: node provider.mjs SETTINGS. SETTINGS is a JSON file with the issuer's port, key,
// certificate, clients, and the claims of the accounts; a password is the account's name backwards. Below /two is
// another issuer with the same keys. Tokens for opaque:RESOURCE are no JWTs; only the provider can read them.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const issuer = `https://localhost:${settings.port}`;
const claims = (name) => settings.accounts[name] ?? {};

const providers = ['', '/two'].map((path) => new Provider(issuer + path, {
  clients: settings.clients,
  claims: { openid: ['sub', 'preferred_username', 'groups', 'patient'] },
  cookies: { keys: ['not a secret'] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...claims(id.slice('id-'.length)) }) }),
  // Consent was given before.
  loadExistingGrant: async (context) => {
    const { client, session } = context.oidc;
    const grant = new providers[0].Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => (
        { scope: 'images', audience: resource.replace(/^(client|opaque):/, ''),
          accessTokenFormat: resource.startsWith('opaque:') ? 'opaque' : 'jwt' }),
    },
  },
  extraTokenClaims: (_, token) => claims(token.clientId),
  interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
  ttl: { ClientCredentials: (_, token) => claims(token.clientId).seconds ?? 600 },
}));

async function login(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (pathname.startsWith('/two/')) {
    request.url = request.url.slice('/two'.length);
    return providers[1].callback()(request, response);
  }
  if (!pathname.startsWith('/login/')) return providers[0].callback()(request, response);
  const name = searchParams.get('name');
  if (!settings.accounts[name] || searchParams.get('password') !== [...name].reverse().join('')) {
    response.writeHead(403);
    return response.end();
  }
  return providers[0].interactionFinished(request, response, { login: { accountId: `id-${name}` } });
}

createServer({ key: readFileSync(settings.key), cert: readFileSync(settings.certificate) }, login)
  .listen(settings.port, '127.0.0.1');
