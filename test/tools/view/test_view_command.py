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

"""The command ``view``: how it starts, and how it ends."""

from __future__ import annotations

from http.client import HTTPConnection
import re
import signal

from movenet_ros.tools.view.command import main
import pytest
from ros_graph import Program
from ros_graph import StartNode
from ros_graph import World

pytestmark = pytest.mark.process

WAIT_S = 30.0


def port(program: Program) -> int:
    """Return the port that it printed."""
    program.until(lambda: 'http://127.0.0.1:' in program.out, 'before its address')
    return int(re.findall(r'http://127\.0\.0\.1:(\d+)', program.out)[0])


def test_it_prints_its_address_and_ctrl_c_ends_it_while_a_page_waits(
    start_node: StartNode, world: World
) -> None:
    with start_node('view', world, DISPLAY=None, WAYLAND_DISPLAY=None) as program:
        connection = HTTPConnection('127.0.0.1', port(program), timeout=WAIT_S)
        connection.request('GET', '/state')
        assert f'"{world.namespace}/image_annotated"' in connection.getresponse().read().decode()
        connection.request('GET', '/image')  # which waits
        assert program.end(signal.SIGINT) == 0
    assert program.err == ''


@pytest.mark.parametrize(
    'args', [['--port', 'x'], ['--port', '-1'], ['--port', '65536'], ['topic', 'topic']]
)
def test_odd_arguments_are_refused(args: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 2
