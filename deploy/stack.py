# SPDX-License-Identifier: MIT
"""The private service of `make run` (deploy/run): PostgreSQL and a web server in a folder under var/."""
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SAMPLES = Path('/usr/lib/python3/dist-packages/pydicom/data/test_files')
SERVERS = {'lighttpd': ('lighttpd', 'spawned'), 'lighttpd-socket': ('lighttpd', 'socket'),
           'apache': ('apache', 'fcgid'), 'apache-proxy': ('apache', 'proxy'), 'nginx': ('nginx', 'socket'),
           'caddy': ('caddy', 'socket')}
PLAIN = re.compile(r'[\w/.+@-]+', re.ASCII)  # lighttpd splits bin-path at spaces, Apache's settings have quotes and variables
LARGEST = '''SELECT st.uid, min(se.uid), min(i.uid) FROM wadozip.study st JOIN wadozip.series se ON se.study_id = st.id
    JOIN wadozip.instance i ON i.series_id = se.id GROUP BY st.uid ORDER BY count(*) DESC, st.uid LIMIT 1'''


class Problem(Exception):
    """What the person who called must know, in a sentence."""


class Stopped(Exception):
    """A signal asked for the end."""


class Signals:
    """INT, TERM and HUP end what is being done, but never between the start of a process and its being known."""

    def __init__(self):
        self.number, self.held = 0, False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._arrived)

    def _arrived(self, number, _frame):
        first, self.number = not self.number, self.number or number
        if first and not self.held:
            raise Stopped

    def __enter__(self):
        self.held = True

    def __exit__(self, *_):
        self.held = False
        if self.number:
            raise Stopped


class Node:
    """A web server and its workers. `folder`: their files; `port` and `socket`: their addresses; `name`: of their logs."""

    def __init__(self, stack, folder, port, socket_name='fcgi', name=''):
        self.stack, self.folder, self.port, self.name = stack, folder, port, name
        self.web, self.kind = stack.web, stack.kind
        self.socket, self.config = stack.sockets / socket_name, folder / 'wadozip.conf'

    def fill(self, settings):
        """Write the settings of the service and of the web server, and the page."""
        for name in ('www', 'page', 'ipc'):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)
        self.config.write_text(f'helper = {self.stack.state}/bin/wadozip-dicom\naccess = all\n{settings}'
                               f'{"socket_buffer = 32K" if self.web == "lighttpd" else ""}\n')
        for name, service in ('page', '../'), ('www', 'dicom-web/'):
            copy = Path(shutil.copytree(TOP / 'src' / 'page', self.folder / name, dirs_exist_ok=True)) / 'index.html'
            copy.write_text(copy.read_text().replace('name="service" content="../"', f'name="service" content="{service}"'))
        for name in (f'wadozip-{self.kind}.conf', 'private.conf'):
            (self.folder / f'{self.web}-{name}').write_text(self.filled(TOP / 'deploy' / self.web / name))
        (self.folder / f'{self.web}-wadozip-{self.kind}.conf').rename(self.folder / f'wadozip.{self.web}.conf')

    def filled(self, sample):
        """A shipped sample of the web server's settings, with our places instead of the usual ones."""
        text = sample.read_text()
        for usual, ours in (('/usr/local/bin', f'{self.stack.state}/bin'),
                            ('/usr/local/share/wadozip/page', f'{self.folder}/page'),
                            ('/etc/wadozip/wadozip.conf', f'{self.config}'),
                            ('/run/wadozip/fcgi.sock', f'{self.socket}'),
                            ('/run/lighttpd/wadozip', f'{self.socket}'), ('@RUN@', str(self.folder)),
                            ('@PORT@', str(self.port)), ('@USER@', ''), ('@ACCESS@', 'Require all granted'), ('@MORE@', '')):
            text = text.replace(usual, ours)
        return text

    def start(self):
        """Start the workers, if the web server does not spawn them, and the web server."""
        conf = self.folder / f'{self.web}-private.conf'
        if self.kind in ('socket', 'proxy'):
            self.stack.daemon(f'{self.name}pool', self.stack.state / 'bin' / 'wadozip-fcgi', '--config', self.config,
                              '--listen', f'unix:{self.socket}', '--drain', '3', ready=self.socket.exists)
        command = ['/usr/sbin/lighttpd', '-D', '-f', conf]
        if self.web == 'apache':
            command = ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-D', self.kind, '-f', conf]
        if self.web == 'nginx':
            command = ['/usr/sbin/nginx', '-e', self.folder / 'error.log', '-c', conf]
        if self.web == 'caddy':
            command = ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', conf]
        self.stack.daemon(self.name + self.web, *command, ready=lambda: listening(self.port))


