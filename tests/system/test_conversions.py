# SPDX-License-Identifier: MIT
"""Answers with converted members, through a web server: what fails is reported before the status line, what was learned makes
the next answer the same bytes with a length."""
import hashlib
import io
import os
import re
import signal
import subprocess
import zipfile

import conversions
import harness
import pytest
from conversions import folder, serve  # noqa: F401 (fixtures)
from corpus import uid
from downloads import in_time

ZIP = 'application/zip'


def reported(server, answer, reason):
    """A proper error answer whose reason is in the log, not in the answer."""
    assert (answer.exit, answer.status) == (0, 500), (answer, server.log()[-2000:])
    assert 'zip' not in answer.headers['content-type'] and reason not in answer.text
    assert in_time(10, lambda: re.search(f'refused: helper: .*{reason}', server.log())), server.log()[-2000:]


IN_TRANSIT = '''
import array, socket
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
for _ in range(20):
    one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 10))])
print("sent", flush=True)
input()
'''


def test_descriptors_in_transit(folder, make_site, serve):
    """The kernel counts those of all processes of the account against the sender's limit: 200 fit wadozip-dicom's, too."""
    study = conversions.study(folder)
    site = make_site('transit', {'r': folder})
    assert site.index().code == 0
    server = serve(site)
    user = ['setpriv', '--reuid', harness.WEB_USER, '--regid', harness.WEB_USER, '--clear-groups']
    command = [*(user if harness.ROOT_USER else []), '/usr/bin/python3', '-c', IN_TRANSIT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b'sent\n'
        answer = server.get(f'/studies/{study}', accept=ZIP)
        assert (answer.exit, answer.status) == (0, 200), (answer, server.log()[-2000:])
        holder.communicate(b'\n')


@pytest.mark.parametrize('kind', list(harness.FRONT_ENDS))
def test_crash_is_reported(folder, make_site, serve, kind):
    """The first member's converter dies; so does the one of a range's."""
    study = conversions.study(folder)
    site = make_site('crash', {'r': folder})
    assert site.index().code == 0
    server = serve(site, kind)
    whole = server.get(f'/studies/{study}?compression=none', accept=ZIP)
    assert (whole.exit, whole.status, whole.length) == (0, 200, len(whole.data)), server.log()
    known = server.get(f'/studies/{study}?compression=none', accept=ZIP)
    assert known.data == whole.data and known.length == len(whole.data)
    at = [i.header_offset for i in zipfile.ZipFile(io.BytesIO(whole.data)).infolist()]
    for name in ('001.dcm', '009.dcm'):
        conversions.nested(folder / name)
        conversions.smuggle(site, folder / name)
    site.sql('UPDATE wadozip.conversion SET source_crc32 = i.crc32 FROM wadozip.instance i WHERE i.id = instance_id')
    reported(server, server.get(f'/studies/{study}?compression=none', accept=ZIP), 'killed by signal')
    reported(server, server.get(f'/studies/{study}?compression=none', '-r', f'{at[8] + 100}-', accept=ZIP), 'killed by signal')
    part = server.get(f'/studies/{study}?compression=none', '-r', f'{at[2]}-{at[5]}', accept=ZIP)
    assert (part.status, part.data) == (206, whole.data[at[2]:at[5] + 1])


def test_hang_is_reported(folder, make_site, serve):
    """A helper that is stopped does not answer in the seconds that a small file is given."""
    conversions.study(folder, 1)
    site = make_site('hang', {'r': folder})
    assert site.index().code == 0
    site.write_config(helper_seconds=5)
    server = serve(site, workers=1)
    path = f'/studies/{uid("forms")}'
    assert server.get(path, accept=ZIP).status == 200
    helper, = [p for w in server.workers() for p in harness.children(w) if harness.command_of(p).endswith('wadozip-dicom')]
    os.kill(helper, signal.SIGSTOP)
    answer = server.get(path, accept=f'{ZIP};transfer-syntax={conversions.JPEG_2000}')
    reported(server, answer, 'took longer than [0-9]+ seconds')


def test_bomb_is_reported(full_source, folder, make_site, serve):
    """133 KB that inflate to 128 MiB; the index that knows it had more memory than the service gives."""
    bomb = full_source / 'derived-malformed' / 'deflated-bomb-128m.dcm'
    (folder / 'bomb.dcm').write_bytes(bomb.read_bytes())
    site = make_site('bomb', {'r': folder}, helper_memory='2G')
    result = site.index()
    if result.code:
        pytest.skip(f'the bomb does not even get into the catalogue: {result.err.strip()}')
    site.write_config(helper_memory='64M')
    server = serve(site)
    study = site.sql('SELECT uid FROM wadozip.study')[0][0]
    reported(server, server.get(f'/studies/{study}', accept=ZIP), 'more than [0-9]+ bytes of memory')


def test_a_failure_further_on_breaks_the_answer_off(folder, make_site, serve):
    """The 40th of 40 is not begun when the header goes out: the answer has no end. The next one is reported before it."""
    study = conversions.study(folder, 40)
    site = make_site('late', {'r': folder}, helpers=1)
    assert site.index().code == 0
    conversions.nested(folder / '040.dcm')
    conversions.smuggle(site, folder / '040.dcm')
    server = serve(site)
    answer = server.get(f'/studies/{study}', accept=ZIP)
    assert answer.status == 200 and answer.exit != 0, answer
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(answer.data))
    assert in_time(10, lambda: 'aborted: helper: ' in server.log()), server.log()
    for _ in range(2):
        reported(server, server.get(f'/studies/{study}', accept=ZIP), 'killed by signal')
    assert site.sql('SELECT count(*) FROM wadozip.conversion WHERE size = 0') == [['1']]
    conversions.study(folder, 40)
    conversions.smuggle(site, folder / '040.dcm')
    site.sql('UPDATE wadozip.conversion SET source_crc32 = i.crc32 FROM wadozip.instance i WHERE i.id = instance_id')
    for _ in range(2):
        assert fetch(server, study).length > 0


