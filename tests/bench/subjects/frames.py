# SPDX-License-Identifier: MIT
"""1,000 frames of 512 x 512, one a request and ten a request, over one kept connection, beside the same bytes as static files.

Empty answer: a FastCGI program that answers without a body under the same settings, before lighttpd or mod_fcgid: what
a request costs before anything is looked up. Constant data: the same with as many bytes as a frame has.
"""
import subprocess

from bench import per
from corpus import corpus, uid
from fronts import NAMES, fronts, start_all, with_settings
from measure import Case

FRAME, FRAMES, GROUP = 512 * 512 * 2, 1000, 10
OCTETS = 'application/octet-stream'
KINDS = ('lighttpd-socket', 'apache-fcgid')
RATIO = 0.7


class Fetches(Case):
    """Requests one after the other by `fetch`."""

    def __init__(self, name, program, server, paths, accept='*/*', size=FRAMES * FRAME):
        super().__init__(name, size)
        self.command, self.paths = [program, str(server.port), accept], ''.join(f'{p}\n' for p in paths).encode()
        self.server = server

    def sample(self):
        done = subprocess.run(self.command, input=self.paths, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=600)
        if done.returncode:
            raise RuntimeError(f'{done.stderr[-1000:].decode()}\n{self.server.log()[-3000:]}')
        seconds, size, median, _ = done.stdout.split()
        if int(size) < self.size:
            raise RuntimeError(f'{int(size)} bytes instead of {self.size}')
        return {'seconds': float(seconds), 'bytes': int(size), 'first_ms': float(median)}


def instance(name, number):
    return f'/dicom-web/studies/{uid(name)}/series/{uid(name, 1)}/instances/{uid(name, 1, number)}'


def put_static(server):
    """Frames of the CT study and groups of ten of the multi-frame one as files; gives their paths."""
    for path in sorted(corpus('ct').iterdir()):
        (server.docroot / f'{int(path.stem)}.raw').write_bytes(path.read_bytes()[-FRAME:])
    with open(corpus('large') / '0.dcm', 'rb') as f:
        f.seek(-400 * FRAME, 2)
        for i in range(400 // GROUP):
            (server.docroot / f'g{i}.raw').write_bytes(f.read(GROUP * FRAME))


def cases_of(bench, kind, server):
    name, one = NAMES[kind], {}

    def add(key, title, paths, **options):
        one[f'{key} {kind}'] = Fetches(f'{name}, {title}', bench.fetch, server, paths, **options)
    numbers = [i % 500 for i in range(FRAMES)]
    groups = [i % (400 // GROUP) for i in range(FRAMES // GROUP)]
    add('static', 'static files', [f'/{i}.raw' for i in numbers])
    add('single', 'a frame each', [f'{instance("ct", i)}/frames/1' for i in numbers], accept=OCTETS)
    add('flood', 'constant data', [f'/flood?{FRAME}'] * FRAMES)
    add('empty', 'empty answer', ['/flood?0'] * FRAMES, size=0)
    add('static group', 'static files of ten', [f'/g{i}.raw' for i in groups])
    add('group', 'ten frames each', [f'{instance("large", 0)}/frames/' +
                                     ','.join(str(1 + i * GROUP + k) for k in range(GROUP)) for i in groups],
        accept=f'multipart/related; type="{OCTETS}"')
    return one


def sendfile_cases(bench, server):
    if not server:
        return {}
    all_of = cases_of(bench, KINDS[0], server)
    chosen = {f'sendfile {k}': all_of[f'{k} {KINDS[0]}'] for k in ('single', 'group')}
    for case in chosen.values():
        case.name += ', X-Sendfile2'
    return chosen


def measure(bench):
    with bench.site(['ct', 'large']) as site, \
            fronts(site, bench.flood, KINDS) as servers, \
            with_settings(bench, site, 'frames by X-Sendfile2', sendfile='lighttpd') as fast:
        for server in servers.values():
            put_static(server)
        start_all(servers['apache-fcgid'], [f'/dicom-web/studies/{uid("large")}', f'/flood?{1 << 30}'])
        cases = {}
        for kind, server in servers.items():
            cases |= cases_of(bench, kind, server)
        cases |= sendfile_cases(bench, fast)
        bench.measure('frames', '1,000 frames of 512 KB; "first ms" is the median of a request', cases,
                      base=f'static {KINDS[0]}')
        for kind in KINDS:
            for key, title in (('single', 'a frame each'), ('group', 'ten frames each')):
                bench.target(f'{NAMES[kind]}, {title}, compared with static files',
                             per(cases[f'static{" group" * (key == "group")} {kind}'], cases[f'{key} {kind}']), RATIO)
