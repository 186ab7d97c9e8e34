# SPDX-License-Identifier: MIT
"""wadozip deid report: every value before and after, compared with what pydicom reads of the file and of ?deidentify's."""
import csv
import io
import re
import shutil
import zipfile

import conversions
import harness
import pydicom
import pytest
from corpus import uid
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from test_deid import ARC, write

MARKED, FORMS, RISKY = f'{ARC}{0x0020000d}', uid('reported'), uid('report-risky')
COLUMNS = ['series', 'first_instance', 'tag', 'keyword', 'vr', 'action', 'instances', 'before', 'after', 'note']


@pytest.fixture(scope='module')
def reported(pg):
    """A site with a file of marks, a study of several transfer syntaxes, and one that is refused."""
    folder = harness.temporary('wzreport-')
    write(folder / 'full.dcm')
    conversions.study(folder / 'forms', 6, name='reported')
    noted = pydicom.dcmread(folder / 'forms' / '003.dcm')
    noted.Manufacturer = 'ACME, "Imaging"'
    noted.save_as(folder / 'forms' / '003.dcm')
    conversions.study(folder / 'risky', 2, name='report-risky')
    risky = pydicom.dcmread(folder / 'risky' / '002.dcm')
    risky.BurnedInAnnotation = 'YES'
    risky.save_as(folder / 'risky' / '002.dcm')
    site = harness.Site(pg, 'deidreport', {'r': folder}, **{
        'deid.basic.key': folder / 'key', 'deid.dates.key': folder / 'key',
        'deid.dates.options': 'modified-dates patient device safe-private'}).migrate()
    assert site.cli('deid', 'key', folder / 'key').code == 0 and site.index().code == 0
    yield site
    site.remove()
    shutil.rmtree(folder)


def rows(site, study, profile='basic', code=0):
    got = site.cli('deid', 'report', study, '--deidentify', profile, '--format', 'csv')
    assert got.code == code, got
    table = list(csv.reader(io.StringIO(got.out, newline='')))
    assert table[0] == COLUMNS and all(len(r) == len(COLUMNS) for r in table)
    return [dict(zip(COLUMNS, r)) for r in table[1:]]


def plain(e):
    """A value as the report writes it; None: one that it sums up."""
    if e.value is None or e.is_empty:
        return ''
    if e.VR == 'SQ':
        return f'{len(e.value)} item{"s" * (len(e.value) > 1)}'
    if isinstance(e.value, bytes):
        return e.value.hex().upper() if len(e.value) <= 32 else None
    values = e.value if e.VM > 1 else [e.value]
    if e.VR == 'AT':
        return '\\'.join(f'{int(v):08X}' for v in values)
    return '\\'.join(str(v if e.VR == 'PN' else getattr(v, 'original_string', v)).strip() for v in values)


def listed(d, path=''):
    """{path: value} of a data set with its file meta information."""
    out = {}
    for e in [*getattr(d, 'file_meta', ()), *d]:
        here = f'{path}({e.tag.group:04X},{e.tag.element:04X})'
        if e.tag.element == 0:
            continue
        out[here] = plain(e)
        for n, item in enumerate(e.value if e.VR == 'SQ' else (), 1):
            out |= listed(item, f'{here}[{n}].')
    return out


def same(a, b):
    """Equal as text, or as numbers."""
    if a == b:
        return True
    try:
        return [float(x) for x in a.split('\\')] == [float(x) for x in b.split('\\')]
    except ValueError:
        return False


def archive(site, study, profile, tmp_path):
    out = tmp_path / 'a.zip'
    out.unlink(missing_ok=True)
    got = site.cli('zip', study, '-o', out, '--deidentify', profile, '--transfer-syntax', '*')
    assert got.code == 0, got
    with zipfile.ZipFile(out) as z:
        return [pydicom.dcmread(io.BytesIO(z.read(n))) for n in z.namelist()]


def missing(reports, column, dataset):
    """Values of a data set that no row has in that column."""
    have = {}
    for r in reports:
        have.setdefault(r['tag'], set()).add(r[column].removeprefix("'"))
    return {(p, v) for p, v in listed(dataset).items() if v is not None and not any(same(v, h) for h in have.get(p, ()))}


@pytest.mark.parametrize('study, profile', [(MARKED, 'basic'), (MARKED, 'dates'), (FORMS, 'basic'), (FORMS, 'dates')])
def test_no_value_is_missing(reported, tmp_path, study, profile):
    """Before: each value of the originals. After: each value that ?deidentify delivers, and nothing else."""
    table = rows(reported, study, profile)
    files = [pydicom.dcmread(f) for f in reported.roots['r'].rglob('*.dcm')]
    before = [d for d in files if d.StudyInstanceUID == study]
    after = archive(reported, study, profile, tmp_path)
    assert len(before) == len(after) > 0
    for d in before:
        assert missing(table, 'before', d) == set()
    for d in after:
        assert missing(table, 'after', d) == set()
    delivered = [listed(d) for d in after]
    for r in table:
        values = [d[r['tag']] for d in delivered if r['tag'] in d]
        if r['action'] == 'removed':
            assert len(values) < len(delivered), r
        else:
            assert any(v is None or same(v, r['after'].removeprefix("'")) for v in values), r


