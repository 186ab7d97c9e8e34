#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/zip_records.txt: ZIP records around every limit, encoded from APPNOTE and not by zip_records.c."""
from struct import pack

M32, M16 = 0xFFFFFFFF, 0xFFFF
BIG = [0, 1, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 5 << 30, (1 << 63) - 1]


def clip(value):
    return min(value, M32)


def local(name, method, time, crc, size, stored):
    big = size >= M32 or stored >= M32
    extra = pack('<HHQQ', 1, 16, size, stored) if big else b''
    need = 45 if big else 20 if method == 8 else 10
    return pack('<4sHHHHHIIIHH', b'PK\3\4', need, 0, method, time & M16, time >> 16, crc,
                M32 if big else stored, M32 if big else size, len(name), len(extra)) + name.encode() + extra


def central(name, method, time, crc, size, stored, offset):
    over = [v for v in (size, stored, offset) if v >= M32]
    extra = pack('<HH', 1, 8 * len(over)) + b''.join(pack('<Q', v) for v in over) if over else b''
    need = 45 if over else 20 if method == 8 else 10
    return pack('<4sBBHHHHHIIIHHHHHII', b'PK\1\2', 45, 3, need, 0, method, time & M16, time >> 16, crc, clip(stored),
                clip(size), len(name), len(extra), 0, 0, 0, 0o100644 << 16, clip(offset)) + name.encode() + extra


def end(count, offset, size):
    out = b''
    if count >= M16 or offset >= M32 or size >= M32:
        out += pack('<4sQBBHIIQQQQ', b'PK\6\6', 44, 45, 3, 45, 0, 0, count, count, size, offset)
        out += pack('<4sIQI', b'PK\6\7', 0, offset + size, 1)
    return out + pack('<4sHHHHIIH', b'PK\5\6', 0, 0, min(count, M16), min(count, M16), clip(size), clip(offset), 0)


def main():
    name, time = '0003-MR-T1_MPRAGE/000012.dcm', 0x5A6E7B3D
    print('# kind, arguments of the record, its bytes; made by zip_records.py')
    for size in BIG:
        print('local', name, 0, time, 0x89ABCDEF, size, size, local(name, 0, time, 0x89ABCDEF, size, size).hex())
    for size, stored in ((7, 5), (M32, 5), (5, M32), (M32 - 1, M32 - 1), (1 << 40, 1 << 33)):
        print('local', 'a', 8, time, 1, size, stored, local('a', 8, time, 1, size, stored).hex())
    for size in BIG:
        for offset in BIG:
            print('central', name, 0, time, 0xFFFFFFFF, size, size, offset,
                  central(name, 0, time, 0xFFFFFFFF, size, size, offset).hex())
    for size, stored, offset in ((7, 5, 3), (M32, 5, 3), (5, M32, 3), (M32, 5, M32), (1 << 40, 1 << 33, 1 << 35)):
        print('central', 'a', 8, time, 1, size, stored, offset, central('a', 8, time, 1, size, stored, offset).hex())
    for count in (0, 1, 65534, 65535, 65536, 70000):
        print('end', count, 1000, 2000, end(count, 1000, 2000).hex())
    for value in BIG[:-1]:
        print('end', 3, value, 150, end(3, value, 150).hex())
        print('end', 3, 150, value, end(3, 150, value).hex())


if __name__ == '__main__':
    main()
