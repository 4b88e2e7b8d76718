# Copyright 2026 movenet_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""A real browser for the tests of pages, where this machine has one."""

from __future__ import annotations

from base64 import b64decode
from itertools import count
import json
import os
from pathlib import Path
import select
import shutil
import subprocess
from typing import Any

WAIT_S = 60.0
NAMES = ('chromium', 'chromium-browser', 'google-chrome')
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), '')
OPTIONS = [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--no-first-run', '--disable-sync',
    '--disable-background-networking', '--disable-component-update', '--remote-debugging-pipe',
]


class Browser:
    """
    Chromium, driven by its DevTools protocol: JSON and a zero byte, over a pipe each way.

    That takes no package, which the drivers on PyPI would be.

    :param folder: for its profile.
    :ivar events: what the page did meanwhile, by the names of the protocol.
    """

    def __init__(self, folder: Path) -> None:
        theirs, self._to = os.pipe()
        self._from, theirs_too = os.pipe()
        command = [CHROMIUM, *OPTIONS, f'--user-data-dir={folder}', 'about:blank']
        self._process = subprocess.Popen(
            ['bash', '-c', f'exec "$@" 3<&{theirs} 4>&{theirs_too}', 'bash', *command],
            pass_fds=(theirs, theirs_too), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.close(theirs_too)
        self._read = b''
        self._numbers = count(1)
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []

    def visit(self, url: str) -> None:
        """Open a page, which is the one that is asked from then on, and whose events are kept."""
        target = self._call('Target.createTarget', url='about:blank')['targetId']
        attached = self._call('Target.attachToTarget', targetId=target, flatten=True)
        self._session = {'sessionId': attached['sessionId']}
        for each in ('Runtime', 'Log', 'Network'):
            self._call(f'{each}.enable')
        self._call('Page.navigate', url=url)

    def value(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; None if it raises an exception."""
        answer = self._call('Runtime.evaluate', expression=expression, returnByValue=True)
        return answer['result'].get('value')

    def resize(self, width: int, height: int, is_dark: bool = False) -> None:
        """Give the page another size, in CSS pixels, and the colours that the user likes."""
        self._call(
            'Emulation.setDeviceMetricsOverride', width=width, height=height, mobile=False,
            deviceScaleFactor=1,
        )
        scheme = {'name': 'prefers-color-scheme', 'value': 'dark' if is_dark else 'light'}
        self._call('Emulation.setEmulatedMedia', features=[scheme])

    def screenshot(self) -> bytes:
        """Return the whole page as a PNG."""
        answer = self._call('Page.captureScreenshot', captureBeyondViewport=True)
        return b64decode(answer['data'])

    def _call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        message = {'id': number, 'method': method, 'params': params, **self._session}
        os.write(self._to, json.dumps(message).encode() + b'\0')
        while (answer := self._next_message()).get('id') != number:
            self.events.append(answer)
        return answer['result']

    def _next_message(self) -> Any:
        while b'\0' not in self._read:
            assert select.select([self._from], [], [], WAIT_S)[0], 'the browser does not answer'
            received = os.read(self._from, 1 << 16)
            assert received, f'the browser ended with {self._process.wait()}'
            self._read += received
        message, _, self._read = self._read.partition(b'\0')
        return json.loads(message)

    def close(self) -> None:
        """End it."""
        os.close(self._to)
        try:
            self._process.wait(WAIT_S)
        finally:
            self._process.kill()
            os.close(self._from)
