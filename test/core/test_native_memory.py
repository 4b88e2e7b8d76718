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


"""Memory that is kept for the next image."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.native_memory import keep_freed_memory
import pytest

pytestmark = pytest.mark.process

FAULTS = """
import ctypes, resource
from movenet_ros.core.native_memory import keep_freed_memory

{}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
size = 1280 * 720 * 3

def use():
    blocks = [libc.malloc(size) for _ in range(3)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks:
        libc.free(block)

use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 20 * 3 * 1280 * 720 * 3 // 4096  # of all these blocks
GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='not glibc')


def page_faults(preparation: str) -> int:
    """Count how often the kernel brings a page while blocks are taken and freed."""
    run = [sys.executable, '-c', FAULTS.format(preparation)]
    return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


@GLIBC
def test_the_kernel_need_not_bring_the_same_pages_again() -> None:
    assert page_faults('keep_freed_memory()') < PAGES / 50


@GLIBC
def test_otherwise_it_would() -> None:
    assert page_faults('') > PAGES / 4


@GLIBC
def test_it_says_that_it_worked() -> None:
    assert keep_freed_memory()


def test_a_library_without_such_knobs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, 'CDLL', lambda _: object())
    assert not keep_freed_memory()
    assert not give_back_freed_memory()


HOLES = """
import ctypes
from pathlib import Path
from movenet_ros.core.native_memory import give_back_freed_memory
from movenet_ros.core.native_memory import keep_freed_memory

def resident_mib():
    return int(Path('/proc/self/statm').read_text().split()[1]) * 4096 / 2**20

keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
size = 2**16
blocks = [libc.malloc(size) for _ in range(1600)]
for block in blocks:
    ctypes.memset(block, 1, size)
for block in blocks[:-1]:  # the last one keeps all of them below the heap's end
    libc.free(block)
before = resident_mib()
assert give_back_freed_memory()
print(before - resident_mib())
"""


@GLIBC
def test_memory_in_holes_is_given_back() -> None:
    run = [sys.executable, '-c', HOLES]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert float(done.stdout) > 90  # of 100 MiB
