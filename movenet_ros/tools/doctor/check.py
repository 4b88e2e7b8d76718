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

"""A row of the doctor's table: what was checked, what was found, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from itertools import repeat
import textwrap
from typing import Literal

from movenet_ros.core.wording import one_line

Status = Literal['ok', 'warn', 'fail']

WIDTH = 100  # columns
STATUS_WIDTH = 6
MOST_LETTERS = 800  # of a finding, which may quote other programs
FIX = 'fix: '


@dataclass(frozen=True)
class Check:
    """
    One row of a table.

    :param name: of what was checked, in a word or two.
    :param status: ``fail`` if nothing can work, ``warn`` if some cases do not.
    :param finding: one sentence.
    :param fix: a complete command where there is one; each line is another way.
    :raises ValueError: if something is wrong and no fix is given.
    """

    name: str
    status: Status
    finding: str
    fix: str = ''

    def __post_init__(self) -> None:
        if self.status != 'ok' and not self.fix:
            raise ValueError(f'{self.name}: {self.status} without a fix')


def exit_code(checks: Iterable[Check]) -> int:
    """Return 1 if any check failed, else 0."""
    return int(any(check.status == 'fail' for check in checks))


def table(checks: Iterable[Check]) -> str:
    """
    Lay checks out in columns: status, name, finding, and the fix in lines of its own.

    Lines of a fix are not broken, so that a command can be copied in one piece.
    """
    rows = list(checks)
    at = STATUS_WIDTH + max((len(each.name) for each in rows), default=0) + 2
    lines: list[str] = []
    for each in rows:
        head = f'{each.status:<{STATUS_WIDTH}}{each.name}'.ljust(at)
        lines += _wrapped(each.finding, head, ' ' * at)
        indents = chain([FIX], repeat(' ' * len(FIX)))
        lines += [' ' * at + next(indents) + line for line in each.fix.splitlines()]
    return '\n'.join(lines)


def _wrapped(text: str, first: str, indent: str) -> list[str]:
    """Break a text between words; a long path stays in one piece."""
    return textwrap.wrap(
        one_line(text, MOST_LETTERS), WIDTH, initial_indent=first, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    ) or [first.rstrip()]
