# SPDX-License-Identifier: MIT
"""Plots of the results as SVG, by gnuplot."""
import shutil
import statistics
import subprocess

STYLE = '''set terminal svg noenhanced size {width},{height} font "sans-serif,12" background rgb "white"
set output "{out}"
set title "{title}"
set border 3
set tics nomirror
set grid {grid} lc rgb "#dddddd"
'''
OURS, STATIC, OTHERS = '#1f6fb2', '#bbbbbb', '#e08a2e'


def median(case, key='seconds'):
    values = [s[key] for s in case['samples'] if s.get(key) is not None]
    return statistics.median(values) if values and not case['failure'] else None


def quoted(text):
    return text.replace('\\', '').replace('"', "'")


def gnuplot(out, script, **values):
    done = subprocess.run(['gnuplot', '-'], input=(STYLE + script).format(out=out, **values).encode(),
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f'gnuplot: {done.stderr.decode()[-500:]}')


def colour(case):
    name = case['name']
    if 'static' in name or 'constant' in name or 'cached' in name:
        return STATIC
    others = ('Orthanc', 'zip', 'bsdtar', 'npm', 'Python', 'dcm', 'cat', 'no read', 'io_uring')
    return OTHERS if name.startswith(others) else OURS


def bars(out, title, cases, unit, value):
    """A bar a case with the spread of its rounds, ours, references and others in colours of their own."""
    rows = []
    for case in cases:
        if median(case) is None:
            continue
        spread = sorted(value(case, s['seconds']) for s in case['samples'])
        rows.append((case['name'], value(case, median(case)), spread[0], spread[-1], colour(case)))
    if not rows:
        return
    data = '\n'.join(f'{i} {v} {low} {high} {int(c[1:], 16)} "{quoted(n)}"' for i, (n, v, low, high, c) in enumerate(rows))
    gnuplot(out, '$d << EOD\n{data}\nEOD\n'
            'set yrange [{rows}-0.5:-0.5]\nset xrange [0:*]\nset xlabel "{unit}"\nset ytics ()\nunset key\n'
            'plot $d using (0):1:(0):2:($1-0.35):($1+0.35):5:ytic(6) with boxxyerror fs solid 0.9 lc rgb variable, '
            '$d using 2:1:3:4 with xerrorbars lc rgb "#333333" pt 0\n',
            title=quoted(title), data=data, rows=len(rows), unit=unit, grid='xtics', width=820, height=110 + 22 * len(rows))


def growth(out, cases):
    """Time of a study over its number of instances."""
    series = {'lighttpd, stored': '', 'lighttpd, deflated': ' auto', 'mod_fcgid, stored': ' fcgid', 'HEAD': ' head'}
    counts = sorted(int(k) for k in cases if k.isdigit())
    blocks = '\n'.join(f'${i} << EOD\n' + ''.join(
        f'{n} {median(cases[f"{n}{key}"]) * 1e3}\n' for n in counts if median(cases[f'{n}{key}']) is not None) + 'EOD'
        for i, key in ((f's{j}', k) for j, k in enumerate(series.values())))
    plot = ', '.join(f'$s{i} with linespoints pt 7 ps 0.6 lw 2 title "{name}"' for i, name in enumerate(series))
    gnuplot(out, '{blocks}\nset logscale xy\nset key left top\nset xlabel "instances"\nset ylabel "ms"\nplot {plot}\n',
            title='Time of a study of one-pixel instances', blocks=blocks, plot=plot, grid='xtics ytics', width=820, height=480)


def rate(case, seconds):
    return case['size'] / seconds / 1e6


def plain(_, seconds):
    return seconds


def files_of(table):
    """(file, unit, value) of a table, None for one that is no bar chart."""
    subject, key = table.split('/', 1)
    name = f'{subject}-{key.replace(" ", "-")}.svg'
    if subject in ('links', 'metadata'):
        return name, 'seconds', plain
    return (name, 'MB of data a second', rate) if subject != 'growth' else None


def write(results, out):
    """Writes a plot a table; gives the names of the files."""
    if not shutil.which('gnuplot'):
        print('no plots: gnuplot is not installed')
        return
    for key, table in results['tables'].items():
        bar = files_of(key)
        if bar:
            cases = [c for c in table['cases'].values() if c['size'] or bar[2] is plain]
            bars(out / bar[0], table['title'].split('; ')[0], cases, bar[1], bar[2])
        else:
            growth(out / 'growth.svg', table['cases'])
