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

import ast
from importlib import metadata
from itertools import product
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

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
NAME = 'movenet_ros'
COMMANDS = (
    'analyse', 'benchmark', 'demo', 'doctor', 'evaluate', 'fetch_model', 'humans_node',
    'kinematics_node', 'pose_3d_node', 'pose_node', 'replay', 'soak', 'video_source', 'view',
)
PYTHONS = ('3.10', '3.11', '3.12', '3.13')
KEYS = {  # of rosdep, where it is not the package's own name
    'catkin_pkg': 'python3-catkin-pkg',
    'cv2': 'python3-opencv',
    'hypothesis': 'python3-hypothesis',
    'numpy': 'python3-numpy',
    'packaging': 'python3-packaging',
    'pytest': 'python3-pytest',
    'scipy': 'python3-scipy',
    'skimage': 'python3-skimage',
    'tqdm': 'python3-tqdm',
    'yaml': 'python3-yaml',
}
OPTIONAL = {'google', 'ros2doctor'}  # what TensorFlow brings, and what itself imports ours
OWN = {path.stem for path in ROOT.glob('test/**/*.py')}
OWN |= {path.parent.name for path in ROOT.glob('scripts/*/__init__.py')}


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


def extras() -> list[Requirement]:
    """Return what the extras ask for, but for NVIDIA's libraries."""
    wanted = [Requirement(text) for text in metadata.requires('movenet_ros') or []]
    return [each for each in wanted if each.marker and 'gpu' not in str(each.marker)]


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


def imported(folder: str) -> set[str]:
    """List the packages that the code in a folder imports, beside Python's own and ours."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / folder).rglob('*.py')]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {str(each.module) for each in nodes if isinstance(each, ast.ImportFrom)}
    names |= {a.name for each in nodes if isinstance(each, ast.Import) for a in each.names}
    return {name.split('.')[0] for name in names} - sys.stdlib_module_names - {NAME} - OWN


@pytest.mark.parametrize('folder', [NAME, 'launch', 'test'])
def test_package_xml_or_an_extra_names_what_is_imported(manifest: Package, folder: str) -> None:
    depends = manifest.exec_depends + (manifest.test_depends if folder == 'test' else [])
    from_pip = {canonicalize_name(each.name).replace('-', '_') for each in extras()}
    keys = {KEYS.get(name, name) for name in imported(folder) - from_pip - OPTIONAL}
    assert keys - {each.name for each in depends} == set()


def loaded(path: Path) -> set[str]:
    """List the packages that are imported as a file of the tests loads, with helpers beside it."""
    body = ast.parse(path.read_text()).body
    names = {str(each.module) for each in body if isinstance(each, ast.ImportFrom)}
    names |= {a.name for each in body if isinstance(each, ast.Import) for a in each.names}
    found = {name.split('.')[0] for name in names}
    helpers = [each for name in found & OWN for each in ROOT.glob(f'test/**/{name}.py')]
    return found.union(*map(loaded, helpers))


def test_tests_that_only_pip_allows_to_collect_are_left_out_without_it() -> None:
    """On a ROS distribution, colcon test has what package.xml names."""
    tree = ast.parse((ROOT / 'test' / 'conftest.py').read_text())
    (needs,) = (
        ast.literal_eval(each.value)
        for each in tree.body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == 'NEEDS'
    )
    from_pip = {canonicalize_name(each.name).replace('-', '_') for each in extras()} - {*KEYS}
    unlisted = []
    for path in (ROOT / 'test').rglob('test_*.py'):
        inside = path.relative_to(ROOT / 'test')
        listed = {name for each in (inside, *inside.parents) for name in needs.get(str(each), ())}
        unlisted += [f'{inside}: {name}' for name in loaded(path) & from_pip - listed]
    assert unlisted == []


def test_a_robot_without_a_display_can_do_without_rviz_and_the_camera_driver() -> None:
    named = []
    for headless in ('', '1'):
        manifest = parse_package(ROOT)
        manifest.evaluate_conditions({'MOVENET_ROS_HEADLESS': headless})
        named.append({each.name for each in manifest.exec_depends if each.evaluated_condition})
    assert named[0] - named[1] == {'rviz2', 'usb_cam'}


def test_every_command_leads_to_a_function() -> None:
    points = metadata.entry_points(group='console_scripts')
    ours = {each.name: each.load() for each in points if each.value.startswith(f'{NAME}.')}
    assert set(ours) == set(COMMANDS)
    assert all(map(callable, ours.values()))


def test_ros2_run_finds_every_command(installed: Path) -> None:
    commands = installed.glob('lib/movenet_ros/*')
    assert {each.name for each in commands if each.stat().st_mode & 0o111} == set(COMMANDS)


@pytest.mark.parametrize('group', ['ros2doctor.checks', 'ros2doctor.report'])
def test_ros2_doctor_finds_our_part(installed: Path, group: str) -> None:
    (path,) = installed.glob('**/entry_points.txt')
    (point,) = metadata.Distribution.at(path.parent).entry_points.select(group=group)
    assert point.load()().category() == 'movenet_ros'


def test_an_installation_brings_what_ros_looks_for(installed: Path) -> None:
    shared = ['package.xml', *(path.relative_to(ROOT) for path in ROOT.glob('launch/*.py'))]
    for pattern in ('config/*', 'doc/**/*.md', 'examples/*.py', 'examples/*/*'):
        shared += [path.relative_to(ROOT) for path in ROOT.glob(pattern)]
    marker = installed / 'share/ament_index/resource_index/packages/movenet_ros'
    files = [marker, *(installed / 'share/movenet_ros' / path for path in shared)]
    assert [str(path) for path in files if not path.is_file()] == []


def test_an_installation_brings_every_module_and_its_types(installed: Path) -> None:
    (package,) = installed.glob('**/movenet_ros/__init__.py')
    have = {path.relative_to(package.parent) for path in package.parent.rglob('*.py')}
    sources = ROOT / 'movenet_ros'
    assert have == {path.relative_to(sources) for path in sources.rglob('*.py')}
    assert (package.parent / 'py.typed').is_file()
    pages = {path.relative_to(sources) for path in sources.rglob('page.*')}
    assert pages == {path.relative_to(package.parent) for path in package.parent.rglob('page.*')}


def test_opencv_comes_without_a_display_and_once() -> None:
    names = {requirement.name for requirement in extras()}
    assert {name for name in names if 'opencv' in name} == {'opencv-python-headless'}


def test_every_requirement_has_one_tested_version() -> None:
    wrong = []
    for python, wanted in product(PYTHONS, extras()):
        name, env = canonicalize_name(wanted.name), {'python_version': python}
        versions = [
            next(iter(pin.specifier)).version
            for pin in pins()
            if canonicalize_name(pin.name) == name and (not pin.marker or pin.marker.evaluate(env))
        ]
        if [wanted.specifier.contains(version) for version in versions] != [True]:
            wrong.append(f'{wanted} on {python}: {versions}')
    assert wrong == []


def test_ros2_launch_finds_the_launch_files_in_the_environment() -> None:
    """It walks the share folder, and follows no link to a folder."""
    share = Path(sys.prefix) / 'share' / 'movenet_ros'
    if not share.is_dir():
        pytest.skip('scripts/setup did not make this environment')
    found = {name for _, _, names in os.walk(share) for name in names}
    assert {path.name for path in (ROOT / 'launch').glob('*.launch.py')} <= found
