# SPDX-License-Identifier: MIT
"""Retrieve Capabilities (PS3.18 8.9): check-list 33. Whatever the document lists works, through every web server."""
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from urllib.parse import quote

import harness
import pytest

WADL = '{http://wadl.dev.java.net/2009/02}'
XML, JSON, ZIP = 'application/vnd.sun.wadl+xml', 'application/json', 'application/zip'
# What an element may hold, in the order that the schema of WADL gives (2009-02-02, appendix B).
HOLDS = {'application': 'doc grammars resources resource_type method representation param',
         'resources': 'doc resource', 'resource': 'doc param method resource', 'method': 'doc request response',
         'request': 'doc param representation', 'response': 'doc param representation', 'representation': 'doc param',
         'param': 'doc option link', 'option': 'doc', 'doc': ''}
EXTENSIONS = {'accept', 'names', 'filename', 'compression', 'manifest', 'dicomdir'}
# Each has a test in test_http.py, test_checklist.py, test_fronts.py or test_limits.py.
STATUSES = {200, 204, 206, 304, 400, 401, 404, 406, 410, 412, 413, 414, 416, 429, 500, 503}


def fetch(front, kind, **options):
    answer = front.get('/', accept=kind, method='OPTIONS', **options)
    assert (answer.status, answer.headers['content-type']) == (200, kind), answer
    assert answer.length == len(answer.data) and {'GET', 'HEAD', 'OPTIONS'} <= set(answer.headers['allow'].split(', '))
    return answer


@pytest.fixture(scope='module')
def tree(front):
    return ElementTree.fromstring(fetch(front, XML).data)


@pytest.fixture(scope='module')
def paths(expected, whole):
    one = expected[whole][0]
    return {'Study': f'/studies/{whole}', 'Series': f'/studies/{whole}/series/{one.series}',
            'Instance': f'/studies/{whole}/series/{one.series}/instances/{one.sop}',
            'Bulkdata': f'/studies/{whole}/series/{one.series}/instances/{one.sop}/bulkdata/7FE00010',
            'Frames': f'/studies/{whole}/series/{one.series}/instances/{one.sop}/frames/1',
            'FramesRendered': f'/studies/{whole}/series/{one.series}/instances/{one.sop}/frames/1/rendered',
            'StudyRendered': f'/studies/{whole}/rendered',
            'SeriesThumbnail': f'/studies/{whole}/series/{one.series}/thumbnail',
            'StudyMetadata': f'/studies/{whole}/metadata',
            'SeriesMetadata': f'/studies/{whole}/series/{one.series}/metadata',
            'InstanceMetadata': f'/studies/{whole}/series/{one.series}/instances/{one.sop}/metadata'}


def found(tree, name):
    return list(tree.iter(WADL + name))


def by_id(tree, name):
    return {e.get('id'): e for e in found(tree, name) if e.get('id')}


def options(param):
    return [o.get('value') for o in param.findall(WADL + 'option')]


def parameters(tree):
    """Query parameters of retrieval and the values that their sentence names."""
    return {p.get('name'): p.find(WADL + 'doc').get('title').rsplit('values: ', 1)[1].split(', ')
            for p in found(tree, 'param') if p.get('style') == 'query' and p.get('id')}


def media_types(tree, level):
    """What GET gives at a level."""
    method = by_id(tree, 'method')[f'Retrieve{level}']
    ids = [r.get('href')[1:] for r in method.find(WADL + 'response').findall(WADL + 'representation')]
    return [by_id(tree, 'representation')[i].get('mediaType') for i in ids]


def test_document_is_sound(front, tmp_path):
    path = tmp_path / 'capabilities.wadl'
    path.write_bytes(fetch(front, XML).data)
    assert harness.run('xmllint', '--noout', path).code == 0
    tree = ElementTree.parse(path).getroot()
    assert tree.tag == WADL + 'application' and 'Supplement 211' in tree.find(WADL + 'doc').get('title')
    ids = [e.get('id') for e in tree.iter() if e.get('id')]
    assert len(ids) == len(set(ids))
    for e in tree.iter():
        order = HOLDS[e.tag.removeprefix(WADL)].split()
        places = [order.index(c.tag.removeprefix(WADL)) for c in e]
        assert places == sorted(places), (e.tag, e.attrib)
        assert not e.get('href') or e.get('href')[1:] in ids, e.attrib


def plain(element):
    """The element as the JSON form has it."""
    held = dict(element.attrib)
    for child in element:
        held.setdefault(child.tag.removeprefix(WADL), []).append(plain(child))
    return held


def listed(value):
    """A lone object is a run of one."""
    if not isinstance(value, dict):
        return value
    return {k: [listed(x) for x in (v if isinstance(v, list) else [v])] if isinstance(v, (list, dict)) else v
            for k, v in value.items()}


