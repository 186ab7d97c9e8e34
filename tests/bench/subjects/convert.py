# SPDX-License-Identifier: MIT
"""A CT study stored in four ways, asked for in its default form, beside DCMTK's own tools over the same files.

First: nothing is known of the converted members. Again: their sizes and CRCs are known from the request before; with
conversion_cache on, their bytes lie on the disk, too. The tools run one process a file, one and two at a time, then
zip -0, as a script would do it.
"""
import os
import shutil

import harness
from bench import per
from corpus import corpus, uid
from fronts import fronts, with_settings
from measure import Tool, Web
from subjects.retrieve import ZIP, warm

TOOLS = {'implicit': 'dcmconv +te', 'jpll': 'dcmdjpeg', 'jpls': 'dcmdjpls', 'rle': 'dcmdrle'}
TITLES = {'implicit': 'implicit VR', 'jpll': 'JPEG lossless', 'jpls': 'JPEG-LS', 'rle': 'RLE'}
TIMES, UNITS, AGAIN = 3, 3, 0.8
BUDGET = 20


class Scratch:
    """Where the tools write: emptied before each run."""

    def __init__(self):
        self.folder = harness.temporary('wzdcmtk-')

    def empty(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    def tool(self, name, at_once, data):
        """find hands names to xargs, which starts the tool itself, without a shell for each."""
        command = (f"find . -name '*.dcm' -printf '%f\\0' | xargs -0 -P{at_once} -I@ {TOOLS[name]} @ {self.folder}/@ && "
                   f'cd {self.folder} && zip -0 -q -r - .')
        return Tool(f'{TOOLS[name]} x{at_once}, zip -0', data, ['bash', '-o', 'pipefail', '-c', command], corpus(name),
                    prepare=self.empty)


def forget(site, name):
    """Before a first request: nothing is known of the study's converted members."""
    site.sql('DELETE FROM wadozip.conversion f USING wadozip.instance i, wadozip.series s, wadozip.study t WHERE '
             f"i.id = f.instance_id AND s.id = i.series_id AND t.id = s.study_id AND t.uid = '{uid(name)}'")


def path_of(name):
    return f'/dicom-web/studies/{uid(name)}?compression=none'


def case(bench, server, title, name, size, prepare=None):
    return Web(title, size, server, path_of(name), ZIP, bench.drain, least=size, prepare=prepare)


def cases_of(bench, site, server, caching, name, size, scratch):
    """Rates and costs are reported of the native bytes that come out, as many in all cases."""
    title, one = TITLES[name], uid(name, 1, 0)
    cases = {'first': case(bench, server, f'{title}, first request', name, size, lambda: forget(site, name)),
             'again': case(bench, server, f'{title}, again', name, size)}
    if caching:
        cases['cached'] = case(bench, caching, f'{title}, again, conversion_cache on', name, size)
        cases['cached'].answers()  # fills it
    cases['one'] = Web(f'{title}, one instance, again', 0, server,
                       f'/dicom-web/studies/{uid(name)}/series/{uid(name, 1)}/instances/{one}?compression=none', ZIP,
                       bench.drain, least=size // 600)
    cases['native'] = case(bench, server, 'the same study, native', 'ct', size)
    for at_once in (1, 2):
        cases[f'tool {at_once}'] = scratch.tool(name, at_once, size)
    return cases


def targets(bench, name, cases, children):
    title, first = TITLES[name], cases['first'].value()
    for at_once in (1, 2):
        bench.target(f'{title}: first request, times as fast as {TOOLS[name]} x{at_once} and zip',
                     per(cases[f'tool {at_once}'], cases['first']), TIMES)
    # What one conversion takes: the share of one child of the whole, or one instance alone, whichever is less.
    alone = cases['one'].value()
    member = min(first * children / 500, alone) if first and alone else None
    if member:
        # The look-up, which the native study has, too, converts nothing.
        waited, looked = cases['first'].value('first_ms'), cases['native'].value('first_ms')
        bench.target(f'{title}: first byte beyond that of the native study, in units of one member\'s conversion '
                     f'({member * 1e3:.1f} ms)', (waited - looked) / member / 1e3, UNITS, at_least=False)
        bench.fact(f'{name} first', waited, f'{title}: first byte {waited:.1f} ms, {waited / member / 1e3:.1f} of these units; '
                   f'of the native study {looked:.1f} ms')
    again = cases.get('cached', cases['again'])
    bench.target(f'{again.name}: share of the speed of the native study', per(cases['native'], again), AGAIN)
    helper = cases['first'].value('helper_peak', max)
    if helper:
        bench.fact(f'{name} helper', helper, f'peak of a wadozip-dicom that converts {title}: {helper / 1e6:.1f} MB')


def cache_folder(site):
    folder = harness.owned_by_web_user(site.folder / 'conversions')
    folder.chmod(0o700)
    return str(folder)


def measure(bench):
    names = ['jpll'] if bench.quick else list(TOOLS)
    if bench.quick:
        bench.missing('conversions but of JPEG lossless', 'BENCH_QUICK')
    size, scratch = warm(corpus('ct')), Scratch()
    for name in names:
        warm(corpus(name))
    try:
        with bench.site(['ct', *names]) as site, \
                with_settings(bench, site, 'conversion_cache', conversion_cache=cache_folder(site)) as caching, \
                fronts(site, bench.flood, ('lighttpd-socket',)) as servers:
            for name in names:
                cases = cases_of(bench, site, servers['lighttpd-socket'], caching, name, size, scratch)
                bench.measure(name, f'ct as {TITLES[name]}, 500 instances, delivered as Explicit VR Little Endian; ratio: '
                              'speed against the native study', cases, 'native', BUDGET)
                targets(bench, name, cases, os.cpu_count())
    finally:
        shutil.rmtree(scratch.folder, ignore_errors=True)
