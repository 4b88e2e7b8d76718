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

"""The README says what the code does."""

from dataclasses import Field
from dataclasses import fields
from pathlib import Path
from typing import Any

from movenet_ros.node.parameters import PoseParameters
from movenet_ros.node.parameters import VideoSourceParameters
import pytest

ROOT = Path(__file__).parents[1]
PARAMETERS = [*fields(PoseParameters), *fields(VideoSourceParameters)]


def row(parameter: Field[Any]) -> str:
    """Return a parameter's row of the README's table."""
    about = parameter.metadata
    mark = '\\*' if about['run_time'] else '' if about['at_start'] else '†'
    name = f'`{parameter.name}`{mark}'
    default = f'`{str(parameter.default).lower()}`' if parameter.default != '' else ''
    limits = ', '.join(about['choices'])
    if about['between'] is not None:
        limits = '{} to {}'.format(*about['between'])
        limits += f', step {about["step"]}' * (about['step'] > 1)
    return f'| {name} | {default} | {limits} | {about["meaning"]} |'


@pytest.mark.parametrize('parameter', PARAMETERS, ids=lambda each: each.name)
def test_readme_has_every_parameter(parameter: Field[Any]) -> None:
    assert row(parameter) in (ROOT / 'README.md').read_text()


def test_files_that_the_papers_link_to_exist() -> None:
    missing = []
    for paper in ('README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'):
        for part in (ROOT / paper).read_text().split('](')[1:]:
            target = part.partition(')')[0]
            if not target.startswith('http') and not (ROOT / target).exists():
                missing.append(f'{paper}: {target}')
    assert missing == []
