# SPDX-License-Identifier: MIT
"""A study as one archive through each web server, beside what else could be done with the same bytes.

Page-cached. Static file: the same archive as one file from the same server. Constant data: a FastCGI program that sends
as many bytes from memory under the same settings, the ceiling of anything behind this server. One file read and sent: that
program reads the archive from a file, too, as whatever sends files must; it looks at nothing and computes nothing.
"""
import orthanc
from bench import per
from corpus import corpus, uid
from fronts import FRONTS, NAMES, fronts, start_all, with_settings
from measure import Tool, Web
from scripts import scripts

ZIP = 'application/zip'
MULTIPART = 'multipart/related; type="application/dicom"; transfer-syntax=*'
CORPORA = {'ct': '500 x 0.5 MB', 'small': '5,000 x 20 KB', 'large': '4 x 210 MB', 'jpll': '500 JPEG lossless'}
DEFLATED = ('ct', 'small')  # where deflating peers are measured: the large study takes minutes and tells the same
FORMS = {'ct': '', 'small': '', 'large': '', 'jpll': ';transfer-syntax=*'}
LONG = 1 << 30  # bytes of an answer that no buffer holds
STORED_AGAINST_MULTIPART = {'ct': 1.5, 'small': 2.5, 'large': 4}
STATIC = {'lighttpd-socket': 0.5, 'apache-fcgid': 0.6, 'apache-proxy': 0.6}


def warm(folder):
    """Reads every file once; gives the bytes."""
    return sum(len(p.read_bytes()) for p in sorted(folder.rglob('*')) if p.is_file())


def put_static(server, path, name):
    """The archive as a file beneath the document root; gives its size."""
    answer = server.get(f'{path}?compression=none', accept=ZIP + FORMS[name], out=server.docroot / f'{name}.zip')
    if (answer.exit, answer.status) != (0, 200):
        raise RuntimeError(f'{server.name}: {answer}\n{server.log()}')
    (server.docroot / f'{name}.zip').chmod(0o644)
    return answer.length


def service_cases(bench, name, data, servers, clients=1):
    cases, path, accept = {}, f'/studies/{uid(name)}', ZIP + FORMS[name]
    for kind, server in servers.items():
        front, size = NAMES[kind], put_static(server, path, name)

        def web(key, title, what, accept=accept, least=0, options=()):
            cases[f'{key} {kind}'] = Web(f'{front}, {title}', data, server, what, accept, bench.drain, least=least,
                                         clients=clients, options=options)
        web('stored', 'stored', f'/dicom-web{path}?compression=none', least=size)
        if name in DEFLATED or name == 'large':
            web('auto', 'deflated (auto)', f'/dicom-web{path}')
        web('static', 'static file', f'/{name}.zip', '*/*', size)
        web('flood', 'constant data', f'/flood?{size}', '*/*', size)
        web('reader', 'one file read and sent', f'/flood?{size}&{server.docroot}/{name}.zip', '*/*', size)
        if clients == 1 and name == 'ct' and kind == FRONTS[0]:
            web('copied', 'stored, copying client', f'/dicom-web{path}?compression=none', least=size, options=('-c',))
            web('copied static', 'static, copying client', f'/{name}.zip', '*/*', size, ('-c',))
        if clients == 1 and name == 'small':
            web('head', 'HEAD', f'/dicom-web{path}', options=('-m', 'HEAD'))
            cases[f'head {kind}'].size = 0
    return cases


def fast_path_cases(bench, name, data, server, clients=1):
    """The same service with sendfile = lighttpd. The header with the names of 5,000 files would be too long."""
    if not server or name == 'small':
        return {}
    path = f'/dicom-web/studies/{uid(name)}?compression=none'
    return {'sendfile': Web('lighttpd, stored, X-Sendfile2', data, server, path, ZIP + FORMS[name], bench.drain, least=data,
                            clients=clients)}


def orthanc_cases(bench, name, data, clients=1):
    peer = bench.orthanc(name)
    if not peer:
        return {}
    cases = {'archive': Web('Orthanc archive', data, peer, peer.archive(name), '*/*', bench.drain, clients=clients)}
    if orthanc.PLUGIN.exists():
        cases['multipart'] = Web('Orthanc multipart', data, peer, f'/dicom-web/studies/{uid(name)}', MULTIPART,
                                 bench.drain, least=data, clients=clients)
    else:
        bench.missing('Orthanc multipart', 'its DICOMweb plugin is not installed')
    return cases


def script_cases(bench, name, data, servers, clients=1):
    cases = {}
    for kind, server in servers.items():
        for method in ('store', 'deflate') if kind == 'archiver' and name in DEFLATED and clients == 1 else ('store',):
            title = {'zipfile': 'Python zipfile, wsgiref', 'archiver': 'npm archiver'}[kind]
            cases[f'{kind} {method}'] = Web(f'{title}, {method}', data, server, f'/{name}/{method}', '*/*', bench.drain,
                                            least=data if method == 'store' else 1, clients=clients)
    return cases