@pytest.mark.parametrize('prefix', ['/dicom-web', '/wado'])
def test_both_forms_say_the_same_of_this_prefix(front, prefix):
    tree = ElementTree.fromstring(fetch(front, XML, prefix=prefix).data)
    assert tree.find(WADL + 'resources').get('base') == prefix
    assert listed(json.loads(fetch(front, JSON, prefix=prefix).data)) == {'application': [plain(tree)]}


def test_forms_and_conditions(front):
    assert front.get('/', accept='*/*', method='OPTIONS').headers['content-type'] == XML
    assert front.get(f'/?accept={JSON}', accept='*/*', method='OPTIONS').headers['content-type'] == JSON
    assert front.get('/', accept='image/png', method='OPTIONS').status == 406
    first = fetch(front, XML)
    again = front.get('/', accept=XML, method='OPTIONS', headers={'If-None-Match': first.headers['etag']})
    assert (again.status, again.data) == (304, b'')


def test_every_media_type_works_where_it_is_listed(front, tree, paths):
    everywhere = set(options(by_id(tree, 'param')['accept-header']))
    assert {ZIP, 'multipart/related; type="application/dicom"', 'application/dicom'} <= everywhere
    for level, path in paths.items():
        offered = media_types(tree, level)
        assert offered and set(offered) <= everywhere
        for media in everywhere:
            # transfer-syntax=* is a parameter of octets, too.
            has = any(o == media or o.startswith(media + ';') or media == o + '; transfer-syntax=*' for o in offered)
            wanted = [(200, media.split(';')[0])] if has else [(406, 'text/html'), (406, JSON)]
            for answer in (front.get(path, accept=media),
                           front.get(f'{path}?accept={quote(media, safe="")}', accept='*/*'),
                           front.get(path, accept=media, method='HEAD')):
                assert (answer.status, answer.headers['content-type'].split(';')[0]) in wanted, (media, answer)
                answer.body.unlink()


