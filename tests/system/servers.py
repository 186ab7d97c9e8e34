# SPDX-License-Identifier: MIT
"""The web servers that the service lives behind, and the worker pool, each in a folder and on a port of its own."""
import os
import re
import shutil
import signal
import subprocess

import harness as h
from client import curl


class Server:
    """start() .. stop(); keeps its logs in `folder` until remove()."""

    name = 'server'

    def __init__(self, site):
        self.site = site
        self.folder = h.owned_by_web_user(h.temporary(f'wz{self.name}-'))
        self.port = h.free_port()
        self.base = f'http://127.0.0.1:{self.port}'
        self.process = self.pool = None
        self.docroot = h.owned_by_web_user(self.folder / 'www')

    def url(self, path='', prefix='/dicom-web'):
        return f'{self.base}{prefix}{path}'

    def study(self, uid, query=''):
        return self.url(f'/studies/{uid}{query}')

    def get(self, path, *args, prefix='/dicom-web', **options):
        return curl(self.url(path, prefix), *args, folder=self.folder, **options)

    def launch(self, *command, env=None):
        with open(self.folder / 'stderr', 'ab') as log:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, env={**os.environ, **(env or {})})
        try:
            h.wait_for(self.name, lambda: h.accepts(self.port), alive=self.process)
        except Exception as e:
            raise RuntimeError(f'{e}\n{self.log()}') from e
        return self

    def master(self):
        """Process id of the pool's master; None where the web server is in charge of the workers."""
        return self.pool.process.pid if self.pool else None

    def page(self):
        """A copy of the page that the web server's account can read."""
        return shutil.copytree(h.REPO / 'src' / 'page', self.folder / 'page', dirs_exist_ok=True)

    def workers(self):
        """Process ids of wadozip-fcgi that serve requests here."""
        parent = self.master() or self.process.pid
        return [p for p in h.children(parent) if h.command_of(p).endswith('wadozip-fcgi')]

    def stop(self, how=signal.SIGTERM):
        if self.process:
            h.end(self.process, how)
            self.process = None
        if self.pool:
            self.pool.stop()

    def remove(self):
        self.stop()
        if self.pool:
            self.pool.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        text = ''.join(f'--- {f}\n{f.read_text(errors="replace")}' for f in sorted(self.folder.glob('*')) if f.is_file()
                       and f.name in ('stderr', 'error.log'))
        return text + (self.pool.log() if self.pool else '')


class Pool:
    """wadozip-fcgi --listen: the worker pool on a unix socket."""

    def __init__(self, site, workers=8, **options):
        self.site = site
        self.folder = h.owned_by_web_user(h.temporary('wzpool-'))
        self.socket = self.folder / 'fcgi.sock'
        self.options = {'workers': workers, **options}
        self.process = None

    def start(self, env=None):
        user = ['setpriv', '--reuid', h.WEB_USER, '--regid', h.WEB_USER, '--init-groups'] if h.ROOT_USER else []
        command = [*user, self.site.bin / 'wadozip-fcgi', '--config', self.site.web_config, '--listen',
                   f'unix:{self.socket}', *h.Site.options(self.options)]
        with open(self.folder / 'stderr', 'ab') as log:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, env={**os.environ, **(env or {})})
        try:
            h.wait_for('wadozip-fcgi', lambda: self.socket.exists() and h.accepts(self.socket), alive=self.process)
        except Exception as e:
            raise RuntimeError(f'{e}\n{self.log()}') from e
        return self

    def workers(self):
        return [p for p in h.children(self.process.pid) if h.command_of(p).endswith('wadozip-fcgi')]

    def stop(self, how=signal.SIGTERM):
        """Returns the exit code."""
        code = h.end(self.process, how) if self.process else None
        self.process = None
        return code

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        log = self.folder / 'stderr'
        return f'--- {log}\n{log.read_text(errors="replace")}' if log.exists() else ''


def filled(template, **values):
    """A file of deploy/ with values put in: @PLACEHOLDERS@, or the literal text that a person would change."""
    text = (h.REPO / 'deploy' / template).read_text()
    for old, new in values.items():
        at = f'@{old}@'
        assert at in text, f'deploy/{template} has no {at}'
        text = text.replace(at, str(new))
    return text


