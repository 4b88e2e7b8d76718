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

"""The walls of the package: which folder may import what; see ARCHITECTURE.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE = Path(__file__).parents[1] / 'movenet_ros'

OWN = {  # layer: the layers below it
    'core': set(),
    'model': {'core'},
    'backends': {'core'},
    'ros': {'core', 'model', 'backends'},
    'cli': {'core', 'model', 'backends', 'ros'},
    '__main__': {'core', 'cli'},
    '__init__': set(),
}
ROS = {
    'ament_index_python',
    'builtin_interfaces',
    'cv_bridge',
    'diagnostic_msgs',
    'lifecycle_msgs',
    'rcl_interfaces',
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'std_srvs',
    'vision_msgs',
}
# Seconds to import, and optional: only functions that need them do.
HEAVY = {'google', 'onnx', 'onnxruntime', 'openvino', 'tensorflow', 'tensorflow_hub', 'tf2onnx'}
THIRD_PARTY = {
    'core': {'cv2', 'numpy'},
    'model': {'numpy'} | HEAVY,
    'backends': {'numpy', 'onnxruntime', 'openvino', 'tensorflow'},
    'ros': {'cv2', 'lz4', 'numpy', 'rosbags', 'yaml'} | ROS,
    'cli': {'cv2', 'numpy', 'pycocotools', 'skimage', 'tqdm'},
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


def layer_of(module: str) -> str:
    """Return the layer of a path below the package."""
    return module.split('/')[0].removesuffix('.py')


def parse(module: str) -> ast.Module:
    """Parse a module of the package."""
    return ast.parse((PACKAGE / module).read_text())


@pytest.mark.parametrize('module', MODULES)
def test_a_layer_imports_only_the_layers_below(module: str) -> None:
    layer = layer_of(module)
    own = [name.split('.') for name in imports(parse(module)) if name.startswith('movenet_ros.')]
    assert {parts[1] for parts in own} - {layer} <= OWN[layer]


@pytest.mark.parametrize('module', MODULES)
def test_a_layer_imports_only_its_third_parties(module: str) -> None:
    roots = {name.split('.')[0] for name in imports(parse(module))}
    known = sys.stdlib_module_names | {'movenet_ros'} | THIRD_PARTY[layer_of(module)]
    assert roots <= known


@pytest.mark.parametrize('module', MODULES)
def test_heavy_packages_are_imported_inside_functions(module: str) -> None:
    assert not {name.split('.')[0] for name in imports_at_load(parse(module))} & HEAVY


def test_loading_every_module_loads_no_runtime() -> None:
    names = [f'movenet_ros/{module}'.removesuffix('.py').replace('/', '.') for module in MODULES]
    names = [name.removesuffix('.__init__') for name in names]
    listing = f'print(*sorted({HEAVY - {"google"}} & {{*sys.modules}}))'
    code = f'import sys, {", ".join(names)}; {listing}'
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert run.stdout == '\n'


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
