"""Timed requests and commands, what they cost the servers, and tables of the results."""
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'system'))

import harness  # noqa: E402

TICK = os.sysconf('SC_CLK_TCK')


def cpu_seconds(pids):
    """User and system time of processes and of the children that they have waited for."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICK


def peak_memory(pid):
    """VmHWM in bytes since reset_peak."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmHWM:'):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak(pid):
    try:
        Path(f'/proc/{pid}/clear_refs').write_text('5')
    except OSError:
        pass


def everyone(server):
    """Process ids of a web server, its workers and what else answers for it."""
    pool = getattr(server, 'pool', None)
    processes = [server.process, pool.process if pool else None, *getattr(server, 'beside', [])]
    return [p for process in processes if process for p in [process.pid, *harness.children(process.pid)]]


class Flood:
    """The constant-data FastCGI program, two processes on a socket of their own."""

    def __init__(self, program, sndbuf=0):
        self.folder = harness.owned_by_web_user(harness.temporary('wzflood-'))
        self.socket = self.folder / 's'
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.socket))
            self.socket.chmod(0o777)
            s.listen(64)
            self.processes = [subprocess.Popen([program], stdin=s, env={**os.environ, 'BENCH_SNDBUF': str(sndbuf)})
                              for _ in range(2)]

    def remove(self):
        for process in self.processes:
            harness.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Case:
    """Something that is measured once a round. run() gives a dict: seconds, bytes, and what else it knows."""

    def __init__(self, name, run):
        self.name, self.run, self.samples = name, run, []

    def value(self, key, how=statistics.median):
        values = [s[key] for s in self.samples if s.get(key) is not None]
        return how(values) if values else None


class Web(Case):
    """A request by the discarding client; costs of all processes of the server; peak of its workers."""

    def __init__(self, name, server, path, accept, drain, size=None):
        super().__init__(name, self.request)
        self.server, self.path, self.accept, self.drain, self.size = server, path, accept, drain, size

    def workers(self, pids):
        """Whose memory is told: those that make the answer."""
        if hasattr(self.server, 'workers'):
            return self.server.workers() if '/studies/' in self.path else []
        return pids

    def request(self):
        pids = everyone(self.server)
        workers = self.workers(pids)
        for pid in workers:
            reset_peak(pid)
        before = cpu_seconds(pids)
        out = subprocess.run([self.drain, str(self.server.port), self.path, self.accept], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, check=False, timeout=600).stdout.decode().split()
        if len(out) != 4 or out[0] != '200' or self.size and int(out[3]) < self.size:
            raise RuntimeError(f'{self.name}: {self.path} gave {out}\n{self.server.log()[-3000:]}')
        after = cpu_seconds(everyone(self.server))
        now = self.workers(everyone(self.server))
        return {'seconds': float(out[2]), 'first_ms': float(out[1]), 'bytes': int(out[3]), 'cpu': after - before,
                'peak': max(map(peak_memory, now), default=None)}


class Tool(Case):
    """A command whose output goes nowhere."""

    def __init__(self, name, size, *command, cwd=None):
        super().__init__(name, self.once)
        self.size, self.command, self.cwd = size, [str(c) for c in command], cwd

    def once(self):
        before, began = os.times(), time.monotonic()
        subprocess.run(self.command, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True, timeout=600)
        seconds, after = time.monotonic() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return {'seconds': seconds, 'bytes': self.size, 'cpu': cpu}


def rounds(cases, count):
    """All cases in turn, once for warming up and then `count` times; of a case that takes long three times, of one that
    takes very long once, its warm-up counting."""
    enough = {}
    for number in range(count + 1):
        for case in cases:
            if number > enough.get(case, count):
                continue
            sample = case.run()
            if number == 0:
                enough[case] = 0 if sample['seconds'] > 30 else 3 if sample['seconds'] > 5 else count
            if number or enough[case] == 0:
                case.samples.append(sample)


def table(title, cases, size, base=None):
    """Text of a table: time (least to most), rate, share of `base`'s speed, costs."""
    lines = [title, f'  {"case":34}{"s":>8} {"min..max":>15}{"MB/s":>8}{"ratio":>8}{"CPU s/GB":>10}{"peak MB":>9}'
             f'{"first ms":>10}{"sent MB":>9}']
    for c in cases:
        s, low, high = c.value('seconds'), c.value('seconds', min), c.value('seconds', max)
        ratio = f'{base.value("seconds") / s:.2f}' if base else ''
        peak, first = c.value('peak', max), c.value('first_ms')
        lines.append(f'  {c.name:34}{s:8.3f} {f"{low:.3f}..{high:.3f}":>15}{size / s / 1e6:8.0f}{ratio:>8}'
                     f'{c.value("cpu") / size * 1e9:10.2f}{f"{peak / 1e6:.1f}" if peak else "":>9}'
                     f'{f"{first:.1f}" if first is not None else "":>10}{c.value("bytes") / 1e6:9.1f}')
    return '\n'.join(lines)
