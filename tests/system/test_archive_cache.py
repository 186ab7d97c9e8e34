# SPDX-License-Identifier: MIT
"""Whole archives that conversion_cache keeps: sent again without work, by lighttpd and nginx themselves."""
import fcntl
import os
import re
import threading

import conversions
import harness
import pytest
from client import raw
from corpus import uid
from downloads import Slow, in_time
from fcgi import answer, request

ZIP = 'application/zip'
COUNT = 12
HANDED, STREAMED = 'handed to the web server', 'complete'


def make_study(folder, name='kept'):
    """Deflated members, and converted ones."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for n in range(1, COUNT + 1):
        path = conversions.write(folder / f'{n:02}.dcm', n, size=256, study=name)
        (conversions.implicit(path) if n % 3 == 0 else path).chmod(0o644)
    return uid(name)


@pytest.fixture
def kept(place, make_site):
    """A site with a study whose converted sizes are known, and the folder of its cache."""
    study = make_study(place / 'root')
    site = make_site('archives', {'r': place / 'root'}, conversion_cache=place / 'var' / 'conversions')
    assert site.index().code == 0
    return study, site, place / 'var' / 'conversions'


@pytest.fixture
def serve():
    running = []

    def start(kind, site, **options):
        running.append(harness.front_end(kind, site, **options).start())
        return running[-1]
    yield start
    for server in running:
        server.remove()


def fetch(server, study, *args, status=200, query=''):
    answer = server.get(f'/studies/{study}{query}', *args, accept=ZIP)
    assert (answer.exit, answer.status) == (0, status), (answer, server.log()[-2000:])
    return answer


def archives(folder):
    return sorted(folder.glob('*-[zt]'))


def kept_one(folder, size):
    """The archive of that size, which gets its name after the response's last byte."""
    def found():
        return [p for p in folder.glob('*-z') if p.stat().st_size == size]
    assert in_time(20, found), list(folder.iterdir())
    return found()[0]


def spoil(folder):
    """Files of the same size and time: anything made of them comes out wrong."""
    for path in folder.iterdir():
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def warmed(server, study, folder):
    """The archive as it is sent from now on, kept."""
    fetch(server, study)  # may be stored: deflated sizes of conversions become known
    data = fetch(server, study).data
    return data, kept_one(folder, len(data))


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'apache-proxy', 'nginx'])
def test_again_from_the_cache(kept, place, serve, kind):
    study, site, folder = kept
    server = serve(kind, site)
    data, entry = warmed(server, study, folder)
    assert re.fullmatch('[0-9a-f]{40}-z', entry.name) and entry.stat().st_mode & 0o777 == 0o600
    assert entry.read_bytes() == data
    spoil(place / 'root')
    for path in folder.glob('*-[sd]'):
        path.unlink()
    assert fetch(server, study).data == data
    assert fetch(server, study, '-r', '5000-90000', status=206).data == data[5000:90001]
    entry.unlink()
    broken = server.get(f'/studies/{study}', accept=ZIP)
    assert broken.exit != 0 or broken.status == 500, broken


def how(server):
    """How each answer with a body was sent, so far."""
    return re.findall(r'GET study \S+ 20[06] \d+ bytes \d+ ms (.*) \[', server.log())


def plain(answer, without=()):
    """Status, fields and body; not the server's own fields."""
    mine = {k: v for k, v in answer.headers.items() if k not in ('date', 'server', 'connection', *without)}
    return answer.status, mine, answer.body


