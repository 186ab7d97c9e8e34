# SPDX-License-Identifier: MIT
"""The guides for a clinic and a hospital, typed as they stand by root on a machine with systemd. See machine.py.

Another system than this one: WADOZIP_TREE names its tree, WADOZIP_TREE_CLONE a clone in it in which `make` has run.
"""
import os
import re

import corpus
import guide
import harness
import machine
import pytest
from operator_site import write
from remote_pg import NAME

STUDY = corpus.uid('study')
TREE, CLONE = os.environ.get('WADOZIP_TREE', '/'), os.environ.get('WADOZIP_TREE_CLONE', str(harness.REPO))
HOSTS = f'127.0.0.1 localhost images.example.org {NAME}\n'
PASSWORDS = {'PASSWORD-1': 'eins', 'PASSWORD-2': 'zwei', 'PASSWORD-3': 'drei'}
# What a database server elsewhere has; here it is the machine's own.
FAR = f'''systemctl enable --now postgresql
cd /var/lib/postgresql/*/main
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME} \\
    -keyout far.key -out far.crt
chown postgres far.key && chmod 600 far.key
install -D -m 644 far.crt /etc/wadozip/db-ca.crt
runuser -u postgres -- psql -c "ALTER SYSTEM SET ssl_cert_file = 'far.crt'" -c "ALTER SYSTEM SET ssl_key_file = 'far.key'" \
    -c "ALTER SYSTEM SET ssl = on"
echo 'hostssl wadozip all 127.0.0.1/32 scram-sha-256' >/etc/postgresql/*/main/pg_hba.conf
echo 'local all postgres peer' | tee -a /etc/postgresql/*/main/pg_hba.conf
systemctl restart postgresql
'''

METADATA = '''mkdir -p /srv/known
cp /etc/wadozip/tls.crt /etc/wadozip/login-ca.crt
cat >/srv/known/openid-configuration <<'END'
{"issuer": "https://images.example.org", "authorization_endpoint": "https://images.example.org/auth",
"token_endpoint": "https://images.example.org/token", "jwks_uri": "https://images.example.org/jwks",
"response_types_supported": ["code"], "subject_types_supported": ["public"],
"id_token_signing_alg_values_supported": ["RS256"]}
END
cat >/etc/apache2/conf-enabled/known.conf <<'END'
Alias /.well-known /srv/known
<Directory /srv/known>
Require all granted
</Directory>
END
'''


class Site:
    """A machine on which a guide is followed: a copy of the sources, programs as they were built, images, no network."""

    def __init__(self, title):
        self.title = title
        self.machine = machine.Machine(tree=TREE)
        put = self.machine.write
        put('/etc/hosts', HOSTS)
        for i in range(3):
            write(self.machine.upper / 'srv/images' / f'{i}.dcm', i, pixels=bytes(1000))
        self.machine.start()
        self.type('groupadd images; chgrp -R images /srv/images; chmod 750 /srv/images')

    def type(self, block, answers=''):
        done = guide.type_in(f'cd {CLONE}\n{block}', answers, [*self.machine.enter(), '--'])
        assert done.code == 0, (self.title, block, done.out[-3000:], self.machine.log()[-3000:])
        return done.out

    def follow(self, words):
        blocks = guide.commands(self.title)
        assert all(any(old in block for block in blocks) for old in words), words
        return [self.step(guide.replaced(block, words)) for block in blocks]

    def step(self, block):
        if not block.startswith('curl'):
            return self.type(block, 'right\nright\n')
        self.wait()  # nobody types as fast as a web server starts
        return self.type(block, 'right\n')

    def wait(self):
        harness.wait_for('the web server', lambda: self.status()[0] != 7)

    def status(self, *args, path=f'/dicom-web/studies/{STUDY}?accept=application/zip', scheme='https'):
        """curl's exit code and the answer's status."""
        done = self.machine.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code} %{size_download}', '--cacert',
                                '/etc/wadozip/tls.crt', *args, f'{scheme}://images.example.org{path}')
        return done.code, int(done.out.split()[0])

    def look(self):
        """What a visitor then finds, and after a restart of everything."""
        self.wait()
        for _ in range(2):
            assert self.status('-u', 'doctor:right') == (0, 200), self.machine.log()[-3000:]
            assert self.status('-u', 'doctor:right', '--range', '0-9') == (0, 206)
            assert self.status('-u', 'doctor:wrong') == (0, 401)
            assert self.status() == (0, 401)
            assert self.status('-X', 'OPTIONS', path='/dicom-web/') == (0, 200)
            assert self.status('-u', 'doctor:right', path='/dicom-web/page/main.js') == (0, 200)
            assert self.status(path='/dicom-web/page/') == (0, 401)
            assert self.status('-u', 'doctor:right', scheme='http') == (0, 403)
            self.type('systemctl restart wadozip.socket wadozip.service')

    def openid(self):
        """Nobody can log in here: the provider is a file of this web server. test_openid.py has a real one."""
        self.title = 'Logins by OpenID Connect'
        self.type(METADATA)
        self.follow({'PROVIDERS-SECRET': 'hush', 'PROVIDER': 'images.example.org'})
        self.wait()
        assert self.status() == (0, 401), self.machine.log()[-3000:]
        assert self.status('-H', 'Accept: text/html') == (0, 302)
        assert self.status('-u', 'doctor:right') == (0, 401)
        assert self.status('-X', 'OPTIONS', path='/dicom-web/') == (0, 200)
        assert self.status(scheme='http') == (0, 403)

    def upgrade(self, migrate):
        """As "Upgrades" says, over the running service."""
        self.type(f'systemctl reset-failed; make install; {migrate}; systemctl daemon-reload; systemctl restart wadozip')
        assert self.status('-u', 'doctor:right') == (0, 200), self.machine.log()[-3000:]

    def uninstall(self):
        self.type('systemctl stop wadozip.socket wadozip.service; make uninstall')
        left = self.machine.run('find', '/usr/local', '-name', '*wadozip*', '-not', '-type', 'd').out
        assert left == '', left
        self.type('ls /etc/wadozip/wadozip.conf /srv/images/0.dcm')


@pytest.fixture
def follow(request):
    def make(title):
        machine.needed()
        site = Site(title)
        request.addfinalizer(site.machine.remove)
        return site
    return make


def test_clinic(follow):
    site = follow('Clinic')
    said = site.follow({'STUDY-UID': STUDY})
    doctor = said[3]
    assert 'this account may serve' in doctor and 'bad ' not in doctor, doctor
    archive = site.machine.run('unzip', '-l', f'{CLONE}/study.zip')
    assert archive.code == 0 and '3 files' in archive.out, archive
    site.look()
    site.upgrade('runuser -u wadozip -- wadozip migrate')
    site.uninstall()


def test_hospital(follow):
    site = follow('Hospital')
    site.type(FAR)
    said = site.follow(PASSWORDS)
    assert 'bad ' not in said[4] and 'this account may serve' in said[4], said[4]
    assert re.search(r'may not index; GRANT "wadozip_writer"', said[4]), said[4]
    site.look()
    assert site.status('-u', 'doctor:right') == (0, 200)
    seen = site.type("runuser -u postgres -- psql -Atc \"SELECT DISTINCT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity"
                     " USING (pid) WHERE usename LIKE 'wz%'\"")
    assert seen == 'wz_serve|t\n'
    site.upgrade('WADOZIP_DATABASE="service=wadozip passfile=/etc/wadozip/operator.pass user=wz_owner" wadozip migrate')
    site.openid()
    site.uninstall()
