# SPDX-License-Identifier: MIT
"""Reads the archive that body.c makes: check_zip.py ARCHIVE."""
import stat
import sys
import zipfile

z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for i in z.infolist():
    assert i.flag_bits == 0 and i.compress_type == 0 and not i.extra and i.create_system == 3
    assert i.external_attr >> 16 == stat.S_IFREG | 0o644
    assert i.date_time == (2024, 2, 29, 23, 59, 58), i.date_time
names = z.namelist()
assert len(set(n.lower() for n in names)) == len(names) == 40
assert names[:2] == ['0001-CT-Head/000000.dcm', '0001-CT-Head/000000-2.dcm'], names[:2]
assert names[2:4] == ['0001-CT-Head/000001.dcm', '0001-CT-Head/000001-2.dcm'], names[2:4]
assert names[20] == 'none-CT-Head/000020.dcm', names[20]
