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


"""Room for images in Fast DDS."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys
import time
from xml.etree import ElementTree

from movenet_ros.node import middleware
from movenet_ros.node.middleware import LOWER_PRIORITY
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.node.middleware import RECEIVERS
from movenet_ros.node.middleware import VARIABLES
from movenet_ros.tools.harness import free_domain
import pytest
import rclpy

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / 'config' / 'fastdds.xml'
NAMESPACE = '{http://www.eprosima.com}'
SEGMENT = """
import os, rclpy, sys
from movenet_ros.node.middleware import make_room_for_images
if sys.argv[1] == 'room':
    make_room_for_images()
rclpy.init()
node = rclpy.create_node('sender')
maps = [line.split()[-1] for line in open('/proc/self/maps') if '/dev/shm/fastrtps_' in line]
print(max((os.stat(path).st_size for path in maps if not path.endswith('_el')), default=0))
"""


def set_by(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment afterwards."""
    make_room_for_images(environment)
    return environment


@pytest.mark.parametrize(('built_for', 'variable'), zip(('fastrtps', 'fastdds'), VARIABLES))
def test_fast_dds_gets_the_variable_of_its_version_alone(
    built_for: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 3 warns of that of version 2."""
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/rmw_fastrtps_cpp').touch()
    (tmp_path / 'share/rmw_fastrtps_cpp').mkdir()
    manifest = tmp_path / 'share/rmw_fastrtps_cpp/package.xml'
    manifest.write_text(f'<package><build_depend>{built_for}</build_depend></package>')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    assert set_by({}) == {variable: str(PROFILE)}


@pytest.mark.parametrize('variable', VARIABLES)
def test_what_the_user_has_set_stays(variable: str) -> None:
    assert set_by({variable: 'mine.xml'}) == {variable: 'mine.xml'}


@pytest.mark.parametrize('prefix', ['', '/nowhere'])
def test_a_checkout_that_is_not_installed_has_it_too(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('AMENT_PREFIX_PATH', prefix)
    assert set_by({})[VARIABLES[0]] == str(PROFILE)


def test_the_profile_is_of_every_participant() -> None:
    (participant,) = ElementTree.parse(PROFILE).iter(f'{NAMESPACE}participant')
    assert participant.get('is_default_profile') == 'true'


def shared_memory_of(how: str) -> int:
    """Return how much shared memory a node takes at most in one piece, in bytes."""
    run = [sys.executable, '-c', SEGMENT, how]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT)
    return int(done.stdout)


@pytest.mark.skipif(
    'fastrtps' not in rclpy.get_rmw_implementation_identifier(), reason='not Fast DDS'
)
def test_fast_dds_takes_as_much_as_the_profile_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with free_domain() as domain_id:  # memory of others in the graph would count, too
        monkeypatch.setenv('ROS_DOMAIN_ID', str(domain_id))
        usual, roomy = shared_memory_of('usual'), shared_memory_of('room')
    assert usual < 2**20 < 8 * 2**20 <= roomy < 10 * 2**20


RECEIVING = """
import os, pathlib, rclpy
from movenet_ros.node.middleware import lower_receiver_priority
rclpy.init()
node = rclpy.create_node('receiver')
lower_receiver_priority()
for task in pathlib.Path('/proc/self/task').iterdir():
    name = (task / 'comm').read_text().strip()
    print(name, os.getpriority(os.PRIO_PROCESS, int(task.name)), int(task.name) == os.getpid())
"""


def test_the_cost_of_receiving_is_the_cpu_time_of_its_threads(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here of all threads of this process."""
    monkeypatch.setattr(middleware, 'RECEIVERS', (Path('/proc/self/comm').read_text().strip(),))
    before_s, end_s = middleware.receiving_s(), time.process_time() + 0.1
    while time.process_time() < end_s:
        pass
    assert 0.05 < middleware.receiving_s() - before_s < 1.0


@pytest.mark.process
def test_receiving_can_get_a_lower_priority() -> None:
    """And nothing else; in Fast DDS that names its threads, which it does since Iron."""
    output = subprocess.run(
        [sys.executable, '-c', RECEIVING], capture_output=True, text=True, check=True
    ).stdout
    threads = [line.rsplit(' ', 2) for line in output.splitlines()]
    receivers = [int(nice) for name, nice, _ in threads if name.startswith(RECEIVERS)]
    if not receivers:
        pytest.skip('no threads with the names of Fast DDS')
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert set(receivers) == {min(19, max(usual, LOWER_PRIORITY))}
    assert [int(nice) for _, nice, is_main in threads if is_main == 'True'] == [usual]
