# SPDX-License-Identifier: MIT
"""Studies of 100 to 100,000 instances of one pixel: what grows with their number, and how."""
import time

from bench import per
from corpus import GROWTH, corpus, uid
from fronts import fronts
from measure import Web
from subjects.retrieve import ZIP, warm


def index_once(site, name):
    """Indexes one root; gives seconds."""
    began = time.monotonic()
    done = site.index(corpus(name))
    if done.code:
        raise RuntimeError(f'index: {done}')
    return time.monotonic() - began


def indexing(bench, site, counts):
    bench.say('\nindexing into a growing catalogue, fsync on, deflated sizes recorded, once each')
    for count in counts:
        seconds = index_once(site, GROWTH[count])
        bench.fact(f'index {count}', count / seconds,
                   f'{count:7,} instances indexed in {seconds:8.2f} s{count / seconds:10.0f} files/s')


def measure(bench):
    counts = [n for n in GROWTH if not bench.quick or n <= 10000]
    if bench.quick:
        bench.missing('growth beyond 10,000 instances', 'BENCH_QUICK')
    with bench.site([GROWTH[n] for n in counts], index=False) as site:
        indexing(bench, site, counts)
        with fronts(site, bench.flood, ('lighttpd-socket', 'apache-fcgid')) as servers:
            cases = {}
            for count in counts:
                data, path = warm(corpus(GROWTH[count])), f'/dicom-web/studies/{uid(GROWTH[count])}'
                cases[f'{count}'] = Web(f'lighttpd, {count:,} stored', data, servers['lighttpd-socket'],
                                        f'{path}?compression=none', ZIP, bench.drain)
                cases[f'{count} auto'] = Web(f'lighttpd, {count:,} deflated (auto)', data, servers['lighttpd-socket'], path,
                                             ZIP, bench.drain)
                cases[f'{count} fcgid'] = Web(f'mod_fcgid, {count:,} stored', data, servers['apache-fcgid'],
                                              f'{path}?compression=none', ZIP, bench.drain)
                cases[f'{count} head'] = Web(f'lighttpd, {count:,} HEAD', 0, servers['lighttpd-socket'], path, ZIP,
                                             bench.drain, options=('-m', 'HEAD'))
            bench.measure('retrieve', 'retrieving them', cases)
    per_instance(bench, cases, counts)


def per_instance(bench, cases, counts):
    bench.say('\n  instances   us each, stored   deflated   mod_fcgid   HEAD   peak MB   first ms')
    for n in counts:
        each = [cases[f'{n}{kind}'].value() for kind in ('', ' auto', ' fcgid', ' head')]
        if None in each:
            continue
        us = [s / n * 1e6 for s in each]
        bench.say(f'  {n:9,}{us[0]:18.1f}{us[1]:11.1f}{us[2]:12.1f}{us[3]:7.1f}'
                  f'{cases[f"{n}"].value("peak", max) / 1e6:10.1f}{cases[f"{n}"].value("first_ms"):11.1f}')
    last = counts[-1]
    for kind, front in (('', 'lighttpd'), (' fcgid', 'mod_fcgid')):
        ratio = per(cases[f'{last}{kind}'], cases[f'1000{kind}'])
        bench.target(f'{front}, {last:,} instances: time each against 1,000', ratio and ratio * 1000 / last, 1.2,
                     at_least=False)
