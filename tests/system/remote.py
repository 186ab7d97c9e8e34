# SPDX-License-Identifier: MIT
"""A file at an HTTP address that is read by ranges, as remote ZIP readers do."""
import io
import urllib.request


class RemoteFile(io.RawIOBase):
    """Seekable; every read is one range request. `fetched` counts bytes of bodies."""

    def __init__(self, url, accept='application/zip'):
        super().__init__()
        self.url, self.accept, self.at, self.fetched = url, accept, 0, 0
        with self._open('HEAD') as answer:
            self.size, self.tag = int(answer.headers['Content-Length']), answer.headers['ETag']

    def _open(self, method='GET', **headers):
        request = urllib.request.Request(self.url, method=method, headers={'Accept': self.accept, **headers})
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60)

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer):
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        with self._open(Range=f'bytes={self.at}-{last}', **{'If-Range': self.tag}) as answer:
            if answer.status != 206 or answer.headers['ETag'] != self.tag:
                raise OSError(f'not the part that was asked for: {answer.status}')
            data = answer.read()
        buffer[:len(data)] = data
        self.at += len(data)
        self.fetched += len(data)
        return len(data)
