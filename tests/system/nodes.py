# SPDX-License-Identifier: MIT
"""Several nodes: machines with the same settings, database and roots, and with spool, cache and web server of their own."""
import copy
import os
import signal

import harness
from servers import front_end


def node_of(site, **settings):
    """A site like another one on a machine of its own; its folder is removed by the site's tests or at the end."""
    node = copy.copy(site)
    node.folder = harness.temporary('wznode-')
    node.config, node.web_config = node.folder / 'wadozip.conf', node.folder / 'web.conf'
    cache = harness.owned_by_web_user(node.folder / 'cache')
    cache.chmod(0o700)
    node.settings = {**site.settings, 'spool': str(harness.owned_by_web_user(node.folder / 'spool')),
                     'conversion_cache': str(cache), **settings}
    node.write_config()
    return node


class Node:
    """A site behind a web server; start() .. remove()."""

    def __init__(self, site, kind='lighttpd-socket', workers=4):
        self.server = front_end(kind, site, workers=workers)

    def start(self):
        self.server.start()
        return self

    def kill(self):
        """Everything at once, as when the power fails."""
        roots = [p.process.pid for p in (self.server, self.server.pool) if p and p.process]
        for pid in [p for root in roots for p in (root, *harness.children(root))]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.stop()

    def remove(self):
        self.server.remove()
