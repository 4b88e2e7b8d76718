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

"""Linters, types and the licence, among the tests as in other ROS packages."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ('doc', 'launch', 'movenet_ros', 'scripts', 'setup.py', 'test')
EXAMPLES = 'examples'  # which have no head: they are to be copied
CHECKS = {
    'ruff': ('check', '--output-format', 'concise'),
    'mypy': (),
    'ament_flake8.main': (*SOURCES, EXAMPLES),
    'ament_pep257.main': (*SOURCES, EXAMPLES),
    'ament_copyright.main': SOURCES,  # of distributions only
}
PROGRAMS = {
    'actionlint': (*sorted(map(str, ROOT.glob('.github/workflows/*'))),),
    'hadolint': ('Dockerfile',),
}
HEADER = (ROOT / 'setup.py').read_text().partition('"""')[0]


pytestmark = pytest.mark.lint


@pytest.mark.parametrize('name', CHECKS)
def test_nothing_to_complain_of(name: str) -> None:
    pytest.importorskip(name.split('.')[0])
    command = [sys.executable, '-m', name, *CHECKS[name]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = [line for line in run.stdout.splitlines() if not line.startswith(('checking ', '* '))]
    assert run.returncode == 0, '\n'.join([*said, run.stderr])


@pytest.mark.parametrize('name', PROGRAMS)
def test_nothing_to_complain_of_beside_the_python(name: str) -> None:
    program = Path(sys.executable).with_name(name)
    if not program.is_file():
        pytest.skip(f'no {name} in this environment')
    command = [program, '-no-color' if name == 'actionlint' else '--no-color', *PROGRAMS[name]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout + run.stderr) == (0, '')


def test_every_file_begins_with_holder_and_licence() -> None:
    assert HEADER.startswith('# Copyright 2026 movenet_ros contributors\n#\n# Licensed under the')
    paths = [path for name in SOURCES for path in (ROOT / name).rglob('*.py')]
    assert [str(each) for each in paths if not each.read_text().startswith(HEADER)] == []


def test_the_licence_is_there_in_full() -> None:
    text = (ROOT / 'LICENSE').read_text()
    assert 'Version 2.0, January 2004' in text
    assert text.rstrip().endswith('limitations under the License.')


def test_no_two_test_files_have_the_same_name() -> None:
    """The pytest plugin of launch_testing, which every distribution has, stops at such two."""
    names = [path.name for path in (ROOT / 'test').rglob('test_*.py')]
    assert sorted({*names}) == sorted(names)
