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

"""
The doctor's checks of this machine; those that import something run in a process of their own.

This module is imported by the doctor itself, which has to work without NumPy, OpenCV and ROS.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
import logging
import os
from pathlib import Path
import platform
import shutil
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.core.needs import ros_package
from movenet_ros.core.wording import one_line
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import read_cached
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import Status

LIBRARIES = {'numpy': 'numpy', 'cv2': 'opencv-python-headless', 'scipy': 'scipy'}
ROS_MODULES = (
    'rclpy', 'sensor_msgs.msg', 'std_msgs.msg', 'vision_msgs.msg', 'diagnostic_msgs.msg',
    'lifecycle_msgs.srv', 'std_srvs.srv', 'ament_index_python',
)
OPTIONAL_ROS = {  # what there is with each
    'foxglove_msgs': 'the topic annotations', 'hri_msgs': 'humans_node',
}
SOURCE_ROS = (
    'source /opt/ros/DISTRO/setup.bash'
    '\nwithout a ROS distribution: scripts/setup && source .venv/bin/activate'
)
SHARED = (  # two programs must agree in these to discover each other; and what ROS takes for unset
    ('ROS_DOMAIN_ID', '0'), ('RMW_IMPLEMENTATION', ''), ('ROS_LOCALHOST_ONLY', '0'),
    ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET'), ('ROS_DISCOVERY_SERVER', ''),
)
ORT_GPU = "'onnxruntime-gpu[cuda,cudnn]'"
MIB = 2**20
LEAST_MIB = 64  # of shared memory, which is what Docker gives: eight programs that send images


def libraries() -> list[Check]:
    """Import NumPy, OpenCV and SciPy."""
    versions, name = [f'Python {platform.python_version()}'], 'libraries'
    for module, package in LIBRARIES.items():
        try:
            versions.append(f'{module} {import_module(module).__version__}')
        except Exception as error:  # noqa: B902 (a broken installation raises anything)
            finding = f'{module} cannot be imported: {_reason(error)}'
            return [Check(name, 'fail', finding, pip('install', '--force-reinstall', package))]
    return [Check(name, 'ok', ', '.join(versions))]


def ros() -> list[Check]:
    """Import rclpy and the message packages."""
    name, distro = 'ROS', os.environ.get('ROS_DISTRO', '')
    for module in ROS_MODULES:
        try:
            import_module(module)
        except Exception as error:  # noqa: B902 (as above)
            fix = SOURCE_ROS if module == 'rclpy' else ros_package(module.partition('.')[0])
            return [Check(name, 'fail', f'{module} cannot be imported: {_reason(error)}', fix)]
    if not os.environ.get('AMENT_PREFIX_PATH'):
        finding = 'AMENT_PREFIX_PATH is not set: ROS finds no packages, no config/ and no launch/'
        fix = f'{SOURCE_ROS}\nexport AMENT_PREFIX_PATH={sys.prefix}'
        return [Check(name, 'warn', finding, fix)]
    lacking = ''.join(
        f'; {what} needs {ros_package(package)}'
        for package, what in OPTIONAL_ROS.items() if not find_spec(package)
    )
    finding = f'{distro or "from wheels"}; rclpy and the messages load{lacking}'
    return [Check(name, 'ok', finding)]


def cv_bridge() -> list[Check]:
    """Convert an image by cv_bridge, which is compiled for one NumPy and one OpenCV."""
    if not find_spec('sensor_msgs'):  # as the row ROS tells
        return []
    probe = import_module('movenet_ros.messages.cv_bridge_probe')
    problem = probe.try_conversion()
    if problem == probe.NOT_INSTALLED:  # nothing but rare encodings needs it
        return []
    if problem:
        fix = pip('install', "'numpy<2'", "'opencv-python-headless<5'")
        return [Check('cv_bridge', 'warn', problem, fix)]
    return [Check('cv_bridge', 'ok', 'converts an image (for rare encodings)')]


def model() -> list[Check]:
    """Verify the files of the models in the cache; without the second one, mode is fast."""
    return [
        _model('model', DEFAULT_VARIANT, 'fail', 'the node would fetch it when it starts'),
        _model('Thunder', 'singlepose_thunder', 'warn', 'the node can run mode fast alone'),
    ]


def _model(name: str, variant: str, status: Status, otherwise: str) -> Check:
    try:
        cached = read_cached(variant)
    except ModelError as error:
        return Check(name, status, str(error), fetch_command())
    if cached is None:
        finding = f'none in {cache_directory(variant)}; {otherwise}'
        return Check(name, status, finding, fetch_command())
    manifest, files = cached
    forms = [kind for kind in ('onnx', 'saved_model') if getattr(files, kind)]
    finding = f'{manifest.variant} from {manifest.source}, verified: {", ".join(forms)}'
    return Check(name, 'ok', finding)


def runtime() -> list[Check]:
    """Load the models and run them like the node with its default parameters."""
    library = import_module('movenet_ros.perception')
    with library.Perception(log=logging.getLogger('movenet_ros')) as perception:
        network, choice = perception.networks.first, perception.choice
    why = '' if choice.problem else f' ({choice.why})'  # there is a row for Thunder
    finding = f'{network.runtime.info} ({network.why}), mode {choice.mode}{why}'
    if network.warning:
        install = f"{pip('uninstall', '-y', 'onnxruntime')} && {pip('install', ORT_GPU)}"
        ways = [
            way for word, way in (('onnxruntime-gpu', install), ('nvidia-smi', 'nvidia-smi'))
            if word in network.warning
        ]
        fix = '\n'.join((*ways, 'device: cpu'))  # where the GPU works, it is slower
        return [Check('runtime', 'warn', f'{finding}; {network.warning}', fix)]
    return [Check('runtime', 'ok', finding)]


def shared_memory(folder: Path = Path('/dev/shm')) -> list[Check]:
    """Check the room in shared memory, through which images go from node to node."""
    name = str(folder)
    try:
        space = os.statvfs(folder)
    except OSError:
        fix = 'sudo mount -t tmpfs -o size=1G tmpfs /dev/shm'
        return [Check(name, 'warn', 'is not mounted: images are sent through sockets', fix)]
    free_mib, mib = (each * space.f_frsize // MIB for each in (space.f_bavail, space.f_blocks))
    finding = f'{free_mib} of {mib} MiB free'
    if free_mib >= LEAST_MIB:
        return [Check(name, 'ok', finding)]
    fix = 'fastdds shm clean\nsudo mount -o remount,size=1G /dev/shm\ndocker run --shm-size=1g'
    return [Check(name, 'warn', f'{finding}: images may not arrive', fix)]


def shells(env: Mapping[str, str] = os.environ, proc: Path = Path('/proc')) -> list[Check]:
    """Compare what this shell says about discovery with the pose nodes of this machine."""
    others = {}
    for pid, theirs in sorted(pose_nodes(proc).items()):
        differing = [
            (name, theirs.get(name) or unset, env.get(name) or unset)
            for name, unset in SHARED
            if (theirs.get(name) or unset) != (env.get(name) or unset)
        ]
        if differing:
            others[pid] = differing
    if not others:
        return []
    pid = max(others)  # the newest, and so the likeliest to be looked for
    said = ', '.join(
        f'{name} {a or "not set"} (here {b or "not set"})' for name, a, b in others[pid]
    )
    more = f' (nor {len(others) - 1} more)' if len(others) > 1 else ''
    finding = f'the pose node of process {pid} cannot be discovered from here{more}: {said}'
    fix = '\n'.join(
        f'export {name}={value}' if value else f'unset {name}' for name, value, _ in others[pid]
    )
    return [Check('other shell', 'warn', finding, fix)]


def pose_nodes(proc: Path = Path('/proc')) -> dict[int, dict[str, str]]:
    """Return the environment of each pose node that this user may look into, by process."""
    found = {}
    for folder in proc.glob('[0-9]*'):
        try:
            if _is_pose_node(_strings(folder / 'cmdline')):
                pairs = (each.partition('=') for each in _strings(folder / 'environ'))
                found[int(folder.name)] = {name: value for name, _, value in pairs}
        except OSError:  # it has ended, or is another user's
            continue
    return found


def _is_pose_node(args: Sequence[str]) -> bool:
    """Return whether a command line is the node's; that of its launch names it, too."""
    names = [Path(each).name for each in args[:5]]
    return (
        'pose_node' in names and 'ros2' not in names and 'movenet_ros' in ' '.join(args[:5])
        and names[0].startswith(('python', 'pose_node'))
    )


def _strings(path: Path) -> list[str]:
    return path.read_bytes().decode(errors='replace').rstrip('\0').split('\0')


def pip(*args: str) -> str:
    """Spell a call of pip with this very interpreter."""
    found = shutil.which('python3')
    is_same = found is not None and Path(found).samefile(sys.executable)
    return ' '.join(['python3' if is_same else sys.executable, '-m', 'pip', *args])


def _reason(error: Exception) -> str:
    return one_line(error) or type(error).__name__
