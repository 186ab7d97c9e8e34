# SPDX-License-Identifier: MIT
"""make run's private stack: it comes up behind each web server, stops completely, and again."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import harness
import pytest
from chromium import Chromium
from client import curl
from conftest import PYDICOM
from object_store import installed
from webpage import WebPage

RUN = harness.REPO / 'deploy' / 'run'
SERVERS = 'lighttpd', 'apache', 'lighttpd-socket', 'apache-proxy', 'nginx', 'caddy'


class Stack:
    def __init__(self, *command, **env):
        self.port = harness.free_port()
        self.out = harness.temporary('wzrun-') / 'out'
        with open(self.out, 'wb') as out:
            self.process = subprocess.Popen(
                command or [RUN], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, 'BUILD': str(harness.BUILD), 'PORT': str(self.port), **env})
        self.seen = set()

    def text(self):
        return self.out.read_text(errors='replace')

    def look(self):
        """Remembers what was started."""
        self.seen |= set(harness.children(self.process.pid))
        return self

    def ready(self):
        harness.wait_for('make run', lambda: self.look() and 'ready http' in self.text(),
                         alive=self.process)
        return self

    def wait(self):
        """Its exit code."""
        return self.process.wait(5 * harness.PATIENCE)

    def end(self, how=signal.SIGTERM, whole_group=False):
        self.look()
        if whole_group:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        code = self.wait()
        return code, [p for p in self.seen if harness.alive(p)]


def folder_of(port, server='lighttpd'):
    return harness.REPO / 'var' / f'{server}-{port}'


@pytest.fixture
def stack(request):
    made = []

    def make(*command, **env):
        made.append(Stack(*command, **env))
        return made[-1]
    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        for server in *SERVERS, 's3-nginx':
            harness.run('rm', '-rf', folder_of(one.port, server))
        harness.run('rm', '-rf', one.out.parent, *re.findall(r'everything lies in (/var/tmp/wadozip-\w+)', one.text()))


def copy_clone(clone):
    """What deploy/run needs of the sources."""
    for name in 'deploy', 'src/page':
        shutil.copytree(harness.REPO / name, clone / name)


def try_lines(text):
    return re.findall(r'(?m)^  curl -OJ (?:-H \'(?P<accept>Accept: [^\']+)\' )?\'?(?P<url>http[^\'\s]+)\'?$', text)


def assert_page_is_served(one):
    """At the root and where the shipped settings have it."""
    for path, service in ('', 'dicom-web/'), ('dicom-web/page/', '../'):
        base = f'http://127.0.0.1:{one.port}/{path}'
        page = curl(base, folder=one.out.parent)
        assert (page.status, page.headers['content-type']) == (200, 'text/html; charset=utf-8')
        assert f'<meta name="service" content="{service}">' in page.text
        for name, kind in re.findall(r'(?:href|src)="(\w+\.(\w+))"', page.text):
            answer = curl(base + name, folder=one.out.parent)
            kind = {'js': 'text/javascript', 'svg': 'image/svg+xml'}.get(kind, f'text/{kind}')
            assert (answer.status, answer.headers['content-type'].split(';')[0]) == (200, kind), answer


def test_the_page_shows_the_studies(stack, dicom):
    """At the root, on a phone: nothing is wider than the screen, and a finger finds what it wants."""
    one = stack(DICOM=str(dicom)).ready()
    with Chromium() as browser:
        page = WebPage(browser, f'http://127.0.0.1:{one.port}/', width=360, height=740)
        ask = """JSON.stringify([innerWidth, document.documentElement.scrollWidth, document.querySelectorAll('.study').length,
            Math.min(...[...document.querySelectorAll('button, .study label, select')].filter(e => e.offsetHeight)
                .map(e => e.getBoundingClientRect().height))])"""
        inner, wide, studies, height = json.loads(page.ask(ask))
    assert (inner, wide) == (360, 360) and studies > 5 and height >= 44, (inner, wide, studies, height)
    assert one.end() == (143, [])


@pytest.mark.parametrize('server', SERVERS)
def test_comes_up_and_stops(stack, server):
    one = stack(SERVER=server).ready()
    assert re.search(rf'(?m)^ready http://127\.0\.0\.1:{one.port}/$', one.text())
    lines = try_lines(one.text())
    assert len(lines) == 3
    for accept, url in lines:
        answer = curl(url, *(['-H', accept] if accept else []), folder=one.out.parent)
        assert (answer.exit, answer.status) == (0, 200), (answer, one.text())
        assert answer.length == answer.body.stat().st_size > 0
    assert_page_is_served(one)
    assert one.end() == (143, [])
    assert not harness.accepts(one.port)


def kept(url, one, *options):
    """Status, entity tag and bytes of a study as ZIP."""
    answer = curl(url, *options, accept='application/zip', folder=one.out.parent)
    return answer.status, answer.headers.get('etag'), answer.data


def test_two_nodes_and_an_object_store(stack):
    """Each part that has a twin may be killed: the primary, then a node."""
    installed()
    one = stack(STORE='s3', SERVER='nginx').ready()
    harness.wait_for('the last line', lambda: '# node2' in one.text(), alive=one.process)
    parts = re.findall(r'(?m)^  kill -9 -- (\S.*)  # (\w+)', one.text())
    nodes = re.findall(r'# node\d, http://127\.0\.0\.1:(\d+)/', one.text())
    url = try_lines(one.text())[0][1]
    whole = kept(url, one)
    assert whole[0] == 200 and whole[1] and len(nodes) == 2, one.text()
    for port in nodes:
        assert kept(url.replace(f':{one.port}', f':{port}'), one) == whole
    assert [name for _, name in parts] == ['primary', 'standby', 'node1', 'node2']
    pool, web = parts[2][0].split()
    for name, group in ('postgres', parts[0][0]), ('node1pool', pool), ('node1nginx', web):
        os.killpg(-int(group), signal.SIGKILL)
        harness.wait_for(f'the end of {name}', lambda name=name: f'{name} has ended\n' in one.text())
        assert [kept(url, one) for _ in range(3)] == [whole] * 3, name
    assert kept(url, one, '--range', '9-', '-H', f'If-Range: {whole[1]}') == (206, whole[1], whole[2][9:])
    assert one.end() == (143, [])


def test_interrupt_from_the_keyboard(stack):
    one = stack().ready()
    assert one.end(signal.SIGINT, whole_group=True) == (130, [])


def test_killed_hard(stack):
    """Not even then does a server stay behind."""
    one = stack(SERVER='lighttpd-socket').ready()
    state = Path(re.search(r'Logs: (.*)/error\.log', one.text())[1])
    sockets = re.search(r'host=(/tmp/wadozip-\w+)', (state / 'wadozip.conf').read_text())[1]
    one.end(signal.SIGKILL)
    harness.wait_for('the end of what was started', lambda: not any(map(harness.alive, one.seen)))
    harness.run('rm', '-rf', sockets)


def test_make_killed_hard(stack):
    """What it has started ends by itself. MAKE=true: nothing is built."""
    one = stack('make', '-C', harness.REPO, 'run', 'MAKE=true').ready()
    one.end(signal.SIGKILL)
    harness.wait_for('the end of what was started', lambda: not any(map(harness.alive, one.seen)))
    assert not harness.accepts(one.port)


@pytest.mark.parametrize('milliseconds', [10, 100, 300, 700, 1200, 1800, 2400])
def test_stopped_in_the_middle_of_starting(stack, milliseconds):
    one = stack()
    end = time.monotonic() + milliseconds / 1000
    while time.monotonic() < end:
        one.look()
        time.sleep(0.005)
    code, left = one.end()
    assert (code in (143, -signal.SIGTERM), left) == (True, []), one.text()


def test_again_and_beside_another(stack):
    one = stack().ready()
    other = stack(SERVER='apache').ready()
    port = one.port
    assert one.end() == (143, [])
    assert harness.accepts(other.port)
    again = stack(PORT=str(port))
    again.port = port
    again.ready()
    assert 'NOTICE' not in again.text()
    assert other.end() == (143, [])
    assert again.end() == (143, [])


@pytest.mark.parametrize('server', ['lighttpd', 'apache', 'nginx', 'caddy'])
def test_odd_paths(stack, server):
    """Of the clone and of the images: spaces, quotes and what settings of web servers know."""
    clone = harness.temporary("wz it's a \"$clone\" ${x} %-")
    copy_clone(clone)
    images = clone / 'im ages; #1'
    shutil.copytree(PYDICOM / 'test_files', images)
    one = stack(clone / 'deploy' / 'run', SERVER=server, DICOM=str(images)).ready()
    _, url = try_lines(one.text())[1]
    answer = curl(url, folder=one.out.parent)
    place = re.search(r'everything lies in (.+)', one.text())[1]
    assert (answer.exit, answer.status, one.end()) == (0, 200, (143, []))
    harness.run('rm', '-rf', clone, place)


def test_other_images_replace_the_catalogue(stack, dicom, whole):
    one = stack().ready()
    one.end()
    again = stack(PORT=str(one.port), DICOM=str(dicom))
    again.port = one.port
    again.ready()
    answer = curl(f'http://127.0.0.1:{again.port}/dicom-web/studies/{whole}', accept='application/zip',
                  folder=again.out.parent)
    assert answer.status == 200
    assert again.end() == (143, [])


@pytest.mark.parametrize('env, says', [
    ({'SERVER': 'iis'}, 'SERVER is one of lighttpd, '),
    ({'STORE': 'nfs'}, 'STORE is s3 or empty, not nfs'),
    ({'PORT': 'http'}, 'PORT is a number'),
    ({'PORT': '70000'}, 'PORT is a number'),
    ({'DICOM': '/no/such/folder'}, 'DICOM=/no/such/folder is not a folder'),
    ({'BUILD': '/no/such/folder'}, 'run make'),
])
def test_mistakes_are_reported(stack, env, says):
    one = stack(**env)
    assert one.wait() == 1
    assert says in one.text()


def test_no_images(stack, tmp_path):
    tmp_path.chmod(0o755)
    folder = harness.temporary('wzempty-')
    one = stack(DICOM=str(folder))
    assert one.wait() == 1 and 'there is no DICOM instance in' in one.text()
    harness.run('rm', '-rf', folder)


def test_port_in_use(stack):
    one = stack().ready()
    other = stack(PORT=str(one.port))
    assert other.wait() == 1 and 'something listens on port' in other.text()
    assert harness.accepts(one.port)
    assert one.end() == (143, [])


def test_images_that_the_service_may_not_read(stack):
    """Root sees that there are some, and may choose who reads; others do not even see that."""
    folder = harness.temporary('wzsecret-')
    images = folder / 'images'
    images.mkdir()
    folder.chmod(0o700 if harness.ROOT_USER else 0)
    one = stack(DICOM=str(images))
    says = (f'cannot read {images}', 'RUN_USER') if harness.ROOT_USER else (f"Permission denied: '{images}'",)
    assert one.wait() == 1 and all(part in one.text() for part in says), one.text()
    assert 'Traceback' not in one.text()
    folder.chmod(0o700)
    harness.run('rm', '-rf', folder)


@pytest.mark.skipif(not harness.ROOT_USER, reason='needs root, whose folder it would be')
def test_started_by_root_in_the_clone_of_another(stack):
    """They can start it without root afterwards: beside the stack that is root's doing they may make their own."""
    clone = harness.temporary('wzclone-')
    copy_clone(clone)
    harness.owned_by_web_user(clone)
    one = stack(clone / 'deploy' / 'run').ready()
    owners = (clone / 'var').owner(), clone.owner()
    assert (one.end(), owners) == ((143, []), (harness.WEB_USER,) * 2)
    harness.run('rm', '-rf', clone)
