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

"""What the doctor says of Python and its packages."""

from __future__ import annotations

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.software import cv_bridge_check
from movenet_ros.tools.doctor.software import python_check
from movenet_ros.tools.doctor.software import ros_checks
from movenet_ros.tools.doctor.software import vision_checks
import pytest

GOOD_VISION = {'versions': {'numpy': '1.26.4', 'cv2': '4.10.0'}, 'failed': {}}
PREFIX = {'AMENT_PREFIX_PATH': '/opt/ros/jazzy', 'ROS_DISTRO': 'jazzy'}
CRASHED = Probe(reason='crashes (SIGSEGV)')


def missing(name: str) -> Probe:
    """Make the probe of what is not installed."""
    return Probe(reason=f"No module named '{name}'", missing=name)


def vision(*failed: tuple[str, str, str], opencvs: tuple[str, ...] = ()) -> dict[str, Check]:
    """Judge with some modules failing: (module, reason, what is missing)."""
    reasons = {module: [reason, lacks] for module, reason, lacks in failed}
    checks = vision_checks(Probe({**GOOD_VISION, 'failed': reasons}), opencvs)
    return {each.name: each for each in checks}


@pytest.mark.parametrize(
    ('version', 'status'),
    [((3, 9, 9), 'fail'), ((3, 10, 0), 'ok'), ((3, 13, 9), 'ok'), ((3, 14, 0), 'warn')],
)
def test_python(version: tuple[int, ...], status: str) -> None:
    assert python_check(version, '/usr/bin/python3', '0.1.0').status == status


def test_packages_that_load_show_their_versions() -> None:
    assert {name: each.finding for name, each in vision().items()} == {
        'NumPy': '1.26.4', 'OpenCV': '4.10.0',
    }


def test_a_package_that_is_missing_is_to_be_installed() -> None:
    check = vision(('cv2', "No module named 'cv2'", 'cv2'))['OpenCV']
    assert check.status == 'fail'
    assert check.cure.endswith('-m pip install opencv-python-headless')


def test_a_package_that_is_broken_is_to_be_installed_anew() -> None:
    check = vision(('cv2', 'libGL.so.1: cannot open', ''))['OpenCV']
    assert 'libGL.so.1' in check.finding
    assert '--force-reinstall opencv-python-headless' in check.cure


def test_without_scipy_there_is_no_tracking() -> None:
    check = vision(('scipy', "No module named 'scipy'", 'scipy'))['SciPy']
    assert (check.status, check.cure.split()[-1]) == ('fail', 'scipy')


def test_what_lacks_numpy_is_said_once() -> None:
    lacks = "No module named 'numpy'", 'numpy'
    checks = vision(*((name, *lacks) for name in ('numpy', 'cv2', 'scipy')))
    assert list(checks) == ['NumPy']


def test_packages_that_crash_are_a_row() -> None:
    (check,) = vision_checks(CRASHED, ())
    assert (check.status, 'SIGSEGV' in check.finding) == ('fail', True)


def test_two_opencvs_are_warned_of() -> None:
    both = ('opencv-python', 'opencv-python-headless')
    check = vision(opencvs=both)['OpenCV twice']
    assert check.status == 'warn'
    assert 'uninstall -y opencv-python opencv-python-headless' in check.cure


def test_one_opencv_is_not() -> None:
    assert 'OpenCV twice' not in vision(opencvs=('opencv-python',))


@pytest.mark.parametrize(
    ('probe', 'numpy', 'status', 'cure'),
    [
        (Probe({}), '1.26.4', 'ok', ''),
        (missing('cv_bridge'), '2.1.0', 'ok', ''),
        (Probe(reason='_ARRAY_API not found'), '2.1.0', 'warn', "install 'numpy<2'"),
        (CRASHED, '2.1.0', 'warn', "install 'numpy<2'"),
        (Probe(reason='libopencv: no file'), '1.26.4', 'warn', 'ros-jazzy-cv-bridge'),
    ],
)
def test_cv_bridge(
    monkeypatch: pytest.MonkeyPatch, probe: Probe, numpy: str, status: str, cure: str
) -> None:
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    check = cv_bridge_check(probe, numpy)
    assert check.status == status
    assert cure in check.cure


def test_ros_that_loads() -> None:
    (check,) = ros_checks(Probe({'versions': {}, 'failed': {}}), PREFIX)
    assert (check.status, 'jazzy' in check.finding) == ('ok', True)


def test_no_rclpy_is_one_row() -> None:
    failed = {name: [f'No module named {name}', name] for name in ('rclpy', 'sensor_msgs')}
    (check,) = ros_checks(Probe({'failed': failed}), PREFIX)
    assert (check.name, check.status) == ('ROS', 'fail')
    assert check.cure.startswith('source /opt/ros/')


def test_messages_that_are_missing_are_to_be_installed() -> None:
    failed = {'vision_msgs.msg': ["No module named 'vision_msgs'", 'vision_msgs']}
    check = ros_checks(Probe({'failed': failed}), PREFIX)[0]
    assert (check.name, check.status) == ('vision_msgs', 'fail')
    assert check.cure == 'sudo apt-get install ros-jazzy-vision-msgs'


def test_a_middleware_that_does_not_load_is_named() -> None:
    env = {**PREFIX, 'RMW_IMPLEMENTATION': 'rmw_nope_cpp'}
    (check,) = ros_checks(Probe(reason="expected 'rmw_nope_cpp' but found x"), env)
    assert check.status == 'fail'
    assert check.cure.splitlines() == [
        'unset RMW_IMPLEMENTATION', 'or: sudo apt-get install ros-jazzy-rmw-nope-cpp',
    ]


def test_ros_without_its_prefix_is_warned_of() -> None:
    (check,) = ros_checks(Probe({'failed': {}}), {})
    assert (check.status, 'AMENT_PREFIX_PATH' in check.cure) == ('warn', True)
