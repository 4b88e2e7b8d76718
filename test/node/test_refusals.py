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

"""Environments in which ROS cannot start are refused before rcl answers in its own way."""

import os

from movenet_ros.core.errors import StartError
from movenet_ros.node.refusals import check_environment
from movenet_ros.node.refusals import refused_arguments
from movenet_ros.node.refusals import refused_node
import pytest


@pytest.mark.parametrize('value', ['', '0', '232'])
def test_a_domain_that_has_ports(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', value)
    check_environment()


@pytest.mark.parametrize('value', ['233', '-1', 'mine', '1.5', ' '])
def test_a_domain_that_has_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', value)
    with pytest.raises(StartError, match='ROS_DOMAIN_ID.*from 0 to 232'):
        check_environment()


def test_a_log_needs_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('HOME', 'ROS_HOME', 'ROS_LOG_DIR'):
        monkeypatch.setenv(name, '')
    with pytest.raises(StartError, match='set HOME or ROS_LOG_DIR'):
        check_environment()
    monkeypatch.setenv('ROS_LOG_DIR', 'log')
    check_environment()


def test_the_page_on_security_is_named_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    for sentence in (
        refused_arguments(RuntimeError('failed to initialize rcl: error not set')),
        refused_node(RuntimeError('no rights')),
    ):
        path = sentence.rpartition('see ')[2].rstrip(')')
        assert path.endswith('/doc/how-to/security.md') and path.startswith('/')


def test_an_argument_that_is_no_utf_8_is_named_with_a_way_out() -> None:
    name = os.fsdecode(b'source:=Vid\xe9o.mp4')
    error = UnicodeEncodeError('utf-8', name, 11, 12, 'surrogates not allowed')
    line = refused_arguments(error)
    assert 'UTF-8' in line and 'ln -s' in line and line.isprintable()
