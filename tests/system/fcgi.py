# SPDX-License-Identifier: MIT
"""FastCGI records as a web server sends them, and as none should."""
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT = range(1, 7)


def record(kind, content=b'', ident=1, padding=0, version=1):
    return struct.pack('>BBHHBx', version, kind, ident, len(content), padding) + content + bytes(padding)


def begin(role=1, ident=1):
    return record(BEGIN, struct.pack('>HB5x', role, 0), ident)


def length(n):
    return struct.pack('>B', n) if n < 128 else struct.pack('>I', n | 1 << 31)


def pairs(variables):
    coded = [(k.encode(), v.encode()) for k, v in variables.items()]
    return b''.join(length(len(k)) + length(len(v)) + k + v for k, v in coded)


def request(**variables):
    """A whole request, without a body."""
    return begin() + record(PARAMS, pairs(variables)) + record(PARAMS) + record(STDIN)


def answer(path, data, seconds=60):
    """What a socket answers to these bytes until it closes: the content of STDOUT, and whether an END_REQUEST came."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(seconds)
        s.connect(str(path))
        got = b''
        try:
            s.sendall(data)
            while piece := s.recv(65536):
                got += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
    return parse(got)


def parse(got):
    out, ended = b'', False
    while len(got) >= 8:
        _, kind, _, size, padding = struct.unpack('>BBHHBx', got[:8])
        out += got[8:8 + size] if kind == STDOUT else b''
        ended = ended or kind == END
        got = got[8 + size + padding:]
    return out, ended
