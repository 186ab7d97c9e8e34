# SPDX-License-Identifier: MIT
"""wadozip collection: lists of studies and series that are frozen under an address derived from their content."""
import csv
import io
import re

import pytest
from searches import ROOT, expected, generated


@pytest.fixture(scope='module')
def archive(pg):
    made = generated(pg, 'collection_cli', studies=12)
    yield made
    made.site.remove()


def create(site, text, *options, code=0):
    path = site.folder / 'list'
    path.write_text(text, encoding='utf-8')
    done = site.cli('collection', *options, 'create', path)
    assert done.code == code, done
    return done.out.strip() if code == 0 else done.err


def series_of(site, collection):
    return [(r['StudyInstanceUID'], r['SeriesInstanceUID'])
            for r in csv.DictReader(io.StringIO(site.cli('collection', 'show', collection, check=True).out))]


def test_the_same_list_has_the_same_identifier(archive):
    """By studies or by their series, in any order, twice, or as a table: only the content counts."""
    site = archive.site
    studies = [f'{ROOT}.{n}' for n in (3, 1, 2)]
    all_series = sorted({d.SeriesInstanceUID for d in archive.sets if d.StudyInstanceUID in studies})
    made = create(site, '\n'.join(studies), '--name', 'first')
    assert re.fullmatch('[0-9a-f]{32}', made)
    assert create(site, '\n'.join(reversed(studies + studies))) == made
    assert create(site, 'x,SeriesInstanceUID\n' + '\n'.join(f'y,{s}' for s in all_series)) == made
    assert create(site, f'{{"series": ["{studies[0]}.1"], "studies": {str(studies).replace(chr(39), chr(34))}}}') == made
    assert sorted(s for _, s in series_of(site, made)) == all_series
    assert create(site, '\n'.join(all_series[1:])) != made
    shown = site.cli('collection', 'show', made).err
    instances = sum(d.StudyInstanceUID in studies for d in archive.sets)
    assert f'3 studies, {len(all_series)} series, {instances} instances' in shown and shown.startswith('first, by ')
    again = site.cli('collection', 'create', '-').code
    assert again == 2  # standard input is empty
    assert create(site, site.cli('collection', 'show', made).out) == made


def test_searches_and_modalities(archive):
    site = archive.site
    wanted = expected(archive.sets, 1, {'Modality': 'CT'})
    made = create(site, '{"search": "series?Modality=CT"}')
    assert {s for _, s in series_of(site, made)} == wanted
    everything = create(site, '{"search": "StudyInstanceUID=&limit=1000", "modalities": ["CT"]}')
    assert everything == made
    for text, why in (('{"search": "PatientID=nobody"}', 'the search has no results'),
                      ('{"search": "instances?Modality=CT"}', 'a search begins with studies? or series?'),
                      ('{"search": "Modality="}', ''),
                      ('{"search": "PatientID=*&deidentify=basic"}', 'de-identification is not offered'),
                      (f'{{"studies": ["{ROOT}.1"], "modalities": ["SEG"]}}', 'none of the series is of these modalities')):
        assert why in create(site, text, code=2)


def test_unknown_uids_are_listed(archive):
    site = archive.site
    before = site.cli('collection', 'list').out
    reported = create(site, f'1.2.3.99\n{ROOT}.1\n1.2.3.98\n', code=2)
    assert reported.splitlines() == ['1.2.3.99', '1.2.3.98', 'wadozip: 2 UIDs are of no study and no series here']
    assert site.cli('collection', 'list').out == before


def test_list_show_delete(archive):
    site = archive.site
    made = create(site, f'{ROOT}.7', '--name', 'Knie \u00e4')
    row, = (line for line in site.cli('collection', 'list').out.splitlines() if line.startswith(made))
    assert row.split()[2] == '1' and row.endswith('Knie \u00e4')
    assert site.cli('collection', 'delete', made).out == f'{made} deleted\n'
    for act in 'show', 'delete':
        done = site.cli('collection', act, made)
        assert done.code == 1 and f'there is no collection {made}' in done.err
    assert made not in site.cli('collection', 'list').out


def test_misuse(archive):
    for args in ((), ('make',), ('create',), ('create', 'a', 'b'), ('list', 'x'), ('show',), ('show', 'ABC'), ('delete',)):
        done = archive.site.cli('collection', *args)
        assert done.code == 2 and done.err.startswith('wadozip: collection: '), args
    assert archive.site.cli('collection', '--name', 'a\nb', 'list').code == 2
    assert 'cannot read /nonexistent' in archive.site.cli('collection', 'create', '/nonexistent').err


def test_a_collection_is_frozen(pg):
    """New instances are not in it; removed ones are named; what comes back as it was is there again. Checks hold."""
    made = generated(pg, 'collection_frozen', studies=4)
    site, files = made.site, sorted(made.site.roots['search'].glob('*.dcm'))
    late, gone = [p for p in files if p.name.startswith('2-1-')][-1], f'{ROOT}.3'
    site.cli('forget', f'{ROOT}.2', check=True)
    hidden = late.rename(site.folder / 'hidden')
    assert site.index().code == 0
    collection = create(site, f'{ROOT}.2\n{gone}\n')
    hidden.rename(late)
    site.index()
    count = site.sql(f"SELECT instances, revision FROM wadozip.collection WHERE id = '{collection}'")[0]
    assert int(count[0]) == sum(d.StudyInstanceUID in (f'{ROOT}.2', gone) for d in made.sets) - 1
    assert int(count[1]) == 0, 'new instances change nothing'
    assert create(site, f'{ROOT}.2\n{gone}\n') != collection
    site.cli('forget', gone, check=True)
    done = site.cli('collection', 'show', collection)
    assert done.code == 1 and f'study {gone}: ' in done.err and f'{ROOT}.2:' not in done.err
    changed = int(site.sql(f"SELECT revision FROM wadozip.collection WHERE id = '{collection}'")[0][0])
    assert changed > 0
    site.index()
    assert site.cli('collection', 'show', collection).code == 0
    assert site.cli('doctor').out.count('wrong totals') == 0
    site.sql(f"UPDATE wadozip.collection SET bytes = bytes + 1 WHERE id = '{collection}'")
    assert f'a collection with wrong totals: {collection}' in site.cli('doctor').out
    site.remove()
