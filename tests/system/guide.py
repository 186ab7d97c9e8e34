# SPDX-License-Identifier: MIT
"""The commands of deploy/operation.md, as a person types them."""
import re
import subprocess
from collections import namedtuple

import harness

Typed = namedtuple('Typed', 'code out')


def commands(title):
    """The blocks of commands of a guide, in order."""
    text = (harness.REPO / 'deploy' / 'operation.md').read_text()
    guide = text.split(f'\n## {title}\n', 1)[1].split('\n## ', 1)[0]
    blocks = re.findall(r'(?ms)^   ```sh\n(.*?)^   ```$', guide)
    return [re.sub(r'(?m)^   ', '', block) for block in blocks]


def replaced(block, words):
    """What the guide leaves to its reader; each word must be there in some block (the caller sees to that)."""
    for old, new in words.items():
        block = block.replace(old, str(new))
    return block


def type_in(block, answers='', before=(), **options):
    """Types a block into a shell that stops at the first failure; `answers` is what is typed when something asks."""
    done = subprocess.run([*map(str, before), 'bash', '-euo', 'pipefail', '-c', block], input=answers.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                          timeout=15 * harness.PATIENCE, check=False, **options)
    return Typed(done.returncode, done.stdout.decode(errors='replace'))
