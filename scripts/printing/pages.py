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

"""The pages of commands and of the library: what --help prints, and what docstrings say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
import inspect
from io import StringIO
import os
import re
from textwrap import fill
from typing import Any

from movenet_ros import messages
from movenet_ros import Perception
from movenet_ros import Settings
from movenet_ros.__main__ import COMMANDS
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.settings import rows
from printing.tables import NODES
from printing.tables import table

WIDTH = '80'
DOCUMENTED: dict[str, tuple[Any, ...]] = {  # what may be called from outside, and its methods
    'movenet_ros': (Perception, Perception.people, Perception.close, Settings),
    'movenet_ros.messages': tuple(getattr(messages, name) for name in messages.__all__),
    'The people': (Poses, Poses3D),
}
FIELD = re.compile(r'^:(\w+) ?(.*?): (.*)$', re.DOTALL)
ROLE = re.compile(r':\w+:`~?(?:[\w.]+\.)?(\w+)`')
CODE = re.compile(r'``(.+?)``', re.DOTALL)


def commands() -> str:
    """Return the table of all commands, then the help of each that is no node."""
    listed = table(
        ('command', 'what it does'),
        ((f'[`{name}`](#{name})' if name not in NODES else f'[`{name}`](parameters.md)', what)
         for name, (_, what) in sorted(COMMANDS.items())),
    )
    helps = (
        f'\n## {name}\n\n```text\n{help_of(name)}```\n'
        for name in sorted(COMMANDS) if name not in NODES
    )
    return listed + ''.join(helps)


def help_of(name: str) -> str:
    """Return what a command prints when it is asked for help."""
    main = import_module(f'movenet_ros.{COMMANDS[name][0]}').main
    os.environ['COLUMNS'] = WIDTH
    with redirect_stdout(StringIO()) as printed:
        try:
            main(['--help'])
        except SystemExit:
            pass
    return printed.getvalue()


def library() -> str:
    """Return what may be called without a node, each with its arguments."""
    return '\n'.join(
        f'## {place if " " in place else f"`{place}`"}\n\n' + '\n'.join(map(entry, members))
        for place, members in DOCUMENTED.items()
    )


def entry(member: type[Any] | Callable[..., Any]) -> str:
    """Return the heading of a class or function, and its docstring in Markdown."""
    name = member.__qualname__
    heading = f'{"####" if "." in name else "###"} `{name}`\n'
    text = f'{heading}\n{_signature(member)}{markdown(inspect.getdoc(member) or "")}'
    if member is Settings:
        names = ', '.join(f'`{each}`' for each in rows(Settings))
        text += f'\n{names}: as [the pose node](parameters.md) has them, groups nested.\n'
    return text


def _signature(member: Any) -> str:
    """Return how it is called, in fixed width: defaults where they are short, and what comes."""
    if member is Settings:
        return ''
    shown = []
    signature = inspect.signature(member)
    comes = signature.return_annotation
    for each in signature.parameters.values():
        default = '' if each.default is each.empty else f'={each.default!r}'
        if each.name != 'self':
            shown.append(each.name + (default if len(default) < 12 else '=...'))
    call = f'{member.__qualname__}({", ".join(shown)})' + (
        '' if comes in (None, 'None') else f' -> {comes}'
    )
    indent = ' ' * (call.index('(') + 1)
    return f'```text\n{fill(call, 90, subsequent_indent=indent)}\n```\n\n'


def markdown(docstring: str) -> str:
    """Return a docstring with its fields as a list."""
    text = CODE.sub(r'`\1`', ROLE.sub(r'`\1`', docstring))
    return '\n'.join(
        ''.join(map(_item, re.split(r'\n(?=:\w)', paragraph))) for paragraph in text.split('\n\n')
    )


def _item(text: str) -> str:
    """Return a line of a list for a field, a paragraph for what is none."""
    found = FIELD.match(text)
    said = ' '.join((found[3] if found else text).split())
    if found is None:
        return f'{said}\n'
    kind, name = found[1], found[2]
    label = {'param': f'`{name}`', 'ivar': f'`{name}`', 'raises': f'raises `{name}`'}
    return f'- {label.get(kind, kind)}: {said}\n'
