# SPDX-License-Identifier: MIT
"""SHA-256 of files that a manifest needed is kept in the catalogue, guarded by the file's CRC-32, and used the next time."""
import hashlib
import os
import re
import shutil
import zipfile

import corpus
import harness
import pytest
from client import curl
from servers import Lighttpd

ZIP = 'application/zip'
STUDY = corpus.uid('clinic')


@pytest.fixture
def learning(make_site):
    """(site, folder of its images, server before it)"""
    folder = harness.temporary('wzdigest-')
    shutil.copytree(corpus.corpus('clinic'), folder / 'images', copy_function=shutil.copyfile)
    for path in (folder / 'images').rglob('*'):
        path.chmod(0o755 if path.is_dir() else 0o644)
    site = make_site('digest', {'d': folder / 'images'})
    assert site.index().code == 0
    server = Lighttpd(site, 'spawned', workers=1).start()
    yield site, folder / 'images', server
    server.remove()
    shutil.rmtree(folder)


def get(server, query, **options):
    return curl(server.study(STUDY, query), folder=server.folder, **{'accept': ZIP, **options})


def manifest(answer):
    """The digest of each member that the archive's last member tells."""
    assert (answer.exit, answer.status) == (0, 200), answer
    with zipfile.ZipFile(answer.body) as z:
        lines = z.read('MANIFEST.sha256').decode('ascii').splitlines()
        assert len(lines) == len(z.namelist()) - 1
    return [line.split('  ')[0] for line in lines]


def known(site):
    return {row[0] for row in site.sql("SELECT encode(sha256, 'hex') FROM wadozip.digest")}


def files(folder):
    return sorted(p for p in folder.rglob('*') if p.is_file())


def of_files(folder):
    return {hashlib.sha256(p.read_bytes()).hexdigest() for p in files(folder)}


def soon(condition):
    """What is learned is written down after the answer is out."""
    harness.wait_for('digests', condition)


@pytest.mark.parametrize('compression', ['none', 'auto', 'deflate'])
def test_learned_by_a_download(learning, compression):
    site, folder, server = learning
    assert known(site) == set()
    first = get(server, f'?manifest=sha256&compression={compression}')
    soon(lambda: known(site) == of_files(folder))
    assert set(manifest(first)) == of_files(folder)
    again = get(server, f'?manifest=sha256&compression={compression}')
    assert again.data == first.data
    with zipfile.ZipFile(get(server, '?manifest=csv').body) as z:
        table = z.read('MANIFEST.csv').decode('ascii')
    assert all(d in table for d in of_files(folder))


def test_learned_by_the_command(learning, tmp_path):
    site, folder, _ = learning
    assert site.zip(STUDY, tmp_path / 'a.zip', manifest='sha256').code == 0
    assert known(site) == of_files(folder)
    assert site.zip(STUDY, tmp_path / 'b.zip', manifest='sha256').code == 0
    assert (tmp_path / 'a.zip').read_bytes() == (tmp_path / 'b.zip').read_bytes()


def test_not_computed_again(learning):
    """What the catalogue says is reported, as long as it is of a file with this CRC-32."""
    site, folder, server = learning
    right = of_files(folder)
    get(server, '?manifest=sha256')
    soon(lambda: known(site) == right)
    site.sql(f"UPDATE wadozip.digest SET sha256 = '\\x{'ab' * 32}'")
    assert set(manifest(get(server, '?manifest=sha256'))) == {'ab' * 32}
    site.sql('UPDATE wadozip.digest SET crc32 = (crc32 + 1) % 4294967296')
    assert set(manifest(get(server, '?manifest=sha256'))) == right
    soon(lambda: known(site) == right)


