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

"""The list of where package.xml's keys resolve, against package.xml."""

from __future__ import annotations

from pathlib import Path
import re
import runpy
import shutil
import sys
from typing import Any

from catkin_pkg.package import Dependency
from catkin_pkg.package import Package
from catkin_pkg.package import parse_package
import pytest

ROOT = Path(__file__).parents[1]
PAPER = ROOT / 'doc' / 'maintainers' / 'ros_distributions.md'
MISSING = 'missing'
SCRIPT = runpy.run_path(str(ROOT / 'scripts' / 'ros_distributions'))


def table() -> dict[str, dict[str, str]]:
    """Read what each key is on each distribution: a version, packages of apt, or missing."""
    text = PAPER.read_text()
    lines = text[text.index('| key |'):].partition('\n\n')[0].splitlines()
    rows = [[cell.strip('` ') for cell in line.split('|')[1:-1]] for line in lines if '|' in line]
    names = [re.sub(r' \(.*', '', title) for title in rows[0][1:]]
    return {key: dict(zip(names, found)) for key, *found in rows[2:]}


def depends(manifest: Package) -> list[Dependency]:
    """Return what package.xml asks for, at run time and in the tests."""
    return [*manifest.exec_depends, *manifest.test_depends]


def test_the_list_has_the_keys_of_package_xml() -> None:
    assert sorted(table()) == sorted({each.name for each in depends(parse_package(ROOT))})


@pytest.mark.parametrize('distribution', ['humble', 'jazzy', 'kilted', 'lyrical', 'rolling'])
def test_rosdep_asks_a_distribution_for_nothing_that_it_lacks(distribution: str) -> None:
    manifest = parse_package(ROOT)
    manifest.evaluate_conditions({'ROS_DISTRO': distribution})
    asked = {each.name for each in depends(manifest) if each.evaluated_condition}
    found = table()
    assert {name for name in asked if found[name][distribution] == MISSING} == set()


def test_what_every_distribution_has_is_asked_for_on_each() -> None:
    """A condition that has outlived its reason would go unnoticed."""
    everywhere = {key for key, found in table().items() if MISSING not in found.values()}
    asked = depends(parse_package(ROOT))
    tied = {each.name for each in asked if 'ROS_DISTRO' in (each.condition or '')}
    assert everywhere & tied == set()


@pytest.mark.parametrize(
    ('ubuntu', 'found'),
    [
        (['python3-x'], 'python3-x'),
        ({'noble': ['new'], '*': ['old', 'older']}, 'old, older'),
        ({'jammy': None, '*': ['new']}, MISSING),
        ({'pip': {'packages': ['x']}}, MISSING),  # which no released package may depend on
    ],
)
def test_a_rule_holds_for_a_release_of_ubuntu(ubuntu: Any, found: str) -> None:
    assert SCRIPT['rule']({'key': {'ubuntu': ubuntu}}, 'key', 'jammy') == found


@pytest.mark.process
@pytest.mark.skipif(shutil.which('git') is None, reason='git is missing')
def test_what_is_no_clone_of_the_index_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = PAPER.read_text()
    monkeypatch.setattr(sys, 'argv', ['ros_distributions', str(tmp_path / 'missing')])
    assert SCRIPT['main']() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert PAPER.read_text() == before


def test_a_package_counts_where_it_is_released() -> None:
    repositories = {
        'alone': {'release': {'version': '1.0.0-1'}},
        'many': {'release': {'packages': ['a', 'b'], 'version': '2.0.0-1'}},
        'waiting': {'release': {'packages': ['c']}},
        'source': {'source': {}},
    }
    found = SCRIPT['released']({'repositories': repositories})
    assert found == {'alone': '1.0.0-1', 'a': '2.0.0-1', 'b': '2.0.0-1'}
