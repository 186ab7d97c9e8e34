# SPDX-License-Identifier: MIT
"""The responder and `wadozip zip` send the same bytes for every archive and every option, and record the same facts."""
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import conversions
import harness
import pytest
from corpus import uid
from test_capabilities import WADL, by_id, parameters

STUDY = uid('forms')
ZIP = 'application/zip'
JSON, XML = f'{ZIP}; type="application/dicom+json"', f'{ZIP}; type="application/dicom+xml"'
RLE, EXPLICIT = '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.1'

# The options of the command for each kind of archive in the capabilities.
ARCHIVES = {'zip': {}, 'zip-json': {'metadata': 'json'}, 'zip-xml': {'metadata': 'xml'}}

# Query parameters that change an archive's bytes, and the options of the same effect.
OPTIONS = {
    'names': [('names=uid', {'names': 'uid'}), ('names=series', {'names': 'series'})],
    'compression': [(f'compression={c}', {'compression': c}) for c in ('auto', 'none', 'deflate')],
    'manifest': [(f'manifest={m}', {'manifest': m}) for m in ('sha256', 'csv')],
    'dicomdir': [('dicomdir=true', {'dicomdir': True})],
    'deidentify': [('deidentify=basic', {'deidentify': 'basic'}),
                   ('deidentify=basic&compression=deflate', {'deidentify': 'basic', 'compression': 'deflate'})],
    'accept': [('', {})],
}
# These do not exist for the command, or do not change the bytes.
NOT_OF_THE_COMMAND = {'charset', 'filename', 'part', 'part_bytes', 'quality', 'viewport', 'window'}
SYNTAXES = ('*', EXPLICIT, RLE, conversions.JPEG_2000)


@pytest.fixture(scope='module')
def pair(pg):
    """A site and a web server before it; stored, deflated and implicit files."""
    folder = harness.temporary('wzretrieve-')
    conversions.study(folder, 6, noise=(2,))
    for n in (7, 8, 9):
        conversions.write(folder / f'{n:03}.dcm', n, noise=n == 8).chmod(0o644)
    conversions.deflated(folder / '009.dcm')
    conversions.write(folder / '010.dcm', 10, frames=60).chmod(0o644)  # several blocks of the compressor
    key = harness.owned_by_web_user(harness.temporary('wzkey-')) / 'key'
    site = harness.Site(pg, 'retrieve', {'r': folder}, **{'deid.basic.key': key,
                                                               'deid.basic.pixels': 'trust'}).migrate()
    assert site.cli('deid', 'key', key).code == 0 and site.index().code == 0
    harness.give_to_web_user(key)
    server = harness.front_end('lighttpd-socket', site).start()
    yield site, server
    server.remove()
    site.remove()
    shutil.rmtree(folder)
    shutil.rmtree(key.parent)


def forget(site):
    site.sql('DELETE FROM wadozip.conversion')
    site.sql('UPDATE wadozip.instance SET default_size = NULL, default_codec_version = NULL, deflated_size = NULL,'
             ' pixel_deflated_size = NULL, deflated_by = NULL')


def facts(site):
    """What the catalogue knows besides what the index found."""
    return [sorted(map(tuple, site.sql(query))) for query in (
        'SELECT i.uid, c.target, c.size, c.deflated_size, c.crc32 FROM wadozip.conversion c'
        ' JOIN wadozip.instance i ON i.id = c.instance_id',
        'SELECT uid, deflated_size, pixel_deflated_size FROM wadozip.instance')]


def archives(server):
    """The archives in the capabilities: (id, media type)."""
    tree = ElementTree.fromstring(server.get('/', accept='application/vnd.sun.wadl+xml', method='OPTIONS').data)
    found = {}
    for name, r in by_id(tree, 'representation').items():
        if (r.get('mediaType') or '').startswith(ZIP):
            found[name.removeprefix('media-')] = r.get('mediaType')
    return found, set(parameters(tree))


