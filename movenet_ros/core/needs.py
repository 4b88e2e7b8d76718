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

"""Packages that only some commands need."""

from __future__ import annotations

from importlib import import_module
import logging
import os
from pathlib import Path
import shlex
import sys
from typing import Any

from movenet_ros.core.errors import StartError

VENV = Path(__file__).resolve().parents[2] / '.venv'  # of a checkout, made by scripts/setup
PACKAGES = {'rerun': 'rerun-sdk', 'skimage': 'scikit-image'}  # where pip names it otherwise

NOT_RELEASED = {('kilted', 'hri_msgs'): 'https://github.com/ros4hri/hri_msgs.git'}
"""Where packages come from that a distribution lacks (rosdistro, August 2026)."""


def needs(module: str) -> Any:
    """
    Import a module of a package that only some commands need.

    :raises StartError: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = PACKAGES.get(name := module.split('.')[0], name)
        fix = forgotten_venv() or f'pip install {package}'
        raise StartError(f'{package} is not installed ({error}): {fix}') from error


def ros_package(name: str) -> str:
    """Return the command that installs a ROS package, or what takes its place."""
    distro = os.environ.get('ROS_DISTRO', '')
    if (distro, name) in NOT_RELEASED:
        return (
            f'{distro} has no package of it; git clone {NOT_RELEASED[distro, name]} into the src'
            ' of your workspace, and colcon build'
        )
    package = f'ros-{distro}-{name.replace("_", "-")}'
    return f'sudo apt-get install {package}' if distro else 'scripts/setup'


def forgotten_venv(venv: Path = VENV) -> str:
    """Return how to enter this checkout's .venv; empty if it is in use, or not there."""
    activate = venv / 'bin' / 'activate'
    is_forgotten = activate.is_file() and Path(sys.prefix).resolve() != venv.resolve()
    return f'source {shlex.quote(str(activate))}' if is_forgotten else ''


def pyav() -> Any:
    """
    Import PyAV, without what FFmpeg says to itself: versions before 12 would log it.

    :raises StartError: if it is not installed.
    """
    logging.getLogger('libav').setLevel(logging.CRITICAL + 1)
    return needs('av')
