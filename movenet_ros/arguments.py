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

"""Command line options that several commands share."""

from __future__ import annotations

from argparse import Action
from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from argparse import SUPPRESS
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.settings import Row
from movenet_ros.settings import rows
from movenet_ros.settings import Settings

READ: dict[str, Callable[[str], Any]] = {
    'bool': lambda text: {'true': True, 'false': False}[text.lower()],
    'int': int,
    'float': float,
    'str': str,
}
MODEL = {
    name: row
    for name, row in rows(Settings).items()
    if name in ('backend', 'device', 'model_path', 'input_size', 'rotate', 'mode')
    or name.startswith(('runtime.', 'refine.'))
}
"""The parameters that say which model runs where and how, and which side of an image is up."""


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float('inf'):
        raise ArgumentTypeError(f'{text} is not a number above 0')
    return value


class Moved(Action):
    """The old name of an option, answered with the new one."""

    def __init__(self, option_strings: Sequence[str], dest: str, to: str, **more: Any) -> None:
        super().__init__(option_strings, dest, help=SUPPRESS, default=SUPPRESS, **more)
        self._to = to

    def __call__(self, parser: ArgumentParser, *_: Any) -> None:
        """End with the new name."""
        parser.error(f'{self.option_strings[0]} is named {self._to} now')


def option(name: str) -> str:
    """Spell the option for a parameter."""
    return f'--{name.replace("_", "-").replace(".", "-")}'


def add_parameter_arguments(parser: Any, parameters: Mapping[str, Row]) -> None:
    """
    Add an option for each parameter: --smoothing-beta for smoothing.beta.

    :param parser: an ArgumentParser or a group of one.
    """
    for name, row in parameters.items():
        for old in {option(each) for each in row.was} - {option(name)}:
            parser.add_argument(old, nargs='?', action=Moved, to=option(name))
        allowed = 'true or false' if row.kind == 'bool' else row.limits
        shown = f'default {str(row.default).lower() or "empty"}{allowed and "; "}{allowed}'
        parser.add_argument(
            option(name), metavar='X', dest=name,
            help=f'{row.meaning} ({shown})'.replace('%', '%%'),
        )


def parameter_values(args: Namespace, parameters: Mapping[str, Row]) -> dict[str, Any]:
    """Return the values of those options of add_parameter_arguments that were given, by name."""
    texts = {name: getattr(args, name) for name in parameters}
    return {
        name: _value(text, parameters[name].kind)
        for name, text in texts.items()
        if text is not None
    }


def _value(text: str, kind: str) -> Any:
    """Read a value of an option; text of another kind stays text, to be rejected later."""
    try:
        return READ[kind](text)
    except (KeyError, ValueError):
        return text


def refuse_unwritable(path: Path, option: str = '--json') -> None:
    """
    Check that a file can be written, before a long run rather than after it.

    :raises StartError: if it cannot.
    """
    is_new = not path.exists()
    try:
        path.open('a').close()
    except OSError as error:
        raise StartError(
            f'cannot write {path}: {error.strerror}: give {option} a file that you may write'
        ) from error
    if is_new:
        path.unlink()
