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

"""Some cases of every target of scripts/fuzz, and that it sees what it is there to see."""

from __future__ import annotations

from importlib import import_module
import os
from pathlib import Path
from random import Random
import signal
import subprocess
import sys
import time
from typing import Any

from movenet_ros.core.errors import ImageError
import pytest

FOLDER = Path(__file__).parent
CASES = 6000
TARGETS = (
    'raw_images', 'serialized_images', 'compressed_images', 'bags', 'params_files',
    'model_files', 'tfjs_weights', 'poses_messages',
)


@pytest.fixture(scope='module')
def fuzz() -> Any:
    """Import the program, which is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER.parent)
        return import_module('fuzz.__main__')


@pytest.fixture(scope='module')
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give what the program says of some cases of every target."""
    command = [sys.executable, str(FOLDER), '--cases', str(CASES), '--seed', '8']
    command += ['--finds', str(tmp_path_factory.mktemp('finds'))]
    return subprocess.run(command, capture_output=True, text=True, timeout=250).stdout.splitlines()


@pytest.mark.parametrize('name', TARGETS)
def test_what_nobody_should_send_is_taken_or_refused(name: str, lines: list[str]) -> None:
    (line,) = [line for line in lines if line.startswith(f'{name} ')]
    assert line.endswith(', 0 finds'), lines


def test_every_target_is_tried(lines: list[str]) -> None:
    assert len(lines) == 1 + len(TARGETS) + 1
    assert lines[-1].startswith(f'{CASES} cases in')


class Target:
    """Does something bad in one case of ten."""

    name = 'target'

    def __init__(self, bad: Any) -> None:
        self._bad = bad

    def make(self, random: Random) -> bytes:
        """Make an input that tells whether it is the bad one."""
        return random.randbytes(8)

    def run(self, data: bytes, random: Random) -> None:
        """Do it."""
        if data[0] < 26:
            self._bad()


def refuse(text: str) -> None:
    """Refuse with some words."""
    raise ImageError(text)


def leave_open() -> None:
    """Open files and forget them."""
    for _ in range(10):
        os.open(os.devnull, os.O_RDONLY)


BAD = {
    'division by zero': lambda: 1 // 0,
    'killed by SIGSEGV': lambda: os.kill(os.getpid(), signal.SIGSEGV),
    'MB of memory': lambda: bytearray(b'x') * 2**28,
    'bytes on the screen': lambda: os.write(2, b'a page of words\n' * 200),
    'control characters': lambda: refuse('two\nlines'),
    'characters in': lambda: refuse('x' * 401),
    'without a word': lambda: refuse(''),
    'files left open': leave_open,
    'it takes more than 1 s': lambda: time.sleep(60),
}


@pytest.mark.parametrize('reason', BAD)
def test_what_is_bad_is_found_and_saved(
    reason: str, fuzz: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason.startswith('it takes'):
        monkeypatch.setattr(fuzz, 'TIME_LIMIT_S', 1.0)
    monkeypatch.setattr(fuzz, 'MEMORY_LIMIT_MB', 100)
    monkeypatch.setattr(fuzz, 'MOST_FINDS', 1)
    monkeypatch.setattr(fuzz, 'FILES_EVERY', 1)
    target = Target(BAD[reason])
    (find,) = fuzz._run(target, 7, 0, 200, tmp_path).finds
    case = int(find.rsplit('_', 1)[1])
    text = Path(f'{find}.txt').read_text()
    assert reason in text
    assert f'scripts/fuzz --seed 7 --target target --only {case}' in text
    assert Path(f'{find}_input').read_bytes()[0] < 26


def test_it_goes_on_behind_a_find(fuzz: Any, tmp_path: Path) -> None:
    result = fuzz._run(Target(lambda: 1 // 0), 7, 0, 50, tmp_path)
    assert 1 < len(result.finds) < 10
    assert result.accepted == 50 - len(result.finds)
    assert result.cases == 50


def test_a_refusal_is_no_find(fuzz: Any, tmp_path: Path) -> None:
    result = fuzz._run(Target(lambda: refuse('no picture')), 7, 0, 50, tmp_path)
    assert not result.finds
    assert 0 < result.refused < 50
    assert result.refused + result.accepted == 50
