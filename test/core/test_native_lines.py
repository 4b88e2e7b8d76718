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

"""What C libraries print is collected and logged once; what others print is left alone."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
from threading import Thread

from movenet_ros.core import native_lines as module
from movenet_ros.core.native_lines import AGAIN
from movenet_ros.core.native_lines import KINDS
from movenet_ros.core.native_lines import log_once
from movenet_ros.core.native_lines import native_lines
import pytest

LIBRARY = ctypes.CDLL(None)
glibc = pytest.mark.skipif(not hasattr(LIBRARY, 'gnu_get_libc_version'), reason='not glibc')


def print_in_c(text: bytes) -> None:
    """Print as a C library does."""
    LIBRARY.fputs(text, ctypes.c_void_p.in_dll(LIBRARY, 'stderr'))


@pytest.fixture(autouse=True)
def no_lines_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what was logged."""
    monkeypatch.setattr(module, '_counts', module.Counter())


@glibc
def test_what_c_prints_is_collected(capfd: pytest.CaptureFixture[str]) -> None:
    for i in range(3):
        with native_lines() as lines:
            print_in_c(f'line {i}\n'.encode())
            thread = Thread(target=print_in_c, args=(b'of a thread\n',))
            thread.start()
            thread.join()
        assert lines == [f'line {i}', 'of a thread']
    print_in_c(b'afterwards\n')
    assert capfd.readouterr().err == 'afterwards\n'


@pytest.mark.process
def test_what_others_print_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    with native_lines() as lines:
        os.write(2, b'by its number\n')
        print('by Python', file=sys.stderr, flush=True)
        subprocess.run(['sh', '-c', 'echo by a child >&2'], check=True)
    assert not lines
    assert capfd.readouterr().err.splitlines() == ['by its number', 'by Python', 'by a child']


@glibc
def test_what_ros_logs_meanwhile_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    with native_lines() as lines:
        print_in_c(b'[WARN] [1.5] [movenet]: no image for 5 s\n')
    assert not lines
    assert capfd.readouterr().err.endswith('no image for 5 s\n')


@glibc
def test_the_screen_is_back_behind_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), native_lines():
        raise ValueError
    print_in_c(b'afterwards\n')
    assert capfd.readouterr().err == 'afterwards\n'


def test_lines_that_differ_in_numbers_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for i in range(AGAIN - 1):
        log_once([f'{i} bytes before marker 0x{i:02x}'])
    assert len(caplog.messages) == 1
    log_once(['5 bytes before marker 0xd9'])
    assert len(caplog.messages) == 2 and str(AGAIN) in caplog.messages[-1]


def test_hostile_lines_flood_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for i in range(5000):
        log_once([f'libpng warning: {chr(97 + i % 26)}{chr(97 + i // 26 % 26)}: bad chunk'])
    assert len(caplog.messages) <= KINDS + 2
