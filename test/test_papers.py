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

"""The papers are printed from the code, and what they link to and name exists."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path
import re
import sys
from typing import Any
from xml.etree import ElementTree

from movenet_ros.settings import defaults
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from printing import files
from printing import topics
from printing.papers import papers
from printing.papers import PRINTED
from printing.papers import printed_anew
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAPERS = papers()
TEXTS = [name for name in PAPERS if name.endswith('.md')]
HELPS = ('doc/reference/commands.md', 'scripts/demo')
POLICY = ROOT / 'config' / 'sros2_policy.xml'
OF_EVERY_NODE = {'/clock', '/parameter_events', '/rosout', '~/transition_event'}


@pytest.mark.parametrize('name', PAPERS)
def test_a_paper_is_as_the_script_prints_it(name: str) -> None:
    if name in HELPS and sys.version_info >= (3, 13):
        pytest.skip('argparse of Python 3.13 wraps help in other places')
    text = (ROOT / name).read_text()
    assert text == PAPERS[name](text), 'run scripts/papers'


@pytest.mark.parametrize('name', TEXTS)
def test_each_mark_of_what_is_printed_has_an_end(name: str) -> None:
    text = (ROOT / name).read_text()
    found = [len(PRINTED.findall(text)), text.count('<!-- printed:'), text.count('<!-- end -->')]
    assert len(set(found)) == 1


@pytest.mark.parametrize('wrong', ['colours', 'figures colours'])
def test_a_mark_that_names_nothing_to_print_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match='colours'):
        printed_anew(f'<!-- printed: {wrong} -->\n<!-- end -->\n')


@pytest.mark.parametrize('node', topics.INPUTS)
def test_the_topics_printed_are_those_that_a_node_has(node: str) -> None:
    """By the policy for SROS 2, which a test compares with the running node."""
    kind = node.removesuffix('_node').removeprefix('pose').strip('_')
    name = '_'.join(filter(None, ['movenet', kind]))
    profile = ElementTree.parse(POLICY).find(f'.//profile[@node="{name}"]')
    assert profile is not None

    def allowed(right: str) -> set[str]:
        found = profile.findall(f'topics[@{right}="ALLOW"]/topic')
        return {str(each.text) for each in found} - OF_EVERY_NODE

    printed = {re.sub('bodies/ID/.*', 'bodies/*', each.name) for each in topics.outputs(node)}
    assert allowed('publish') == printed
    assert allowed('subscribe') == {each.name for each in topics.INPUTS[node]}


@pytest.mark.parametrize('node', topics.INPUTS)
def test_every_topic_has_a_meaning(node: str) -> None:
    assert all(each.meaning for each in topics.outputs(node))


def test_every_value_of_diagnostics_is_in_the_reference() -> None:
    modules = ('node/diagnostics', *(f'consumers/{each}' for each in (
        'report', 'kinematics_report', 'humans_report',
    )))
    trees = [ast.parse((ROOT / 'movenet_ros' / f'{each}.py').read_text()) for each in modules]
    calls = [
        node for tree in trees for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ('status', 'status_told')
    ]
    values = {each.arg for call in calls for each in call.keywords if each.arg}
    text = (ROOT / 'doc' / 'reference' / 'topics.md').read_text()
    names = re.findall(r'`([a-z_*]+)`', text)
    assert len(values) > 20
    assert [each for each in values if not any(fnmatchcase(each, name) for name in names)] == []


def test_the_readme_is_short() -> None:
    lines = (ROOT / 'README.md').read_text().splitlines()
    assert len(lines) <= 150
    assert max(map(len, lines)) <= 120


def test_a_decision_is_a_short_note_which_the_map_lists() -> None:
    notes = [name for name in TEXTS if name.startswith('doc/decisions/')]
    assert [name for name in notes if len((ROOT / name).read_text().splitlines()) > 25] == []
    listed = re.findall(r'\((doc/decisions/[^)]+)\)', (ROOT / 'ARCHITECTURE.md').read_text())
    assert sorted(listed) == notes


def test_the_readme_states_defaults_as_they_are() -> None:
    text = (ROOT / 'README.md').read_text()
    stated = re.findall(r'^\| `([\w.]+)` \| `([^`]*)` \|', text, re.M)
    table = rows(PoseParameters)
    assert len(stated) == 10
    assert stated == [(name, files.shown(table[name])) for name, _ in stated]


def test_the_readme_has_the_example_as_it_is() -> None:
    text, example = ((ROOT / name).read_text() for name in ('README.md', 'examples/poses.py'))
    assert example[example.index('from movenet_ros'):] in text


@pytest.mark.parametrize(
    ('file', 'section', 'table'),
    [
        ('pose_yaml', '/**', PoseParameters),
        ('pose_3d_yaml', '/**/movenet_3d', Pose3DParameters),
        ('kinematics_yaml', '/**/movenet_kinematics', KinematicsParameters),
        ('humans_yaml', '/**/movenet_humans', HumansParameters),
    ],
)
def test_a_file_of_parameters_states_the_defaults(
    file: str, section: str, table: type[Any]
) -> None:
    nested = yaml.safe_load(getattr(files, file)())[section]['ros__parameters']
    flat = {
        f'{name}.{inner}' if inner else name: value
        for name, values in nested.items()
        for inner, value in (values if isinstance(values, dict) else {'': values}).items()
    }
    stated = {name: tuple(x) if isinstance(x, list) else x for name, x in flat.items()}
    assert list(stated.items()) == list(defaults(table).items())


@pytest.mark.parametrize('paper', TEXTS)
def test_files_that_a_paper_links_to_exist(paper: str) -> None:
    links = re.findall(r'\]\(([^)#]+)', (ROOT / paper).read_text())
    files = [link for link in links if not link.startswith('http')]
    assert [name for name in files if not ((ROOT / paper).parent / name).exists()] == []


@pytest.mark.parametrize('paper', TEXTS)
def test_no_paper_names_a_parameter_by_its_old_name(paper: str) -> None:
    old = {name for row in rows(PoseParameters).values() for name in row.was if '_' in name}
    words = set(re.findall(r'[\w.]+', (ROOT / paper).read_text()))
    assert old & words == set()
