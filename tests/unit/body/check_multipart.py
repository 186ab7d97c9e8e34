# SPDX-License-Identifier: MIT
"""Reads the multipart body that body.c makes: check_multipart.py BODY BOUNDARY FOLDER."""
import email
import sys

body = open(sys.argv[1], 'rb').read()
head = 'Content-Type: multipart/related; boundary="%s"; type="application/dicom"\r\n\r\n' % sys.argv[2]
assert body.startswith(b'--' + sys.argv[2].encode() + b'\r\n')
assert body.endswith(b'\r\n--' + sys.argv[2].encode() + b'--')
m = email.message_from_bytes(head.encode() + body)
assert not m.defects and len(m.get_payload()) == 6
for n, part in enumerate(m.get_payload()):
    data = open('%s/f%d' % (sys.argv[3], n), 'rb').read()
    url = '/d/studies/1.2.3/series/1.2.3.%d/instances/1.2.3.1.%d' % (1 if n < 3 else 2, n + 1)
    at = body.index(b'\r\n\r\n', body.index(url.encode() + b'\r\n')) + 4
    assert body[at:at + len(data)] == data and body[at + len(data):].startswith(b'\r\n--')
    assert part['Content-Type'] == 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1'
    assert part['Content-Length'] == str(len(data))
    assert part['Content-Location'] == url
