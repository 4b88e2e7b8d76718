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

"""scripts/setup: what is finished is skipped, what is broken is seen, what fails says so."""

from __future__ import annotations

from collections.abc import Callable
import fcntl
from importlib import import_module
from importlib import metadata
import os
from pathlib import Path
import subprocess
import sys
import types
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / 'scripts'


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of scripts/installer, which is no package."""
    monkeypatch.syspath_prepend(SCRIPTS / 'installer')
    return import_module


@pytest.fixture
def lock_fd(tmp_path: Path) -> int:
    """Open something to hand down in place of the lock."""
    return os.open(tmp_path, os.O_RDONLY)


def job(load: Callable[[str], Any], part: str, *codes: str) -> Any:
    """Make a job of Python snippets."""
    return load('progress').Job(part, 'key', [[sys.executable, '-Sc', code] for code in codes])


def test_a_part_that_was_begun_stays_begun_until_it_ends(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    state = load('state').State(tmp_path / 'venv')
    state.clear('no ROS')
    state.begin('packages')
    assert 'packages' in load('state').State(tmp_path / 'venv').begun
    state.end('packages', 'key')
    again = load('state').State(tmp_path / 'venv')
    assert again.begun == ['venv']
    assert again.finished == {'packages': 'key'}


def test_a_part_that_is_made_again_is_no_longer_finished(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    state = load('state').State(tmp_path / 'venv')
    state.clear('no ROS')
    state.end('packages', 'key')
    state.begin('packages')
    assert not load('state').State(tmp_path / 'venv').finished


def test_clearing_leaves_nothing_but_the_note_that_it_is_unfinished(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    state = load('state').State(tmp_path)
    state.clear('no ROS')
    state.end('venv', 'key')
    (tmp_path / 'lib' / 'deep').mkdir(parents=True)
    (tmp_path / 'lib64').symlink_to('lib')
    state.clear('ROS jazzy')
    assert [path.name for path in tmp_path.iterdir()] == ['setup.json']
    again = load('state').State(tmp_path)
    assert (again.begun, again.finished, again.made_for) == (['venv'], {}, 'ROS jazzy')


def test_an_environment_of_somebody_else_is_left_alone(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    (tmp_path / 'pyvenv.cfg').touch()
    with pytest.raises(load('progress').Failed, match='move it away'):
        load('state').State(tmp_path)


def test_the_digest_of_a_folder_follows_names_and_contents(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    digest = load('state').digest
    (tmp_path / 'a').write_text('1')
    seen = {digest(tmp_path)}
    (tmp_path / 'a').write_text('2')
    seen.add(digest(tmp_path))
    (tmp_path / 'a').rename(tmp_path / 'b')
    seen.add(digest(tmp_path))
    assert len(seen) == 3
    assert digest(tmp_path) in seen


def test_the_lock_is_held_while_a_child_lives(tmp_path: Path, load: Callable[[str], Any]) -> None:
    with load('state').locked(tmp_path) as held:
        command = [sys.executable, '-Sc', 'input()']
        child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[held])
    other = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    child.communicate(b'\n')
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_jobs_run_side_by_side(tmp_path: Path, load: Callable[[str], Any], lock_fd: int) -> None:
    code = """
import pathlib, time
pathlib.Path({mine!r}).touch()
end = time.monotonic() + 60
while not pathlib.Path({other!r}).exists():
    assert time.monotonic() < end
    time.sleep(0.01)