def test_actions(reported):
    basic, dates = ({r['tag']: r for r in rows(reported, MARKED, p)} for p in ('basic', 'dates'))
    assert [basic[t]['action'] for t in ('(0008,0018)', '(0008,0080)', '(0008,0050)', '(0010,0010)', '(7FE0,0010)',
                                         '(0012,0062)', '(0018,0050)', '(0009,1001)', '(0002,0016)')] == [
        'UID mapped', 'replaced', 'emptied', 'replaced', 'kept', 'added', 'kept', 'removed', 'removed']
    assert (basic['(0008,0020)']['action'], dates['(0008,0020)']['action']) == ('emptied', 'shifted')
    assert [basic[f'(0002,00{n})']['action'] for n in ('02', '03', '10', '12')] == ['kept', 'UID mapped', 'kept', 'replaced']
    assert basic['(0018,0050)']['keyword'] == 'SliceThickness' and basic['(0018,0050)']['vr'] == 'DS'
    assert basic['(0008,2218)[1].(0010,0010)']['before'] == 'ZZ7731'
    assert not basic['(0018,0050)']['note']


def test_free_text_that_stays_is_noted(reported):
    noted = [r for r in rows(reported, FORMS) if r['note']]
    assert [(r['tag'], r['action'], r['note'], r['before'], r['after']) for r in noted] == [
        ('(0008,0070)', 'kept', 'free text', 'ACME, "Imaging"', 'ACME, "Imaging"')]


def test_equal_changes_of_a_series_are_summed(reported):
    table = rows(reported, FORMS)
    mapped = [r for r in table if r['tag'] == '(0020,000D)']
    own = [r for r in table if r['tag'] == '(0008,0018)']
    assert sum(int(r['instances']) for r in mapped) == len(own) == 6 and len(mapped) < 6
    assert {r['first_instance'] for r in own} == {r['before'] for r in own}


def test_text_for_people(reported):
    got = reported.cli('deid', 'report', FORMS)
    assert got.out.startswith(f'Study {FORMS}\nProfile basic: basic\n\nSeries ')
    assert got.code == 0 and re.search(r'^\(0008,0018\) +SOPInstanceUID +UI +UID mapped +\d+ +', got.out, re.M)
    assert '6 instances: pixels of 6 kept' in got.out and '; 0 refused\n' in got.out
    assert 'free text that is kept: 1.' in got.out
    one = [line for line in got.out.splitlines() if line.startswith('(0008,0018)')]
    assert sum(int(re.search(r'mapped +(\d+)', line)[1]) for line in one) == 6


def test_refused_instances_are_named(reported):
    table = rows(reported, RISKY, code=1)
    refused = [r for r in table if r['action'] == 'refused']
    assert len(refused) == 1 and 'Burned In Annotation' in refused[0]['after']
    assert '; 1 refused\n' in reported.cli('deid', 'report', RISKY).out


@pytest.mark.parametrize('args, words', [
    (('1.2.3.4.99',), 'no such study'), (('no-uid',), 'Study Instance UID'),
    ((MARKED, '--deidentify', 'nobody'), 'no profile "nobody"'), ((MARKED, '--format', 'pdf'), 'pdf')])
def test_mistakes(reported, args, words):
    got = reported.cli('deid', 'report', *args)
    assert got.code == 2 and words in got.err and not got.out.startswith('Series')


def test_a_formula_is_not_executed(reported, tmp_path):
    """Spreadsheets run text that begins with an equals sign; numbers stay as they are."""
    del tmp_path
    d = pydicom.dcmread(next((reported.roots['r'] / 'forms').iterdir()))
    d.StudyInstanceUID = d.SeriesInstanceUID = d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = uid('formula')
    d.add(DataElement(0x00081030, 'LO', '=HYPERLINK("x")'))
    d.add(DataElement(0x00201041, 'DS', '-1.50'))
    d.add(DataElement(0x0040a730, 'SQ', Sequence([])))
    d.save_as(reported.roots['r'] / 'formula.dcm')
    assert reported.index().code == 0
    found = {r['tag']: r for r in rows(reported, uid('formula'))}
    assert found['(0008,1030)']['before'] == "'=HYPERLINK(\"x\")" and found['(0020,1041)']['before'] == '-1.50'