CONDITIONS = [[], [('Range', 'bytes=5000-90000')], [('Range', 'bytes=-1')], [('Range', 'bytes=0-0')],
              [('Range', 'bytes=99999999-')], [('If-None-Match', '@')], [('If-Match', '@')],
              [('Range', 'bytes=7-'), ('If-Range', '@')], [('Range', 'bytes=7-'), ('If-Range', '"other"')],
              [('If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT')], [('Range', 'bytes=0-9,100-200')],
              [('Origin', 'https://viewer.example')]]


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'nginx'])
def test_handed_over(kept, serve, kind):
    """The same status, fields and bytes as streamed, for ranges and conditions, too; the worker sends no byte of it."""
    study, site, folder = kept
    site.write_config(cors='https://viewer.example')
    streaming = serve(kind, site)
    data, entry = warmed(streaming, study, folder)
    site.write_config(sendfile=kind.split('-', maxsplit=1)[0])
    handing = serve(kind, site, workers=1)
    path, fixed = f'/dicom-web/studies/{study}', ('vary',) if kind == 'nginx' else ()
    tag = raw(streaming.port, path, [('Accept', ZIP)], method='HEAD').headers['etag']
    for headers in CONDITIONS:
        given = [('Accept', ZIP), *((n, v.replace('@', tag)) for n, v in headers)]
        a, b = raw(handing.port, path, given), raw(streaming.port, path, given)
        several = ',' in dict(headers).get('Range', '')
        if several and kind == 'nginx':  # its boundary is another one
            assert a.status == b.status == 206 and data[100:201] in a.body
        elif a.status in (404, 416):
            assert a.status == b.status
        else:
            assert plain(a, fixed) == plain(b, fixed), headers
        assert not {'x-sendfile2', 'x-accel-redirect'} & a.headers.keys()
    assert in_time(10, lambda: len(how(handing)) == 9), handing.log()
    streamed = [h for h in how(handing) if h == STREAMED]
    assert len(streamed) == (2 if kind == 'nginx' else 0), how(handing)  # If-Match, and several ranges
    assert raw(handing.port, path, [('Accept', ZIP)]).body == data == entry.read_bytes()


def test_a_kept_archive_is_for_those_who_are_granted_it(kept):
    """A file that anybody's download left is handed to the web server for nobody else."""
    study, site, folder = kept
    site.write_config(access='grants', sendfile='lighttpd')
    assert site.cli('grant', '--study', study, 'user:ann').code == 0
    pool = harness.Pool(site, workers=1).start()

    def ask(user, **variables):
        data, ended = answer(pool.socket, request(
            REQUEST_METHOD='GET', REQUEST_URI=f'/dicom-web/studies/{study}', HTTP_ACCEPT=ZIP, HTTP_HOST='h',
            SERVER_SOFTWARE='lighttpd/1.4.69', REMOTE_USER=user, **variables))
        assert ended, (data[:300], pool.log())
        return data.partition(b'\r\n\r\n')[0].decode()
    try:
        harness.wait_for('a kept archive', lambda: re.search(rf'(?m)^X-Sendfile2: {folder}/[0-9a-f]+-z ', ask('ann')))
        tag = re.search('(?m)^ETag: (.*?)\r?$', ask('ann')).group(1)
        for variables in ({}, {'HTTP_RANGE': 'bytes=0-99'}, {'HTTP_IF_NONE_MATCH': tag}, {'HTTP_IF_NONE_MATCH': '*'}):
            refused = ask('eve', **variables)
            assert refused.startswith('Status: 404') and not re.search('(?i)sendfile|etag|last-modified', refused), refused
    finally:
        pool.remove()


def test_nginx_does_not_give_it_to_clients(kept, serve):
    study, site, folder = kept
    site.write_config(sendfile='nginx')
    server = serve('nginx', site)
    entry = warmed(server, study, folder)[1]
    answer = raw(server.port, f'/wadozip-cache/{entry.name}', [])
    assert answer.status == 404 and b'PK' not in answer.body


def test_aborted_downloads_leave_nothing(kept, serve):
    _, site, folder = kept
    study = uid('large')
    for n in range(1, 13):  # noise is converted, and stored
        path = conversions.write(site.roots['r'] / f'large {n}', n, size=1024, noise=True, study='large')
        conversions.implicit(path).chmod(0o644)
    assert site.index().code == 0
    server = serve('lighttpd-socket', site)
    with Slow(server, study=study) as client:
        client.wait_for_bytes()
        client.hold()
        assert [p.name[-1] for p in archives(folder)] == ['t']
    assert in_time(20, lambda: not archives(folder)), archives(folder)
    assert kept_one(folder, fetch(server, study).length)