"""
    a, b = str(tmp_path / 'a'), str(tmp_path / 'b')
    jobs = [
        job(load, 'first', code.format(mine=a, other=b)),
        job(load, 'second', code.format(mine=b, other=a)),
    ]
    ended: list[Any] = []
    load('progress').run(jobs, tmp_path / 'log', lock_fd, ended.append)
    assert {each.part for each in ended} == {'first', 'second'}


def test_a_failure_stops_its_job_and_no_other(
    tmp_path: Path,
    load: Callable[[str], Any],
    lock_fd: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    never = f'open({str(tmp_path / "never")!r}, "w")'
    jobs = [job(load, 'bad', 'raise SystemExit("oh dear")', never), job(load, 'good', 'pass')]
    ended: list[Any] = []
    with pytest.raises(load('progress').Failed, match=r'bad failed: .*log/bad\.log'):
        load('progress').run(jobs, tmp_path / 'log', lock_fd, ended.append)
    assert [each.part for each in ended] == ['good']
    assert not (tmp_path / 'never').exists()
    assert 'oh dear' in capfd.readouterr().err


@pytest.mark.parametrize(
    ('output', 'cure'),
    [
        ('ERROR: No matching distribution found for tensorflow', 'network'),
        ('OSError: [Errno 28] No space left on device', 'disk space'),
    ],
)
def test_a_known_failure_comes_with_its_cure(
    tmp_path: Path, load: Callable[[str], Any], lock_fd: int, output: str, cure: str
) -> None:
    bad = job(load, 'bad', f'raise SystemExit({output!r})')
    with pytest.raises(load('progress').Failed, match=cure):
        load('progress').run([bad], tmp_path / 'log', lock_fd, print)


@pytest.mark.parametrize(
    ('output', 'status'),
    [
        ('', 'starting'),
        ('Collecting numpy>=1 (from tensorflow)\n', 'Collecting numpy>=1'),
        ('Downloading numpy.whl (9 MB)\nProgress 1 of 4\nProgress 3 of 4\n', 'numpy.whl 75%'),
        ('Collecting numpy\nWARNING: noise\n\n', 'Collecting numpy'),
        ('Installing collected packages: a, b, c\n', 'installing 3 packages'),
        ('[  7%] Building C object\n', '7%'),
    ],
)
def test_progress_is_said_in_a_few_words(
    tmp_path: Path, load: Callable[[str], Any], lock_fd: int, output: str, status: str
) -> None:
    running = load('progress').Running(job(load, 'part'), tmp_path / 'log', lock_fd)
    (tmp_path / 'log').write_text(output)
    assert running.status().endswith(status)


def test_progress_survives_many_lines_of_percent(
    tmp_path: Path, load: Callable[[str], Any], lock_fd: int
) -> None:
    running = load('progress').Running(job(load, 'part'), tmp_path / 'log', lock_fd)
    (tmp_path / 'log').write_text('Downloading numpy.whl\n')
    running.status()
    with (tmp_path / 'log').open('a') as log:
        log.writelines(f'Progress {i} of 2000\n' for i in range(1001))
    assert running.status() == 'Downloading numpy.whl 50%'


@pytest.mark.parametrize(('numpy', 'limited'), [('1.26.4', True), ('2.4.0', False)])
def test_a_ros_distribution_keeps_its_own_versions(
    load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, numpy: str, limited: bool
) -> None:
    brought = [
        types.SimpleNamespace(name='numpy', version=numpy),
        types.SimpleNamespace(name='PyYAML', version='5.4.1'),
    ]
    monkeypatch.setattr(metadata, 'distributions', lambda: brought)
    lines = load('packages').constraints(SCRIPTS / 'constraints.txt', 'jazzy').splitlines()
    assert not [line for line in lines if line.startswith(('pyyaml', 'numpy=='))]
    assert ('numpy<2' in lines) is limited
    assert [line for line in lines if line.startswith('tensorflow==')]


def test_without_a_distribution_every_version_is_the_tested_one(
    load: Callable[[str], Any],
) -> None:
    pins = SCRIPTS / 'constraints.txt'
    assert load('packages').constraints(pins, '') == pins.read_text()


def test_scripts_shed_the_libraries_of_another_venv() -> None:
    left = '${LD_LIBRARY_PATH-}${_ROS_WHEELS_BOOTSTRAP_COMPLETE-}'
    code = f'. "{SCRIPTS}/common.sh"; echo "{left}"'
    env = {**os.environ, '_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1', 'LD_LIBRARY_PATH': '/other/lib'}
    run = subprocess.run(['bash', '-c', code], env=env, capture_output=True, text=True)
    assert run.stdout == '\n'


@pytest.mark.skipif(
    not (ROOT / '.venv' / 'setup.json').is_file() or (ROOT / '.venv').is_symlink(),
    reason='no .venv of ours',
)
def test_setup_says_nothing_where_nothing_is_to_do() -> None:
    command = [SCRIPTS / 'setup', '--quiet']
    subprocess.run(command, check=True)
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, '', '')
