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

"""The doctor's checks of this machine: what is missing, broken or hangs becomes a row."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

from movenet_ros import networks
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.model.store import ModelFiles
from movenet_ros.tools.doctor import checks
from movenet_ros.tools.doctor import probe as doctor_probe
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.probe import probing
import numpy as np
import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[3]
MISSING = 'raise ModuleNotFoundError("No module named {0!r}", name={0!r})'
BRIDGE = 'class CvBridge:\n    def imgmsg_to_cv2(self, msg, encoding): {}'
PIXELS = 'import numpy; return numpy.frombuffer(msg.data, numpy.uint8).reshape(1, 2, 3)[..., ::-1]'

PutModule = Callable[[str, str], None]


@pytest.fixture
def put_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutModule:
    """Return a function that puts a module of a few words in place of an installed one."""
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')

    def put(name: str, code: str) -> None:
        (tmp_path / f'{name}.py').write_text(code)

    return put


def rows_of(name: str) -> list[Check]:
    """Run a check in a process of its own."""
    with probing(name) as probe:
        return probe.result()


@pytest.mark.parametrize(
    ('name', 'count'), [('libraries', 1), ('ROS', 1), ('model', 2), ('runtime', 1)]
)
def test_what_is_installed_here_works(
    name: str, count: int, real_model: ModelFiles, thunder_model: ModelFiles
) -> None:
    if name == 'runtime':
        pytest.importorskip('onnxruntime')
    rows = rows_of(name)
    assert [row.status for row in rows] == ['ok'] * count, rows


@pytest.mark.parametrize(
    ('module', 'code', 'name', 'finding', 'fix'),
    [
        ('numpy', MISSING.format('numpy'), 'libraries', "numpy .*'numpy'", 'install .* numpy'),
        ('cv2', 'raise AttributeError("_ARRAY_API")', 'libraries', 'cv2 .*_ARRAY_API', 'opencv'),
        ('scipy', 'import os; os.abort()', 'libraries', 'crashes .SIGABRT.', 'scipy'),
        ('rclpy', MISSING.format('rclpy'), 'ROS', "rclpy .*'rclpy'", '^source /opt/ros/'),
        ('vision_msgs', '', 'ROS', 'vision_msgs.msg cannot be imported', 'jazzy-vision-msgs'),
    ],
)
def test_what_does_not_load_fails(
    module: str, code: str, name: str, finding: str, fix: str,
    put_module: PutModule, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    put_module(module, code)
    (row,) = rows_of(name)
    assert row.status == 'fail'
    assert re.search(finding, row.finding) and re.search(fix, row.fix), row


def test_what_is_not_there_without_its_package_is_told(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault."""
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    monkeypatch.setattr(checks, 'find_spec', lambda _: None)
    (row,) = checks.ros()
    assert row.status == 'ok'
    assert 'annotations' in row.finding and 'ros-jazzy-foxglove-msgs' in row.finding
    assert 'humans_node' in row.finding and 'ros-jazzy-hri-msgs' in row.finding


def test_without_ament_prefix_path_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    assert rows_of('ROS')[0].status == 'warn'


@pytest.mark.parametrize(
    ('code', 'rows'),
    [
        (MISSING.format('cv_bridge'), []),
        (BRIDGE.format(PIXELS), ['ok converts an image']),
        (  # built for OpenCV 4, with OpenCV 5
            BRIDGE.format('{}[16]'), ['warn cv_bridge converts no image: KeyError: 16'],
        ),
        (BRIDGE.format('import os; os.abort()'), ['warn crashes (SIGABRT)']),  # another NumPy
    ],
)
def test_cv_bridge_has_to_convert_an_image(
    code: str, rows: list[str], put_module: PutModule
) -> None:
    put_module('cv_bridge', code)
    found = [f'{each.status} {each.finding}' for each in rows_of('cv_bridge')]
    assert [each.partition(' (for ')[0] for each in found] == rows


def test_without_ros_nothing_is_said_of_cv_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, 'find_spec', {}.get)
    monkeypatch.setattr(checks, 'import_module', {}.__getitem__)
    assert checks.cv_bridge() == []


