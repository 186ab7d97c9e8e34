# SPDX-License-Identifier: MIT
"""Fixtures of the system tests. See harness.py."""
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'data'))

import harness  # noqa: E402
import studies  # noqa: E402
from corpus import corpus, uid  # noqa: E402
from servers import FRONT_ENDS  # noqa: E402

os.umask(0o022)  # the web servers' user reads what tests write
for name in 'no_proxy', 'NO_PROXY':  # for curl, wget, aria2, npm, Chromium; registries may be behind one
    os.environ[name] = ','.join(filter(None, [os.environ.get(name), 'localhost,127.0.0.1']))

PYDICOM = Path('/usr/lib/python3/dist-packages/pydicom/data')


def dicom_source():
    """Where real DICOM files come from, and a sentence that says so."""
    given = os.environ.get('WADOZIP_TEST_DICOM')
    beside = harness.REPO.parent / 'shared' / 'dicom'
    if given:
        return Path(given), f'WADOZIP_TEST_DICOM = {given}'
    if beside.is_dir():
        return beside, '../shared/dicom'
    return PYDICOM, 'only the files of python3-pydicom: ../shared/dicom is not here'


def pytest_report_header():
    return [f'DICOM files: {dicom_source()[1]}', f'programs: {harness.BUILD}']


@pytest.fixture(scope='session')
def pg():
    server = harness.Postgres().start()
    yield server
    server.remove()


@pytest.fixture(scope='session')
def dicom(tmp_path_factory):
    """A copy of the real files that the web servers' user can read and tests must not change."""
    folder = harness.temporary('wzdicom-')
    shutil.copytree(dicom_source()[0], folder / 'dicom', copy_function=shutil.copyfile)
    if not (folder / 'dicom' / 'dcm_qa_nih').exists():
        shutil.copytree(corpus('clinic'), folder / 'dicom' / 'clinic', copy_function=shutil.copyfile)
    for path in [folder, *folder.rglob('*')]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder / 'dicom'
    shutil.rmtree(folder, ignore_errors=True)


GE = '1.2.840.113619.6.408.28831229784644470934771902094312156645'


@pytest.fixture(scope='session')
def expected(dicom):
    """Study UID -> instances in order, as pydicom sees them."""
    return studies.read(dicom)


@pytest.fixture(scope='session')
def whole(expected):
    """A study of 160 whose files go out as they are: the real GE one, else a generated one."""
    return GE if GE in expected else uid('clinic')


@pytest.fixture(scope='session')
def full_source():
    """The large collection of real and broken files; tests that need it are skipped, visibly, where it is missing."""
    path, name = dicom_source()
    if path == PYDICOM:
        pytest.skip(f'needs ../shared/dicom: {name}')
    return path


@pytest.fixture(scope='session')
def site(pg, dicom):
    """A site whose catalogue holds the real files. Read-only for tests; make_site is for those that change things."""
    site = harness.Site(pg, 'sample', {'sample': dicom}).migrate()
    result = site.index()
    assert result.code in (0, 1), result
    yield site
    site.remove()


@pytest.fixture
def place():
    """A folder `root` for a root, and a folder `var` that the web servers' account may write to."""
    base = harness.temporary('wzplace-')
    harness.owned_by_web_user(base / 'var')
    (base / 'root').mkdir()
    yield base
    harness.run('rm', '-r', base)


NUMBERS = itertools.count()  # names are cut off at 56 bytes: roles are named after databases


@pytest.fixture
def make_site(pg, request):
    """make_site(name, {'root': path}, key=value...): a migrated, empty site for one test."""
    made = []

    def make(name, roots, **settings):
        made.append(harness.Site(pg, f'{next(NUMBERS)}_{name}_{request.node.name}'[:56], roots, **settings))
        return made[-1].migrate()
    yield make
    for site in made:
        site.remove()


@pytest.fixture(scope='session', params=list(FRONT_ENDS))
def front(request, site):
    """Each of the web server arrangements before the sample site."""
    server = harness.front_end(request.param, site).start()
    server.kind = request.param
    yield server
    server.remove()


SECONDS = 1800  # that a test and its fixtures may take each


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """No test hangs: an alarm interrupts whatever waits."""
    def late(*_):
        raise TimeoutError(f'{item.name}: over {SECONDS} s')
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the servers of a failed test have logged is part of its report."""
    report = (yield).get_result()
    if report.when == 'call' and report.failed:
        for name, value in getattr(item, 'funcargs', {}).items():
            if hasattr(value, 'log') and callable(value.log):
                report.sections.append((f'log of {name}', value.log()[-6000:]))
