#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints how the tree reads, in numbers: tests/style.py [REVISION...] (default: the working tree).

For each revision: words in comments that the style replaces, per 1,000 comment words; files per folder; the largest
cycle of includes; static functions that share a name; functions with more than six parameters; conditions with three
or more calls that can fail; functions by length.
"""
import io
import re
import statistics
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
CODE = re.compile(r'^(src|fcgi)/.*\.(c|h|cc)$')
WORDS = {'what': r'\bwhat\b', 'where': r'\bwhere\b', 'if': r'\bif\b', 'tell, told': r'\b(tell|tells|told|telling)\b',
         'whoever …': r'\b(whoever|whatever|whose)\b', 'behind': r'\b(behind|in front of)\b', 'anew': r'\banew\b',
         'learnt': r'\blearnt\b', 'to be had': r'\bto be had\b'}
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
PARAMETERS_MAX = 6


def tree(revision):
    """{path: text} of the code of a revision, or of the working tree."""
    if revision is None:
        out = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=REPO, stdout=subprocess.PIPE, check=True)
        names = [n for n in out.stdout.decode().splitlines() if CODE.match(n) and (REPO / n).is_file()]
        return {n: (REPO / n).read_text(errors='replace') for n in names}
    out = subprocess.run(['git', 'archive', revision, 'src', 'fcgi'], cwd=REPO, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(out.stdout)) as tar:
        return {m.name: tar.extractfile(m).read().decode(errors='replace') for m in tar if m.isfile() and CODE.match(m.name)}


def words(files):
    text = ' '.join(c for t in files.values() for c in COMMENT.findall(t) if 'SPDX' not in c)
    total = len(re.findall(r"[A-Za-z']+", text)) or 1
    return total, {name: 1000 * len(re.findall(p, text, re.I)) / total for name, p in WORDS.items()}


def folders(files):
    return Counter(n.rsplit('/', 1)[0] for n in files)


def largest_cycle(files):
    """Modules (a header with its source) that reach each other by includes: the largest set of them."""
    modules = defaultdict(set)
    for name, text in files.items():
        own = re.sub(r'^src/', '', name.rsplit('.', 1)[0])
        for header in re.findall(r'#\s*include\s+"([^"]+)\.h"', text):
            if header != own:
                modules[own].add(header)

    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for m in modules.get(todo.pop(), ()):
                if m not in seen:
                    seen.add(m)
                    todo.append(m)
        return seen
    far = {m: reached(m) for m in modules}
    return max(([n for n in far if n in far[m] and m in far.get(n, ())] for m in far), key=len, default=[])


def functions(files):
    """(path, name, parameters, lines) of every function definition."""
    for name, text in files.items():
        plain = COMMENT.sub(lambda m: '\n' * m.group().count('\n'), STRING.sub('""', text))
        pattern = (r'^(?!#|\s|\}|typedef|struct \w+ \{)([\w:<>,*& ~]+?[\s*&])([\w:~]+)\(([^;{}]*?)\)(?: const)?'
                   r'\n\{\n(.*?)^\}')
        for m in re.finditer(pattern, plain, re.M | re.S):
            depth, count = 0, 1
            for c in m.group(3):
                depth += (c in '([<') - (c in ')]>')
                count += c == ',' and depth == 0
            yield name, m.group(2), 0 if m.group(3).strip() in ('', 'void') else count, m.group(4).count('\n') + 3, m.group(1)


def shared_statics(found):
    where = defaultdict(set)
    for path, name, _, _, kind in found:
        if 'static' in kind and path.endswith('.c'):
            where[name].add(path)
    return {n: sorted(p) for n, p in where.items() if len(p) > 1}


def repeated_names(files):
    """(name, paths) of file stems and of structs that two modules have. A program's main may be called so."""
    stems, structs = defaultdict(set), defaultdict(set)
    for path, text in files.items():
        module = path.rsplit('.', 1)[0]
        stems[module.rsplit('/', 1)[1]].add(module)
        for m in re.finditer(r'^(?:struct|class) (\w+)(?: : [^{;]*)? ?\{', COMMENT.sub('', text), re.M):
            structs[m.group(1)].add(module)
    del stems['main']
    return [(n, sorted(where)) for found in (stems, structs) for n, where in found.items() if len(where) > 1]


