# SPDX-License-Identifier: MIT
"""A CT study over a link of 1 Gb/s and of 100 Mb/s: stored against deflated with known lengths."""
from bench import per
from corpus import corpus, uid
from fronts import NAMES, fronts
from link import link, listen
from measure import Web
from subjects.retrieve import ZIP, put_static, warm

NAME = 'ct'
MBITS = (1000, 100)
FRONTS = ('lighttpd-socket', 'apache-fcgid')


def one_link(bench, link_, servers, data):
    path, cases = f'/studies/{uid(NAME)}', {}
    kinds = FRONTS if link_.mbit == MBITS[0] else FRONTS[:1]  # on a slower link the web server matters even less
    for kind in kinds:
        server, front = servers[kind], NAMES[kind]
        size = put_static(server, path, NAME)
        for key, what, least in (('none', f'/dicom-web{path}?compression=none', size), ('auto', f'/dicom-web{path}', 1),
                                 ('static', f'/{NAME}.zip', size)):
            title = {'none': 'stored', 'auto': 'deflated (auto)', 'static': 'static file, stored'}[key]
            cases[f'{key} {kind}'] = Web(f'{front}, {title}', data, server, what, ZIP, bench.drain, least=least,
                                         options=link_.options, under=link_.under)
    bench.measure(f'{link_.mbit}', f'{NAME} ({data / 1e6:.0f} MB) over {link_.mbit} Mb/s ({link_.how}); ratio: speed against '
                  'stored, lighttpd', cases, 'none lighttpd-socket')
    for kind in kinds:
        bench.target(f'{NAME}, {link_.mbit} Mb/s, {NAMES[kind]}: time of auto against none',
                     per(cases[f'auto {kind}'], cases[f'none {kind}']), 0.5, at_least=False)


def measure(bench):
    links = []
    data = warm(corpus(NAME))
    try:
        links += [link(mbit) for mbit in (MBITS[:1] if bench.quick else MBITS)]
        with bench.site([NAME]) as site, fronts(site, bench.flood, FRONTS, lambda kind, port: ''.join(
                listen(kind, x.address, port) for x in links)) as servers:
            for one in links:
                one_link(bench, one, servers, data)
    finally:
        for one in links:
            one.remove()
