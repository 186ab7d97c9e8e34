# SPDX-License-Identifier: MIT
"""The page for people: search, choose, download, in a real browser; what it needs and what it never does."""
import harness
import pytest
from client import curl
from webpage import ROOT, browser, page, service, site  # noqa: F401 (fixtures)


@pytest.mark.parametrize('fields, names', [
    ({'patient': 'smi'}, ['Smith, John', 'Smith, Jane']),
    ({'patient': 'jane smith'}, ['Smith, Jane']),
    ({'patient': '*ow'}, []),
    ({'patient': '山田'}, ['Yamada, Tarou (山田, 太郎)']),
    ({'number': 'P'}, ['Smith, John', 'Smith, Jane', 'Yamada, Tarou (山田, 太郎)']),
    ({'number': '*4'}, ['<b>Bold</b>, "&']),
    ({'from': '2023-01-01'}, ['Smith, John', 'Smith, Jane']),
    ({'from': '2022-02-10', 'to': '2023-03-01'}, ['Smith, Jane', 'Yamada, Tarou (山田, 太郎)']),
    ({'modality': 'mr, sr'}, ['Yamada, Tarou (山田, 太郎)', '<b>Bold</b>, "&']),
    ({'description': 'chest'}, ['Smith, John']),
    ({'patient': 'smith', 'modality': 'CT', 'description': 'kn?e'}, ['Smith, Jane']),
])
def test_searches(page, fields, names):
    one = page()
    one.search(**fields)
    assert one.names() == names
    assert one.text('#count').startswith(f'{len(names)} stud' if names else 'No study matches')


def test_downloads_a_study(page, browser, service):
    """The file is the one that the address gives; what it will be is said before, and how to resume it then."""
    one = page()
    one.search(patient='john')
    one.shows('3 images', '2 series', 'ID P1', 'born Jan 2, 1970', 'Jan 5, 2024', 'CT Chest')
    one.choose('Smith, John')
    one.shows('1 study · 2 series · 3 images', selector='#bar')
    one.wait("document.getElementById('download').href")
    archive = service.get(f'/studies/{ROOT}.1?accept=application/zip')
    one.shows(f'{len(archive.data) // 1000} kB', selector='#total')
    one.download()
    one.shows(f'downloading {ROOT}.1.zip', f'exactly {len(archive.data):,} bytes', 'choose Resume', 'curl --fail -C -',
              selector='#started')
    browser.wait(browser.finished)
    assert browser.taken() == archive.data


def test_the_policy_holds(page, service):
    """No script but the page's own, no other address, no frame; values are text."""
    one = page()
    one.careless = True
    policy = service.get('/page/').headers
    assert "frame-ancestors 'none'" in policy['content-security-policy'] and policy['x-content-type-options'] == 'nosniff'
    assert one.ask('document.querySelectorAll("script:not([src]), style, [style], [onclick]").length') == 0
    script = """new Promise(done => {
        document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));
        document.head.append(Object.assign(document.createElement('link'),
            {rel: 'stylesheet', href: 'https://other.invalid/x.css'})); })"""
    assert one.ask(script) == 'style-src-elem'
    assert one.ask('fetch("https://other.invalid/").then(() => "sent", () => "refused")') == 'refused'
    assert one.ask('(() => { try { document.body.innerHTML = "<b>"; } catch { return "refused"; } })()') == 'refused'
    one.browser.wait(lambda: any('Content Security Policy' in text for text in one.problems()))


def test_the_command_is_the_same_download(page, service):
    """The curl line that is shown gives the file, and completes one that was cut off."""
    one = page()
    one.search(patient='jane')
    one.choose('Smith, Jane')
    one.download()
    one.shows('curl', selector='#started code')
    wanted = service.get(f'/studies/{ROOT}.2?accept=application/zip').data
    folder = harness.temporary('wzcurl-')
    for part in 0, len(wanted) // 2:
        (folder / f'{ROOT}.2.zip').write_bytes(wanted[:part])
        done = harness.run('bash', '-c', one.text('#started code'), cwd=folder)
        assert (done.code, (folder / f'{ROOT}.2.zip').read_bytes() == wanted) == (0, True), done.err
    harness.run('rm', '-rf', folder)


def test_every_front_end_serves_it(site):
    """Each shipped configuration: types, policy, no file of other folders."""
    for kind in harness.FRONT_ENDS:
        server = harness.front_end(kind, site, workers=2).start()
        try:
            check_files(server)
        finally:
            server.remove()


def check_files(server):
    types = {'': 'text/html; charset=utf-8', 'index.html': 'text/html; charset=utf-8', 'main.js': 'text/javascript',
             'page.css': 'text/css', 'icon.svg': 'image/svg+xml'}
    for name, kind in types.items():
        answer = server.get(f'/page/{name}')
        assert (answer.status, answer.headers['content-type'].startswith(kind)) == (200, True), (server.name, answer)
        assert answer.data == (harness.REPO / 'src' / 'page' / (name or 'index.html')).read_bytes()
        assert "frame-ancestors 'none'" in answer.headers['content-security-policy']
    assert curl(server.url('/page'), '-L', folder=server.folder).status == 200
    for name in 'none.js', '../../README.md', '%2e%2e/README.md', '..%2f..%2fREADME.md':
        assert curl(server.url(f'/page/{name}'), '--path-as-is', folder=server.folder).status in (400, 403, 404)
    assert server.get(f'/studies/{ROOT}.1?accept=application/zip').status == 200