def crowded_conditions(files):
    """Conditions of if and while with three or more calls that take the error."""
    for name, text in files.items():
        plain = COMMENT.sub('', STRING.sub('""', text))
        for m in re.finditer(r'\b(?:if|while) \(', plain):
            depth, at = 1, m.end()
            while depth and at < len(plain):
                depth += (plain[at] == '(') - (plain[at] == ')')
                at += 1
            if len(re.findall(r'\be\)', plain[m.end():at])) > 2:
                yield f'{name}: {" ".join(plain[m.start():at].split())[:100]}'


# Words that the style replaces, and what to write instead.
FORBIDDEN = {
    r'\b(?:told|tells|telling|tell)\b': 'report, log, record, return or send',
    r'\bwhoever\b|\bwhatever\b': 'name the person or the thing',
    r'\banew\b': 'again',
    r'\bto be had\b|\bbe had\b': 'available',
    r'(?<!there )\b(?:is|are) none\b': 'say what is missing',
    r'\blearnt\b': 'learned, recorded',
    r'\bof no matter\b': 'does not matter',
    r'\bbehind (?:it|them|that|these|those|the last|each|all)\b': 'after',
    r'\bin front of\b': 'before',
}
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')


def forbidden(files):
    """(path, line, word, advice) for every such word in a comment or a string."""
    for name, text in files.items():
        for found in list(COMMENT.finditer(text)) + list(STRING.finditer(COMMENT.sub(lambda m: ' ' * len(m.group()), text))):
            for pattern, advice in FORBIDDEN.items():
                for m in re.finditer(pattern, found.group(), re.I):
                    yield name, text.count('\n', 0, found.start() + m.start()) + 1, m.group(), advice


def forbidden_names(files):
    """(path, line, identifier) for every identifier of C that has such a word."""
    for name, text in files.items():
        plain = STRING.sub(lambda m: ' ' * len(m.group()), COMMENT.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text))
        for m in re.finditer(r'\b[A-Za-z_]\w*\b', plain):
            if re.search(r'(?:^|_)(?:un)?(?:told|tell|tells|learnt|whoever|anew|tidings)(?:_|$)', m.group(), re.I):
                if m.group() != 'tell' or not name.endswith('.cc'):  # of DCMTK's streams
                    yield name, plain.count('\n', 0, m.start()) + 1, m.group()


def show(revision):
    files = tree(revision)
    found = list(functions(files))
    lengths = sorted(f[3] for f in found)
    total, counts = words(files)
    cycle, shared = largest_cycle(files), shared_statics(found)
    wide = [f'{p}: {n}' for p, n, c, _, _ in found if c > PARAMETERS_MAX]
    crowded = list(crowded_conditions(files))
    print(f'## {revision or "working tree"}: {len(files)} files')
    print(f'comment words {total}; per 1,000: ' + ', '.join(f'{n} {v:.1f}' for n, v in counts.items()))
    print('files per folder: ' + ', '.join(f'{n} {c}' for n, c in sorted(folders(files).items())))
    print(f'largest include cycle: {len(cycle)} {" ".join(sorted(cycle))}')
    print(f'static function names used in two files or more: {len(shared)} {" ".join(sorted(shared))[:400]}')
    print(f'functions with more than {PARAMETERS_MAX} parameters: {len(wide)} {"; ".join(wide)[:400]}')
    print(f'conditions with three or more fallible calls: {len(crowded)} {"; ".join(crowded)[:600]}')
    print(f'functions: {len(lengths)}, lines median {statistics.median(lengths):.0f}, '
          f'95th percentile {lengths[int(len(lengths) * 0.95)]}, longest {lengths[-1]}\n')


if __name__ == '__main__':
    for wanted in sys.argv[1:] or [None]:
        show(wanted)
