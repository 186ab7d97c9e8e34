# SPDX-License-Identifier: MIT
"""A deflated CT study that conversion_cache keeps, sent by lighttpd and nginx themselves, beside their own static files.

The static files are the stored archive, which holds the same images, and the deflated one, which is the same bytes.
"""
from contextlib import contextmanager

import harness
from bench import per
from corpus import corpus, uid
from fronts import WORKERS
from measure import Web
from subjects.convert import cache_folder
from subjects.retrieve import ZIP, warm

KINDS = {'lighttpd-socket': 'lighttpd', 'nginx': 'nginx'}
CPU = 0.1  # seconds per GB of images
SHARE = {'lighttpd-socket': 1, 'nginx': 0.8}


@contextmanager
def handing(site, kind):
    site.write_config(sendfile=KINDS[kind])
    server = harness.front_end(kind, site, workers=WORKERS)
    server.beside = [site.pg.process]
    try:
        yield server.start()
    finally:
        server.remove()


def put_static(server, name, query):
    answer = server.get(f'/studies/{uid("ct")}{query}', accept=ZIP, out=server.docroot / name)
    if (answer.exit, answer.status) != (0, 200):
        raise RuntimeError(f'{server.name}: {answer}\n{server.log()}')
    (server.docroot / name).chmod(0o644)
    return answer.length


def cases_of(bench, server, kind, data):
    path, front = f'/dicom-web/studies/{uid("ct")}', KINDS[kind]
    stored, deflated = put_static(server, 'stored.zip', '?compression=none'), put_static(server, 'deflated.zip', '')

    def web(title, what, accept, least):
        return Web(f'{front}, {title}', data, server, what, accept, bench.drain, least=least)
    return {f'kept {kind}': web('deflated, kept', path, ZIP, deflated),
            f'stored {kind}': web('static file, stored', '/stored.zip', '*/*', stored),
            f'same {kind}': web('static file, deflated', '/deflated.zip', '*/*', deflated)}


def measure(bench):
    data = warm(corpus('ct'))
    with bench.site(['ct']) as site:
        site.write_config(conversion_cache=cache_folder(site))
        if site.index(prepare=True).code:
            raise RuntimeError('index --prepare')
        with handing(site, 'lighttpd-socket') as lighttpd, handing(site, 'nginx') as nginx:
            cases = {**cases_of(bench, lighttpd, 'lighttpd-socket', data), **cases_of(bench, nginx, 'nginx', data)}
            bench.measure('ct', 'ct, 500 instances, deflated and kept; ratio: speed against the stored archive as a static '
                          'file from lighttpd', cases, 'stored lighttpd-socket')
    for kind, front in KINDS.items():
        bench.target(f'{front}, kept, times as fast as its static file of the stored archive',
                     per(cases[f'stored {kind}'], cases[f'kept {kind}']), SHARE[kind])
        bench.target(f'{front}, kept, share of its static file of the same bytes',
                     per(cases[f'same {kind}'], cases[f'kept {kind}']), 0.8)
    cpu = cases['kept lighttpd-socket'].value('cpu')
    bench.target('lighttpd, kept: CPU s/GB of images', cpu and cpu / data * 1e9, CPU, at_least=False)
