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

"""scripts/setup and the other scripts: what is finished is skipped, what fails says so."""

from __future__ import annotations

from collections.abc import Callable
import fcntl
from importlib import import_module
from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys
import types
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / 'scripts'

pytestmark = pytest.mark.process


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of scripts/installer, which is no package."""
    monkeypatch.syspath_prepend(SCRIPTS / 'installer')
    return import_module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a clone in which nothing is set up."""
    left_out = shutil.ignore_patterns('.*', '__pycache__')
    for folder in ('movenet_ros', 'scripts'):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=left_out)
    return tmp_path


def test_a_part_that_was_begun_stays_begun_until_it_ends(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    state = load('state').State(tmp_path / 'venv')
    state.start_over()
    assert load('state').State(tmp_path / 'venv').is_broken
    state.note('venv', 'key')
    again = load('state').State(tmp_path / 'venv')
    assert not again.is_broken
    assert again == {'venv': 'key'}


def test_starting_over_leaves_nothing_but_the_note_that_it_is_unfinished(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    state = load('state').State(tmp_path)
    state.start_over()
    state.note('packages', 'key')
    (tmp_path / 'lib' / 'deep').mkdir(parents=True)
    (tmp_path / 'lib64').symlink_to('lib')
    state.start_over()
    assert [path.name for path in tmp_path.iterdir()] == ['setup.json']
    again = load('state').State(tmp_path)
    assert again.is_broken and 'packages' not in again


def test_an_environment_of_another_program_is_left_alone(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    (tmp_path / 'pyvenv.cfg').touch()
    with pytest.raises(load('state').Failed, match='move it away'):
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


def test_an_environment_of_another_checkout_is_refused(clone: Path, tmp_path: Path) -> None:
    (tmp_path / 'other').mkdir()
    (clone / '.venv').symlink_to(tmp_path / 'other')
    (tmp_path / 'other' / 'mine').touch()
    run = subprocess.run([clone / 'scripts' / 'setup'], capture_output=True, text=True)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith('scripts/setup: ') and 'link' in line
    assert (tmp_path / 'other' / 'mine').exists()


@pytest.mark.parametrize(
    ('there', 'user', 'allowed', 'begins'),
    [
        (('chromium', 'apt-get'), 0, True, None),
        ((), 0, True, None),
        (('apt-get',), 0, True, ['apt-get', 'install']),
        (('apt-get',), 1000, True, None),
        (('apt-get', 'sudo'), 1000, False, None),
        (('apt-get', 'sudo'), 1000, True, ['sudo', '-n', 'apt-get', 'install']),
    ],
)
def test_the_browser_is_installed_where_that_takes_no_password(
    load: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    there: tuple[str, ...],
    user: int,
    allowed: bool,
    begins: list[str] | None,
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        ran.append(command)
        return types.SimpleNamespace(returncode=0 if allowed else 1)

    monkeypatch.setattr(shutil, 'which', lambda name: name if name in there else None)
    monkeypatch.setattr(os, 'geteuid', lambda: user)
    monkeypatch.setattr(subprocess, 'run', run)
    load('prerequisites').get_browser()
    installed = [each for each in ran if 'chromium' in each]
    assert [each[:len(begins or ())] for each in installed] == ([begins] if begins else [])


@pytest.mark.parametrize(('script', 'words'), [('test', '--quick'), ('demo', '--seconds')])
def test_help_needs_nothing_set_up(script: str, words: str, clone: Path) -> None:
    (clone / script).symlink_to(clone / 'scripts' / script)
    run = subprocess.run(
        [clone / script, '--help'], capture_output=True, text=True, timeout=60,
        env={'PATH': os.environ['PATH'], 'PYTHONNOUSERSITE': '1'},
    )
    assert run.stdout.startswith('usage: ') and words in run.stdout
    assert not (clone / '.venv').exists()


@pytest.mark.parametrize('argument', ['no/such.mp4', '--foo'])
def test_a_mistake_is_told_before_anything_is_set_up(argument: str, clone: Path) -> None:
    run = subprocess.run(
        [clone / 'scripts' / 'demo', argument], capture_output=True, text=True, timeout=60,
        env={'PATH': os.environ['PATH'], 'PYTHONNOUSERSITE': '1'},
    )
    assert (run.returncode, argument in run.stderr) == (1, True)
    assert not (clone / '.venv').exists()


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


def test_the_image_and_the_workflows_are_told_the_versions() -> None:
    run = subprocess.run(
        [sys.executable, SCRIPTS / 'installer' / 'packages.py'], capture_output=True, text=True,
        env={**os.environ, 'ROS_DISTRO': ''}, check=True,
    )
    assert run.stdout == (SCRIPTS / 'constraints.txt').read_text()


def test_commands_are_found_by_ros2_run_and_hide_no_program_of_their_name(
    tmp_path: Path, load: Callable[[str], Any]
) -> None:
    info = tmp_path / 'lib' / 'python3.11' / 'site-packages' / 'movenet_ros-1.dist-info'
    (tmp_path / 'bin').mkdir()
    info.mkdir(parents=True)
    (info / 'entry_points.txt').write_text('[console_scripts]\nview = movenet_ros:main\n')
    (tmp_path / 'bin' / 'activate').touch()
    for text in ('first', 'second'):  # a new installation
        (tmp_path / 'bin' / 'view').write_text(text)
        load('packages').finish_prefix(ROOT, tmp_path)
        assert (tmp_path / 'lib' / 'movenet_ros' / 'view').read_text() == text
        assert not (tmp_path / 'bin' / 'view').exists()


def test_what_is_installed_to_be_read_and_copied_is_in_the_environment(
    load: Callable[[str], Any]
) -> None:
    shared = {str(path) for path in load('packages').shared_files(ROOT)}
    papers = ROOT.glob('doc/**/*.md')
    examples = [*ROOT.glob('examples/**/*.py'), *ROOT.glob('examples/poses_cpp/*')]
    assert {str(path.relative_to(ROOT)) for path in (*papers, *examples)} <= shared


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