def fetch(server, study, query='', **options):
    answer = server.get(f'/studies/{study}{query}', accept=ZIP, **options)
    assert (answer.exit, answer.status) == (0, 200), (answer, server.log()[-2000:])
    return answer


@pytest.mark.parametrize('kind', list(harness.FRONT_ENDS))
def test_other_codec_version(folder, make_site, serve, kind):
    """A worker finds out the codec version of its helpers and takes no size of another one for a length."""
    study = conversions.study(folder)
    site = make_site('codecs', {'r': folder})
    assert site.index().code == 0
    server = serve(site, kind)
    first = fetch(server, study)
    versions = site.sql('SELECT DISTINCT codec_version, count(*) FROM wadozip.conversion GROUP BY codec_version')
    assert len(versions) == 1 and int(versions[0][0]) > 1 and versions[0][1] == '12'
    second = fetch(server, study)
    assert first.length == len(first.data) and second.length == len(second.data) < len(first.data)
    site.sql('UPDATE wadozip.conversion SET codec_version = 1, size = size + 2')
    site.sql('UPDATE wadozip.instance SET default_codec_version = 1, default_size = default_size + 2')
    again = fetch(server, study)
    assert again.length == len(first.data) and again.data == first.data
    assert site.sql('SELECT DISTINCT default_codec_version FROM wadozip.instance') == [[versions[0][0]]]
    assert fetch(server, study).data == second.data
    head = server.get(f'/studies/{study}', accept=ZIP, method='HEAD')
    assert head.length == len(second.data) and head.headers['etag']


@pytest.mark.parametrize('kind', list(harness.FRONT_ENDS))
@pytest.mark.parametrize('accept', ['application/dicom', 'multipart/related; type="application/dicom"'],
                         ids=['alone', 'part'])
