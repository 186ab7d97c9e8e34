# SPDX-License-Identifier: MIT
"""Two nodes, each with processes, spool and cache of its own, give every representation the same entity tag and bytes."""
import sys
from contextlib import contextmanager
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


@contextmanager
def two_nodes(pg, name, root, **settings):
    """With one catalogue."""
    site = harness.Site(pg, name, {'r': root}, lossy_conversion=1, **settings).migrate()
    assert site.index().code == 0
    both = [Node(node_of(site)).start() for _ in range(2)]
    yield both
    for node in both:
        node.remove()
    site.remove()


@pytest.fixture(scope='module')
def folder_nodes(pg, images):
    with two_nodes(pg, 'nodes_folder', images) as both:
        yield both


@pytest.fixture(scope='module')
def store_nodes(pg, images):
    store = ObjectStore().start()
    try:
        store.put_tree('hospital', images)
        with two_nodes(pg, 'nodes_store', 's3://images/hospital', **store.settings('r')) as both:
            yield both
    finally:
        store.stop()


def answer(node, subject, *options):
    got = node.server.get(subject.path, '--header', HOST, *options, accept=subject.accept)
    data = got.data
    got.body.unlink()
    return got.exit, got.status, got.headers.get('etag'), data


def assert_same(nodes, subject):
    """The first node is asked twice: it then knows the sizes of converted members, as the second does by the catalogue."""
    first, second = nodes
    answer(first, subject)
    whole = answer(first, subject)
    assert whole[:2] == (0, 200) and whole[2], first.server.log()[-2000:]
    assert answer(second, subject) == whole, second.server.log()[-2000:]
    middle = len(whole[3]) // 2
    assert answer(second, subject, '--range', f'{middle}-', '--header', f'If-Range: {whole[2]}') == (
        0, 206, whole[2], whole[3][middle:])


@pytest.mark.parametrize('subject', ASKED, ids=lambda s: s.name)
def test_images_in_a_folder(folder_nodes, subject):
    assert_same(folder_nodes, subject)


@pytest.mark.parametrize('subject', [s for s in ASKED if not s.name.startswith('compressed') or s.name.endswith('JPEG-LS')],
                         ids=lambda s: s.name)
def test_images_in_an_object_store(store_nodes, subject):
    """One transfer syntax to convert to: conversions do not know the source."""
    assert_same(store_nodes, subject)
