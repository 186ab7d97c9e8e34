# SPDX-License-Identifier: MIT
"""SHA-256 of archives of collections: recorded by the command, then in Repr-Digest (RFC 9530) and in the Metalink."""
import base64
import datetime
import fnmatch
import hashlib
import io
import json
import zipfile
from xml.etree import ElementTree

import harness
import pytest
from client import raw
from collections_site import ask, create
from searches import ROOT, generated

METALINK = '{urn:ietf:params:xml:ns:metalink}'
LIST = '\n'.join(f'{ROOT}.{n}' for n in range(2, 9))


@pytest.fixture(scope='module')
def archive(pg):
    made = generated(pg, 'collection_digest', studies=10)
    made.id = create(made.site, LIST)
    made.path = f'/collections/{made.id}'
    yield made
    made.site.remove()


@pytest.fixture(scope='module')
def server(archive):
    front = harness.front_end('lighttpd-spawned', archive.site, workers=2).start()
    yield front
    front.remove()


def field(answer):
    return answer.headers.get('repr-digest')


def expected(body):
    return f'sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:'


def hashes(server, path):
    text = ask(server, path, accept='application/metalink4+xml').body
    return [f.findtext(f'{METALINK}hash[@type="sha-256"]') for f in ElementTree.fromstring(text).findall(f'{METALINK}file')]


def digest(site, collection, *options):
    """What the command prints: {name: SHA-256}."""
    lines = site.cli('collection', *options, 'digest', collection, check=True).out.splitlines()
    return {name: value for value, name in (line.split('  ') for line in lines)}


def test_the_whole(archive, server):
    """Of every answer that has the entity tag, whole or not; of no other representation."""
    whole = ask(server, archive.path)
    assert field(whole) is None and hashes(server, archive.path) == [None]
    reported = digest(archive.site, archive.id)
    assert reported == {f'{archive.id}.zip': hashlib.sha256(whole.body).hexdigest()}
    again = ask(server, archive.path)
    assert again.body == whole.body and field(again) == expected(whole.body)
    for answer in (ask(server, archive.path, method='HEAD'), ask(server, archive.path, Range='bytes=5-9'),
                   ask(server, archive.path, Range='bytes=0-1,8-9'),
                   ask(server, archive.path, **{'If-None-Match': whole.headers['etag']})):
        assert answer.status in (200, 206, 304) and field(answer) == expected(whole.body)
    assert hashes(server, archive.path) == list(reported.values())
    for other in '?compression=none', '?names=uid', '?manifest=sha256', '?part_bytes=3000&part=1':
        assert field(ask(server, archive.path + other)) is None
    assert field(ask(server, archive.path, accept='text/csv')) is None
    assert field(ask(server, f'/studies/{ROOT}.2')) is None


def test_parts(archive, server):
    reported = digest(archive.site, archive.id, '--part-bytes', '3000')
    bodies = [ask(server, f'{archive.path}?part_bytes=3000&part={n + 1}') for n in range(len(reported))]
    assert reported == {f'{archive.id}-{n + 1}.zip': hashlib.sha256(a.body).hexdigest() for n, a in enumerate(bodies)}
    assert [field(a) for a in bodies] == [expected(a.body) for a in bodies] and len(bodies) > 2
    assert hashes(server, f'{archive.path}?part_bytes=3000') == list(reported.values())


def test_aria2_verifies(archive, server):
    """A right digest passes, a wrong one fails the download."""
    digest(archive.site, archive.id)
    folder = harness.temporary('wzdigest-')
    text = raw(server.port, f'/dicom-web{archive.path}', [('Accept', 'application/metalink4+xml')]).body.decode()
    text = text.replace('http://127.0.0.1/', f'http://127.0.0.1:{server.port}/')
    value, = hashes(server, archive.path)
    for name, wanted, reported in ('right', value, 0), ('wrong', value[::-1], 32):  # 32: checksum validation failed
        (folder / f'{name}.meta4').write_text(text.replace(value, wanted))
        done = harness.run('aria2c', '-q', '-x8', '-s8', '-k1M', '--no-conf', '-d', folder / name,
                           f'--metalink-file={name}.meta4', cwd=folder)
        assert done.code == reported, done
    assert hashlib.sha256((folder / 'right' / f'{archive.id}.zip').read_bytes()).hexdigest() == value


def test_created_with_a_digest(archive, server):
    text = f'{ROOT}.3\n'
    path = archive.site.folder / 'list'
    path.write_text(text)
    done = archive.site.cli('collection', '--digest', 'create', path, check=True).out.split()
    assert done[2] == f'{done[0]}.zip'
    answer = ask(server, f'/collections/{done[0]}')
    assert hashlib.sha256(answer.body).hexdigest() == done[1] and field(answer) == expected(answer.body)