def test_one_instance(folder, make_site, serve, kind, accept):
    """Its first answer is like the next, as it is waited for anyway. Nothing is made where no body is asked for."""
    study = conversions.study(folder, 3)
    site = make_site('one', {'r': folder})
    assert site.index().code == 0
    server = serve(site, kind)
    conversions.nested(folder / '003.dcm')
    conversions.smuggle(site, folder / '003.dcm')

    def get(number, **options):
        return server.get(f'/studies/{study}/series/{uid("forms", 1)}/instances/{uid("forms", 1, number)}', accept=accept,
                          **options)
    head = get(1, method='HEAD')
    assert head.status == 200 and head.headers['etag']
    assert get(1, headers={'If-Match': '"x"'}).status == 412
    assert get(1, headers={'If-None-Match': '*'}).status == 304
    assert site.sql('SELECT count(*) FROM wadozip.conversion') == [['0']]
    first, second = get(1, headers={'If-None-Match': '"x"'}), get(1)
    assert (first.exit, first.status, first.length) == (0, 200, len(first.data)), server.log()[-2000:]
    assert first.headers['accept-ranges'] == 'bytes' and first.headers['etag'] == head.headers['etag']
    assert first.length == head.length
    same = 'content-type', 'content-length', 'etag', 'last-modified'
    assert [first.headers[h] for h in same] == [second.headers[h] for h in same] and first.data == second.data
    part = get(2, headers={'Range': 'bytes=100-299'})
    assert (part.status, part.data) == (206, get(2).data[100:300])
    assert site.sql('SELECT count(*) FROM wadozip.conversion') == [['2']]
    for _ in range(2):
        reported(server, get(3), 'killed by signal')


def members(answer):
    with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
        assert z.testzip() is None
        return z.infolist(), [z.read(i) for i in z.infolist()]


@pytest.mark.parametrize('kind', list(harness.FRONT_ENDS))
def test_deflated(folder, make_site, serve, kind):
    """Those that it pays for, from the second answer on; the first one stores them, and can still be resumed."""
    study = conversions.study(folder, noise=(3, 7))
    site = make_site('deflated', {'r': folder})
    assert site.index().code == 0
    server = serve(site, kind)
    first, plain = fetch(server, study), fetch(server, study, '?compression=none')
    assert first.length == len(first.data) and plain.data == first.data
    second = fetch(server, study)
    infos, data = members(second)
    assert [i.compress_type for i in infos] == [zipfile.ZIP_STORED if n in (3, 7) else zipfile.ZIP_DEFLATED
                                                for n in range(1, 13)]
    assert data == members(plain)[1] and second.length == len(second.data) < len(plain.data) * 0.8
    assert second.headers['etag'] != plain.headers['etag']
    for begin in range(0, second.length - 5000, second.length // 7):
        part = server.get(f'/studies/{study}', '-r', f'{begin}-{begin + 4999}', accept=ZIP,
                          headers={'If-Range': second.headers['etag']})
        assert (part.status, part.data) == (206, second.data[begin:begin + 5000])
    for condition in 'If-Range', 'If-Match':
        rest = server.get(f'/studies/{study}', '-r', '7777-', accept=ZIP, headers={condition: first.headers['etag']})
        assert (rest.status, rest.data, rest.headers['etag']) == (206, first.data[7777:], first.headers['etag'])
    manifest = members(fetch(server, study, '?manifest=sha256'))
    assert manifest[1][:12] == data
    sums = [line.split() for line in manifest[1][12].decode().splitlines()]
    assert sums == [[hashlib.sha256(d).hexdigest(), i.filename] for d, i in zip(data, infos)]


@pytest.mark.parametrize('column', ['size', 'deflated_size', 'crc32'])
def test_wrong_record(folder, make_site, serve, column):
    """It breaks one answer off, before the status line where it is the first member's, and is gone then."""
    study = conversions.study(folder)
    site = make_site('wrong', {'r': folder})
    assert site.index().code == 0
    server = serve(site)
    fetch(server, study)
    first = fetch(server, study)
    before = site.sql('SELECT instance_id, size, crc32, deflated_size FROM wadozip.conversion ORDER BY 1')
    for path in ('005.dcm', '001.dcm'):
        site.sql(f"UPDATE wadozip.conversion f SET {column} = f.{column} - 3 FROM wadozip.instance i "
                 f"WHERE i.id = f.instance_id AND i.path = '{path}'")
        answer = server.get(f'/studies/{study}', accept=ZIP)
        assert answer.exit != 0 or answer.status == 500, answer
        assert in_time(10, lambda: 'as recorded' in server.log())
        again = fetch(server, study)
        assert again.data == first.data and again.length == len(first.data)
    assert site.sql('SELECT instance_id, size, crc32, deflated_size FROM wadozip.conversion ORDER BY 1') == before
