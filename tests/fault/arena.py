# SPDX-License-Identifier: MIT
"""Where trials take place: a web server with its pool, database, images and spool of its own, a relay that holds answers,
and the reverse proxies before it."""
import os
import shutil
from collections import namedtuple

import harness as h
import subjects
from hold import Hold
from proxies import proxy
from servers import Nginx, front_end

# When an answer without its end is over, mod_proxy_fcgi waits so many seconds for the next request before it closes.
APACHE = '''KeepAliveTimeout 1
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
Protocols h2c http/1.1
H2Direct on
'''
SPOOL = 96 << 20  # bytes of the file system that holds spool and cache, if it can be one of its own

VERSIONS = {'1.0': '--http1.0', '1.1': '--http1.1', '2': '--http2-prior-knowledge'}  # options of curl
PROXIES = ('nginx, defaults', 'nginx', 'HAProxy')
# mod_http2 keeps a stream open, past Apache's Timeout, if mod_proxy_fcgi's answer has ended without its end.
WITHOUT_HTTP2 = ('apache-proxy',)

# Web servers whose service has a conversion_cache; behind the others it keeps compressed forms in the spool.
WITH_CACHE = ('lighttpd-socket', 'apache-proxy')

# What a client connects to. relay: a Hold; base: the service's address; http: curl's option; proxy: a Server or None
Door = namedtuple('Door', 'relay base http proxy')


class Arena:
    """start() .. remove(). One trial at a time. `kind`: a front end, `proxies`: also reverse proxies before it."""

    def __init__(self, kind, proxies=True):
        self.kind, self.proxies = kind, PROXIES if proxies else ()
        self.mounted, self.server, self.relays, self.doors, self.touched = False, None, {}, {}, set()
        self.pg = h.Postgres().start()
        self.images = h.temporary('wzfault-')
        self.files = {p: (p.read_bytes(), p.stat()) for p in subjects.write(self.images)}
        self.spool = h.owned_by_web_user(h.temporary('wzspool-'))
        self._mount()
        folders = {name: h.owned_by_web_user(self.spool / name) for name in ('spool', 'cache')}
        self.site = h.Site(self.pg, 'fault', {'r': self.images}, spool=folders['spool'], lossy_conversion=1)
        folders['cache'].chmod(0o700)
        if self.kind in WITH_CACHE:
            self.site.write_config(conversion_cache=folders['cache'])

    def _mount(self):
        """A small file system for spool and cache, which can be full."""
        if h.ROOT_USER:
            done = h.run('mount', '-t', 'tmpfs', '-o', f'size={SPOOL},mode=755', 'wadozip-fault', self.spool)
            self.mounted = done.code == 0
            h.owned_by_web_user(self.spool)

    def start(self):
        self.site.migrate()
        done = self.site.index()
        if done.code:
            raise RuntimeError(f'index ended with {done.code}: {done.err}')
        more = APACHE if self.kind.startswith('apache') else ''
        self.server = front_end(self.kind, self.site, workers=4, settings=more).start()
        for version in VERSIONS:
            if version != '2' or self.kind not in WITHOUT_HTTP2:
                self._door(version, self.server)
        for name in self.proxies:
            self._door(name, self.server)
        return self

    def _door(self, name, server):
        """The relay itself, or a proxy that connects to it."""
        port = server.http2_port if name == '2' and isinstance(server, Nginx) else server.port
        if port not in self.relays:
            self.relays[port] = Hold(port)
        relay = self.relays[port]
        if name in VERSIONS:
            self.doors[name] = Door(relay, f'http://127.0.0.1:{relay.port}/dicom-web', VERSIONS[name], None)
        else:
            before = proxy(name, relay.port).start()
            self.doors[name] = Door(relay, f'{before.base}/dicom-web', VERSIONS['1.1'], before)

    def forget(self):
        """The state before a first request: nothing learned, nothing kept."""
        self.site.sql('TRUNCATE wadozip.conversion')
        for path in [*self.spool.glob('cache/*-[sd]'), *self.spool.glob('spool/wadozip-*-cache/*-[sd]')]:
            path.unlink(missing_ok=True)

    def busy_workers(self):
        """Those that serve a request: they have one socket more than the idle ones. All, if none stands out."""
        found = {pid: _sockets(pid) for pid in self.server.workers()}
        return [pid for pid, count in found.items() if count == max(found.values())]

    def helpers(self):
        """Process ids of wadozip-dicom here."""
        return [p for w in self.server.workers() for p in h.children(w) if h.command_of(p).endswith('wadozip-dicom')]

    def touch(self, path):
        """Names a file that is about to be damaged."""
        self.touched.add(path)
        return path

    def restore(self):
        """The damaged files as they were."""
        for path in self.touched:
            data, stat = self.files[path]
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            path.chmod(0o644)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self.touched.clear()

    def log(self):
        return self.server.log()

    def remove(self):
        for relay in self.relays.values():
            relay.close()
        for door in self.doors.values():
            if door.proxy:
                door.proxy.remove()
        if self.server:
            self.server.remove()
        self.site.remove()
        self.pg.remove()
        if self.mounted:
            h.run('umount', self.spool)
        shutil.rmtree(self.images, ignore_errors=True)
        shutil.rmtree(self.spool, ignore_errors=True)


def _sockets(pid):
    try:
        return sum(os.readlink(f'/proc/{pid}/fd/{fd}').startswith('socket:') for fd in os.listdir(f'/proc/{pid}/fd'))
    except OSError:
        return 0
