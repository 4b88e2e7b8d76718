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

"""The doctor's checks in ``ros2 doctor``, which finds them by the entry points in setup.py."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.command import run_checks

if TYPE_CHECKING:
    from ros2doctor.api import Report
    from ros2doctor.api import Result

CATEGORY = 'movenet_ros'

rows = lru_cache(run_checks)  # the check and the report show the same ones


class PoseNodeCheck:
    """Counts what is wrong, and prints a line for each; see ros2doctor's DoctorCheck."""

    def category(self) -> str:
        """Return what links the check with the report."""
        return CATEGORY

    def check(self) -> Result:
        """Run the checks."""
        from ros2doctor.api import Result
        from ros2doctor.api.format import doctor_error
        from ros2doctor.api.format import doctor_warn

        result = Result()
        for each in rows():
            line = f'{CATEGORY}: {each.name}: {_text(each)}'
            if each.status == 'fail':
                result.add_error()
                doctor_error(line)
            elif each.status == 'warn':
                result.add_warning()
                doctor_warn(line)
        return result


class PoseNodeReport:
    """Shows every row; see ros2doctor's DoctorReport."""

    def category(self) -> str:
        """Return what links the report with the check."""
        return CATEGORY

    def report(self) -> Report:
        """Run the checks, if that has not been done."""
        from ros2doctor.api import Report

        report = Report(CATEGORY.upper())
        for each in rows():
            report.add_to_report(each.name, f'{each.status}, {_text(each)}')
        return report


def _text(row: Check) -> str:
    fix = '; or: '.join(row.fix.splitlines())
    return f'{row.finding}; fix: {fix}' if fix else row.finding
