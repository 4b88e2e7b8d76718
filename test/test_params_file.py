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

"""Params files are read as rcl reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.params_file import read_params_file
from movenet_ros.params_file import unread
import pytest
import rclpy
from rclpy.context import Context

FILES = [
    '/**: {ros__parameters: {a: 1}}',
    '/**: {ros__parameters: {a: 1}}\nmovenet: {ros__parameters: {a: 2}}',
    'movenet: {ros__parameters: {a: 2}}\n/**: {ros__parameters: {a: 1}}',
    '/movenet: {ros__parameters: {a: 1, b: 2}}\nmovenet: {ros__parameters: {b: 3}}',
    '/**/movenet: {ros__parameters: {a: 1}}',
    '/*: {ros__parameters: {a: 1}}',
    '/: {movenet: {ros__parameters: {a: 1}}}',
    'other: {ros__parameters: {a: 1}}',
    '/robot1/movenet: {ros__parameters: {a: 1}}',
    'robot1: {movenet: {ros__parameters: {a: 1}}}',
    '/robot1/**: {ros__parameters: {a: 1}}',
    '/*/movenet: {ros__parameters: {a: 1}}',
    '/fleet/*/*: {ros__parameters: {a: 1}}',
    '/**: {ros__parameters: {a: 0.5, b: true, c: yes, d: text, e: 1e-3, f: -2.5E+1, g: .5}}',
    '/**: {ros__parameters: {a: "5", b: "true", c: \'0.5\'}}',
    '/**: {ros__parameters: {group: {a: 1, inner: {b: 2}}}}',
    '',
]


NODES = ['/movenet', '/robot1/movenet', '/fleet/robot/movenet']


def by_rcl(path: Path, node_name: str, context: Context) -> dict[str, Any]:
    """Read the parameters that a node gets."""
    namespace, _, name = node_name.rpartition('/')
    node = rclpy.create_node(
        name,
        namespace=namespace,
        context=context,
        cli_args=['--ros-args', '--params-file', str(path)],
        use_global_arguments=False,
    )
    values = {name: each.value for name, each in node._parameter_overrides.items()}
    node.destroy_node()
    return values


@pytest.mark.parametrize('node', NODES)
@pytest.mark.parametrize('content', FILES)
def test_it_reads_what_a_node_gets(
    content: str, node: str, tmp_path: Path, context: Context
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    values = read_params_file(path, node)
    expected = by_rcl(path, node, context)
    assert values == expected
    assert {name: type(value) for name, value in values.items()} == {
        name: type(value) for name, value in expected.items()
    }


@pytest.mark.parametrize(
    'content',
    [
        'movenet: {a: 1}', '[1, 2]', 'text', '/**: {ros__parameters: 3}', 'a: [b', 'a: \x00',
        'a: !!int x', 'a: 2020-13-45', '&a {/**: *a}', 'a: !!python/name:os.system x',
        pytest.param('[' * 2000, id='nested'),
    ],
)
def test_what_is_no_params_file_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    with pytest.raises(StartError, match=f'{path} is no params file') as refused:
        read_params_file(path, '/movenet')
    assert str(refused.value).isprintable()


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=f'cannot read {tmp_path}/gone.yaml: No such file'):
        read_params_file(tmp_path / 'gone.yaml', '/movenet')


SECTION = '{ros__parameters: {a: 1}}'


@pytest.mark.parametrize(
    ('sections', 'node', 'told'),
    [
        (['movenet'], '/movenet', False),
        (['movenet'], '/perception/movenet', True),
        (['/**/movenet'], '/perception/movenet', False),
        (['/**'], '/perception/movenet', False),
        (['/**', 'movenet'], '/perception/movenet', True),
        (['/left/movenet', '/right/movenet'], '/left/movenet', False),
        (['/left/movenet', '/right/movenet'], '/rear/movenet', True),
        (['movenet'], '/people', True),
        (['controller_server', 'local_costmap'], '/robot1/movenet', True),
        (['usb_cam'], '/movenet', False),
        (['movnet'], '/movenet', True),
        ([], '/movenet', False),
    ],
)
def test_parameters_that_reach_nobody_are_told(
    sections: list[str], node: str, told: bool, tmp_path: Path
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('\n'.join(f'{name}: {SECTION}' for name in sections))
    sentence = unread(path, node, {'movenet', node.rpartition('/')[2]}, {'usb_cam'})
    assert bool(sentence) == told
    assert not told or f'{node} or /**{node[node.rindex("/"):]}' in sentence