def test_every_archive_and_parameter_has_an_option(pair):
    """A new kind of archive or parameter must say here what the command does with it."""
    found, listed = archives(pair[1])
    assert set(found) == set(ARCHIVES), found
    assert listed <= set(OPTIONS) | NOT_OF_THE_COMMAND, listed - set(OPTIONS) - NOT_OF_THE_COMMAND


def cases():
    for level in range(3):
        yield level, ZIP, '', {}
    for options in OPTIONS.values():
        for query, given in options:
            for syntax in SYNTAXES:
                yield 0, f'{ZIP}; transfer-syntax={syntax}', query, {**given, 'transfer-syntax': syntax}
    for accept, kind in ((JSON, 'json'), (XML, 'xml')):
        for level in range(3):
            for query, given in OPTIONS['names']:
                yield level, accept, query, {**given, 'metadata': kind}


def name(case):
    level, accept, query, _ = case
    return '-'.join(re.sub(r'[^\w*.]+', '_', part) for part in (str(level), accept.split(';', 1)[-1], query))


@pytest.mark.parametrize('case', list(cases()), ids=name)
@pytest.mark.parametrize('known', [False, True])
def test_same_bytes(pair, tmp_path, case, known):
    """From an empty catalogue, and with the facts that the other one has recorded."""
    site, server = pair
    level, accept, query, options = case
    path = [f'/studies/{STUDY}', f'/series/{uid("forms", 1)}', f'/instances/{uid("forms", 1, 3)}'][:level + 1]

    def command():
        result = site.zip('/'.join(p.rsplit('/', 1)[1] for p in path), tmp_path / 'out.zip', **options)
        assert result.code == 0, result
        return (tmp_path / 'out.zip').read_bytes()

    def responder():
        answer = server.get(''.join(path) + (f'?{query}' if query else ''), accept=accept)
        assert (answer.exit, answer.status, answer.length) == (0, 200, len(answer.data)), (answer, answer.text[:300])
        return answer.data

    forget(site)
    first = command()
    if not known:
        forget(site)
        assert responder() == first
    else:
        second = responder()
        assert command() == second


@pytest.mark.parametrize('options, query', [
    ({}, ''), ({'compression': 'deflate', 'transfer-syntax': '*'}, 'compression=deflate'), ({'transfer-syntax': RLE}, ''),
    ({'deidentify': 'basic', 'compression': 'deflate'}, 'deidentify=basic&compression=deflate')])
def test_same_facts(pair, tmp_path, options, query):
    site, server = pair
    accept = f'{ZIP}; transfer-syntax={options["transfer-syntax"]}' if 'transfer-syntax' in options else ZIP
    learned = []
    for run in (lambda: site.zip(STUDY, tmp_path / 'out.zip', **options).code == 0,
                lambda: server.get(f'/studies/{STUDY}?{query}', accept=accept).exit == 0):
        forget(site)
        before = facts(site)
        assert run()
        learned.append(facts(site))
        assert learned[-1] != before
    assert learned[0] == learned[1]


def test_new_times_are_recorded(pair, tmp_path):
    """A file with another time is read once, and its time is recorded, by the command, too."""
    site, _ = pair
    Path(site.roots['r'], '007.dcm').touch()
    before = site.sql("SELECT mtime_ns FROM wadozip.instance WHERE path = '007.dcm'")
    assert site.zip(STUDY, tmp_path / 'out.zip').code == 0
    assert site.sql("SELECT mtime_ns FROM wadozip.instance WHERE path = '007.dcm'") != before


@pytest.mark.parametrize('extra', [{'manifest': 'csv'}, {'dicomdir': True}, {'transfer-syntax': '*'}])
def test_metadata_takes_no_options_of_files(pair, tmp_path, extra):
    result = pair[0].zip(STUDY, tmp_path / 'out.zip', metadata='json', **extra)
    assert result.code == 2 and 'leave out --dicomdir, --manifest and --transfer-syntax' in result.err, result
