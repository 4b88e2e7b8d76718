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

"""The table of checks and its exit code."""

from __future__ import annotations

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import exit_code
from movenet_ros.tools.doctor.check import Status
from movenet_ros.tools.doctor.check import table
import pytest

LONG = 'word ' * 60
OK = Check('sun', 'ok', 'shines')
WARN = Check('rain', 'warn', 'may come', 'take an umbrella')
FAIL = Check('a long name', 'fail', LONG, 'run this --with that')


@pytest.mark.parametrize(
    ('checks', 'code'), [([], 0), ([OK], 0), ([OK, WARN], 0), ([WARN, FAIL, OK], 1)]
)
def test_the_exit_code_is_1_where_something_failed(checks: list[Check], code: int) -> None:
    assert exit_code(checks) == code


@pytest.mark.parametrize('status', ['warn', 'fail'])
def test_what_is_wrong_has_a_fix(status: Status) -> None:
    with pytest.raises(ValueError, match=f'rain: {status} without a fix'):
        Check('rain', status, 'comes')


def test_columns_are_aligned() -> None:
    lines = table([OK, WARN]).splitlines()
    assert lines == [
        'ok    sun   shines',
        'warn  rain  may come',
        '            fix: take an umbrella',
    ]


def test_a_long_finding_is_broken_below_its_column() -> None:
    lines = table([FAIL]).splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line.startswith(' ' * 19 + 'word') for line in lines[1:-1])
    assert ' '.join(line[19:] for line in lines[:-1]) == LONG.strip()


def test_each_line_of_a_fix_is_in_one_piece() -> None:
    command = '--option ' * 20
    shown = table([Check('x', 'warn', 'y', f'{command.strip()}\nsecond')]).splitlines()
    assert shown[1:] == [f'         fix: {command.strip()}', '              second']


def test_a_finding_of_many_lines_is_one() -> None:
    assert table([Check('x', 'ok', 'one\n  two')]) == 'ok    x  one two'
