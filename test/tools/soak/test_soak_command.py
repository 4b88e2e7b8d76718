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

"""The soak, from the command line to its result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from movenet_ros.tools.soak import command as soak
from movenet_ros.tools.soak.plan import PHASES
import pytest
from ros_graph import processes_in

pytestmark = pytest.mark.tool

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 60.0
BUSY = (
    'good images were lost', 'good images were sent', 'periods of the node',
    'in an overload, from', 'came during the overload',
)
"""
Violations of a machine that has other things to do, as one that tests may have.

There, the model may still be made ready for the shape of an overload while that is measured.
"""


class Soak:
    """A soak in a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.log = folder / 'soak_pose_node.log'
        self._screen = folder / 'screen'
        env = {**os.environ, 'PYTHONPATH': str(ROOT)}
        with self._screen.open('wb') as screen:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'movenet_ros', 'soak', *args],
                stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, env=env, cwd=folder,
            )

    @property
    def text(self) -> str:
        """Return what a person sees."""
        return self._screen.read_text(errors='replace')

    def has(self, words: str) -> bool:
        """Wait until words are seen."""
        end = time.monotonic() + WAIT_S
        while words not in self.text and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        return words in self.text

    def children(self) -> list[int]:
        """Find the processes that it started, by their namespace."""
        return processes_in(f'/movenet_soak_{self.process.pid}')


@contextmanager
def soaking(folder: Path, *args: str) -> Iterator[Soak]:
    """Start a soak; it is over when the ``with`` block is."""
    run = Soak(folder, *args)
    try:
        yield run
    finally:
        run.process.terminate()
        run.process.wait(WAIT_S)


def test_a_short_soak_sees_every_phase_and_no_fault(tmp_path: Path) -> None:
    """A busy machine may lose images, but nothing may be answered wrongly."""
    with soaking(tmp_path, '--minutes', '0.05', '--json', 'soak.json') as run:
        code = run.process.wait(5 * WAIT_S)
    report = json.loads((tmp_path / 'soak.json').read_text())
    faults = [each for each in report['violations'] if not any(words in each for words in BUSY)]
    assert faults == []
    assert code == bool(report['violations'])
    assert report['is_complete']
    names = [each['name'] for each in report['runs']]
    assert names[:len(PHASES)] == [each.name for each in PHASES]
    is_busy = any('good images were sent' in each for each in report['violations'])
    assert is_busy or all(each['good'] for each in report['runs'])
    assert sum(each['poses'] > 0 for each in report['runs']) > len(PHASES) / 2
    for phase in PHASES:
        assert f'\n{phase.name} ' in run.text
    assert ('\nno violations' in run.text) == (not report['violations'])


def test_a_signal_ends_all_of_it(tmp_path: Path) -> None:
    """What was counted until then is shown."""
    with soaking(tmp_path, '--minutes', '1') as run:
        assert run.has('steady: ')
        children = run.children()
        run.process.send_signal(signal.SIGINT)
        code = run.process.wait(WAIT_S)
    assert len(children) == 1
    assert run.children() == []
    assert '\nended early by a signal' in run.text
    assert '\nall ' in run.text
    assert 'Traceback' not in run.text
    assert code in (1, 130)  # 1: an image was lost before


@pytest.mark.parametrize(
    ('args', 'words'),
    [
        (['--minutes', '0'], '0 is not a number above 0'),
        (['--backend', 'abacus'], "invalid choice: 'abacus'"),
        (['--seed', 'x'], "invalid int value: 'x'"),
    ],
)
def test_wrong_arguments(
    args: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        soak.main(args)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize('option', ['--json', '--log'])
def test_a_file_that_cannot_be_written_is_said_at_once(option: str, tmp_path: Path) -> None:
    with soaking(tmp_path, option, '/nowhere/file') as run:
        assert run.process.wait(WAIT_S) == 1
    assert 'movenet_ros: cannot write /nowhere/file: ' in run.text
    assert f'give {option} a file' in run.text


def test_help_names_phases_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        soak.main(['--help'])
    shown = capsys.readouterr().out
    for phase in PHASES:
        assert f'  {phase.name} ' in shown
    assert 'memory (resident) that grows by 5%' in shown
