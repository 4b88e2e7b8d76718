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

"""
Each code block of the papers runs as it stands, or is marked with the reason why it cannot here.

A mark is a comment on the line before: <!-- not run: REASON -->, or <!-- parsed: REASON --> where
all of its commands are ours. What is marked is not run, but names and options are looked up.
"""

from __future__ import annotations

from argparse import ArgumentParser
import ast
from collections.abc import Iterator
from importlib import import_module
import json
import os
from pathlib import Path
import re
import shlex
import subprocess
import sys
from typing import Any
from typing import NamedTuple

from movenet_ros.__main__ import COMMANDS
from movenet_ros.settings import NODES
from movenet_ros.settings import rows
from printing.tables import arguments
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAPERS = sorted(
    path for pattern in ('*.md', 'doc/**/*.md', 'examples/*.md') for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r'(?:<!-- (not run|parsed): ([^\n]+) -->\n)?^( *)```([\w{}+]*)\n(.*?)^ *```$',
                   re.DOTALL | re.MULTILINE)
OF_NO_PROGRAM = ('', 'text', '{toctree}')
PARAMETERS = {name for node in NODES for name in rows(node)} | {'use_sim_time'}
SECONDS = 60.0


class Block(NamedTuple):
    """A fenced block of a paper, and how it is marked."""

    where: str
    mark: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    """Yield all that are of a language."""
    for paper in PAPERS:
        text = paper.read_text()
        for found in BLOCK.finditer(text):
            mark, _, pad, language, code = found.groups()
            line = text.count('\n', 0, found.start(4)) + 1
            code = re.sub(f'^{pad}', '', code, flags=re.M)
            if language not in OF_NO_PROGRAM:
                yield Block(f'{paper.relative_to(ROOT)}:{line}', mark or '', language, code)


BLOCKS = [*blocks()]


def these(language: str, is_marked: bool | None = None) -> Any:
    """Parametrize a test with the blocks of a language."""
    some = [
        each for each in BLOCKS
        if each.language == language and is_marked in (None, bool(each.mark))
    ]
    return pytest.mark.parametrize('block', some, ids=lambda block: block.where)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a block of bash, each as its words."""
    for line in text.replace('\\\n', ' ').splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in lexer:
            if set(word) <= set(';&|()<>'):
                yield words
                words = []
            elif words or '=' not in word:  # and not a variable of the environment
                words.append(word)
        yield words


class Parsed(BaseException):
    """The arguments of a command are right."""


def parse(command: str, args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Have a command parse its arguments, and do nothing more.

    :raises AssertionError: if it does not take them.
    """
    parse_args = ArgumentParser.parse_args

    def stop(self: ArgumentParser, given: Any = None, namespace: Any = None) -> None:
        parse_args(self, given, namespace)
        raise Parsed

    main = import_module(f'movenet_ros.{COMMANDS[command][0]}').main
    with monkeypatch.context() as patched:
        patched.setattr(ArgumentParser, 'parse_args', stop)
        with pytest.raises((Parsed, SystemExit)) as stopped:
            main(args)
    assert stopped.type is Parsed or stopped.value.code == 0, f'{command} refuses {args}'
    assert {*re.findall(r'-p ([\w.]+):=', ' '.join(args))} <= PARAMETERS


@these('bash')
def test_commands_of_ours_exist_and_take_these_arguments(
    block: Block, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in commands(block.text):
        match words:
            case [_, '-m', 'movenet_ros', command, *args]:
                parse(command, args, monkeypatch)
            case ['ros2', 'run', 'movenet_ros', command, *args]:
                parse(command, args, monkeypatch)
            case ['ros2', 'launch', 'movenet_ros', launch_file, *args]:
                given = {arg.partition(':=')[0] for arg in args}
                assert given <= {*re.findall(r'^\| `(\w+)`', arguments(launch_file), re.M)}
            case ['ros2', 'param', 'set' | 'get' | 'describe', _, name, *_]:
                assert name in PARAMETERS
            case ['scripts/demo', *args]:
                parse('demo', args, monkeypatch)
            case [script, *_] if script.startswith('scripts/'):
                assert os.access(ROOT / script, os.X_OK)


@these('bash', is_marked=False)
@pytest.mark.process
def test_a_block_of_bash_runs(block: Block, tmp_path: Path) -> None:
    python = f'python() {{ {shlex.quote(sys.executable)} "$@"; }}\n'
    run_in(tmp_path, ['bash', '-euo', 'pipefail', '-c', python + block.text])


@these('python', is_marked=False)
@pytest.mark.process
def test_a_block_of_python_runs(block: Block, tmp_path: Path) -> None:
    run_in(tmp_path, [sys.executable, '-c', block.text])


def run_in(folder: Path, command: list[str]) -> None:
    """Run a command without an error."""
    run = subprocess.run(
        command, cwd=folder, env={**os.environ, 'PYTHONPATH': str(ROOT)}, text=True,
        capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stderr


@these('python')
def test_a_block_of_python_is_valid(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize(('language', 'read'), [('json', json.loads), ('yaml', yaml.safe_load)])
def test_blocks_of_data_are_valid(language: str, read: Any) -> None:
    for block in BLOCKS:
        if block.language == language:
            read(block.text)


def test_every_block_is_of_a_language_that_is_checked_or_marked() -> None:
    checked = {'bash', 'json', 'python', 'yaml'}
    assert [each for each in BLOCKS if each.language not in checked and not each.mark] == []


def test_the_blocks_are_found() -> None:
    """As many as there are fences."""
    fences = sum(len(re.findall(r'^ *```', path.read_text(), re.M)) for path in PAPERS)
    found = sum(len(BLOCK.findall(path.read_text())) for path in PAPERS)
    assert fences == 2 * found > 0
