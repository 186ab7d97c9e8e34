# SPDX-License-Identifier: MIT
"""Cases, each measured once a round, and tables of them."""
import statistics
import subprocess
import time

from cost import cpu_seconds, everyone, peak_memory, reset_peak
from harness import command_of

LIMIT = 600  # seconds that one sample may take


class Case:
    """Something that is measured once a round. sample() gives a dict: seconds, bytes, and what else it knows; prepare()
    comes before, untimed. `size`: bytes of data that one sample works on, of which rates and costs are reported."""

    def __init__(self, name, size, sample=None, prepare=None):
        self.name, self.size, self.samples, self.failure = name, size, [], None
        self.prepare = prepare or (lambda: None)
        if sample:
            self.sample = sample

    def value(self, key='seconds', how=statistics.median):
        """None where the case has failed or does not know it."""
        values = [s[key] for s in self.samples if s.get(key) is not None]
        return how(values) if values and not self.failure else None


class Web(Case):
    """A request by the discarding client, `clients` at once; costs of all processes of the server; peak of its workers.
    through: what the client runs under and its options."""

    def __init__(self, name, size, server, path, accept, drain, *, least=0, clients=1, options=(), under=(),
                 prepare=None):
        super().__init__(name, size * clients, prepare=prepare)
        self.server, self.path, self.least, self.clients = server, path, least, clients
        self.command = [*under, drain, *options, str(server.port), path, accept]

    def workers(self, pids):
        """Whose memory is reported: those that make the answer."""
        if hasattr(self.server, 'workers'):
            return self.server.workers() if '/studies/' in self.path else []
        return pids

    def answers(self):
        """Sends the requests; gives what each client has seen."""
        running = [subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
                   for _ in range(self.clients)]
        outs = [p.communicate(timeout=LIMIT)[0].decode().split() for p in running]
        for out, p in zip(outs, running):
            if p.returncode or len(out) != 4 or out[0] != '200' or int(out[3]) < self.least:
                raise RuntimeError(f'{self.path} gave {out}, exit {p.returncode}\n{self.server.log()[-3000:]}')
        return outs

    def sample(self):
        pids = everyone(self.server)
        for pid in self.workers(pids):
            reset_peak(pid)
        before, began = cpu_seconds(pids), time.monotonic()
        outs = self.answers()
        wall = time.monotonic() - began
        now = everyone(self.server)
        return {'seconds': wall if self.clients > 1 else float(outs[0][2]),
                'first_ms': max(float(out[1]) for out in outs), 'bytes': sum(int(out[3]) for out in outs),
                'cpu': cpu_seconds(now) - before, 'peak': max(map(peak_memory, self.workers(now)), default=None),
                'helper_peak': max((peak_memory(p) for p in now if command_of(p).endswith('wadozip-dicom')), default=None)}


class Tool(Case):
    """A command whose output goes nowhere, run by `spend`; memory is that of its largest process."""

    spend = None  # the program's path, set once

    def __init__(self, name, size, command, cwd=None, prepare=None):
        super().__init__(name, size, prepare=prepare)
        self.command, self.cwd = [str(c) for c in command], cwd

    def sample(self):
        done = subprocess.run([self.spend, *self.command], cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, timeout=LIMIT)
        if done.returncode:
            raise RuntimeError(f'{self.command[:4]} ended with {done.returncode}: {done.stderr[-500:].decode()}')
        seconds, cpu, peak = done.stdout.split()
        return {'seconds': float(seconds), 'bytes': None, 'cpu': float(cpu), 'peak': int(peak) * 1024}


def rounds(cases, count, budget):
    """All cases in turn, once for warming up and then `count` times. A case that takes long gets as many rounds as fit
    into `budget` seconds, at least one; then the warm-up counts. One that fails is left out from there on."""
    wanted = dict.fromkeys(cases, count)
    for number in range(count + 1):
        for case in cases:
            if case.failure or len(case.samples) >= wanted[case]:
                continue
            try:
                case.prepare()
                sample = case.sample()
            except Exception as e:  # whatever it is, the other cases go on and the run fails at its end
                case.failure = f'{type(e).__name__}: {e}'
                continue
            fit = max(1, int(budget / max(sample['seconds'], 1e-6)))
            if number == 0 and fit < count:
                wanted[case] = fit
            if number or fit < count:
                case.samples.append(sample)


def number(value, width, digits, scale=1.0):
    return f'{"" if value is None else f"{value * scale:.{digits}f}":>{width}}'


def table(title, cases, base=None):
    """Text of a table: time (least to most), rate, share of `base`'s speed, costs."""
    lines = [title, f'  {"case":36}{"s":>8}{"least..most":>16} {"n":>2}{"MB/s":>8}{"ratio":>8}{"CPU s/GB":>10}'
             f'{"peak MB":>9}{"first ms":>10}{"sent MB":>9}']
    for c in cases:
        s = c.value()
        if s is None:
            lines.append(f'  {c.name:36}  FAILED: {(c.failure or "no sample").splitlines()[0][:120]}')
            continue
        spread = f'{c.value(how=min):.3f}..{c.value(how=max):.3f}'
        ratio = base.value() / s if base and base.value() and c.size else None
        cpu = c.value('cpu')
        lines.append(f'  {c.name:36}{s:8.3f}{spread:>16} {len(c.samples):2}'
                     f'{number(c.size / s if c.size else None, 8, 0, 1e-6)}{number(ratio, 8, 2)}'
                     f'{number(cpu / c.size if cpu is not None and c.size else None, 10, 2, 1e9)}'
                     f'{number(c.value("peak", max), 9, 1, 1e-6)}{number(c.value("first_ms"), 10, 1)}'
                     f'{number(c.value("bytes"), 9, 1, 1e-6)}')
    return '\n'.join(lines)
