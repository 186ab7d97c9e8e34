# SPDX-License-Identifier: MIT
"""Headless Chromium, driven over its debugging pipe: downloads as a person has them, paused and resumed by buttons."""
import json
import os
import select
import shutil
import signal
import subprocess
import time

import harness

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
         '--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage',
         '--lang=en-US', '--remote-debugging-pipe']
# A button of the latest download in the list of chrome://downloads; found by its words, which outlive layouts.
BUTTON = """[...document.querySelector('downloads-manager').shadowRoot.querySelectorAll('downloads-item')].slice(0, 1)
    .flatMap(item => [...item.shadowRoot.querySelectorAll('button, cr-button')])
    .find(button => !button.hidden && button.textContent.trim() === %s)"""


class Chromium:
    """A browser with a profile of its own, and more options. Downloads go to `folder`."""

    def __init__(self, *flags):
        self.flags = flags
        self.profile = harness.temporary('wzchromium-')
        self.folder = self.profile / 'downloads'
        self._buffer, self._last = b'', 0
        self.events = []  # of the domains that a test has enabled
        self.process = None

    def __enter__(self):
        (self.profile / 'Default').mkdir()
        self.folder.mkdir()
        (self.profile / 'Default' / 'Preferences').write_text(json.dumps(
            {'download': {'default_directory': str(self.folder), 'prompt_for_download': False}}))
        here, self._write = os.pipe()
        self._read, there = os.pipe()
        # The protocol is spoken over descriptors 3 and 4.
        command = ['bash', '-c', 'exec "${@:3}" 3<&"$1" 4>&"$2"', 'bash', str(here), str(there), 'chromium', *FLAGS,
                   *self.flags, f'--user-data-dir={self.profile}', 'about:blank']
        with open(self.profile / 'stderr', 'ab') as log:
            self.process = subprocess.Popen(command, pass_fds=(here, there), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**os.environ, 'LANGUAGE': 'en_US',
                                                             'HOME': str(self.profile), 'TMPDIR': str(self.profile)})
        os.close(here)
        os.close(there)
        self.list = self._tab('chrome://downloads')
        return self

    def __exit__(self, *_):
        harness.end(self.process, signal.SIGTERM)
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self.profile, ignore_errors=True)

    def log(self):
        return (self.profile / 'stderr').read_text(errors='replace')

    def _tab(self, url):
        target = self.call('Target.createTarget', url=url)['targetId']
        return self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']

    def _next(self, until):
        while b'\0' not in self._buffer:
            if not select.select([self._read], [], [], max(0, until - time.monotonic()))[0]:
                return None
            data = os.read(self._read, 1 << 16)
            if not data:
                raise EOFError(f'Chromium ended: {self.log()[-2000:]}')
            self._buffer += data
        one, _, self._buffer = self._buffer.partition(b'\0')
        return json.loads(one)

    def call(self, method, session=None, seconds=harness.PATIENCE, **params):
        self._last += 1
        number, until = self._last, time.monotonic() + seconds
        message = {'id': number, 'method': method, 'params': params, **({'sessionId': session} if session else {})}
        os.write(self._write, json.dumps(message).encode() + b'\0')
        while (answer := self._next(until)) is not None:
            if answer.get('id') == number:
                if 'error' in answer:
                    raise RuntimeError(f'{method}: {answer["error"]}')
                return answer['result']
            if 'method' in answer:
                self.events.append(answer)
        raise TimeoutError(f'{method}: no answer after {seconds} s')

    def visit(self, url):
        """As if the address had been typed: with the browser's own Accept header, in a tab that downloads end."""
        self.call('Target.createTarget', url=url)

    def tab(self, url, width, height, *domains):
        """A tab with the page loaded, as a phone shows it: evaluate(script, tab). Events of the domains are collected."""
        tab = self._tab('about:blank')
        for domain in domains:
            self.call(f'{domain}.enable', tab)
        self.call('Emulation.setDeviceMetricsOverride', tab, width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.call('Page.navigate', tab, url=url)
        self.wait(lambda: self.evaluate(f'location.href === "{url}" && document.readyState === "complete"', tab))
        return tab

    def evaluate(self, script, tab=None, wait=False):
        """The value of an expression; wait: of the promise that it is."""
        answer = self.call('Runtime.evaluate', tab or self.list, expression=script, returnByValue=True,
                           awaitPromise=wait)
        return answer['result'].get('value')

    def click(self, name):
        """Presses a button of the latest download; whether it is there."""
        return bool(self.evaluate(f'(b => {{ if (b) b.click(); return !!b; }})({BUTTON % json.dumps(name)})'))

    def wait(self, condition, seconds=harness.PATIENCE):
        """Until condition() is true."""
        harness.wait_for('Chromium', condition, seconds, self.process)

    def received(self):
        """Bytes of the unfinished download that are on the disk."""
        try:
            return sum(f.stat().st_size for f in self.folder.glob('*.crdownload'))
        except FileNotFoundError:  # it got another name just now
            return 0

    def finished(self):
        """Whether there is a download and it is complete: until then it has other names, its own holds nothing."""
        files = list(self.folder.iterdir())
        try:
            return len(files) == 1 and files[0].suffix == '.zip' and files[0].stat().st_size > 0
        except FileNotFoundError:
            return False

    def taken(self):
        """The bytes of the one complete download, which is taken off the disk."""
        path, = self.folder.iterdir()
        data = path.read_bytes()
        path.unlink()
        return data
