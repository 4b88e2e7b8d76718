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

"""Some cases of every target of scripts/fuzz, and that it finds what it is to find."""

from __future__ import annotations

from importlib import import_module
import os
from pathlib import Path
from random import Random
import signal
import subprocess
import sys
from typing import Any

from movenet_ros.core.errors import ImageError
import pytest

FOLDER = Path(__file__).parent
CASES = 4000


def test_what_no_program_should_send_is_accepted_or_rejected(tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER), '--cases', str(CASES), '--seed', '8']
    done = subprocess.run(
        [*command, '--finds', str(tmp_path)], capture_output=True, text=True, timeout=250
    )
    lines = done.stdout.splitlines()
    assert lines[-1].endswith(' cases, 0 finds'), done
    assert not [line for line in lines[1:-1] if ' 0 rejected' in line], lines


class Target:
    """Does something bad in one case of ten."""

    name = 'target'

    def __init__(self, bad: Any) -> None:
        self._bad = bad

    def make(self, random: Random) -> bytes:
        """Make an input that shows whether it is the bad one."""
        return random.randbytes(8)

    def run(self, data: bytes, random: Random) -> None:
        """Do it."""
        if data[0] < 26:
            self._bad()


def reject(text: str) -> None:
    """Reject with some words."""
    raise ImageError(text)


BAD = {
    'division by zero': lambda: 1 // 0,
    'killed by SIGSEGV': lambda: os.kill(os.getpid(), signal.SIGSEGV),
    'Timeout': lambda: signal.pause(),
    'MB of memory': lambda: bytearray(b'x') * 2**28,
    'bytes on the screen': lambda: os.write(2, b'a page of words\n' * 200),
    'control characters': lambda: reject('two\nlines'),
    'files left open': lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(10)],
}


@pytest.mark.parametrize('reason', BAD)
def test_what_is_bad_is_found_and_saved(
    reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FOLDER.parent)
    fuzz = import_module('fuzz.__main__')
    monkeypatch.setattr(fuzz, 'TIME_LIMIT_S', 2.0 if reason == 'Timeout' else 60.0)
    monkeypatch.setattr(fuzz, 'MEMORY_LIMIT_MB', 100)
    monkeypatch.setattr(fuzz, 'MOST_FINDS', 2)
    monkeypatch.setattr(fuzz, 'FILES_EVERY', 1 if reason == 'files left open' else 1000)
    first, second = fuzz.run(Target(BAD[reason]), 7, range(100), tmp_path).finds
    case = int(first.rsplit('_', 1)[1])
    assert case < int(second.rsplit('_', 1)[1])
    text = Path(f'{first}.txt').read_text()
    assert reason in text
    assert f'scripts/fuzz --seed 7 --target target --only {case}' in text
    assert Path(f'{first}_input').read_bytes()[0] < 26


def test_a_rejection_is_no_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER.parent)
    fuzz = import_module('fuzz.__main__')
    result = fuzz.run(Target(lambda: reject('no picture')), 7, range(50), tmp_path)
    assert not result.finds
    assert 0 < result.rejected < result.rejected + result.accepted == result.cases == 50
