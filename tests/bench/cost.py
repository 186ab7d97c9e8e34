# SPDX-License-Identifier: MIT
"""What processes cost: processor time and memory, read from /proc."""
import os
from pathlib import Path

import harness

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


def field(pid, file, name):
    """Bytes of a line "NAME: n kB" of a file of /proc/PID; 0 when the process is gone."""
    try:
        for line in Path(f'/proc/{pid}/{file}').read_text().splitlines():
            if line.startswith(name + ':'):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def peak_memory(pid):
    """VmHWM in bytes since reset_peak."""
    return field(pid, 'status', 'VmHWM')


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
