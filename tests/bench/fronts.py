# SPDX-License-Identifier: MIT
"""The service behind each web server, with a constant-data program beside it under the same settings: the ceiling."""
import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import harness
from servers import CONFIG, PROGRAM, SOCKET
from slow import held

FRONTS = ('lighttpd-socket', 'apache-fcgid', 'apache-proxy')
NAMES = {'lighttpd-socket': 'lighttpd', 'apache-fcgid': 'mod_fcgid', 'apache-proxy': 'mod_proxy_fcgi'}
WORKERS = 4
URL = '^/(dicom-web|wado|s)(/|$)'


class Flood:
    """The constant-data program, as many processes on a socket as the service has."""

    def __init__(self, program, sndbuf=0):
        self.folder = harness.owned_by_web_user(harness.temporary('wzflood-'))
        self.socket = self.folder / 's'
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.socket))
            self.socket.chmod(0o777)
            s.listen(64)
            self.processes = [subprocess.Popen([program], stdin=s, env={**os.environ, 'BENCH_SNDBUF': str(sndbuf)})
                              for _ in range(WORKERS)]

    def remove(self):
        for process in self.processes:
            harness.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def shipped(file, **changes):
    """A file of deploy/ with texts replaced, each of which must be there."""
    text = (harness.REPO / 'deploy' / file).read_text()
    for old, new in changes.items():
        assert old in text, f'deploy/{file} has no {old}'
        text = text.replace(old, str(new))
    return text


def program_part(file, **changes):
    """shipped() without the folder of the page, which only one program of a server can have."""
    text = shipped(file, **changes)
    return text[:text.index('# The page for people')]


def flood_settings(kind, program, flood):
    """What the service's own part of the web server's settings says, for /flood."""
    if kind == 'lighttpd-socket':
        text = program_part('lighttpd/wadozip-socket.conf', **{URL: '^/flood', SOCKET: flood.socket})
        return re.sub('^server.modules.*\n', '', text, flags=re.M)
    if kind == 'apache-proxy':
        return shipped('apache/wadozip-proxy.conf', **{
            '^/(dicom-web|wado|s)(/|$)': '^/flood', SOCKET: flood.socket, 'fcgi://wadozip/': 'fcgi://flood/'})
    text = shipped('apache/wadozip-fcgid.conf', **{
        f'ScriptAlias /dicom-web {PROGRAM}': f'ScriptAlias /flood {program}', f'ScriptAlias /wado {PROGRAM}': '',
        '"/usr/local/bin"': f'"{Path(program).parent}"', '"wadozip-fcgi"': f'"{Path(program).name}"',
        f'FcgidInitialEnv WADOZIP_CONFIG {CONFIG}': ''})
    # The other directives are the whole server's; two programs need twice the processes.
    return (re.sub('^Fcgid.*\n', '', text, flags=re.M) + f'FcgidMaxProcesses {2 * WORKERS}\n'
            '<Location /flood>\nRequire all granted\n</Location>\n')


def start_all(server, paths):
    """Has mod_fcgid start all the processes: where all that there are are busy it lets a request wait for a second, and
    starts one more only if none is free then. paths: of long answers, one a program."""
    for path in paths:
        with held(server, path, WORKERS):
            pass


@contextmanager
def fronts(site, program, kinds=FRONTS, settings=lambda kind, port: ''):
    """{kind: server}, started; each with /flood?BYTES beside the service, on a socket or spawned likewise, and with what
    settings() gives. The costs of the database are counted to a server's."""
    started = {}
    try:
        for kind in kinds:
            flood = None if kind == 'apache-fcgid' else Flood(program, 32768 if kind == 'lighttpd-socket' else 0)
            server = harness.front_end(kind, site, workers=WORKERS)
            server.settings = flood_settings(kind, program, flood) + settings(kind, server.port)
            server.flood, server.beside = flood, [*(flood.processes if flood else []), site.pg.process]
            started[kind] = server
            server.start()
        yield started
    finally:
        for server in started.values():
            server.remove()
            if server.flood:
                server.flood.remove()


@contextmanager
def with_settings(bench, site, what, more='', **settings):
    """lighttpd before a pool with settings of its own; None, and `what` reported as missing, where there are no such ones."""
    unknown = [name for name in settings if not bench.knows(site, name)]
    if unknown:
        bench.missing(what, f'the programs have no setting "{unknown[0]}"')
        yield None
        return
    site.write_config(**settings)
    server = harness.front_end('lighttpd-socket', site, workers=WORKERS, settings=more)
    server.beside = [site.pg.process]
    try:
        server.start()
        site.write_config(**dict.fromkeys(settings))
        yield server
    finally:
        server.remove()
