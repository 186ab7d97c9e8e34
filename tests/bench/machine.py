# SPDX-License-Identifier: MIT
"""The machine that measures, by name."""
import os
import re
import subprocess
from pathlib import Path

PACKAGES = ('lighttpd', 'apache2', 'libapache2-mod-fcgid', 'libfcgi0ldbl', 'postgresql-15', 'libisal2', 'dcmtk',
            'orthanc', 'orthanc-dicomweb', 'zip', 'libarchive-tools', 'python3', 'nodejs')


def versions():
    """{package: version} of those that are installed."""
    out = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${Version} ${db:Status-Status}\n', *PACKAGES],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode()
    return {f[0]: f[1] for f in map(str.split, out.splitlines()) if f[-1] == 'installed'}


def describe():
    cpu = re.search(r'^model name\s*:\s*(.*)$', Path('/proc/cpuinfo').read_text(), re.M)
    memory = re.search(r'^MemTotal:\s*(\d+)', Path('/proc/meminfo').read_text(), re.M)
    system = re.search(r'^PRETTY_NAME="(.*)"$', Path('/etc/os-release').read_text(), re.M)
    return {'processor': cpu.group(1) if cpu else os.uname().machine, 'cores': os.cpu_count(),
            'memory_gb': round(int(memory.group(1)) * 1024 / 1e9), 'kernel': os.uname().release,
            'system': system.group(1) if system else os.uname().sysname, 'packages': versions(),
            'virtual': ' hypervisor' in Path('/proc/cpuinfo').read_text(), 'load_before': os.getloadavg()[0]}


def text(m):
    return (f'{m["processor"]}{", virtual" if m["virtual"] else ""}, {m["cores"]} cores, {m["memory_gb"]} GB, '
            f'{m["system"]}, Linux {m["kernel"]}; load before: {m["load_before"]:.1f}\n'
            f'{", ".join(f"{k} {v}" for k, v in m["packages"].items())}')
