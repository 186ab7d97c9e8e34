# SPDX-License-Identifier: MIT
"""Data sets as pydicom reads them, compared element by element with what metadata tells: JSON through pydicom's own
Dataset.from_json, XML with the JSON of the same instance."""

import math
import xml.etree.ElementTree as ET

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

NATIVE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
INLINE_MAX = 1024


def values(element):
    """The values of a data element as a list: empty without any."""
    value = element.value
    if value is None or (isinstance(value, (str, bytes, PersonName)) and not value):
        return []
    return list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]


def plain(value, vr):
    """One value in a form in which equal ones are equal."""
    if vr == "PN":
        groups = [g.rstrip() for g in str(value or "").split("=")]
        return "=".join(groups).rstrip("=")
    if vr in ("DS", "FL", "FD"):
        return "nan" if value != "" and value is not None and math.isnan(float(value)) else \
            None if value in ("", None) else float(value)
    if vr in ("IS", "SL", "SS", "SV", "UL", "US", "UV"):
        return None if value in ("", None) else int(value)
    if vr == "AT":
        return int(value)
    if isinstance(value, bytes):
        return value
    return str(value or "").rstrip(" \0")


def raw(element):
    """A binary value as Little Endian bytes."""
    return bytes(element.value or b"")


class Difference(Exception):
    """What a data set has otherwise than another."""


def known_otherwise(ours, theirs):
    """Whether two VRs are two right ways to read one element: dictionaries of private elements differ, and Implicit VR
    leaves open whether some are words or bytes."""
    return "UN" in (ours, theirs) or {ours, theirs} <= {"OB", "OW", "US", "SS", "OB or OW", "US or OW", "US or SS",
                                                         "US or SS or OW"}


def compare_element(given, ours, theirs, where, path, base):
    """`given`: the JSON of an element; `ours`: what pydicom made of it; `theirs`: pydicom's own reading."""
    if theirs.VR == "SQ" and ours.VR == "SQ":
        items = given.get("Value", [])
        if len(items) != len(theirs.value):
            raise Difference(f"{where}: {len(items)} items, not {len(theirs.value)}")
        for number, (item, a, b) in enumerate(zip(items, ours.value, theirs.value), 1):
            compare(item, a, b, f"{where}[{number}]", f"{path}/{number}/", base)
        return
    if "BulkDataURI" in given:
        if given["BulkDataURI"] != base + path:
            raise Difference(f"{where}: the address is {given['BulkDataURI']}, not {base + path}")
        if theirs.tag not in PIXELS and (ours.VR not in BINARY or len(raw(theirs)) <= INLINE_MAX):
            raise Difference(f"{where}: {len(raw(theirs))} bytes of {ours.VR} have an address")
        return
    if theirs.tag in PIXELS and raw(theirs):
        raise Difference(f"{where}: pixel data without an address")
    if ours.VR != theirs.VR:
        if not known_otherwise(ours.VR, theirs.VR):
            raise Difference(f"{where}: VR {ours.VR}, not {theirs.VR}")
        if ours.VR not in BINARY or not isinstance(theirs.value, bytes):
            return
    if ours.VR in BINARY:
        if len(raw(theirs)) > INLINE_MAX or raw(ours) != raw(theirs):
            raise Difference(f"{where}: {len(raw(ours))} bytes, not {len(raw(theirs))} or others")
        return
    if theirs.tag == 0x00080005:
        if values(ours) != (["ISO_IR 192"] if values(theirs) else []):
            raise Difference(f"{where}: the character set is reported as {ours.value}")
        return
    a = [plain(v, ours.VR) for v in values(ours)]
    b = [plain(v, ours.VR) for v in values(theirs)]
    if a != b and [v for v in a if v] + [v for v in b if v]:
        raise Difference(f"{where}: {ours.VR} {a!r}, not {b!r}"[:300])


