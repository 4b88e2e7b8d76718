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

"""The doctor's checks as ``ros2 doctor`` sees them, with a stand-in for its few names."""

from __future__ import annotations

import sys
from types import ModuleType

from movenet_ros.tools.doctor import ros2_doctor
from movenet_ros.tools.doctor.check import Check
import pytest

ROWS = [
    Check('sun', 'ok', 'shines'), Check('rain', 'warn', 'may come', 'an umbrella\na coat'),
    Check('storm', 'fail', 'comes', 'stay'),
]


class Result:
    """The counts of a check."""

    def __init__(self) -> None:
        self.error = self.warning = 0

    def add_error(self) -> None:
        """Count one."""
        self.error += 1

    def add_warning(self) -> None:
        """Count one."""
        self.warning += 1


class Report:
    """The lines of a report."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: list[tuple[str, str]] = []

    def add_to_report(self, item_name: str, item_info: str) -> None:
        """Add one."""
        self.items.append((item_name, item_info))


@pytest.fixture(autouse=True)
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put the stand-in in place, and give the lines that it prints."""
    lines: list[str] = []
    api, form = ModuleType('ros2doctor.api'), ModuleType('ros2doctor.api.format')
    api.Result, api.Report = Result, Report  # type: ignore[attr-defined]
    form.doctor_warn = lambda msg: lines.append(f'warn {msg}')  # type: ignore[attr-defined]
    form.doctor_error = lambda msg: lines.append(f'error {msg}')  # type: ignore[attr-defined]
    for each in (ModuleType('ros2doctor'), api, form):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    monkeypatch.setattr(ros2_doctor, 'rows', lambda: ROWS)
    return lines


def test_what_is_wrong_is_counted_and_printed(printed: list[str]) -> None:
    result = ros2_doctor.PoseNodeCheck().check()
    assert (result.error, result.warning) == (1, 1)
    assert printed == [
        'warn movenet_ros: rain: may come; fix: an umbrella; or: a coat',
        'error movenet_ros: storm: comes; fix: stay',
    ]


def test_the_report_has_every_row() -> None:
    report = ros2_doctor.PoseNodeReport().report()
    assert report.items[0] == ('sun', 'ok, shines')
    assert len(report.items) == len(ROWS)


def test_check_and_report_have_the_same_category() -> None:
    assert ros2_doctor.PoseNodeCheck().category() == ros2_doctor.PoseNodeReport().category()
