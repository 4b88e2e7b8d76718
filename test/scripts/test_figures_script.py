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

"""scripts/figures asks our commands for figures, and keeps what it was not asked for."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec
from importlib.util import spec_from_loader
import json
from pathlib import Path
from typing import Any

from movenet_ros.tools.benchmark import command as benchmark
from movenet_ros.tools.evaluate import command as evaluate
import pytest

SCRIPT = Path(__file__).parents[2] / 'scripts' / 'figures'
FILES = ['--annotations', 'a/people.json', '--images', 'a/pictures', '--clip', 'b/walk.json',
         '--depth', 'c/room']


@pytest.fixture(scope='module')
def figures() -> Any:
    """Load the script."""
    loader = SourceFileLoader('figures_script', str(SCRIPT))
    spec = spec_from_loader('figures_script', loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def run(
    figures: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    """Return a function that runs it without measuring, and returns what it has written."""
    given = {'ratios': {'x': 0.123456789}, 'sizes': {}, 'versions': {}, 'backend': 'b'}
    monkeypatch.setattr(figures, 'run', lambda command: given)
    monkeypatch.setattr(figures, 'about', lambda: {})
    out = tmp_path / 'figures.json'

    def main(*args: str) -> Any:
        monkeypatch.setattr('sys.argv', ['figures', *args, '--out', str(out)])
        figures.main()
        return json.loads(out.read_text())

    return main


@pytest.mark.parametrize('part', ['accuracy', 'tracks', 'depth', 'speed'])
def test_our_commands_take_what_it_asks_for(figures: Any, part: str) -> None:
    asked = [*figures.commands(part, figures.parser().parse_args(FILES))]
    parsers = {'benchmark': benchmark._parser(), 'evaluate': evaluate._parser()}
    assert asked
    for name, *args in asked:
        parsers[name].parse_args([*args, '--json', 'report.json'])


def test_no_path_of_a_machine_is_written(run: Any) -> None:
    assert '/' not in json.dumps(run(*FILES))


def test_a_part_that_is_not_measured_stays(run: Any) -> None:
    before = run('depth', *FILES)
    assert run('speed') == {**before, 'speed': run('speed')['speed']}


def test_that_others_use_the_processor_is_told(
    figures: Any, run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for load in (0.1, 3.1):
        monkeypatch.setattr(figures.os, 'getloadavg', lambda load=load: (load, 0.0, 0.0))
        run('speed')
        said.append('load' in capsys.readouterr().err)
    assert said == [False, True]


def test_the_file_is_whole_when_writing_breaks_off(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = run('depth', *FILES)
    write_text = Path.write_text

    def break_off(path: Path, text: str) -> None:
        write_text(path, text[:9])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, 'write_text', break_off)
        with pytest.raises(SystemExit):
            run('speed')
    assert json.loads((tmp_path / 'figures.json').read_text()) == before


def test_figures_have_few_digits(run: Any) -> None:
    assert run('speed')['speed']['runs'][0]['ratios'] == {'x': 0.12346}


@pytest.mark.parametrize('wrong', [['accuracy'], ['depth', '--clip', 'walk.json'], ['colours']])
def test_a_part_without_its_files_is_refused(run: Any, wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        run(*wrong)