def compare(given, ours, theirs, where="", path="", base=""):
    """Raises Difference unless two data sets are equal, bulk data aside."""
    left = {e.tag for e in ours}
    right = {e.tag for e in theirs if e.tag.element != 0 and e.tag.group > 2}
    if left != right:
        raise Difference(f"{where}: only given: {sorted(left - right)}, not given: {sorted(right - left)}")
    if list(given) != sorted(given):
        raise Difference(f"{where}: elements are not in the order of their tags (PS3.18 F.2.2)")
    for tag in sorted(right):
        key = f"{tag.group:04X}{tag.element:04X}"
        compare_element(given[key], ours[tag], theirs[tag], f"{where} {tag}", path + key, base)


def rebuilt(given):
    """What pydicom makes of the JSON of an instance."""
    return Dataset.from_json(given)


def name_of(node):
    """A PersonName element as PS3.18 has it."""
    out = {}
    for group in node:
        parts = {c.tag.removeprefix(NATIVE): c.text or "" for c in group}
        names = [parts.get(n, "") for n in ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")]
        out[group.tag.removeprefix(NATIVE)] = "^".join(names).rstrip("^")
    return out


def native_values(node, vr):
    """The Value, PersonName and Item children of a DicomAttribute, in order, in the manner of PS3.18."""
    out = []
    for number, child in enumerate(node, 1):
        kind = child.tag.removeprefix(NATIVE)
        assert child.get("number") == str(number), "values are counted from 1"
        assert kind == {"SQ": "Item", "PN": "PersonName"}.get(vr, "Value"), (kind, vr)
        out.append(native_items(child) if kind == "Item" else name_of(child) or None if kind == "PersonName"
                   else child.text)
    return out


def native_items(parent):
    """The DicomAttributes of a data set or an item as (tag, creator) -> JSON object."""
    out = {}
    for node in parent:
        assert node.tag == NATIVE + "DicomAttribute"
        vr, given = node.get("vr"), {"vr": node.get("vr")}
        first = node[0].tag.removeprefix(NATIVE) if len(node) else None
        if first == "BulkData":
            given["BulkDataURI"] = node[0].get("uri")
        elif first == "InlineBinary":
            given["InlineBinary"] = node[0].text
        elif first:
            given["Value"] = native_values(node, vr)
        key = (node.get("tag"), node.get("privateCreator"))
        assert key not in out, f"{key} stands twice"
        out[key] = given
    return out


def creator_of(item, tag):
    group, element = int(tag[:4], 16), int(tag[4:], 16)
    if group % 2 == 0 or element < 0x1000:
        return None
    reserved = item.get(f"{tag[:4]}00{tag[4:6]}", {})
    return (reserved.get("Value") or [None])[0]


def same_value(ours, theirs, vr):
    """A value of XML and one of JSON."""
    if theirs is None or ours is None:
        return (ours or None) == (theirs or None)
    if vr == "PN":
        a, b = ({k: v.rstrip("^") for k, v in name.items() if v.rstrip("^")} for name in (ours, theirs))
        return a == b
    if isinstance(theirs, (int, float)):
        return float(ours) == float(theirs)
    return ours.replace("\f", " ") == theirs.replace("\f", " ")


def same_as_json(native, given, where=""):
    """Raises Difference unless the XML of a data set says what its JSON says."""
    wanted = {}
    for tag, element in given.items():
        creator = creator_of(given, tag)
        wanted[(tag[:4] + "00" + tag[6:] if creator else tag, creator)] = element
    if list(native) != list(wanted):
        raise Difference(f"{where}: {set(native) ^ set(wanted)}")
    for key, b in wanted.items():
        a = native[key]
        if a["vr"] != b["vr"] or any(a.get(k) != b.get(k) for k in ("BulkDataURI", "InlineBinary")):
            raise Difference(f"{where} {key}: {a} and {b}"[:300])
        left, right = a.get("Value", []), b.get("Value", [])
        if len(left) != len(right):
            raise Difference(f"{where} {key}: {len(left)} values and {len(right)}")
        for x, y in zip(left, right):
            if b["vr"] == "SQ":
                same_as_json(x, y, f"{where} {key}")
            elif not same_value(x, y, b["vr"]):
                raise Difference(f"{where} {key}: {x!r} and {y!r}"[:300])


def native(document):
    """A document of the Native DICOM Model."""
    root = ET.fromstring(document)
    assert root.tag == NATIVE + "NativeDicomModel"
    return native_items(root)