class Stack:
    """One web server, one database, the images in their folder."""

    def __init__(self, signals):
        self.signals, self.started = signals, []  # newest first: the order in which they are stopped
        self.state = self.sockets = self.lock = self.postgres = None
        self.nodes, self.daemons = [], {}
        server = os.environ.get('SERVER') or 'lighttpd'
        if server not in SERVERS:
            raise Problem(f'SERVER is one of {", ".join(SERVERS)}, not {server}')
        self.name, (self.web, self.kind) = server, SERVERS[server]
        self.port = port_number(os.environ.get('PORT') or '8080')
        self.build = TOP / (os.environ.get('BUILD') or 'build')
        self.dicom = Path(os.environ.get('DICOM') or SAMPLES)
        self.user = pwd.getpwuid(os.geteuid())
        self.prefix = ['setsid', 'setpriv', '--pdeathsig', 'INT']
        if os.geteuid() == 0:
            self.become(os.environ.get('RUN_USER') or os.environ.get('SUDO_USER') or 'www-data')

    def become(self, name):
        try:
            self.user = pwd.getpwnam(name if name != 'root' else 'www-data')
        except KeyError as e:
            raise Problem(f'there is no user {name}') from e
        self.prefix += ['--reuid', str(self.user.pw_uid), '--regid', str(self.user.pw_gid), '--init-groups']

    # --- processes: as the service's user, apart from the terminal, ended by the kernel if this one is killed ---

    def start(self, *command, log=None, **env):
        with self.signals:
            self.started.insert(0, subprocess.Popen(
                self.prefix + [str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.state or '/', env={**os.environ, 'HOME': str(self.state), **env}))
        return self.started[0]

    def run(self, *command, log=None, **env):
        process = self.start(*command, log=log, **env)
        code = process.wait()
        self.started.remove(process)
        return code

    def daemon(self, name, *command, ready):
        """Starts a server and waits until ready() says so."""
        path = self.state / 'log' / name
        with open(path, 'ab') as log:
            self.daemons[name] = process = self.start(*command, log=log)
        end = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                sys.stderr.write(path.read_text(errors='replace')[-2000:])
                raise Problem(f'{name} does not run; its log is {path}')
            time.sleep(0.05)

    def stop(self):
        for process in self.started:
            for how in (signal.SIGINT, signal.SIGTERM):
                if process.poll() is None:
                    process.send_signal(how)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.kill_group(process)
        # Workers that a web server left in the middle of an answer: none may outlive this script.
        for link in Path('/proc').glob('[0-9]*/exe') if self.state else ():
            try:
                if Path(os.readlink(link)).parent == self.state / 'bin':
                    os.kill(int(link.parts[2]), signal.SIGKILL)
            except OSError:
                pass
        if self.sockets:
            shutil.rmtree(self.sockets, ignore_errors=True)

    @staticmethod
    def kill_group(process):
        """What a server left behind that was killed."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass

    def can(self, test, path):
        return self.run('test', test, path, log=subprocess.DEVNULL) == 0

    # --- the steps ---

    def check(self):
        if listening(self.port):
            raise Problem(f'something listens on port {self.port} already; choose another one with PORT=...')
        for name in ('wadozip', 'wadozip-fcgi', 'wadozip-dicom'):
            if not os.access(self.build / name, os.X_OK):
                raise Problem(f'{self.build / name} is not there; run make')
        if not self.dicom.is_dir():
            raise Problem(f'DICOM={self.dicom} is not a folder')
        self.dicom = self.dicom.resolve()
        if not self.can('-r', self.dicom) or not self.can('-x', self.dicom):
            raise Problem(f'{self.user.pw_name} cannot read {self.dicom}; allow it, or say as root with RUN_USER=NAME who can')

    def give(self, *paths):
        """To the service's user."""
        if os.geteuid() == 0:
            for path in paths:
                for one in [path, *path.rglob('*')]:
                    os.chown(one, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def reason_against(self, state):
        """Why the state cannot lie there, as in root's own folder; null if it can, and then the folder is made."""
        if not PLAIN.fullmatch(str(state)):
            return f"settings of web servers take {TOP} apart, or for something else"
        state.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(state.parent, TOP.stat().st_uid, TOP.stat().st_gid)  # its owner may run it without sudo
            os.chown(state, self.user.pw_uid, self.user.pw_gid)
            if not self.can('-w', state):
                shutil.rmtree(state)
                return f'{self.user.pw_name} may not enter {TOP}'
        return None

    def make_state(self):
        state = TOP / 'var' / f'{self.name}-{self.port}'
        reason = self.reason_against(state)
        if reason:
            state = Path(f'/var/tmp/wadozip-{zlib.crc32(bytes(state)):08x}')
            state.mkdir(exist_ok=True)
            if state.is_symlink() or state.stat().st_uid not in (0, self.user.pw_uid):
                raise Problem(f'{state} belongs to {state.owner()}')
            print(f'{reason}: everything lies in {state}', file=sys.stderr)
        self.lock = open(state / 'lock', 'w', encoding='ascii')
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise Problem(f'it runs already ({state} is locked)') from e
        self.state = state
        self.sockets = Path(tempfile.mkdtemp(prefix='wadozip-', dir='/tmp'))  # paths of sockets end at 107 bytes
        self.fill_state()

    def fill_state(self):
        for name in ('bin', 'log'):
            shutil.rmtree(self.state / name, ignore_errors=True)
            (self.state / name).mkdir()
        for name in ('wadozip', 'wadozip-fcgi', 'wadozip-dicom'):
            shutil.copy(self.build / name, self.state / 'bin')
        images = self.state / 'images'
        if not images.exists() or images.read_bytes() != bytes(self.dicom):
            self.forget_images()
        images.write_bytes(bytes(self.dicom))
        self.fill_nodes()
        self.give(self.state, self.sockets)

    def forget_images(self):
        """Of the last run, which were others."""
        shutil.rmtree(self.state / 'pg', ignore_errors=True)

    def fill_nodes(self):
        self.nodes = [Node(self, self.state, self.port)]
        self.nodes[0].fill(f'database = {self.conninfo("web")}\nroot.images = {self.dicom}\n')

    def conninfo(self, user, database='wadozip'):
        return f'host={self.sockets} dbname={database} user={user} connect_timeout=5'

    def sql(self, database, *commands, check=True):
        """Rows of the last command, or null if it failed and that is no problem."""
        done = subprocess.run(['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', *[x for c in commands for x in ('-c', c)],
                               self.conninfo('owner', database)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=None if check else subprocess.DEVNULL, check=False,
                              env={**os.environ, 'PGOPTIONS': '-c client_min_messages=warning'})
        if done.returncode and check:
            raise Problem('the database does not do as it should')
        return None if done.returncode else [line.split('|') for line in done.stdout.decode().splitlines()]

    def start_postgres(self):
        found = sorted(Path('/usr/lib/postgresql').glob('*/bin/postgres'), key=lambda p: int(p.parts[-3]))
        if not found:
            raise Problem('PostgreSQL is not installed; run deploy/packages run')
        self.postgres = found[-1]
        data, complete = self.state / 'pg', self.state / 'pg' / 'complete'
        if not complete.exists():
            shutil.rmtree(data, ignore_errors=True)
            self.logged('initdb', self.postgres.with_name('initdb'), '-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8',
                        '--locale=C')
            complete.touch()
        self.start_database('postgres', data, ready=lambda: self.sql('postgres', 'SELECT 1', check=False))
        if not self.sql('postgres', "SELECT 1 FROM pg_database WHERE datname = 'wadozip'"):
            self.sql('postgres', 'CREATE ROLE web LOGIN', 'CREATE DATABASE wadozip')

    def start_database(self, name, data, *options, ready):
        settings = ['listen_addresses=', f'unix_socket_directories={self.sockets}', 'log_timezone=UTC', *options]
        self.daemon(name, self.postgres, '-D', data, *[x for s in settings for x in ('-c', s)], ready=ready)

    def logged(self, name, *command, **env):
        """Run a command that must succeed; its output goes to a log of this name."""
        with open(self.state / 'log' / name, 'wb') as log:
            if self.run(*command, log=log, **env):
                raise Problem(f'{name} failed; its log is {log.name}')

    def wadozip(self, *arguments, log=None):
        return self.run(self.state / 'bin' / 'wadozip', '--config', self.nodes[0].config, *arguments, log=log,
                        WADOZIP_DATABASE=self.conninfo('owner'))

    def index(self):
        with open(self.state / 'log' / 'migrate', 'wb') as log:
            if self.wadozip('migrate', log=log):
                raise Problem(f'the schema could not be made; the log is {log.name}')
        self.sql('wadozip', 'GRANT wadozip_reader TO web')
        print(f'indexing {self.dicom}', file=sys.stderr, flush=True)
        # 1: some files were refused; each was named.
        if self.wadozip('index', *self.index_options(), log=sys.stderr) > 1:
            raise Problem('indexing failed')
        largest = self.sql('wadozip', LARGEST)
        if not largest:
            raise Problem(f'there is no DICOM instance in {self.dicom}')
        return largest[0]

    def index_options(self):
        return '--prune', self.dicom

    def start_web(self):
        for node in self.nodes:
            node.start()

    def tell(self, study, series, instance):
        base = f'http://127.0.0.1:{self.port}'
        one = f'{base}/dicom-web/studies/{study}/series/{series}/instances/{instance}'
        print(f'''ready {base}/

A whole study as ZIP, a series of it by the address alone, one instance as it is stored:
  curl -OJ -H 'Accept: application/zip' {base}/dicom-web/studies/{study}
  curl -OJ '{base}/wado/studies/{study}/series/{series}?accept=application/zip'
  curl -OJ -H 'Accept: application/dicom; transfer-syntax=*' {one}
Logs: {self.logs()}    Ctrl-C stops everything.''', flush=True)

    def logs(self):
        return f'{self.state}/error.log and {self.state}/log/'

    def watch(self):
        """Until a server ends."""
        while all(p.poll() is None for p in self.started):
            time.sleep(0.5)

    def serve(self):
        self.check()
        self.make_state()
        self.start_postgres()
        largest = self.index()
        self.start_web()
        self.tell(*largest)
        self.watch()
        raise Problem(f'a server has ended; see {self.logs()}')


def port_number(text):
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Problem(f'PORT is a number from 1 to 65535, not {text}')
    return int(text)


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(('127.0.0.1', port)) == 0
