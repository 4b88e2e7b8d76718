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

"""Which packages pip adds, at which versions, and what ROS expects to find of ours."""

from __future__ import annotations

from configparser import ConfigParser
from importlib import metadata
from importlib import util
import os
from pathlib import Path
import re

EXTRAS = [
    'tensorflow', 'onnxruntime', 'openvino', 'fetch', 'evaluate', 'demo', 'analyse', 'ray',
    'replay', 'test', 'video',
]

# colcon's --symlink-install ends with setuptools 80; editable installs begin with 64.
ROS_LIMITS = ['setuptools>=64,<80']
# A cv_bridge that was compiled for NumPy 1 does not load with NumPy 2, which ml-dtypes 0.6 wants.
NUMPY_1_LIMITS = ['numpy<2', 'ml-dtypes==0.5.4']

ACTIVATE = """
# Added by scripts/setup: ros2 run and ros2 launch look for packages in these folders.
export AMENT_PREFIX_PATH="$VIRTUAL_ENV${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}"
"""


def extras(ros_distro: str) -> list[str]:
    """Name the extras of setup.py to install: all that the distribution does not bring."""
    if not ros_distro:
        return [*EXTRAS, 'doc', 'lint', 'rerun', 'vision']
    linters = ('ament_flake8', 'ament_pep257')
    return EXTRAS if all(util.find_spec(name) for name in linters) else [*EXTRAS, 'lint']


def constraints(pins: Path, ros_distro: str) -> str:
    """
    Return the text of the constraints file for pip.

    What a ROS distribution brings keeps its version, because its own programs rely on it.

    :param pins: the file with the tested versions.
    """
    lines = pins.read_text().splitlines()
    if ros_distro:
        brought = {_normal(each.name): each.version for each in metadata.distributions()}
        limits = ROS_LIMITS
        if brought.get('numpy', '').startswith('1.'):
            limits = ROS_LIMITS + NUMPY_1_LIMITS
        free = {*brought, *map(_normal, limits)} - {'pip'}
        lines = [line for line in lines if _normal(line) not in free] + limits
    return '\n'.join(lines) + '\n'


def _normal(requirement: str) -> str:
    """Return a requirement's name as the package index spells it."""
    return re.sub(r'[-_.]+', '-', re.split(r'[^\w.-]', requirement)[0]).lower()


def finish_prefix(root: Path, venv: Path) -> None:
    """
    Make .venv a prefix that ros2 run and ros2 launch can work with.

    An editable install leaves out what setup.py calls data_files. Links keep it editable.
    """
    share = venv / 'share'
    for path in shared_files(root):
        link(share / 'movenet_ros' / path, root / path)
    marker = Path('resource', 'movenet_ros')
    link(share / 'ament_index' / 'resource_index' / 'packages' / 'movenet_ros', root / marker)
    points = ConfigParser()
    points.read(venv.glob('lib/python*/site-packages/movenet_ros-*.dist-info/entry_points.txt'))
    commands = venv / 'lib' / 'movenet_ros'  # where ros2 run looks
    if commands.is_symlink():
        commands.unlink()
    commands.mkdir(parents=True, exist_ok=True)
    for name in points['console_scripts']:
        script = venv / 'bin' / name
        if script.is_file():  # in bin it would hide others of its name: view is an editor
            script.replace(commands / name)
    activate = venv / 'bin' / 'activate'
    if ACTIVATE not in activate.read_text():
        activate.write_text(activate.read_text() + ACTIVATE)


def shared_files(root: Path) -> list[Path]:
    """List what goes below share/movenet_ros: files, as ros2 launch follows no linked folder."""
    patterns = 'config/*', 'doc/**/*.md', 'examples/*.*', 'examples/poses_cpp/*', 'launch/*'
    files = [path for each in patterns for path in root.glob(each) if path.is_file()]
    return [Path('package.xml'), *sorted(path.relative_to(root) for path in files)]


def link(path: Path, target: Path) -> None:
    """Make a relative symbolic link, in place of one that may be there, as its folder may be."""
    if path.parent.is_symlink():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(target, path.parent))


if __name__ == '__main__':  # for pip in the Dockerfile and the workflows
    pins = Path(__file__).resolve().parents[1] / 'constraints.txt'
    print(constraints(pins, os.environ.get('ROS_DISTRO', '')), end='')
