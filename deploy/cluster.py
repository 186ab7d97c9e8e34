# SPDX-License-Identifier: MIT
"""The private service of `make run STORE=s3`: what a site has that outgrows one machine, on one.

Two nodes, each a web server with workers and a cache of its own, after HAProxy; PostgreSQL with a hot standby, which serves
look-ups; and the images in an object store (s3rver), where rclone copies them.
"""
import os
import shutil
import socket
import sys
import time

from stack import TOP, Node, Problem, Stack, listening

PRIMARY, STANDBY = 5432, 5433  # of unix sockets in one folder
BUCKET, KEY = 'images', 'S3RVER'  # id and secret that s3rver knows
SOURCE = f's3://{BUCKET}/dicom'
NODES = 'node1', 'node2'
NEEDED = '/usr/sbin/haproxy', '/usr/bin/node', '/usr/bin/rclone'


class Cluster(Stack):
    def __init__(self, signals):
        super().__init__(signals)
        self.name, self.reserved = f's3-{self.name}', []
        self.store_port = self.free_port()
        self.s3rver = self.build / 'objectstore' / 'node_modules'
        # Keys, proxies and certificates of this machine are not for a store on 127.0.0.1.
        for name in list(os.environ):
            if name.startswith(('AWS_', 'RCLONE_')) or name.lower().endswith('_proxy'):
                del os.environ[name]

    def free_port(self):
        """A port that stays reserved: a socket that does not listen is bound to it, and servers bind theirs beside it."""
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(('127.0.0.1', 0))
        self.reserved.append(one)
        return one.getsockname()[1]

    def check(self):
        super().check()
        for path in NEEDED:
            if not os.access(path, os.X_OK):
                raise Problem(f'{path} is not there; run deploy/packages run store')
        if not self.s3rver.is_dir():
            raise Problem(f'{self.s3rver} is not there; run make {self.build.name}/objectstore/installed.json')

    def forget_images(self):
        super().forget_images()
        shutil.rmtree(self.state / 'store', ignore_errors=True)

    def fill_nodes(self):
        shutil.copytree(self.s3rver, self.state / 'bin' / 'node_modules')
        shutil.copy(TOP / 'deploy' / 'objectstore.js', self.state / 'bin')
        credentials = self.state / 'credentials'
        credentials.write_text(f'aws_access_key_id = {KEY}\naws_secret_access_key = {KEY}\n')
        credentials.chmod(0o600)
        for name in NODES:
            folder = self.state / name
            shutil.rmtree(folder, ignore_errors=True)
            for part in ('spool', 'cache'):
                (folder / part).mkdir(parents=True)
                (folder / part).chmod(0o700)
            node = Node(self, folder, self.free_port(), socket_name=name, name=name)
            node.fill(f'database = {self.either("web", "prefer-standby")}\n'
                      f'database_learn = {self.either("web", "read-write")}\n'
                      f'root.images = {SOURCE}\ns3.images.endpoint = http://127.0.0.1:{self.store_port}\n'
                      f's3.images.region = us-east-1\ns3.images.credentials = {credentials}\n'
                      f'spool = {folder}/spool\nconversion_cache = {folder}/cache\n')
            self.nodes.append(node)
        self.fill_balancer()

    def fill_balancer(self):
        sample = (TOP / 'deploy' / 'haproxy' / 'wadozip-nodes.cfg').read_text()
        for usual, ours in [('bind 127.0.0.1:8080', f'bind 127.0.0.1:{self.port}'),
                            ('use_backend wadozip if { path_reg ^/(dicom-web|wado|s)(/|$) }', 'default_backend wadozip'),
                            *((f'192.0.2.{i}:80', f'127.0.0.1:{n.port}') for i, n in enumerate(self.nodes, 1))]:
            if usual not in sample:
                raise Problem(f'deploy/haproxy/wadozip-nodes.cfg does not contain "{usual}"')
            sample = sample.replace(usual, ours)
        (self.state / 'haproxy.cfg').write_text(sample)

    def either(self, user, attributes):
        """The servers of the database, the standby first."""
        return (f'host={self.sockets},{self.sockets} port={STANDBY},{PRIMARY} dbname=wadozip user={user} connect_timeout=5 '
                f'target_session_attrs={attributes}')

    def start_postgres(self):
        super().start_postgres()
        data, primary = self.state / 'standby', f'host={self.sockets} port={PRIMARY} user=owner'
        shutil.rmtree(data, ignore_errors=True)
        self.logged('basebackup', self.postgres.with_name('pg_basebackup'), '-D', data, '-R', '-X', 'stream', '-c', 'fast',
                    '-d', primary)
        self.start_database('standby', data, f'port={STANDBY}', f'primary_conninfo={primary}',
                            ready=lambda: self.run(self.postgres.with_name('pg_isready'), '-q', '-h', self.sockets, '-p',
                                                   STANDBY) == 0)

    def index(self):
        (self.state / 'store').mkdir(exist_ok=True)
        self.give(self.state / 'store')
        self.daemon('s3rver', '/usr/bin/node', self.state / 'bin/objectstore.js', '-s', '-d',
                    self.state / 'store', '-a', '127.0.0.1', '-p', self.store_port, '--configure-bucket', BUCKET,
                    ready=lambda: listening(self.store_port))
        print(f'copying {self.dicom} to {SOURCE}', file=sys.stderr, flush=True)
        remote = {'TYPE': 's3', 'PROVIDER': 'Other', 'ENDPOINT': f'http://127.0.0.1:{self.store_port}',
                  'ACCESS_KEY_ID': KEY, 'SECRET_ACCESS_KEY': KEY, 'NO_CHECK_BUCKET': 'true'}
        # --fast-list: lists without a delimiter, because s3rver's with one leave out folders that contain only folders.
        self.logged('rclone', '/usr/bin/rclone', 'sync', '--fast-list', '--transfers', 8, self.dicom,
                    f'store:{SOURCE.removeprefix("s3://")}', RCLONE_CONFIG='',
                    **{f'RCLONE_CONFIG_STORE_{name}': value for name, value in remote.items()})
        return super().index()

    def index_options(self):
        return '--prune', '--wait-replay', SOURCE

    def start_web(self):
        super().start_web()
        self.daemon('haproxy', '/usr/sbin/haproxy', '-db', '-f', self.state / 'haproxy.cfg',
                    ready=lambda: listening(self.port))

    def tell(self, study, series, instance):
        super().tell(study, series, instance)
        parts = {'primary': 'postgres', 'standby': 'standby',
                 **{f'{n.name}, http://127.0.0.1:{n.port}/': n.name for n in self.nodes}}
        print('Each of these may be killed during a download; curl -C - resumes it if it was the node that sent it:')
        for part, start in parts.items():
            groups = [f'-{process.pid}' for name, process in self.daemons.items() if name.startswith(start)]
            print(f'  kill -9 -- {" ".join(groups)}  # {part}', flush=True)

    def logs(self):
        return f'{self.state}/log/ and {self.state}/node?/error.log'

    def watch(self):
        """Until the balancer ends. Names the others that do."""
        while self.daemons['haproxy'].poll() is None:
            for name, process in list(self.daemons.items()):
                if process.poll() is not None:
                    del self.daemons[name]
                    print(f'{name} has ended', file=sys.stderr, flush=True)
            time.sleep(0.5)