def test_a_killed_workers_file(kept, serve):
    """What it left has no lock: the next download takes its place. What is being written is left alone."""
    study, site, folder = kept
    server = serve('lighttpd-socket', site)
    entry = warmed(server, study, folder)[1]
    unfinished = entry.with_name(entry.name[:-1] + 't')
    size = entry.stat().st_size
    entry.rename(unfinished)
    unfinished.write_bytes(b'half')
    with open(unfinished, 'rb') as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert fetch(server, study).length == size
        assert unfinished.read_bytes() == b'half' and not entry.exists()
    fetch(server, study)
    assert in_time(20, entry.exists) and entry.stat().st_size == size and not unfinished.exists()


@pytest.mark.parametrize('change', ['written', 'cut', 'link'])
def test_a_changed_entry_is_none(kept, serve, change):
    study, site, folder = kept
    server = serve('lighttpd-socket', site)
    data, entry = warmed(server, study, folder)
    if change == 'written':
        entry.write_bytes(bytes(len(data)))
    elif change == 'cut':
        stat = entry.stat()
        os.truncate(entry, 1000)
        os.utime(entry, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    else:
        entry.unlink()
        entry.symlink_to('/etc/passwd')
    assert fetch(server, study).data == data
    assert in_time(20, lambda: entry.is_file() and not entry.is_symlink() and entry.read_bytes() == data)


def test_many_at_once_in_a_small_cache(place, make_site, serve):
    """Never more than the limit; every answer right."""
    studies = [make_study(place / 'root' / name, name) for name in 'abcdefgh']
    (place / 'root').chmod(0o755)
    folder = place / 'var' / 'conversions'
    site = make_site('small', {'r': place / 'root'}, conversion_cache=folder, conversion_cache_size='6M')
    assert site.index().code == 0
    server = serve('lighttpd-socket', site, workers=8)
    for study in studies:
        fetch(server, study)
    wanted = {study: fetch(server, study).data for study in studies}
    wrong, most = [], []

    def download(i):
        for study in studies[i:] + studies[:i]:
            if fetch(server, study).data != wanted[study]:
                wrong.append(study)
            most.append(sum(p.stat().st_size for p in archives(folder) if p.exists()))
    threads = [threading.Thread(target=download, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and len(most) == 32 and archives(folder)
    assert in_time(20, lambda: not list(folder.glob('*-t')))
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 6 << 20


def test_prepared(kept, place, serve):
    """index --prepare keeps the archives: the first download is handed over. As another account, too."""
    study, site, folder = kept
    folder.mkdir(mode=0o700)
    harness.owned_by_web_user(folder)
    site.write_config(sendfile='lighttpd')
    result = site.index(prepare=True)
    assert result.code == 0 and re.search('^1 archives kept ahead$', result.out, re.M), result
    assert archives(folder)[0].stat().st_uid == folder.stat().st_uid
    assert re.search('^0 archives kept ahead$', site.index(prepare=True).out, re.M)
    spoil(place / 'root')
    server = serve('lighttpd-socket', site)
    assert fetch(server, study).data == archives(folder)[0].read_bytes()
    assert in_time(10, lambda: how(server) == [HANDED]), server.log()


def test_prepared_as_far_as_there_is_room(place, make_site):
    for name in 'abcdefgh':
        make_study(place / 'root' / name, name)
    folder = place / 'var' / 'conversions'
    site = make_site('room', {'r': place / 'root'}, conversion_cache=folder, conversion_cache_size='5M')
    folder.mkdir(mode=0o700)
    harness.owned_by_web_user(folder)
    result = site.index(prepare=True)
    kept = int(re.search(r'^(\d+) archives kept ahead$', result.out, re.M)[1])
    assert result.code == 0 and 0 < kept < 8 and len(archives(folder)) == kept
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 5 << 20
