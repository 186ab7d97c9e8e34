#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write tables.inc from profile.tsv and safe_private.tsv, the tables of PS3.15 Annex E, and ours.tsv: run it after a change."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = {'uids': 'UIDS', 'device': 'DEVICE', 'institution': 'INSTITUTION', 'patient': 'PATIENT',
           'full_dates': 'FULL_DATES', 'modified_dates': 'MODIFIED_DATES'}
# Several actions are possible if the IOD does not require a value. The one that suits every IOD is used.
ACTIONS = {'X': 'REMOVE', 'Z': 'EMPTY', 'D': 'DUMMY', 'U': 'UID', 'X/Z': 'EMPTY', 'X/D': 'DUMMY', 'X/Z/D': 'DUMMY',
           'Z/D': 'DUMMY', 'X/Z/U*': 'UID', 'K': 'KEEP'}


def rows(name):
    lines = [line.split('\t') for line in (HERE / name).read_text().splitlines() if not line.startswith('#')]
    return [dict(zip(lines[0], line + [''] * len(lines[0]))) for line in lines[1:]]


def profile():
    """The tags with their masks: an x of the standard's table stands for any digit."""
    ours = {row['tag']: row for row in rows('ours.tsv')}
    standard = [row for row in rows('profile.tsv') if row['tag'] != 'private']
    extra = [dict(row, **dict.fromkeys(COLUMNS)) for tag, row in ours.items() if tag not in {row['tag'] for row in standard}]
    for row in standard + extra:
        tag, mask = row['tag'].replace('x', '0'), ''.join('0' if c == 'x' else 'f' for c in row['tag'])
        options = {c: [o for key, o in COLUMNS.items() if row[key] == c] for c in 'KC'}
        dates = 'MODIFIED_DATES' if options['C'] and 'MODIFIED_DATES' in options['C'] else ''
        own = ours.get(row['tag'])
        action = ACTIONS[own['action'] if own else row['basic']]
        yield tag, mask, action, options['K'] + [dates] * bool(dates) + ['OURS'] * bool(own)


def packed(items, width=96):
    line = ''
    for item in items:
        if len(line) + len(item) > width:
            yield line.rstrip()
            line = ''
        line += item + ' '
    yield line.rstrip()


def main():
    table = sorted(profile())
    exact = [f'{{0x{tag}, {action}, {" | ".join(options) or 0}}},' for tag, mask, action, options in table if 'x' not in mask
             and mask == 'ffffffff']
    masked = [f'{{0x{tag}, 0x{mask}, {action}}},' for tag, mask, action, _ in table if mask != 'ffffffff']
    private = sorted((r['creator'], r['group_element'].replace('xx', '00')) for r in rows('safe_private.tsv'))
    creators = sorted({creator for creator, _ in private})
    safe = [f'{{{creators.index(creator)}, 0x{tag}}},' for creator, tag in private]
    parts = [('const DeidRow rows[] = {', exact), ('const DeidMaskedRow masked_rows[] = {', masked),
             ('const char *const creators[] = {', [f'"{c}",' for c in creators]),
             ('const DeidPrivateRow private_rows[] = {', safe)]
    out = ['/* SPDX-License-Identifier: MIT */', '/* Written by generate.py: change the tables in the .tsv files instead. */']
    for head, items in parts:
        out += [head, *('    ' + line for line in packed(items)), '};']
    (HERE / 'tables.inc').write_text('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
