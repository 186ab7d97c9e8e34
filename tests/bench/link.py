# SPDX-License-Identifier: MIT
"""A slow link between the web server and the client: a network namespace joined by a shaped veth pair where the machine
allows it, else a client that reads no faster. Frames, headers and all, count on the link; only the body for the reader."""
import itertools
import os
import shutil
import subprocess

LATENCY = '20ms'  # longest stay in the queue of the link
numbers = itertools.count()


def ip(*args):
    return subprocess.run(['ip', *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True)


class Namespace:
    """address: where servers must listen in addition; under: what a client runs under; options: of the client."""

    how = 'network namespace, veth pair, tc tbf'

    def __init__(self, mbit):
        self.name, net = f'wz{os.getpid()}n{next(numbers)}', os.getpid() % 64
        self.device = f'{self.name}v'
        self.address, self.mbit = f'10.213.{net}.{4 * next(numbers) + 1}', mbit
        self.under, self.options = ('ip', 'netns', 'exec', self.name), ('-a', self.address)
        ip('netns', 'add', self.name)
        try:
            self._join(self.address.rsplit('.', 1)[0] + f'.{int(self.address.rsplit(".", 1)[1]) + 1}')
        except Exception:
            self.remove()
            raise

    def _join(self, peer):
        ip('link', 'add', self.device, 'type', 'veth', 'peer', 'name', 'far', 'netns', self.name)
        ip('addr', 'add', f'{self.address}/30', 'dev', self.device)
        ip('link', 'set', self.device, 'up')
        ip('-n', self.name, 'addr', 'add', f'{peer}/30', 'dev', 'far')
        ip('-n', self.name, 'link', 'set', 'far', 'up')
        subprocess.run(['tc', 'qdisc', 'add', 'dev', self.device, 'root', 'tbf', 'rate', f'{self.mbit}mbit', 'burst',
                        '128kb', 'latency', LATENCY], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)

    def remove(self):
        """The pair goes with the namespace."""
        subprocess.run(['ip', 'netns', 'del', self.name], stderr=subprocess.DEVNULL, check=False)


class Reader:
    how = 'client that reads no faster'
    address, under = None, ()

    def __init__(self, mbit):
        self.mbit, self.options = mbit, ('-r', str(mbit * 125000))

    def remove(self):
        pass


def link(mbit):
    if os.geteuid() == 0 and shutil.which('ip') and shutil.which('tc'):
        try:
            return Namespace(mbit)
        except (OSError, subprocess.CalledProcessError):
            pass
    return Reader(mbit)


def listen(kind, address, port):
    """Settings by which a web server listens at one more address."""
    if not address:
        return ''
    return f'Listen {address}:{port}\n' if kind.startswith('apache') else f'$SERVER["socket"] == "{address}:{port}" {{ }}\n'
