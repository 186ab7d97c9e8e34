# SPDX-License-Identifier: MIT
"""Reads archives that big.c makes: check_big.py ARCHIVE COUNT [SIZE...]. The data of sized members is not looked at."""
import struct
import sys
import zipfile

path, count, sizes = sys.argv[1], int(sys.argv[2]), [int(s) for s in sys.argv[3:]]
z = zipfile.ZipFile(path)
infos = z.infolist()
assert len(infos) == count, len(infos)
assert len(set(i.filename.lower() for i in infos)) == count
raw, at = open(path, 'rb'), 0
for n, i in enumerate(infos):
    assert i.header_offset == at, (n, i.header_offset, at)
    raw.seek(at)
    head = struct.unpack('<4sHHHHHIIIHH', raw.read(30))
    name, extra = raw.read(head[9]), raw.read(head[10])
    big = i.file_size >= 0xFFFFFFFF
    assert head[0] == b'PK\3\4' and head[2] == 0 and head[6] == i.CRC and name.decode() == i.filename
    assert head[1] == (45 if big else 10)
    if big:
        assert head[7] == head[8] == 0xFFFFFFFF
        assert extra == struct.pack('<HHQQ', 1, 16, i.file_size, i.file_size)
    else:
        assert head[7] == head[8] == i.file_size and not extra
    assert bool(i.extra) == (big or at >= 0xFFFFFFFF), (n, i.extra)
    assert not sizes or i.file_size == sizes[n]
    at += 30 + len(name) + len(extra) + i.file_size
assert z.start_dir == at
with open(path, 'rb') as f:
    f.seek(-98, 2)  # where the ZIP64 end record lies if there is one
    tail = f.read()
size = sum(46 + len(i.filename) + len(i.extra) for i in infos)
needed = count >= 0xFFFF or at >= 0xFFFFFFFF or size >= 0xFFFFFFFF
assert tail.startswith(b'PK\6\6') == needed
if not sizes:
    assert z.read(infos[0]) == z.read(infos[-1])
