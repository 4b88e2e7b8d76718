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

"""What package.xml, setup.py and the pinned versions say, and what an installation brings."""

from __future__ import annotations

from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys

from catkin_pkg.package import Package
from catkin_pkg.package import parse_package
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = (
    'benchmark', 'demo', 'doctor', 'evaluate', 'fetch_model', 'pose_node', 'replay', 'soak',
    'video_source',
)
PYTHONS = ('3.10', '3.11', '3.12', '3.13')


@pytest.fixture(scope='module')
def manifest() -> Package:
    """Read package.xml; this refuses what the schema refuses."""
    return parse_package(ROOT, warnings=[])


@pytest.fixture(scope='module')
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a copy the way colcon does, with setup.py; return the prefix."""
    copy = tmp_path_factory.mktemp('copy') / 'movenet_ros'
    left_out = shutil.ignore_patterns('.*', '*.egg-info', 'build', 'test', '__pycache__')
    shutil.copytree(ROOT, copy, ignore=left_out)
    prefix = copy.parent / 'install'
    command = [sys.executable, 'setup.py', 'build', 'install', '--prefix', str(prefix)]
    command += ['--single-version-externally-managed', '--record', str(prefix) + '.log']
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return prefix


def extras() -> dict[str, Requirement]:
    """Return what each extra asks for: 'extra: requirement' -> requirement."""
    texts = metadata.requires('movenet_ros') or []
    return {text: Requirement(text) for text in texts if 'extra ==' in text}


def pins() -> list[Requirement]:
    """Read the file with the tested versions."""
    lines = (ROOT / 'scripts' / 'constraints.txt').read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith('#')]


def test_package_xml_is_sound() -> None:
    warnings: list[str] = []
    parse_package(ROOT, warnings=warnings).validate(warnings)
    assert warnings == []


def test_package_xml_is_of_format_3_and_ament_python(manifest: Package) -> None:
    assert manifest.package_format == 3
    assert manifest.get_build_type() == 'ament_python'


@pytest.mark.parametrize('field', ['Name', 'Version', 'Summary', 'License', 'Maintainer'])
def test_package_xml_and_setup_py_agree(manifest: Package, field: str) -> None:
    said = {
        'Name': manifest.name,
        'Version': manifest.version,
        'Summary': manifest.description,
        'License': manifest.licenses[0],
        'Maintainer': manifest.maintainers[0].name,
    }
    have = metadata.metadata('movenet_ros')
    value = have.get(field) or have.get(f'{field}-Expression')
    if field == 'Name':  # some versions of setuptools write the name in pip's spelling
        value = value.replace('-', '_')
    assert value == said[field]


def test_package_xml_depends_on_what_the_package_uses(manifest: Package) -> None:
    assert {each.name for each in manifest.exec_depends} == {
        'ament_index_python',
        'cv_bridge',
        'diagnostic_msgs',
        'launch',
        'launch_ros',
        'lifecycle_msgs',
        'python3-numpy',
        'python3-opencv',
        'python3-scipy',
        'rclpy',
        'ros2bag',
        'rosbag2_storage_default_plugins',
        'rosbag2_storage_mcap',
        'rviz2',
        'sensor_msgs',
        'std_msgs',
        'std_srvs',
        'usb_cam',
        'vision_msgs',
    }


@pytest.mark.parametrize('name', COMMANDS)
def test_a_command_leads_to_a_function(name: str) -> None:
    (point,) = metadata.entry_points(group='console_scripts', name=name)
    assert callable(point.load())


@pytest.mark.parametrize('name', COMMANDS)
def test_ros2_run_finds_a_command(installed: Path, name: str) -> None:
    assert (installed / 'lib' / 'movenet_ros' / name).stat().st_mode & 0o111


@pytest.mark.parametrize('group', ['ros2doctor.checks', 'ros2doctor.report'])
def test_ros2_doctor_finds_our_part(installed: Path, group: str) -> None:
    (path,) = installed.glob('**/entry_points.txt')
    (point,) = metadata.Distribution.at(path.parent).entry_points.select(group=group)
    assert point.load()().category() == 'movenet_ros'


@pytest.mark.parametrize(
    'name',
    [
        'share/ament_index/resource_index/packages/movenet_ros',
        'share/movenet_ros/package.xml',
        *(f'share/movenet_ros/{path.relative_to(ROOT)}' for path in ROOT.glob('launch/*.py')),
        *(f'share/movenet_ros/{path.relative_to(ROOT)}' for path in ROOT.glob('config/*')),
    ],
)
def test_an_installation_brings_what_ros_looks_for(installed: Path, name: str) -> None:
    assert (installed / name).is_file()


def test_an_installation_brings_every_module_and_its_types(installed: Path) -> None:
    (package,) = installed.glob('**/movenet_ros/__init__.py')
    have = {path.relative_to(package.parent) for path in package.parent.rglob('*.py')}
    sources = ROOT / 'movenet_ros'
    assert have == {path.relative_to(sources) for path in sources.rglob('*.py')}
    assert (package.parent / 'py.typed').is_file()


def test_opencv_comes_without_a_display_and_once() -> None:
    names = {requirement.name for requirement in extras().values()}
    assert {name for name in names if 'opencv' in name} == {'opencv-python-headless'}


@pytest.mark.parametrize('text', sorted(text for text in extras() if 'gpu' not in text))
@pytest.mark.parametrize('python', PYTHONS)
def test_every_requirement_has_one_tested_version(text: str, python: str) -> None:
    wanted = extras()[text]
    name = canonicalize_name(wanted.name)
    env = {'python_version': python}
    fitting = [
        pin
        for pin in pins()
        if canonicalize_name(pin.name) == name and (not pin.marker or pin.marker.evaluate(env))
    ]
    assert len(fitting) == 1
    (version,) = fitting[0].specifier
    assert wanted.specifier.contains(version.version)


def test_ros2_launch_finds_the_launch_files_in_the_environment() -> None:
    """It walks the share folder, and follows no link to a folder."""
    share = Path(sys.prefix) / 'share' / 'movenet_ros'
    if not share.is_dir():
        pytest.skip('scripts/setup did not make this environment')
    found = {name for _, _, names in os.walk(share) for name in names}
    assert {path.name for path in (ROOT / 'launch').glob('*.launch.py')} <= found
