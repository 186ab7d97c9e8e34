"""The web servers that the service lives behind, and the worker pool, each in a folder and on a port of its own."""
import os
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

    def workers(self):
        """Process ids of wadozip-fcgi that serve requests here."""
        parent = self.pool.process if self.pool else self.process
        return [p for p in h.children(parent.pid) if h.command_of(p).endswith('wadozip-fcgi')]

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


class Lighttpd(Server):
    """mode 'spawned': lighttpd starts the workers (bin-path); 'socket': it talks to a Pool."""

    name = 'lighttpd'

    def __init__(self, site, mode='spawned', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings

    def start(self):
        if self.mode == 'socket':
            self.pool = self.pool or Pool(self.site, workers=self.count)
            self.pool.start()
            where = f'"socket" => "{self.pool.socket}"'
        else:
            where = (f'"socket" => "{self.folder}/fcgi", "max-procs" => {self.count}, "bin-path" => '
                     f'"{self.site.bin}/wadozip-fcgi --config {self.site.web_config}"')
        back_end = f'(( {where}, "check-local" => "disable" ))'
        user = f'server.username = "{h.WEB_USER}"\nserver.groupname = "{h.WEB_USER}"\n' if h.ROOT_USER else ''
        (self.folder / 'lighttpd.conf').write_text(f'''
server.modules = ( "mod_fastcgi" )
server.document-root = "{self.docroot}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.errorlog = "{self.folder}/error.log"
server.upload-dirs = ( "{self.folder}" )
server.stream-response-body = 2
{user}fastcgi.server = ( "/dicom-web" => {back_end}, "/wado" => {back_end} )
{self.settings}
''')
        return self.launch('/usr/sbin/lighttpd', '-D', '-f', self.folder / 'lighttpd.conf')


class Apache(Server):
    """mode 'fcgid': mod_fcgid starts the workers; 'proxy_fcgi': Apache talks to a Pool."""

    name = 'apache'
    modules = ('mpm_event', 'authz_core', 'alias', 'env', 'setenvif', 'unixd')

    def __init__(self, site, mode='fcgid', workers=4, settings=''):
        super().__init__(site)
        self.mode, self.count, self.settings = mode, workers, settings

    def start(self):
        if self.mode == 'fcgid':
            modules, part = ('fcgid',), self._fcgid()
        else:
            self.pool = self.pool or Pool(self.site, workers=self.count)
            self.pool.start()
            modules, part = ('proxy', 'proxy_fcgi'), self._proxy()
        load = ''.join(f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n' for m in self.modules + modules)
        user = f'User {h.WEB_USER}\nGroup {h.WEB_USER}\n' if h.ROOT_USER else ''
        (self.folder / 'apache.conf').write_text(f'''
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
PidFile {self.folder}/pid
DefaultRuntimeDir {self.folder}
Mutex file:{self.folder}
ErrorLog {self.folder}/error.log
DocumentRoot {self.docroot}
{load}{user}
<Directory />
  Require all granted
</Directory>
{part}
{self.settings}
''')
        return self.launch('/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', self.folder / 'apache.conf')

    def _fcgid(self):
        script = f'{self.site.bin}/wadozip-fcgi'
        return f'''
FcgidIPCDir {h.owned_by_web_user(self.folder / 'ipc')}
FcgidProcessTableFile {self.folder}/shm
FcgidMaxProcesses {self.count}
FcgidMaxProcessesPerClass {self.count}
FcgidBusyTimeout 86400
FcgidIOTimeout 3600
FcgidInitialEnv WADOZIP_CONFIG {self.site.web_config}
ScriptAlias /dicom-web {script}
ScriptAlias /wado {script}
<Directory "{self.site.bin}">
  SetHandler fcgid-script
  Options +ExecCGI
  Require all granted
</Directory>
'''

    def _proxy(self):
        target = f'unix:{self.pool.socket}|fcgi://wadozip/'
        return f'''
SetEnv ap_trust_cgilike_cl 1
<LocationMatch "^/(dicom-web|wado)(/|$)">
  SetHandler "proxy:{target}"
</LocationMatch>
'''


FRONT_ENDS = {'lighttpd-spawned': (Lighttpd, 'spawned'), 'lighttpd-socket': (Lighttpd, 'socket'),
              'apache-fcgid': (Apache, 'fcgid'), 'apache-proxy': (Apache, 'proxy_fcgi')}


def front_end(kind, site, **options):
    """A server, not started, of one of the four FRONT_ENDS."""
    make, mode = FRONT_ENDS[kind]
    return make(site, mode, **options)
