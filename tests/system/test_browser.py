# SPDX-License-Identifier: MIT
"""Downloads by a real browser: Chromium with its own Accept header, its own ranges and its own idea of resuming."""
import random

import pytest
from chromium import Chromium
from cut import Cut

CUTS = 50


@pytest.fixture(scope='module')
def browser():
    with Chromium() as browser:
        yield browser


@pytest.fixture
def body(front, whole):
    answer = front.get(f'/studies/{whole}', accept='application/zip')
    assert (answer.exit, answer.status) == (0, 200), (answer, front.log())
    return answer.data


def link(port, study):
    return f'http://127.0.0.1:{port}/dicom-web/studies/{study}?accept=application/zip'


def complete(browser, seconds=600):
    """Waits for the download, pressing Resume whenever the browser offers it. Its bytes."""
    browser.wait(lambda: browser.finished() or browser.click('Resume') and False, seconds)
    return browser.taken()


def test_link(front, browser, body, whole):
    """Check-list 2: a link with ?accept= downloads a ZIP, whatever the browser says it accepts."""
    with Cut(front.port, []) as relay:
        browser.visit(link(relay.port, whole))
        assert complete(browser) == body
        head = next(a for a in relay.asked if b'/studies/' in a)
    assert b'\r\nAccept: text/html' in head and b'application/zip' not in head.split(b'\r\n', 1)[1]


def test_paused_and_resumed(front, browser, body, whole):
    """Check-list 27: paused by a person; the connection is lost meanwhile; resumed by Range with If-Range."""
    with Cut(front.port, [len(body) // 2], stall=True) as relay:
        browser.visit(link(relay.port, whole))
        browser.wait(lambda: browser.received() > 0)
        browser.wait(lambda: browser.click('Pause'))
        relay.go.set()
        assert complete(browser) == body
        assert relay.used >= 2
        later = [a for a in relay.asked if b'\r\nRange: bytes=' in a]
        assert later and all(b'\r\nIf-Range: "' in a for a in later), relay.asked


def test_cut_fifty_times(front, browser, body, whole):
    """Check-list 27: fifty cuts at random offsets in one download."""
    rng = random.Random(front.kind)
    with Cut(front.port, [rng.randrange(1, len(body) // CUTS) for _ in range(CUTS)]) as relay:
        browser.visit(link(relay.port, whole))
        assert complete(browser) == body
        assert relay.used > CUTS
