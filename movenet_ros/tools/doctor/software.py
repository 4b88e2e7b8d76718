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

"""What the doctor says of Python and its packages; facts in, rows out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import sys

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.probe import Probe

OLDEST, NEWEST = (3, 10), (3, 13)
PACKAGES = {'cv2': 'opencv-python-headless'}  # modules that pip has under another name
SOURCE_ROS = (
    'source /opt/ros/DISTRO/setup.bash'
    '\nwithout a ROS distribution: scripts/setup && source .venv/bin/activate'
)


def pip(*args: str) -> str:
    """Spell a call of pip with this very interpreter."""
    return ' '.join([_python(), '-m', 'pip', *args])


def _python() -> str:
    found = shutil.which('python3')
    return 'python3' if found and Path(found).samefile(sys.executable) else sys.executable


def python_check(version: tuple[int, ...], path: str, package: str) -> Check:
    """Judge the interpreter."""
    finding = f'{".".join(map(str, version))} ({path}); movenet_ros {package}'
    oldest, newest = ('.'.join(map(str, each)) for each in (OLDEST, NEWEST))
    if version[:2] < OLDEST:
        cure = f'use Python {oldest} or newer: a ROS distribution from Humble on has it'
        return Check('Python', 'fail', f'{finding}: older than {oldest}', cure)
    if version[:2] > NEWEST:
        cure = f'where packages are missing, use Python {newest}'
        return Check('Python', 'warn', f'{finding}: newer than the tested {newest}', cure)
    return Check('Python', 'ok', finding)


def vision_checks(probe: Probe, opencvs: Sequence[str]) -> list[Check]:
    """
    Judge NumPy, OpenCV and SciPy.

    :param opencvs: the packages of pip that bring cv2.
    """
    if probe.facts is None:
        cure = pip('install', '--force-reinstall', "'numpy<2'", PACKAGES['cv2'], 'scipy')
        return [Check('NumPy, OpenCV', 'fail', f'importing them fails: {probe.reason}', cure)]
    checks = []
    failed = probe.facts['failed']
    for module, title in (('numpy', 'NumPy'), ('cv2', 'OpenCV'), *_scipy(failed)):
        if module not in failed:
            checks.append(Check(title, 'ok', probe.facts['versions'][module]))
            continue
        reason, missing = failed[module]
        if module != 'numpy' and missing == 'numpy':
            continue  # which has its own row
        package = PACKAGES.get(missing or module, missing or title.lower())
        how = '' if missing else '--force-reinstall '
        cure = pip('install', how + package)
        checks.append(Check(title, 'fail', f'does not load: {reason}', cure))
    if len(opencvs) > 1:
        cure = (
            pip('uninstall', '-y', *opencvs) + '\n' + pip('install', PACKAGES['cv2'])
        )
        finding = f'{", ".join(opencvs)} are installed, which overwrite each other'
        checks.append(Check('OpenCV twice', 'warn', finding, cure))
    return checks


def _scipy(failed: Mapping[str, object]) -> list[tuple[str, str]]:
    name = 'scipy'
    return [(name, 'SciPy')] if name in failed else []


def cv_bridge_check(probe: Probe, numpy_version: str) -> Check:
    """Judge cv_bridge, which is compiled for one major version of NumPy."""
    if probe.missing == 'cv_bridge':
        return Check('cv_bridge', 'ok', 'not installed; only rare encodings of images need it')
    if probe.facts is not None:
        return Check('cv_bridge', 'ok', f'loads beside NumPy {numpy_version}')
    finding = f'does not load beside NumPy {numpy_version}: {probe.reason}'
    is_new = numpy_version.partition('.')[0] not in ('', '0', '1')
    distro = os.environ.get('ROS_DISTRO', 'DISTRO')
    cure = pip('install', "'numpy<2'") if is_new else (
        f'sudo apt-get install --reinstall ros-{distro}-cv-bridge'
    )
    return Check('cv_bridge', 'warn', f'{finding} (rare encodings of images need it)', cure)


def ros_checks(probe: Probe, env: Mapping[str, str]) -> list[Check]:
    """Judge rclpy and the message packages."""
    distro, rmw = env.get('ROS_DISTRO', ''), env.get('RMW_IMPLEMENTATION', '')
    if probe.facts is None and rmw and rmw in probe.reason:
        cure = f'unset RMW_IMPLEMENTATION\nor: {_ros_package(rmw, distro or "DISTRO")}'
        finding = f'RMW_IMPLEMENTATION is {rmw}, which does not load: {probe.reason}'
        return [Check('ROS', 'fail', finding, cure)]
    if probe.facts is None:
        return [Check('ROS', 'fail', f'importing rclpy fails: {probe.reason}', SOURCE_ROS)]
    failed = probe.facts['failed']
    if 'rclpy' in failed:
        return [Check('ROS', 'fail', f'rclpy does not load: {failed["rclpy"][0]}', SOURCE_ROS)]
    checks = []
    for module, (reason, missing) in failed.items():
        package = module.partition('.')[0]
        if missing not in ('', package):  # which has a row of its own
            continue
        cure = _ros_package(package, distro)
        checks.append(Check(package, 'fail', f'does not load: {reason}', cure))
    if not env.get('AMENT_PREFIX_PATH'):
        cure = f'{SOURCE_ROS}\nexport AMENT_PREFIX_PATH={sys.prefix}'
        finding = 'AMENT_PREFIX_PATH is not set: ROS finds no packages, no config/ and no launch/'
        return [*checks, Check('ROS', 'warn', finding, cure)]
    return [*checks, Check('ROS', 'ok', f'{distro or "from wheels"}; rclpy loads')]


def _ros_package(name: str, distro: str) -> str:
    if not distro:
        return 'scripts/setup'
    return f'sudo apt-get install ros-{distro}-{name.replace("_", "-")}'