def changed(template, changes):
    """A file of deploy/ after the changes that its comments ask for; each must find its text."""
    text = (h.REPO / 'deploy' / template).read_text()
    for old, new in changes.items():
        assert re.search(old, text), f'deploy/{template} has nothing like {old}'
        text = re.sub(old, str(new), text)
    return text


CONFIG = '/etc/wadozip/wadozip.conf'
PROGRAM = '/usr/local/bin/wadozip-fcgi'
SOCKET = '/run/wadozip/fcgi.sock'
ARCHIVES = '/var/cache/wadozip/conversions'
PAGE = '/usr/local/share/wadozip/page'


def kept_archives(site):
    """The folder of conversion_cache, if one is set."""
    folder = site.settings.get('conversion_cache')
    return [folder] if folder and folder != 'none' else []


class Lighttpd(Server):
    """mode 'spawned': lighttpd starts the pool (bin-path); 'socket': it talks to a Pool. From deploy/lighttpd."""

    name = 'lighttpd'

    def __init__(self, site, mode='spawned', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings
        self.before = ''  # what stands before deploy's settings

    def master(self):
        """The one that lighttpd has started; lighttpd's own id until then."""
        if self.mode == 'socket':
            return super().master()
        mine = (p for p in h.children(self.process.pid) if h.command_of(p).endswith('wadozip-fcgi'))  # parents first
        return next(mine, self.process.pid)

    def start(self):
        if self.mode == 'socket':
            self.pool = self.pool or Pool(self.site, workers=self.count)
            self.pool.start({'WADOZIP_SOCKET_BUFFER': '32K'})
            part = changed('lighttpd/wadozip-socket.conf', {SOCKET: self.pool.socket, PAGE: self.page()})
        else:
            part = changed('lighttpd/wadozip-spawned.conf', {
                PAGE: self.page(), PROGRAM: self.site.bin / 'wadozip-fcgi', f'{CONFIG} --workers [0-9]+",':
                f'{self.site.web_config} --workers {self.count}",', '/run/lighttpd/wadozip': self.folder / 'fcgi'})
        if self.site.settings.get('sendfile') == 'lighttpd':
            folders = ', '.join(f'"{p}"' for p in [*self.site.roots.values(),
                                                       self.site.settings['spool'] or h.default_spool(),
                                                       *kept_archives(self.site)])
            for old, new in {'#("x-sendfile" => "enable",)': r'\1',
                             r'#("x-sendfile-docroot" => \()[^)]*\)': rf'\1 {folders} )'}.items():
                assert re.search(old, part), old
                part = re.sub(old, new, part)
        (self.folder / 'wadozip.lighttpd.conf').write_text(f'{self.before}\n{part}')
        user = f'server.username = "{h.WEB_USER}"\nserver.groupname = "{h.WEB_USER}"' if h.ROOT_USER else ''
        (self.folder / 'lighttpd.conf').write_text(
            filled('lighttpd/private.conf', RUN=self.folder, PORT=self.port, USER=user, MORE=self.settings))
        return self.launch('/usr/sbin/lighttpd', '-D', '-f', self.folder / 'lighttpd.conf')


class Apache(Server):
    """mode 'fcgid': mod_fcgid starts the workers; 'proxy_fcgi': Apache talks to a Pool. From deploy/apache."""

    name = 'apache'

    def __init__(self, site, mode='fcgid', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings
        self.before, self.access = '', 'Require all granted'  # what stands before deploy's settings; who may enter

    def start(self):
        h.owned_by_web_user(self.folder / 'ipc')
        if self.mode == 'fcgid':
            part = changed('apache/wadozip-fcgid.conf', {
                PAGE: self.page(), PROGRAM: self.site.bin / 'wadozip-fcgi', '"/usr/local/bin"': f'"{self.site.bin}"',
                f'WADOZIP_CONFIG {CONFIG}': f'WADOZIP_CONFIG {self.site.web_config}',
                r'(FcgidM\w+Processes\w*) [0-9]+': rf'\1 {self.count}',
                'WADOZIP_WORKERS [0-9]+': f'WADOZIP_WORKERS {self.count}'})
        else:
            self.pool = self.pool or Pool(self.site, workers=self.count)
            self.pool.start()
            part = changed('apache/wadozip-proxy.conf', {f'unix:{SOCKET}\\|': f'unix:{self.pool.socket}|', PAGE: self.page()})
        (self.folder / 'wadozip.apache.conf').write_text(f'{self.before}\n{part}')
        user = f'User {h.WEB_USER}\nGroup {h.WEB_USER}' if h.ROOT_USER else ''
        more = f'<Directory "{self.docroot}">\nRequire all granted\n</Directory>\n{self.settings}'
        (self.folder / 'apache.conf').write_text(
            filled('apache/private.conf', RUN=self.folder, PORT=self.port, USER=user,
                   ACCESS=self.access, MORE=more))
        define = 'fcgid' if self.mode == 'fcgid' else 'proxy'
        return self.launch('/usr/sbin/apache2', '-D', 'FOREGROUND', '-D', define, '-f', self.folder / 'apache.conf')


class Nginx(Server):
    """It talks to a Pool by fastcgi_pass. From deploy/nginx. @SNIPPET@ in the settings is the shipped location's content."""

    name = 'nginx'

    def __init__(self, site, mode='socket', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings
        self.http2_port = h.free_port()  # without TLS a port of nginx 1.22 speaks one version of HTTP only

    def start(self):
        self.pool = self.pool or Pool(self.site, workers=self.count)
        self.pool.start()
        archives = kept_archives(self.site) or [ARCHIVES]
        part = changed('nginx/wadozip-socket.conf', {SOCKET: self.pool.socket, PAGE: self.page(), ARCHIVES: archives[0]})
        (self.folder / 'wadozip.nginx.conf').write_text(part)
        service = part[part.index('\nlocation ~ '):]
        more = self.settings.replace('@SNIPPET@', service[service.index('{') + 1:service.rindex('}')])
        return self.launch_nginx(f'listen 127.0.0.1:{self.http2_port} http2;\n{more}')

    def launch_nginx(self, settings):
        """Starts nginx with wadozip.nginx.conf of its folder and more settings of the server."""
        user = f'user {h.WEB_USER};' if h.ROOT_USER else ''
        (self.folder / 'nginx.conf').write_text(
            filled('nginx/private.conf', RUN=self.folder, PORT=self.port, USER=user, MORE=settings))
        # Without -e it opens its default log first.
        return self.launch('/usr/sbin/nginx', '-e', self.folder / 'error.log', '-c', self.folder / 'nginx.conf')

    def get(self, path, *args, prefix='/dicom-web', http='--http1.1', **options):
        url = self.url(path, prefix)
        if http == '--http2-prior-knowledge':
            url = url.replace(self.base, f'http://127.0.0.1:{self.http2_port}')
        return curl(url, *args, folder=self.folder, http=http, **options)


class Caddy(Server):
    """It talks to a Pool by reverse_proxy. From deploy/caddy."""

    name = 'caddy'

    def __init__(self, site, mode='socket', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings

    def start(self):
        self.pool = self.pool or Pool(self.site, workers=self.count)
        self.pool.start()
        (self.folder / 'wadozip.caddy.conf').write_text(
            changed('caddy/wadozip-socket.conf', {SOCKET: self.pool.socket, PAGE: self.page()}))
        (self.folder / 'caddy.conf').write_text(
            filled('caddy/private.conf', RUN=self.folder, PORT=self.port, MORE=self.settings))
        user = ['setpriv', '--reuid', h.WEB_USER, '--regid', h.WEB_USER, '--init-groups'] if h.ROOT_USER else []
        return self.launch(*user, '/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', self.folder / 'caddy.conf',
                           env={name: str(self.folder) for name in ('HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME')})


FRONT_ENDS = {'lighttpd-spawned': (Lighttpd, 'spawned'), 'lighttpd-socket': (Lighttpd, 'socket'),
              'apache-fcgid': (Apache, 'fcgid'), 'apache-proxy': (Apache, 'proxy_fcgi'), 'nginx': (Nginx, 'socket'),
              'caddy': (Caddy, 'socket')}


def front_end(kind, site, **options):
    """A server, not started, of one of the FRONT_ENDS."""
    make, mode = FRONT_ENDS[kind]
    return make(site, mode, **options)