def test_every_transfer_syntax_is_known(front, tree, paths):
    uids = options(by_id(tree, 'param')['transfer-syntax'])
    assert {'*', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.90'} <= set(uids)
    assert not {'1.2.840.10008.1.2', '1.2.840.10008.1.2.2'} & set(uids)
    for uid in uids:
        answer = front.get(paths['Instance'], accept=f'application/dicom;transfer-syntax={uid}')
        assert answer.status == 200 or answer.status == 406 and 'not known' not in answer.text, (uid, answer)
    assert 'not known' in front.get(paths['Instance'], accept='application/dicom;transfer-syntax=1.2.3').text


def test_every_query_parameter_works(front, tree, paths):
    """As listed, and nothing else of the kind: values that are not listed are refused, other parameters are ignored."""
    known = parameters(tree)
    assert set(known) >= EXTENSIONS
    path = paths['Instance']
    for name, values in known.items():
        closed = all(re.fullmatch(r'\w+', v) for v in values)
        for value in values if closed else {'accept': [ZIP], 'filename': ['x y.zip'], 'charset': ['UTF-8', 'x'],
                                                'window': ['40,400'], 'viewport': ['20,10'], 'quality': ['50'],
                                                'deidentify': []}[name]:
            answer = front.get(f'{path}?{name}={quote(value)}', accept=ZIP)
            assert (answer.status, answer.headers['content-type']) == (200, ZIP), (name, value, answer)
        if closed:
            assert front.get(f'{path}?{name}=other', accept=ZIP).status == 400, name
    tags = [front.get(path + q, accept=ZIP, method='HEAD').headers['etag'] for q in ('', '?names=uid', '?level=9')]
    assert tags[0] == tags[2] != tags[1]
    named = front.get(path + '?filename=x%20y.zip', accept=ZIP, method='HEAD')
    assert named.headers['content-disposition'] == 'attachment; filename="x_y.zip"'
    assert front.get(path + '?anonymize=true', accept=ZIP).status == 400


@pytest.mark.parametrize('asked', ['deidentify=basic', 'deidentify=', 'DeIdentify', 'anonymize=no'])
def test_identified_data_is_never_sent_in_place_of_deidentified(front, paths, asked):
    searches = {'SearchStudies': '/studies', 'SearchSeries': '/series', 'SearchInstances': '/instances',
                'CountStudies': '/studies/count', 'SearchSeriesOfStudy': paths['Study'] + '/series',
                'ZipOfSearch': '/studies?limit=1', 'StudyZip': paths['Study'] + '.zip'}
    for name, path in {**paths, **searches}.items():
        for method in ('GET', 'HEAD'):
            answer = front.get(f'{path}{"&" if "?" in path else "?"}{asked}', accept=None, method=method)
            assert answer.status == 400, (name, answer)
            assert method == 'HEAD' or re.search(b'de-?identif', answer.data), (name, answer)


@pytest.mark.parametrize('method', ['GET', 'HEAD'])
def test_every_header_is_heeded(front, tree, paths, method):
    name = {'GET': 'RetrieveInstance', 'HEAD': 'CheckInstance'}[method]
    asked = by_id(tree, 'method')[name].find(WADL + 'request')
    offered = {p.get('name') for p in asked.findall(WADL + 'param') if p.get('style') == 'header'}
    old, new = 'Sat, 01 Jan 2000 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT'
    tests = {'If-Match': ('"x"', 412), 'If-None-Match': ('*', 304), 'If-Modified-Since': (new, 304),
             'If-Unmodified-Since': (old, 412), 'Range': ('bytes=0-9', 206), 'If-Range': ('"x"', 200)}
    assert offered == {h for h in tests if method == 'GET' or h not in ('Range', 'If-Range')}
    for header in offered:
        value, status = tests[header]
        given = {header: value, **({'Range': 'bytes=0-9'} if header == 'If-Range' else {})}
        assert front.get(paths['Instance'], accept=ZIP, method=method, headers=given).status == status, header


# What deploy/conformance.md says is not offered (table 1.2): below an instance, and elsewhere.
NOT_OFFERED = ('/bulkdata', '/pixeldata')


def search_path(tree, paths, method):
    """The address of the resource that has a method."""
    parents = {child: parent for parent in tree.iter() for child in parent}
    path, at = '', parents[method]
    while at.tag == WADL + 'resource':
        path, at = f'/{at.get("path")}{path}', parents[at]
    _, _, study, _, series, *_ = paths['Instance'].split('/')
    return path.replace('{study}', study).replace('{series}', series)


def test_every_search_works_with_its_keys(front, tree, paths):
    """All media types and all parameters that are listed; keys of other levels are refused."""
    searches = {i: m for i, m in by_id(tree, 'method').items() if re.match('(SearchFor|Count)', i)}
    assert len(searches) == 12
    every = {p.get('name') for m in searches.values() for p in m.iter(WADL + 'param') if p.get('name')}
    for name, method in searches.items():
        path = search_path(tree, paths, method)
        types = [by_id(tree, 'representation')[r.get('href')[1:]].get('mediaType')
                 for r in method.find(WADL + 'response').findall(WADL + 'representation')]
        for kind in types:
            # Some of the files cannot be decoded here.
            answer = front.get(path, accept=kind + ';transfer-syntax=*' * (kind == ZIP))
            assert (answer.status, answer.headers['content-type'].split(';')[0]) == (200, kind.split(';')[0]), (path, answer)
            answer.body.unlink()
        asked = {p.get('name') for p in method.iter(WADL + 'param') if p.get('style') == 'query'}
        keys = {k for k in every if k[0].isupper() and not k.startswith('If-')}
        assert {'limit', 'offset', 'fuzzymatching', 'includefield'} <= asked and len(asked) > 6
        for key in keys & asked:
            assert front.get(f'{path}?{key}=', accept='*/*').status == 200, (path, key)
        if 'Studies' in name:
            for key in keys - asked:
                assert front.get(f'{path}?{key}=1', accept='*/*').status == 400, (path, key)


def test_conformance_statement_is_of_this_service(front, tree, paths):
    """Check-list 34: whatever the capabilities list is in it, and no other status."""
    text = (harness.REPO / 'deploy' / 'conformance.md').read_text()
    statement = set(re.findall(r'`([^`]+)`', text))
    codes = {int(c) for c in re.findall(r'^\| (\d{3}) \|', text, re.M)}
    assert codes == STATUSES | {405}
    for param in found(tree, 'param'):
        if param.get('name'):
            assert param.get('style') == 'template' or param.get('name') in statement, param.attrib
        assert set(options(param)) - {'*'} <= statement, set(options(param)) - statement
    for values in parameters(tree).values():
        assert all(v in statement for v in values if re.fullmatch(r'\w+', v)), values
    assert {r.get('mediaType') for r in found(tree, 'representation') if r.get('mediaType')} <= statement
    assert 'never adopted' in text and 'not a complete WADO-RS server' in re.sub(r'\s+', ' ', text)
    absent = [paths[level] + end for level in ('Study', 'Series', 'Instance') for end in NOT_OFFERED]
    for path in absent:
        assert front.get(path, accept='*/*').status == 404, path
    for path in ['/studies', paths['Study'] + '/series']:
        assert front.get(path, accept='*/*').status == 200, path


def test_conformance_statement_lists_every_representation(tree):
    """Table 3.2 has a row for each row of http/offer.c, and others of frames and rendered images."""
    text = (harness.REPO / 'deploy' / 'conformance.md').read_text()
    table = text.split('### 3.2 Media types')[1].split('\n- ')[0]
    rows = re.findall(r'^\| `([^`]+)` \|(.*)$', table, re.M)
    left = Counter(name for name, _ in rows)
    left.subtract(r.get('mediaType') for i, r in by_id(tree, 'representation').items() if i.startswith('media-'))
    assert len(rows) > 10 and min(left.values()) >= 0, [name for name, n in left.items() if n < 0]
    for name in +left:
        assert any(n == name and re.search(r'frames|rendered', rest) for n, rest in rows), name


def test_every_status_has_a_test(tree):
    reported = {int(s) for r in found(tree, 'response') for s in r.get('status').split()}
    assert reported == STATUSES
