# SPDX-License-Identifier: MIT
"""Who may enter is the administrator's to say: what deploy/ ships for web servers never opens what they have closed."""
import harness
import pytest
from client import curl
from servers import FRONT_ENDS, Apache

ZIP = 'application/zip'
HOSTS = 'LoadModule authz_host_module /usr/lib/apache2/modules/mod_authz_host.so\n'
RULES = {
    'location': '<Location "/dicom-web">\nRequire ip 192.0.2.1\n</Location>',
    'pattern': '<LocationMatch "^/(dicom-web|wado)">\nRequire ip 192.0.2.1\n</LocationMatch>',
}


@pytest.fixture
def apache(site, request):
    """apache(mode, access=..., before=..., after=...): started."""
    def make(mode, after='', **rules):
        server = Apache(site, mode, workers=1, settings=after)
        request.addfinalizer(server.remove)
        vars(server).update(rules)
        server.before = HOSTS + server.before
        return server.start()
    return make


MODES = pytest.mark.parametrize('mode', ['fcgid', 'proxy_fcgi'])


@MODES
@pytest.mark.parametrize('place', ['before', 'after'])
@pytest.mark.parametrize('rule', RULES)
def test_a_restriction_holds_wherever_it_stands(apache, whole, mode, place, rule):
    server = apache(mode, **{place: RULES[rule]})
    assert curl(server.study(whole), folder=server.folder, accept=ZIP).status == 403
    assert server.get('', method='OPTIONS').status == 403


@pytest.mark.parametrize('place', ['before', 'after'])
def test_a_restriction_of_the_program_holds(apache, site, whole, place):
    """As an administrator writes it who thinks of the file."""
    rule = f'<Directory "{site.bin}">\nRequire ip 192.0.2.1\n</Directory>'
    server = apache('fcgid', access='', **{place: rule})
    assert curl(server.study(whole), folder=server.folder, accept=ZIP).status == 403


def test_nobody_may_enter_unless_somebody_says_so(apache, whole):
    """Where Apache starts the program, which lies in no folder that it serves files from."""
    server = apache('fcgid', access='')
    assert curl(server.study(whole), folder=server.folder, accept=ZIP).status == 403


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_trace_is_off(site, request, kind):
    """It would answer with the visitor's own header, credentials among them."""
    server = harness.front_end(kind, site, workers=1)
    request.addfinalizer(server.remove)
    answer = server.start().get('/studies/1.2.3', '-u', 'name:word', method='TRACE')
    assert answer.status in (405, 501), answer
    assert 'Basic' not in answer.text
