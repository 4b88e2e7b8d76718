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

"""The walls of the package: which room may import which; see ARCHITECTURE.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE = Path(__file__).parents[1] / 'movenet_ros'

LIBRARY = {'core', 'model', 'backends', 'settings', 'networks', 'arguments', 'perception'}
TOOLS = {path.name for path in PACKAGE.glob('tools/*') if (path / '__init__.py').is_file()}
SHARED = {f'tools.{path.stem}' for path in PACKAGE.glob('tools/*.py')} - {'tools.__init__'}

WALLS = {  # room: the rooms that it may import, beside itself
    'core': set(),
    'backends': {'core'},
    'model': {'core'},
    'messages': {'core'},
    'settings': {'core', 'backends', 'model'},
    'arguments': {'core', 'model', 'backends', 'settings'},
    'params_file': {'core'},
    'networks': {'core', 'model', 'backends', 'settings'},
    'finder': {'core', 'networks', 'settings'},
    'perception': {'core', 'model', 'settings', 'networks', 'finder'},
    'node': {'core', 'messages', 'settings', 'params_file', 'perception'},
    'consumers': {'core', 'messages', 'settings', 'node'},
    'replay': {
        'core', 'messages', 'settings', 'params_file', 'perception', 'arguments', 'consumers',
        'model',  # which weights have made an output
    },
    **dict.fromkeys(SHARED, LIBRARY | {'messages', 'node'} | SHARED),
    **dict.fromkeys(
        (f'tools.{tool}' for tool in TOOLS), LIBRARY | {'messages', 'node', 'replay'} | SHARED
    ),
    'tools': set(),
    '__main__': {'core'},
    '__init__': {'settings', 'perception'},
}
MESSAGES = {
    'builtin_interfaces', 'diagnostic_msgs', 'foxglove_msgs', 'geometry_msgs', 'lifecycle_msgs',
    'rcl_interfaces', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs', 'std_srvs', 'tf2_msgs',
    'vision_msgs', 'visualization_msgs',
}
ROS = {'ament_index_python', 'cv_bridge', 'rclpy'} | MESSAGES
# Seconds to import, and optional: only functions that need them do.
HEAVY = {
    'fsspec', 'google', 'onnx', 'onnxruntime', 'openvino', 'ray', 'rerun', 'tensorflow',
    'tensorflow_hub',
}
THIRD_PARTIES = {
    'core': {'cv2', 'numpy'},  # SciPy and PyAV are loaded by name: no walk sees that
    'backends': {'numpy', 'onnx', 'onnxruntime', 'openvino', 'tensorflow'},
    'model': {'google', 'numpy', 'onnx', 'tensorflow', 'tensorflow_hub'},
    'messages': {'cv2', 'numpy', 'cv_bridge', 'rclpy'} | MESSAGES,
    'settings': set(),
    'arguments': set(),
    'params_file': {'yaml'},
    'networks': {'numpy'},
    'finder': {'numpy'},
    'perception': {'numpy'},
    'node': {'numpy'} | ROS,
    'consumers': {'numpy'} | ROS,
    'replay': {'mcap', 'numpy', 'yaml', 'zstandard'} | ROS,
    'tools': {'cv2', 'numpy', 'pycocotools', 'ros2doctor', 'tqdm', 'yaml'} | ROS,
    '__main__': set(),
    '__init__': set(),
}
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob('*.py'))


def imports(node: ast.AST) -> Iterator[str]:
    """Yield the full name of every module that is imported in a piece of code."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            assert each.level == 0, f'relative import in line {each.lineno}'
            yield from (f'{each.module}.{alias.name}' for alias in each.names)


def imports_at_load(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported outside functions and outside TYPE_CHECKING."""
    for node in tree.body:
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        typing_only = isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test)
        if isinstance(node, ast.ClassDef):
            yield from imports_at_load(ast.Module(node.body, []))
        elif not function and not typing_only:
            yield from imports(node)


def room_of(name: str) -> str:
    """Return the room of a dotted name below the package."""
    parts = name.split('.')
    return '.'.join(parts[:2]) if parts[0] == 'tools' and len(parts) > 1 else parts[0]


def dotted(module: str) -> str:
    """Return the dotted name below the package of a path."""
    name = module.removesuffix('.py').replace('/', '.')
    return name.removesuffix('.__init__') if '/' in module else name


def parse(module: str) -> ast.Module:
    """Parse a module of the package."""
    return ast.parse((PACKAGE / module).read_text())


def test_rooms_import_only_the_rooms_below() -> None:
    through = [
        f'{module} imports {name}'
        for module in MODULES
        for name in imports(parse(module))
        if name.startswith('movenet_ros.')
        and (room := room_of(dotted(module))) != (other := room_of(name.split('.', 1)[1]))
        and other not in WALLS[room]
    ]
    assert through == []


def test_rooms_import_only_their_third_parties() -> None:
    through = [
        f'{module} imports {root}'
        for module in MODULES
        for root in {name.split('.')[0] for name in imports(parse(module))}
        - sys.stdlib_module_names - {'movenet_ros'}
        - THIRD_PARTIES[dotted(module).split('.')[0]]
    ]
    assert through == []


def test_heavy_packages_are_imported_inside_functions() -> None:
    early = [
        module
        for module in MODULES
        if {name.split('.')[0] for name in imports_at_load(parse(module))} & HEAVY
    ]
    assert early == []


def test_no_named_tuple_is_generic() -> None:
    """Python 3.10 refuses to load such a class."""
    both = [
        f'{module}: {each.name}'
        for module in MODULES
        for each in ast.walk(parse(module))
        if isinstance(each, ast.ClassDef) and len(each.bases) > 1
        and 'NamedTuple' in map(ast.unparse, each.bases)
    ]
    assert both == []


@pytest.mark.process
def test_loading_every_module_loads_no_runtime() -> None:
    pytest.importorskip('mcap')
    names = [f'movenet_ros.{dotted(module)}'.removesuffix('.__init__') for module in MODULES]
    listing = f'print(*sorted({HEAVY - {"google"}} & {{*sys.modules}}))'
    code = f'import sys, {", ".join(names)}; {listing}'
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert run.stdout == '\n'


@pytest.mark.process
def test_replay_loads_no_node() -> None:
    """Of the consumers, it takes what knows none."""
    pytest.importorskip('mcap')
    replay = [f'movenet_ros.{dotted(each)}' for each in MODULES if each.startswith('replay/')]
    names = ', '.join(each.removesuffix('.__init__') for each in replay)
    code = f"import sys, {names}; print([n for n in sys.modules if 'movenet_ros.node' in n])"
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert run.stdout == '[]\n'


def test_the_walk_sees_imports_wherever_they_hide() -> None:
    code = """
import a.b
class C:
    import d
    def f(self):
        from e import g
if TYPE_CHECKING:
    import h
try:
    import i
except ImportError:
    pass
"""
    tree = ast.parse(code)
    assert set(imports(tree)) == {'a.b', 'd', 'e.g', 'h', 'i'}
    assert set(imports_at_load(tree)) == {'a.b', 'd', 'i'}