def test_a_check_that_hangs_is_a_row(
    put_module: PutModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_module('numpy', 'import time; time.sleep(1000)')
    monkeypatch.setitem(
        doctor_probe.PROBES, 'libraries', Probe('checks.libraries', 'a fix', timeout_s=0.5)
    )
    (row,) = rows_of('libraries')
    assert (row.status, row.fix) == ('fail', 'a fix')
    assert 'does not end' in row.finding


@pytest.mark.parametrize(
    ('reason', 'installs'),
    [('no CUDA provider: pip install onnxruntime-gpu', True), ('takes 31.0 ms there', False)],
)
def test_a_gpu_that_is_not_used_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, reason: str, installs: bool
) -> None:
    runtime = RecordedBackend([np.zeros((1, 0, 56), np.float32)])
    opened = networks.Network(runtime, 'made up', None, f'there is a GPU, but {reason}')
    monkeypatch.setattr(networks, 'open_network', lambda *_: opened)
    (row,) = checks.runtime()
    assert row.status == 'warn' and reason in row.finding
    assert ('onnxruntime-gpu' in row.fix) == installs
    assert row.fix.splitlines()[-1] == 'device: cpu'


@pytest.mark.parametrize(('free_mib', 'status'), [(63, 'warn'), (64, 'ok')])
def test_little_shared_memory_is_a_warning(
    free_mib: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = SimpleNamespace(f_bavail=free_mib * 256, f_blocks=1000 * 256, f_frsize=4096)
    monkeypatch.setattr('os.statvfs', lambda _: space)
    (row,) = checks.shared_memory()
    assert row.status == status and f'{free_mib} of 1000 MiB' in row.finding


def test_no_shared_memory_is_a_warning(tmp_path: Path) -> None:
    assert checks.shared_memory(tmp_path / 'none')[0].status == 'warn'


@pytest.fixture
def proc(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that makes a folder like /proc of one process."""

    def make(command: str, environment: str) -> Path:
        folder = tmp_path / '12'
        folder.mkdir()
        (folder / 'cmdline').write_text(command.replace(' ', '\0') + '\0')
        (folder / 'environ').write_text(environment.replace(' ', '\0') + '\0')
        return tmp_path

    return make


NODE = 'python3 -m movenet_ros pose_node --ros-args'


@pytest.mark.parametrize(
    ('theirs', 'mine', 'fix'),
    [
        ('ROS_DOMAIN_ID=5', {'ROS_DOMAIN_ID': '6'}, 'export ROS_DOMAIN_ID=5'),
        ('A=1', {'RMW_IMPLEMENTATION': 'rmw_x'}, 'unset RMW_IMPLEMENTATION'),
        ('ROS_DOMAIN_ID=0', {'ROS_DOMAIN_ID': ''}, None),
        ('ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET', {}, None),
        ('LANG=C', {'LANG': 'de'}, None),
    ],
)
def test_a_pose_node_of_another_environment_is_a_warning(
    theirs: str, mine: dict[str, str], fix: str | None, proc: Callable[[str, str], Path]
) -> None:
    rows = checks.shells(mine, proc(NODE, theirs))
    assert [each.fix for each in rows] == ([] if fix is None else [fix])
    assert all('process 12' in each.finding for each in rows)


def test_several_pose_nodes_of_other_environments_are_one_row(
    proc: Callable[[str, str], Path]
) -> None:
    folder = proc(NODE, 'ROS_DOMAIN_ID=5')
    shutil.copytree(folder / '12', folder / '7')
    (row,) = checks.shells({}, folder)
    assert 'process 12' in row.finding and '1 more' in row.finding


@pytest.mark.parametrize(
    ('command', 'is_one'),
    [
        (NODE, True),
        ('python3 -m movenet_ros.core.processes movenet_ros.__main__ pose_node', True),
        ('/usr/bin/python3 /ws/install/movenet_ros/lib/movenet_ros/pose_node', True),
        ('/usr/bin/python3 /opt/ros/bin/ros2 run movenet_ros pose_node', False),
        ('timeout 9 python -m movenet_ros pose_node', False),
        ('python3 -m movenet_ros doctor', False),
        ('python3 -m other pose_node', False),
    ],
)
def test_a_pose_node_is_recognised_by_its_command_line(
    command: str, is_one: bool, proc: Callable[[str, str], Path]
) -> None:
    assert bool(checks.shells({}, proc(command, 'ROS_DOMAIN_ID=5'))) == is_one


def test_a_real_process_is_found() -> None:
    args = [sys.executable, '-c', 'import sys; sys.stdin.read()', 'movenet_ros/pose_node']
    env = {**os.environ, 'ROS_DOMAIN_ID': '77'}
    with subprocess.Popen(args, stdin=subprocess.PIPE, env=env) as process:
        while 'pose_node' not in Path(f'/proc/{process.pid}/cmdline').read_text():
            assert process.poll() is None
        assert checks.pose_nodes()[process.pid]['ROS_DOMAIN_ID'] == '77'
