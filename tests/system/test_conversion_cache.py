# SPDX-License-Identifier: MIT
"""Converted members that are kept on disk (setting conversion_cache)."""
import io
import os
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor

import conversions
import harness
import pytest
from corpus import uid
from downloads import in_time

ZIP = 'application/zip'


@pytest.fixture
def kept(place, make_site):
    """A study of 12 that is always converted, a site with a cache, and a server before it."""
    study = conversions.study(place / 'root', noise=(3,))
    site = make_site('kept', {'r': place / 'root'}, conversion_cache=place / 'var' / 'conversions')
    assert site.index().code == 0
    server = harness.front_end('lighttpd-socket', site).start()
    yield study, site, server, place / 'var' / 'conversions'
    server.remove()


def fetch(server, study, *args, query='', status=200):
    answer = server.get(f'/studies/{study}{query}', *args, accept=ZIP)
    assert (answer.exit, answer.status) == (0, status), (answer, server.log()[-2000:])
    return answer


def contents(answer):
    with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
        return {i.filename: z.read(i) for i in z.infolist()}


def entries(folder):
    """Kept members; archives are the subject of test_archive_cache.py."""
    return sorted(p for p in folder.iterdir() if p.name != 'total' and p.name[-1] in 'sd')


def spoil(folder):
    """Every file gets other content of the same size and time: whatever were converted now would come out wrong."""
    for path in folder.iterdir():
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_second_download_converts_nothing(kept, place):
    study, _, server, folder = kept
    first = fetch(server, study)
    assert len(entries(folder)) == 12 and folder.stat().st_mode & 0o777 == 0o700
    for path in entries(folder):
        assert re.fullmatch('[0-9a-f]{40}-[sd]', path.name) and path.stat().st_mode & 0o777 == 0o600
        assert uid('forms').encode() not in path.read_bytes()[-72:]
    assert all(p.name.endswith('s') for p in entries(folder))
    assert first.length == len(first.data)
    spoil(place / 'root')
    second = fetch(server, study)
    assert second.length == len(second.data) < len(first.data) and contents(second) == contents(first)
    assert sum(p.name.endswith('d') for p in entries(folder)) == 11  # but the one of noise
    assert fetch(server, study).data == second.data
    part = fetch(server, study, '-r', '5000-200000', status=206)
    assert part.data == second.data[5000:200001]
    rest = fetch(server, study, '-r', '5000-', '-H', f'If-Range: {first.headers["etag"]}', status=206)
    assert rest.data == first.data[5000:] and rest.headers['etag'] == first.headers['etag']
    for path in entries(folder):
        path.unlink()
    assert server.get(f'/studies/{study}', accept=ZIP).status == 500  # nothing but the cache had it


def test_damage_costs_a_conversion(kept):
    study, _, server, folder = kept
    fetch(server, study)
    first = fetch(server, study)
    assert len(entries(folder)) == 23
    for i, path in enumerate(entries(folder)):
        data = bytearray(path.read_bytes())
        data[(len(data) - 1) * i // 22] ^= 1
        path.write_bytes(data)
    assert fetch(server, study).data == first.data
    with zipfile.ZipFile(first.body) as z:
        assert z.testzip() is None
    assert len(entries(folder)) == 12


def test_many_downloads_and_pools_at_once(kept, place):
    """In a cache that holds not even one study, entries come and go; every answer is right."""
    study, site, server, folder = kept
    first = fetch(server, study)
    server.stop()
    site.write_config(conversion_cache_size='1M')
    conversions.study(place / 'root', 60, noise=range(60))
    assert site.index().code == 0
    other = harness.front_end('lighttpd-socket', site).start()
    server.start()
    try:
        fetch(other, study)
        whole = fetch(other, study).data
        assert len(whole) > 0 and len(first.data) > 0
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda i: fetch((server, other)[i % 2], study).data, range(16)))
        assert all(g == whole for g in got)
        assert sum(p.stat().st_size for p in folder.iterdir()) <= 1 << 20
        assert entries(folder)
    finally:
        other.remove()


def test_a_folder_that_cannot_be_used_costs_time_only(kept):
    study, _, server, folder = kept
    fetch(server, study)
    first = fetch(server, study)
    server.stop()
    folder.chmod(0o755)
    server.start()
    assert fetch(server, study).data == first.data
    assert in_time(10, lambda: 'nothing converted is kept: conversion_cache: others may enter' in server.log())


@pytest.mark.parametrize('setting', ['conversion_cache', 'spool'])
def test_beneath_a_root_it_is_refused(kept, place, setting):
    """Whatever is there beneath a root stays as it is: no program starts with such a setting."""
    _, site, server, _ = kept
    site.write_config(**{setting: place / 'root' / 'conversions'})
    before = sorted(place.joinpath('root').iterdir())
    pool = harness.Pool(site, workers=1)
    try:
        with pytest.raises(RuntimeError):
            pool.start()
        assert f'{setting} lies beneath the root r' in pool.log()
    finally:
        pool.remove()
    doctor, index = site.cli('doctor'), site.index()
    assert doctor.code == 1 and re.search(f'bad +{setting} lies beneath the root r', doctor.out), doctor
    assert index.code == 2 and f'{setting} lies beneath the root r' in index.err, index
    assert sorted(place.joinpath('root').iterdir()) == before
    assert server.name


def test_doctor(kept):
    study, site, server, folder = kept
    fetch(server, study)
    doctor = site.cli('doctor')
    assert re.search(f'ok +conversion_cache: {folder}', doctor.out), doctor
    full = subprocess.run(['sh', '-c', 'trap "" XFSZ; ulimit -f 8; exec "$@"', 'sh', site.bin / 'wadozip', '--config',
                           site.config, 'doctor'], stdout=subprocess.PIPE, check=False)
    assert f'bad  conversion_cache: {folder}: no file can be made: File too large' in full.stdout.decode(), full
    folder.chmod(0o777)
    doctor = site.cli('doctor')
    assert doctor.code == 1 and 'others may enter' in doctor.out
    server.stop()
    site.write_config(conversion_cache=folder.parent / 'other')
    doctor = site.cli('doctor')
    assert doctor.code == 1 and 'bad  conversion_cache: cannot open the folder' in doctor.out, doctor
    assert not (folder.parent / 'other').exists()  # it would belong to the wrong account