def tool_cases(bench, name, data, folder):
    cases = {'bsdtar': Tool('bsdtar, store, to nowhere', data, ['bsdtar', '--format', 'zip', '--options',
                                                              'zip:compression=store', '-cf', '-', '.'], folder)}
    for level in (0,) if name not in DEFLATED else (0, 1) if bench.quick else (0, 1, 6):
        cases[f'zip{level}'] = Tool(f'zip -{level}, to nowhere', data, ['zip', f'-{level}', '-q', '-r', '-', '.'], folder)
    return cases


def ceilings(bench, name, cases):
    for kind in FRONTS:
        front = NAMES[kind]
        bench.target(f'{name}: {front} stored, share of its ceiling',
                     per(cases[f'flood {kind}'], cases[f'stored {kind}']), 0.6 if name == 'small' else 0.85)
        bench.target(f'{name}: {front} stored, against a program that reads and sends one file',
                     per(cases[f'reader {kind}'], cases[f'stored {kind}']), 0.6 if name == 'small' else 0.85)
        if name in ('ct', 'large'):
            ceiling = per(cases['static lighttpd-socket'], cases[f'flood {kind}'])
            bench.target(f'{name}: {front} stored, share of a static file from lighttpd (ceiling: {ceiling or 0:.2f})',
                         per(cases['static lighttpd-socket'], cases[f'stored {kind}']), STATIC[kind])
    if 'sendfile' in cases:
        bench.target(f'{name}: X-Sendfile2, share of a static file from lighttpd',
                     per(cases['static lighttpd-socket'], cases['sendfile']), 0.95)


def memory(bench, name, cases):
    for form, limit in (('stored', 12), ('auto', 64)):
        peaks = [cases[f'{form} {kind}'].value('peak', max) for kind in FRONTS if f'{form} {kind}' in cases]
        if peaks:
            bench.target(f'{name}: peak MB of a worker, {"deflating" if form == "auto" else form}',
                         None if None in peaks else max(peaks) / 1e6, limit, at_least=False)


def against_orthanc(bench, name, cases):
    stored, auto = cases['stored lighttpd-socket'], cases.get('auto lighttpd-socket')
    if 'archive' in cases and name == 'ct':
        bench.target('ct: lighttpd stored, times as fast as Orthanc archive', per(cases['archive'], stored), 50)
    if 'archive' in cases and name in DEFLATED:
        times, larger = {'ct': (35, 1.10), 'small': (15, 1.05)}[name]
        bench.target(f'{name}: lighttpd deflated, times as fast as Orthanc archive', per(cases['archive'], auto), times)
        bench.target(f'{name}: deflated, size against Orthanc archive', per(auto, cases['archive'], 'bytes'), larger,
                     at_least=False)
    if 'multipart' in cases and name in STORED_AGAINST_MULTIPART:
        bench.target(f'{name}: lighttpd stored, times as fast as Orthanc multipart', per(cases['multipart'], stored),
                     STORED_AGAINST_MULTIPART[name])


def first_bytes(bench, cases):
    for kind in FRONTS:
        for key in ('stored', 'auto', 'head'):
            case = cases[f'{key} {kind}']
            bench.target(f'small: {case.name}: ms to the first byte', case.value('first_ms'), 10, at_least=False)


def one_client(bench, name, servers, fast, peers):
    data = warm(corpus(name))
    cases = {**service_cases(bench, name, data, servers), **fast_path_cases(bench, name, data, fast),
             **orthanc_cases(bench, name, data), **script_cases(bench, name, data, peers),
             **tool_cases(bench, name, data, corpus(name))}
    bench.measure(name, f'{name} ({CORPORA[name]}, {data / 1e6:.0f} MB), 1 client; ratio: speed against a static file from '
                  'lighttpd', cases, 'static lighttpd-socket')
    ceilings(bench, name, cases)
    against_orthanc(bench, name, cases)
    memory(bench, name, cases)
    if name == 'small':
        first_bytes(bench, cases)


def four_clients(bench, name, servers, fast, peers):
    data = warm(corpus(name))
    start_all(servers['apache-fcgid'], [f'/dicom-web/studies/{uid(name)}?compression=none', f'/flood?{LONG}'])
    cases = {**service_cases(bench, name, data, servers, 4), **fast_path_cases(bench, name, data, fast, 4),
             **orthanc_cases(bench, name, data, 4), **script_cases(bench, name, data, peers, 4)}
    cases.pop('zipfile store', None)  # wsgiref serves one client at a time
    bench.measure(f'{name} 4 clients', f'{name}, 4 clients at once; ratio: speed against a static file from lighttpd', cases,
                  'static lighttpd-socket')


def measure(bench):
    names = [n for n in CORPORA if not bench.quick or n in DEFLATED]
    if bench.quick:
        bench.missing('large, jpll and zip -6', 'BENCH_QUICK')
    with bench.site(names) as site, \
            with_settings(bench, site, 'X-Sendfile2', 'server.max-fds = 8192\n', sendfile='lighttpd') as fast, \
            fronts(site, bench.flood) as servers, scripts(bench, {n: corpus(n) for n in names}) as peers:
        for name in names:
            one_client(bench, name, servers, fast, peers)
        for name in DEFLATED if not bench.quick else ('ct',):
            four_clients(bench, name, servers, fast, peers)
        fast.remove()