def test_converted_members(pg):
    """Their sizes are found out first; the digest is of the archive that is answered from then on."""
    folder = harness.temporary('wzdigest-')
    made = generated(pg, 'collection_digest_rle', studies=2)
    try:
        for path in made.site.roots['search'].glob('1-*.dcm'):
            harness.run('dcmcrle', path, folder / path.name, check=True)
            (folder / path.name).replace(path)
            path.chmod(0o644)
        made.site.index()
        collection = create(made.site, f'{ROOT}.1\n{ROOT}.2\n')
        server = harness.front_end('lighttpd-spawned', made.site).start()
        try:
            reported = digest(made.site, collection)
            answer = ask(server, f'/collections/{collection}')
            assert list(reported.values()) == [hashlib.sha256(answer.body).hexdigest()]
            assert field(answer) == expected(answer.body)
            assert field(ask(server, f'/collections/{collection}')) == expected(answer.body)
        finally:
            server.remove()
    finally:
        made.site.remove()


def test_refusals(archive):
    cli = archive.site.cli
    assert cli('collection', 'digest', '0' * 32).code == 1
    assert cli('collection', 'digest', 'x').code == 2 and cli('collection', 'digest').code == 2
    assert cli('collection', '--part-bytes', '0', 'digest', archive.id).code == 2
    other = create(archive.site, f'{ROOT}.9\n')
    archive.site.cli('forget', f'{ROOT}.9', check=True)
    done = cli('collection', 'digest', other)
    assert done.code == 1 and f'{ROOT}.9' in done.err


# Croissant 1.0, "Dataset-level Information" and "Resources": property, and whether its value is acceptable.
DATASET = {'@context': lambda v: v['@vocab'] == 'https://schema.org/' and v['cr'] == 'http://mlcommons.org/croissant/',
           '@type': lambda v: v == 'sc:Dataset', 'conformsTo': lambda v: v == 'http://mlcommons.org/croissant/1.0',
           'description': str.strip, 'license': lambda v: v.startswith('https://'), 'name': str.strip,
           'url': lambda v: v.startswith('http://'), 'creator': lambda v: v['@type'] == 'sc:Organization' and v['name'],
           'datePublished': datetime.datetime.fromisoformat, 'distribution': len}
FILE = {'@type': lambda v: v == 'cr:FileObject', '@id': str.strip, 'name': lambda v: v.endswith('.zip'),
        'contentUrl': lambda v: v.startswith('http://'), 'contentSize': lambda v: v.endswith(' B'),
        'encodingFormat': lambda v: v == 'application/zip', 'sha256': lambda v: len(bytes.fromhex(v)) == 32}


def test_croissant(archive, server):
    """Everything that Croissant 1.0 requires; sizes and digests are those of the archives; the set is of their members."""
    site = archive.site
    site.write_config(collection_license='https://creativecommons.org/licenses/by/4.0/')
    path = site.folder / 'list'
    path.write_text(LIST)
    name = site.cli('collection', '--name', 'Herz "7" \\ ü', 'create', path, check=True).out.strip()
    front = harness.front_end('lighttpd-spawned', site).start()
    try:
        for query in '', '?part_bytes=3000':
            digest(site, name, *(['--part-bytes', '3000'] if query else []))
            for kind in 'application/ld+json', 'application/ld+json; profile="http://mlcommons.org/croissant/1.0"':
                answer = ask(front, f'/collections/{name}{query}', accept=kind)
                assert answer.headers['content-type'] == 'application/ld+json; profile="http://mlcommons.org/croissant/1.0"'
            reported = json.loads(answer.body)
            assert [k for k, good in DATASET.items() if not good(reported[k])] == []
            *files, members = reported['distribution']
            urls = ask(front, f'/collections/{name}{query}', accept='text/uri-list').body.decode().splitlines()
            assert [f['contentUrl'] for f in files] == urls
            for file in files:
                assert [k for k, good in FILE.items() if not good(file[k])] == []
                body = ask(front, file['contentUrl'].partition('/dicom-web')[2], accept=None).body
                assert (file['contentSize'], file['sha256']) == (f'{len(body)} B', hashlib.sha256(body).hexdigest())
                with zipfile.ZipFile(io.BytesIO(body)) as z:
                    assert all(fnmatch.fnmatch(n, members['includes']) for n in z.namelist())
            assert members['@type'] == 'cr:FileSet' and members['encodingFormat'] == 'application/dicom'
            assert members['containedIn'] == [{'@id': f['@id']} for f in files]
            ids = [part['@id'] for part in reported['distribution']]
            assert len(set(ids)) == len(ids)
    finally:
        front.remove()
