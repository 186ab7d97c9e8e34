# SPDX-License-Identifier: MIT
"""A hundred hostile clients at every front end, while a polite one downloads and HEAD is answered: tests/fault/hostile.py.
And whether a request waits for one download while another worker has nothing to do.
"""
import sys
import threading

import harness
import pytest
from downloads import STUDY, Slow, at_work, in_time, vault, vault_site  # noqa: F401
from servers import FRONT_ENDS

sys.path.append(str(harness.REPO / 'tests' / 'fault'))

import hostile  # noqa: E402


@pytest.fixture(scope='module')
def site(pg):
    with hostile.hostile_site(pg) as made:
        yield made


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_a_polite_client_gets_everything(site, kind):
    faults, _, reported = hostile.try_front(kind, site, seconds=0)
    assert not faults, (reported, faults[:5])


# mod_fcgid keeps no queue: it has a 503 for a request that finds no idle process.
@pytest.mark.parametrize('kind', [k for k in FRONT_ENDS if k != 'apache-fcgid'])
@pytest.mark.parametrize('ends', [0, 1])
def test_nobody_waits_for_a_certain_download(vault_site, vault, kind, ends):
    """Both workers are busy when requests come. Whichever is free first answers all of them."""
    server = harness.front_end(kind, vault_site, workers=2).start()
    downloads, answers = [], []

    def ask():
        answers.append(server.get(f'/studies/{STUDY}', '--max-time', harness.PATIENCE, accept='application/zip', method='HEAD'))

    asking = [threading.Thread(target=ask) for _ in range(6)]
    try:
        for count in 1, 2:
            downloads.append(Slow(server))
            downloads[-1].wait_for_bytes(1)
            downloads[-1].hold()
            at_work(server, vault, count)
        for thread in asking:
            thread.start()
        assert in_time(5, lambda: waiting_at(server.port) >= len(downloads) + len(asking))
        downloads[ends].close()
        for thread in asking:
            thread.join()
        assert [(a.exit, a.status) for a in answers] == [(0, 200)] * len(asking), server.log()
    finally:
        for one in downloads:
            one.close()
        server.remove()


def waiting_at(port):
    """Connections to a port of this machine that a server has accepted."""
    with open('/proc/net/tcp', encoding='ascii') as f:
        rows = [line.split() for line in f][1:]
    return sum(row[1].endswith(f':{port:04X}') and row[3] == '01' and row[9] != '0' for row in rows)
