# SPDX-License-Identifier: MIT
"""The results as Markdown, to be pasted into the README, the machine named."""
import statistics

import machine

COLUMNS = '| | s | MB/s | CPU s/GB | peak MB | first byte ms | MB sent |\n|---|---|---|---|---|---|---|'
RETRIEVE = 'retrieve/'
# What stands in the overview, in this order.
OVERVIEW = ('lighttpd, stored', 'lighttpd, stored, X-Sendfile2', 'mod_fcgid, stored', 'mod_proxy_fcgi, stored',
            'lighttpd, deflated (auto)', 'mod_fcgid, deflated (auto)', 'lighttpd, static file', 'lighttpd, constant data',
            'mod_fcgid, constant data', 'Orthanc multipart', 'Orthanc archive', 'Python zipfile, wsgiref, store',
            'npm archiver, store', 'bsdtar, store, to nowhere', 'zip -1, to nowhere', 'zip -6, to nowhere')


def middle(case, key='seconds', how=statistics.median):
    values = [s[key] for s in case['samples'] if s.get(key) is not None]
    return how(values) if values and not case['failure'] else None


def cell(value, scale=1.0, digits=1):
    return '' if value is None else f'{value * scale:.{digits}f}'


def row(case):
    if case['failure'] or not case['samples']:
        return f'| {case["name"]} | failed | | | | | |'
    s, cpu, size = middle(case), middle(case, 'cpu'), case['size']
    rates = (cell(size / s, 1e-6, 0), cell(cpu / size if cpu is not None else None, 1e9, 2)) if size else ('', '')
    return (f'| {case["name"]} | {s:.3f} | {rates[0]} | {rates[1]} | {cell(middle(case, "peak", max), 1e-6, 0)} '
            f'| {cell(middle(case, "first_ms"))} | {cell(middle(case, "bytes"), 1e-6, 0)} |')


def overview(tables):
    """Seconds of retrieval, a column a study."""
    studies = [key for key in tables if key.startswith(RETRIEVE)]
    yield f'\n| seconds | {" | ".join(tables[key]["title"].split("; ")[0] for key in studies)} |\n|---{"|---" * len(studies)}|'
    for name in OVERVIEW:
        found = [next((c for c in tables[key]['cases'].values() if c['name'] == name), None) for key in studies]
        if any(found):
            yield f'| {name} | {" | ".join("" if not c else cell(middle(c), 1, 2) or "failed" for c in found)} |'


def target_row(t):
    reached = 'failed' if t['reached'] is None else f'{t["reached"]:.2f}'
    return (f'| {t["subject"]}: {t["name"]} | {"at least" if t["at_least"] else "at most"} {t["wanted"]} | {reached} '
            f'| {"met" if t["met"] else "**missed**"} |')


def lines(results):
    tables = results['tables']
    yield f'Machine: {machine.text(results["machine"])}'.replace('\n', '  \n')
    yield (f'\nMedians of {results["rounds"]} rounds (fewer of cases that take long), cases in turn. Ratios within a table '
           'mean something, seconds on another machine do not.')
    if any(key.startswith(RETRIEVE) for key in tables):
        yield from overview(tables)
    yield '\n| what | wanted | reached | |\n|---|---|---|---|'
    yield from map(target_row, results['targets'])
    if results['missing']:
        yield '\nNot measured: ' + '; '.join(f'{what} ({why})' for what, why in results['missing']) + '.'
    for what, why in results['failures']:
        yield f'\n**Failed:** {what}: {why.splitlines()[0][:200]}'
    for table in tables.values():
        yield f'\n### {table["title"]}\n\n{COLUMNS}'
        yield from map(row, table['cases'].values())
    if results['facts']:
        yield '\n### Single numbers\n'
        yield from (f'- {key.split("/")[0]}: {" ".join(fact["text"].split())}' for key, fact in results['facts'].items())


def write(results, out):
    (out / 'summary.md').write_text('\n'.join(lines(results)) + '\n')
