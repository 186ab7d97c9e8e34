# SPDX-License-Identifier: MIT
"""nginx and HAProxy as reverse proxies before another web server: as they are by default, and with deploy/'s settings."""
import harness as h
from servers import Nginx, Server, changed


class Proxied(Server):
    """`behind`: the port that requests are passed to. `mode`: 'default' or 'shipped'."""

    def __init__(self, behind, mode='shipped'):
        super().__init__(None)
        self.behind, self.mode = behind, mode


class NginxProxy(Proxied):
    name = 'nginx'

    def start(self):
        default = f'location / {{\n    proxy_pass http://127.0.0.1:{self.behind};\n}}\n'
        shipped = changed('nginx/wadozip-proxy.conf', {'127.0.0.1:8081': f'127.0.0.1:{self.behind}'})
        (self.folder / 'wadozip.nginx.conf').write_text(default if self.mode == 'default' else shipped)
        return Nginx.launch_nginx(self, '')


HAPROXY = '''global
    maxconn 200
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
'''
HAPROXY_DEFAULT = '''frontend images
    bind 127.0.0.1:{port}
    default_backend wadozip
backend wadozip
    server wadozip 127.0.0.1:{behind}
'''


class HAProxy(Proxied):
    """The defaults are those of Debian's haproxy.cfg."""

    name = 'haproxy'

    def start(self):
        part = HAPROXY_DEFAULT.format(port=self.port, behind=self.behind)
        if self.mode == 'shipped':
            part = changed('haproxy/wadozip.cfg', {'bind 127.0.0.1:8080': f'bind 127.0.0.1:{self.port}',
                                                   'wadozip 127.0.0.1:8081': f'wadozip 127.0.0.1:{self.behind}'})
        user = f'    user {h.WEB_USER}\n    group {h.WEB_USER}\n' if h.ROOT_USER else ''
        (self.folder / 'haproxy.cfg').write_text(HAPROXY.replace('defaults', f'{user}defaults') + part)
        return self.launch('/usr/sbin/haproxy', '-db', '-f', self.folder / 'haproxy.cfg')


PROXIES = {'nginx, defaults': (NginxProxy, 'default'), 'nginx': (NginxProxy, 'shipped'),
           'HAProxy, defaults': (HAProxy, 'default'), 'HAProxy': (HAProxy, 'shipped')}


def proxy(kind, behind):
    """A reverse proxy, not started, of one of the PROXIES before a port."""
    make, mode = PROXIES[kind]
    return make(behind, mode)