def test_range_reads_only_what_it_sends(learning):
    """The end of an archive with a manifest, while no image has the content that is known."""
    site, folder, server = learning
    data = get(server, '?manifest=sha256').data
    soon(lambda: known(site) == of_files(folder))
    for path in files(folder):
        st = path.stat()
        path.write_bytes(bytes(st.st_size))
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
    answer = get(server, '?manifest=sha256', headers={'Range': 'bytes=-20000'})
    assert (answer.exit, answer.status, answer.data == data[-20000:]) == (0, 206, True), answer
    site.sql('DELETE FROM wadozip.digest')
    answer = get(server, '?manifest=sha256', headers={'Range': 'bytes=-20000'})
    assert answer.exit or answer.status == 500, answer


def test_new_content_has_a_new_digest(learning):
    site, folder, server = learning
    get(server, '?manifest=sha256')
    soon(lambda: known(site) == of_files(folder))
    path = files(folder)[0]
    old, content = hashlib.sha256(path.read_bytes()).hexdigest(), path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert site.index().code == 0
    assert set(manifest(get(server, '?manifest=sha256'))) == of_files(folder)
    soon(lambda: known(site) == of_files(folder))
    assert old not in known(site)


def test_forgotten_with_the_study(learning):
    site, folder, server = learning
    get(server, '?manifest=sha256')
    soon(lambda: known(site) == of_files(folder))
    site.cli('forget', STUDY, check=True)
    assert known(site) == set()


def test_converted_members_are_not_mixed_up(site, expected):
    """The digest of a file is not that of what it is converted to."""
    server = Lighttpd(site, 'spawned', workers=1).start()
    try:
        tried = 0
        for study, instances in expected.items():
            if all(i.syntax == '1.2.840.10008.1.2.1' for i in instances):
                continue
            answer = curl(server.study(study, '?manifest=sha256'), accept=ZIP, folder=server.folder)
            if answer.status != 200:
                continue
            for _ in range(2):
                with zipfile.ZipFile(answer.body) as z:
                    right = [hashlib.sha256(z.read(m)).hexdigest() for m in z.infolist()[:-1]]
                assert manifest(answer) == right
                answer = curl(server.study(study, '?manifest=sha256'), accept=ZIP, folder=server.folder)
            tried += 1
        assert tried
    finally:
        server.remove()


DIGEST = r'(FROM|JOIN) (wadozip\.)?digest'


def test_nobody_else_pays(learning):
    """Only who asks for a manifest has digests looked up."""
    site, _, server = learning
    with site.pg.statements_logged() as log:
        assert get(server, '?compression=none').status == 200
        assert get(server, '', accept='text/csv').status == 200
        assert 'FROM wadozip.instance' in log() and not re.search(DIGEST, log())
        assert get(server, '?manifest=sha256').status == 200
        assert re.search(DIGEST, log())


def test_learned_by_the_index(learning):
    """What is indexed already is completed by the next run; after that nothing is read again. Manifests find it all."""
    site, folder, server = learning
    site.write_config(index_sha256=1)
    files(folder)[0].unlink()
    assert site.index(prune=True).code == 0
    assert known(site) == of_files(folder)
    again = site.index()
    assert f'{len(of_files(folder))} unchanged' in again.out and ' 0 files read' in again.out, again
    site.sql(f"UPDATE wadozip.digest SET sha256 = '\\x{'cd' * 32}'")
    assert set(manifest(get(server, '?manifest=sha256'))) == {'cd' * 32}


def test_index_follows_changes(learning):
    site, folder, _ = learning
    site.write_config(index_sha256=1)
    assert site.index().code == 0
    path = files(folder)[0]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    shutil.copyfile(path, path.with_name('copy.dcm'))
    (folder / 'no.dcm').write_bytes(b'no DICOM at all')
    assert site.index().code == 0
    assert known(site) == of_files(folder) - {hashlib.sha256(b'no DICOM at all').hexdigest()}
    assert site.sql('SELECT count(*) FROM wadozip.digest') == site.sql('SELECT count(*) FROM wadozip.instance')
    assert site.cli('doctor').code == 0


def test_index_records_nothing_unless_set(learning):
    site, _, _ = learning
    assert site.index().code == 0 and known(site) == set()
