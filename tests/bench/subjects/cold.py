# SPDX-License-Identifier: MIT
"""A study whose files are not in the page cache, against cat of the same files; and three ways to read ahead.

The files are thrown out of the page cache before each sample; what lies beneath (the disk's or the hypervisor's own
caches) is not. Names and inodes stay cached.
"""
import os
import subprocess

from bench import per
from corpus import corpus, uid
from fronts import NAMES, fronts
from measure import Tool, Web
from subjects.retrieve import CORPORA, ZIP, put_static, warm

FRONTS = ('lighttpd-socket', 'apache-fcgid')
WAYS = {'none': 'no read-ahead', 'willneed': "posix_fadvise, the service's way", 'uring': 'io_uring, 16 reads of 256 KiB'}
LEFT = 0.01  # of the bytes may still be in memory after they have been thrown out
AGAINST_CAT = 1.3


def resident(files):
    """Bytes of files in the page cache."""
    out = subprocess.run(['fincore', '--bytes', '--noheadings', '--output', 'RES', *map(str, files)], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, check=True).stdout
    return sum(map(int, out.split()))


def evict(files, size):
    """Throws files out of the page cache, and makes sure of it."""
    for path in files:
        fd = os.open(path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    left = resident(files)
    if left > LEFT * size:
        raise RuntimeError(f'{left} of {size} bytes stay in the page cache')


def web(bench, name, data, server, front, key, prepare, least):
    title = {'stored': 'stored', 'auto': 'deflated (auto)'}[key]
    query = '?compression=none' if key == 'stored' else ''
    return Web(f'{front}, {title}', data, server, f'/dicom-web/studies/{uid(name)}{query}', ZIP, bench.drain,
               least=least if key == 'stored' else 1, prepare=prepare)


def one_corpus(bench, name, servers):
    files = sorted(p for p in corpus(name).rglob('*') if p.is_file())
    data = warm(corpus(name))

    def cold():
        evict(files, data)
    cases = {'cat warm': Tool('cat, cached', data, ['cat', *files], prepare=lambda: warm(corpus(name))),
             'cat': Tool('cat', data, ['cat', *files], prepare=cold)}
    for kind, server in servers.items():
        size = put_static(server, f'/studies/{uid(name)}', name)
        cases[f'stored {kind}'] = web(bench, name, data, server, NAMES[kind], 'stored', cold, size)
        cases[f'auto {kind}'] = web(bench, name, data, server, NAMES[kind], 'auto', cold, size)
    cases['warm'] = web(bench, name, data, servers[FRONTS[0]], 'lighttpd, cached', 'stored', lambda: warm(corpus(name)), size)
    names = bench.programs / f'{name}.txt'
    names.write_text(''.join(f'{p}\n' for p in files))
    for way, title in WAYS.items():
        cases[way] = Tool(title, data, ['sh', '-c', f'exec {bench.ahead} {way} < {names}'], prepare=cold)
    bench.measure(name, f'{name} ({CORPORA[name]}), not in the page cache; ratio: speed against cat', cases, 'cat')
    for kind in servers:
        bench.target(f'{name}: {NAMES[kind]} stored, time against cat', per(cases[f'stored {kind}'], cases['cat']), AGAINST_CAT,
                     at_least=False)
    decide(bench, name, cases)


def decide(bench, name, cases):
    gain, other = per(cases['none'], cases['willneed']), per(cases['willneed'], cases['uring'])
    if gain and other:
        bench.fact(f'{name} willneed', gain, f"reading ahead the service's way is {gain:.2f} times as fast as without,")
        bench.fact(f'{name} uring', other, f'io_uring {other:.2f} times as fast as the service\'s way: '
                   f'{"worth having" if other > 1.15 else "not worth its code"} for {name}')


def measure(bench):
    os.sync()
    names = ('ct', 'small') if bench.quick else ('ct', 'small', 'large')
    with bench.site(names) as site, fronts(site, bench.flood, FRONTS) as servers:
        for name in names:
            one_corpus(bench, name, servers)
