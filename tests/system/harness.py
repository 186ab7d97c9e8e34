# SPDX-License-Identifier: MIT
"""What the system tests stand on: a private PostgreSQL, sites (settings, roots, catalogue) and web servers in front.

Everything listens on loopback or unix sockets, lives in temporary folders and is stopped by the process id that was
started. Programs come from $WADOZIP_BUILD (default: build/).
"""
import atexit
import hashlib
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('WADOZIP_BUILD', REPO / 'build')).resolve()
ROOT_USER = os.geteuid() == 0
WEB_USER = 'www-data'  # of the web servers and their workers when the tests run as root
PATIENCE = 120  # seconds for what takes a moment: they end a hang, no test passes or fails by them on a slow machine

# lighttpd opens all files of an answer at once; root's raises its limit to as many, others may have 1024.
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(FILES[0], min(FILES[1], 4096)), FILES[1]))

Result = namedtuple('Result', 'code out err')


def program(name):
    path = BUILD / name
    if not path.exists():
        raise FileNotFoundError(f'{path} is not built: run make')
    return path


def run(*command, timeout=5 * PATIENCE, check=False, **options):
    """Runs a command without a shell or standard input; Result with its exit code and output as text."""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False, **options)
    result = Result(done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace'))
    if check and result.code:
        raise RuntimeError(f'{command} ended with {result.code}:\n{result.out}{result.err}')
    return result


def temporary(prefix='wz-'):
    """A new folder with a short path (unix sockets: 107 bytes) that the web servers' user may enter, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir='/tmp'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return folder


_kept = []  # sockets of free_port()


def free_port():
    """A port of 127.0.0.1 for a server: nobody else gets it while this process lives, as a socket that does not listen is
    bound to it. Servers bind theirs beside that one, for all of them say SO_REUSEADDR."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', 0))
    _kept.append(s)
    return s.getsockname()[1]


def wait_for(what, condition, seconds=PATIENCE, alive=None):
    """Waits until condition() is true; fails when time is over or `alive`, a Popen, has ended."""
    end = time.monotonic() + seconds
    while not condition():
        if alive and alive.poll() is not None:
            raise RuntimeError(f'{what}: process ended with {alive.returncode}')
        if time.monotonic() > end:
            raise TimeoutError(f'{what}: not after {seconds} s')
        time.sleep(0.02)


def accepts(address):
    """Whether something listens at a port of 127.0.0.1 (a number) or a unix socket (a path)."""
    family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
    with socket.socket(family) as s:
        s.settimeout(1)
        try:
            s.connect(('127.0.0.1', address) if isinstance(address, int) else str(address))
            return True
        except OSError:
            return False


def alive(pid):
    """Whether a process exists and one of its threads is more than a zombie: until then it has its files and locks."""
    try:
        threads = os.listdir(f'/proc/{pid}/task')
    except OSError:
        return False
    return any(thread_alive(pid, thread) for thread in threads)


def thread_alive(pid, thread):
    try:
        return Path(f'/proc/{pid}/task/{thread}/stat').read_text().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def children(pid):
    """Process ids of all descendants."""
    parents = {}
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            text = Path(f'/proc/{name}/stat').read_text()
        except OSError:
            continue
        parents.setdefault(int(text.rsplit(')', 1)[1].split()[1]), []).append(int(text.split()[0]))
    found, look = [], [pid]
    while look:
        below = parents.get(look.pop(), [])
        found += below
        look += below
    return found


def command_of(pid):
    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')[0].decode()
    except OSError:
        return ''


def end(process, how=signal.SIGTERM, seconds=PATIENCE):
    """Ends a Popen and whatever it has left behind; returns its exit code."""
    below = children(process.pid)
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in below:
        if alive(pid) and command_of(pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    return process.returncode


class Postgres:
    """A private server on a unix socket only. Started as user postgres when the tests run as root."""

    WEB_ROLE = 'web'

    def __init__(self, fsync=False, settings=None):
        self.folder = temporary('wzpg-')
        self.log = self.folder / 'log'
        self.settings = {'listen_addresses': '', 'unix_socket_directories': str(self.folder), 'max_connections': 300,
                         'fsync': 'on' if fsync else 'off', 'synchronous_commit': 'on' if fsync else 'off',
                         'full_page_writes': 'on' if fsync else 'off', 'log_timezone': 'UTC',
                         'dynamic_shared_memory_type': 'mmap',  # /dev/shm of a container may be small
                         **(settings or {})}
        self.process = None
        versions = sorted(Path('/usr/lib/postgresql').glob('*/bin/postgres'), key=lambda p: int(p.parts[-3]))
        self.bin = versions[-1].parent
        self._as = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] if ROOT_USER else []
        if ROOT_USER:
            shutil.chown(self.folder, 'postgres', 'postgres')
        run(*self._as, self.bin / 'initdb', '-D', self.folder / 'data', '-U', 'postgres', '-A', 'trust', '-N',
            '-E', 'UTF8', '--locale=C', check=True, cwd='/')

    def start(self):
        options = [o for k, v in self.settings.items() for o in ('-c', f'{k}={v}')]
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([*self._as, str(self.bin / 'postgres'), '-D', str(self.folder / 'data'),
                                             *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/')
        wait_for('postgres', lambda: run('psql', '-XAtc', 'select 1', self.conninfo('postgres')).code == 0,
                 alive=self.process)
        if not self.query('postgres', f"SELECT 1 FROM pg_roles WHERE rolname = '{self.WEB_ROLE}'"):
            self.query('postgres', f'CREATE ROLE {self.WEB_ROLE} LOGIN')
        return self

    def stop(self, how=signal.SIGINT):
        """SIGINT: connections are ended, data is written (fast); SIGQUIT: as if the machine had crashed."""
        if self.process:
            end(self.process, how)
            self.process = None

    def restart(self, how=signal.SIGINT):
        self.stop(how)
        return self.start()

    def remove(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def conninfo(self, database, user='postgres'):
        return f'host={self.folder} dbname={database} user={user}'

    def createdb(self, name):
        self.query('postgres', f'CREATE DATABASE "{name}"')
        return self.conninfo(name)

    def query(self, database, sql):
        """Rows as lists of strings."""
        out = run('psql', '-XAtq', '-F', '\x1f', '-v', 'ON_ERROR_STOP=1', '-c', sql, self.conninfo(database),
                  check=True).out
        return [line.split('\x1f') for line in out.splitlines()]

    def _log_statements(self, which):
        """All backends know when a new one does: the server starts it after it has informed the others."""
        self.query('postgres', f"ALTER SYSTEM SET log_statement = '{which}'")
        self.query('postgres', 'SELECT pg_reload_conf()')
        wait_for('log_statement', lambda: self.query('postgres', 'SHOW log_statement') == [[which]])

    @contextmanager
    def statements_logged(self):
        """Logs every statement within; gives a function that returns what was logged so far."""
        self._log_statements('all')
        before = self.log.stat().st_size
        try:
            yield lambda: self.log.read_bytes()[before:].decode(errors='replace')
        finally:
            self._log_statements('none')


class Site:
    """Settings, roots and a database of its own: everything a service needs but a web server."""

    def __init__(self, pg, name, roots, **settings):
        self.pg, self.name = pg, name
        self.roots = {k: v if str(v).startswith('s3://') else Path(v) for k, v in roots.items()}
        self.folder = temporary('wzsite-')
        self.config = self.folder / 'wadozip.conf'
        self.web_config = self.folder / 'web.conf'  # the same for the responder, which only has the reader's rights
        self.bin = self._programs()
        # Seconds enough for a busy machine: where a helper's time is over is what tests of that setting say. Downloads are
        # not limited: tests hold as many as there are workers.
        self.settings = {'database': pg.createdb(name), 'access': 'all', 'helper': str(self.bin / 'wadozip-dicom'),
                         'helper_seconds': '600', 'max_downloads': '0', 'max_downloads_per_client': '0',
                         'spool': str(owned_by_web_user(self.folder / 'spool')), **settings}
        self.write_config()

    def _programs(self):
        """Copies, when root: the web servers' user may not be allowed into the folder where they were built."""
        if not ROOT_USER:
            return BUILD
        folder = self.folder / 'bin'
        folder.mkdir()
        for name in ('wadozip', 'wadozip-fcgi', 'wadozip-dicom'):
            shutil.copy(program(name), folder / name)
        return folder

    def write_config(self, **settings):
        """Writes the settings, with changes; a value of None removes one."""
        self.settings.update(settings)
        lines = [f'{k} = {v}\n' for k, v in self.settings.items() if v is not None]
        lines += [f'root.{k} = {v}\n' for k, v in self.roots.items()]
        self.config.write_text(''.join(lines))
        web = self.pg.conninfo(self.name, self.pg.WEB_ROLE)
        self.web_config.write_text(''.join(lines).replace(self.pg.conninfo(self.name), web))

    def cli(self, *args, timeout=600, check=False, env=None):
        return run(self.bin / 'wadozip', '--config', self.config, *args, timeout=timeout, check=check,
                   env={**os.environ, **(env or {})})

    def migrate_to(self, version):
        """The schema as a program of that version left it."""
        for path in sorted((REPO / 'sql').glob('[0-9]*.sql'))[:version]:
            text = path.read_text()
            self.sql(f'BEGIN; SET LOCAL search_path = wadozip, pg_temp; {text};'
                     f" INSERT INTO schema_version (version, name, checksum) VALUES ({int(path.name[:3])}, '{path.name}',"
                     f" '{hashlib.sha256(text.encode()).hexdigest()}'); COMMIT")

    def migrate(self):
        self.cli('migrate', check=True)
        self.sql(f'GRANT "{self.name}_reader" TO {self.pg.WEB_ROLE}')
        return self

    @staticmethod
    def options(given):
        """prune=True -> --prune, jobs=2 -> --jobs 2"""
        return [o for k, v in given.items() if v is not False
                for o in ([f'--{k.replace("_", "-")}'] + ([] if v is True else [str(v)]))]

    def index(self, *paths, **options):
        return self.cli('index', *self.options(options), *(paths or self.roots.values()))

    def zip(self, what, out, **options):
        return self.cli('zip', *self.options(options), what, '-o', out)

    def count(self, study):
        """Instances of a study in the catalogue."""
        return int(self.sql('SELECT count(*) FROM wadozip.instance i JOIN wadozip.series s ON s.id = i.series_id '
                            f"JOIN wadozip.study t ON t.id = s.study_id WHERE t.uid = '{study}'")[0][0])

    def sql(self, query):
        return self.pg.query(self.name, query)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def default_spool():
    """Where workers that a web server starts have their temporary files."""
    return Path(f'/var/tmp/wadozip-{pwd.getpwnam(WEB_USER).pw_uid if ROOT_USER else os.geteuid()}')


def give_to_web_user(path):
    if ROOT_USER:
        user = pwd.getpwnam(WEB_USER)
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def owned_by_web_user(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return give_to_web_user(folder)


from client import Response, curl  # noqa: E402,F401  (one place to import from)
from servers import FRONT_ENDS, Apache, Lighttpd, Pool, front_end  # noqa: E402,F401
