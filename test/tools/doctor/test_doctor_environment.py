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

"""What the doctor says of the environment of shells and nodes."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

from movenet_ros.tools.doctor.environment import discovery_check
from movenet_ros.tools.doctor.environment import domain_check
from movenet_ros.tools.doctor.environment import pose_node_processes
from movenet_ros.tools.doctor.environment import Process
from movenet_ros.tools.doctor.environment import process_checks
import pytest


@pytest.mark.parametrize(
    ('domain', 'status'),
    [
        ('', 'ok'), ('0', 'ok'), ('101', 'ok'), ('102', 'warn'), ('232', 'warn'),
        ('233', 'fail'), ('-1', 'fail'), ('five', 'fail'), ('٣', 'fail'),
    ],
)
def test_domain(domain: str, status: str) -> None:
    assert domain_check({'ROS_DOMAIN_ID': domain}).status == status


def test_no_domain_is_domain_0() -> None:
    assert domain_check({}).finding.endswith('domain 0')


@pytest.mark.parametrize(
    ('env', 'status', 'words'),
    [
        ({}, 'ok', 'subnet'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}, 'ok', 'subnet'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}, 'ok', 'only this machine'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'}, 'warn', 'nobody'),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'NEAR'}, 'warn', 'not one of'),
        ({'ROS_LOCALHOST_ONLY': '1'}, 'ok', 'only this machine'),
        ({'ROS_LOCALHOST_ONLY': '0'}, 'ok', 'subnet'),
        ({'ROS_STATIC_PEERS': '10.0.0.2'}, 'ok', '10.0.0.2'),
        ({'ROS_DISCOVERY_SERVER': '10.0.0.3:11811'}, 'ok', '10.0.0.3:11811'),
    ],
)
def test_discovery(env: dict[str, str], status: str, words: str) -> None:
    check = discovery_check(env)
    assert check.status == status
    assert words in check.finding


def test_who_hears_only_this_machine_is_told_how_to_hear_more() -> None:
    assert discovery_check({'ROS_LOCALHOST_ONLY': '1'}).cure.endswith('unset ROS_LOCALHOST_ONLY')


def test_a_pose_node_of_another_domain_is_found() -> None:
    (check,) = process_checks([Process(7, {'ROS_DOMAIN_ID': '5'})], {})
    assert (check.status, check.cure) == ('warn', 'export ROS_DOMAIN_ID=5')
    assert 'process 7' in check.finding


def test_what_only_this_shell_has_set_is_to_be_unset() -> None:
    (check,) = process_checks([Process(7, {})], {'RMW_IMPLEMENTATION': 'rmw_x'})
    assert check.cure == 'unset RMW_IMPLEMENTATION'


@pytest.mark.parametrize(
    ('theirs', 'mine'),
    [
        ({}, {}),
        ({'ROS_DOMAIN_ID': '0'}, {'ROS_DOMAIN_ID': ''}),
        ({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}, {}),
        ({'LANG': 'C'}, {'LANG': 'de'}),
    ],
)
def test_what_means_the_same_is_no_difference(
    theirs: dict[str, str], mine: dict[str, str]
) -> None:
    assert process_checks([Process(7, theirs)], mine) == []


@pytest.mark.parametrize(
    ('args', 'found'),
    [
        (['python3', '-m', 'movenet_ros', 'pose_node', '--ros-args'], True),
        (['/usr/bin/python3', '/ws/install/movenet_ros/lib/movenet_ros/pose_node'], True),
        (['/usr/bin/python3', '/opt/ros/bin/ros2', 'run', 'movenet_ros', 'pose_node'], False),
        (['timeout', '9', 'python', '-m', 'movenet_ros', 'pose_node'], False),
        (['python3', '-m', 'movenet_ros', 'doctor'], False),
        (['python3', '-m', 'other', 'pose_node'], False),
    ],
)
def test_pose_nodes_are_told_by_their_command_lines(
    tmp_path: Path, args: list[str], found: bool
) -> None:
    folder = tmp_path / '12'
    folder.mkdir()
    (folder / 'cmdline').write_bytes('\0'.join([*args, '']).encode())
    (folder / 'environ').write_bytes(b'ROS_DOMAIN_ID=5\0EMPTY=\0')
    expected = [Process(12, {'ROS_DOMAIN_ID': '5', 'EMPTY': ''})] if found else []
    assert pose_node_processes(tmp_path) == expected


def test_processes_that_are_gone_or_of_others_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / '12').mkdir()
    assert pose_node_processes(tmp_path) == []


def test_a_real_process_is_found() -> None:
    wait = 'import sys; sys.stdin.read()'
    args = [sys.executable, '-c', wait, 'movenet_ros/pose_node']
    env = {**os.environ, 'ROS_DOMAIN_ID': '77'}
    with subprocess.Popen(args, stdin=subprocess.PIPE, env=env) as process:
        while 'pose_node' not in Path(f'/proc/{process.pid}/cmdline').read_text():
            assert process.poll() is None
        found = {each.pid: each.env['ROS_DOMAIN_ID'] for each in pose_node_processes()}
    assert found[process.pid] == '77'
