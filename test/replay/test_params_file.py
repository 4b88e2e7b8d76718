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
from movenet_ros.replay.params_file import read_params_file
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
    '/robot/movenet: {ros__parameters: {a: 1}}',
    '/robot/**: {ros__parameters: {a: 1}}',
    '/**: {ros__parameters: {a: 0.5, b: true, c: yes, d: text, e: 1e-3, f: -2.5E+1, g: .5}}',
    '/**: {ros__parameters: {a: "5", b: "true", c: \'0.5\'}}',
    '/**: {ros__parameters: {group: {a: 1, inner: {b: 2}}}}',
    '',
]


def by_rcl(path: Path, context: Context) -> dict[str, Any]:
    """Read the parameters that a node gets."""
    node = rclpy.create_node(
        'movenet',
        context=context,
        cli_args=['--ros-args', '--params-file', str(path)],
        use_global_arguments=False,
    )
    values = {name: each.value for name, each in node._parameter_overrides.items()}
    node.destroy_node()
    return values


@pytest.mark.parametrize('content', FILES)
def test_it_reads_what_a_node_gets(content: str, tmp_path: Path, context: Context) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    values = read_params_file(path, 'movenet')
    expected = by_rcl(path, context)
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
        read_params_file(path, 'movenet')
    assert str(refused.value).isprintable()


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=f'cannot read {tmp_path}/gone.yaml: No such file'):
        read_params_file(tmp_path / 'gone.yaml', 'movenet')
