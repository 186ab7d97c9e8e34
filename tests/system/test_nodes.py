# SPDX-License-Identifier: MIT
"""Two nodes, each with processes, spool and cache of its own, give every representation the same entity tag and bytes."""
import sys
from pathlib import Path

import harness
import pytest
from nodes import Node, node_of
from object_store import ObjectStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fault'))

import subjects  # noqa: E402

HOST = 'Host: images.example.org'  # metadata contain addresses
ASKED = list({(s.path, s.accept): s for s in subjects.subjects()}.values())


@pytest.fixture(scope='module')
def images():
    folder = harness.temporary('wznodes-')
    subjects.write(folder)
    yield folder
    harness.run('rm', '-r', folder)


@pytest.fixture(scope='module')
def nodes(pg, images, request):
    """Two of them with one catalogue."""
    store = ObjectStore().start() if request.param == 'object store' else None
    root, more = images, {}
    if store:
        store.put_tree('hospital', images)
        root, more = 's3://images/hospital', store.settings('r')
    site = harness.Site(pg, f'nodes_{request.param[:6]}', {'r': root}, lossy_conversion=1, **more).migrate()
    assert site.index().code == 0
    both = [Node(node_of(site)).start() for _ in range(2)]
    yield both
    for node in both:
        node.remove()
    site.remove()
    if store:
        store.stop()


def answer(node, subject, *options):
    got = node.server.get(subject.path, '--header', HOST, *options, accept=subject.accept)
    data = got.data
    got.body.unlink()
    return got.exit, got.status, got.headers.get('etag'), data


def cases():
    """All of a folder; of the object store one transfer syntax to convert to, as conversions do not know the source."""
    for kind in 'folder', 'object store':
        for subject in ASKED:
            if kind == 'folder' or not subject.name.startswith('compressed') or subject.name.endswith('JPEG-LS'):
                yield pytest.param(kind, subject, id=f'{kind}, {subject.name}')


@pytest.mark.parametrize('nodes, subject', cases(), indirect=['nodes'])
def test_same_entity_tag_and_bytes(nodes, subject):
    """The first node is asked twice: it then knows the sizes of converted members, as the second does by the catalogue."""
    first, second = nodes
    answer(first, subject)
    whole = answer(first, subject)
    assert whole[:2] == (0, 200) and whole[2], first.server.log()[-2000:]
    assert answer(second, subject) == whole, second.server.log()[-2000:]
    middle = len(whole[3]) // 2
    assert answer(second, subject, '--range', f'{middle}-', '--header', f'If-Range: {whole[2]}') == (
        0, 206, whole[2], whole[3][middle:])
