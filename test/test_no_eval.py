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


"""No shell, no eval, no pickle: nothing here turns data into code; see doc/how-to/security.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ('launch', 'movenet_ros', 'scripts')
SOURCES = [ROOT / 'setup.py', *(path for name in FOLDERS for path in (ROOT / name).rglob('*.py'))]

NAMES = {'__import__', 'compile', 'eval', 'exec'}  # of builtins
MODULES = {'cloudpickle', 'code', 'dill', 'joblib', 'marshal', 'pickle', 'runpy', 'shelve'}
ATTRIBUTES = {
    'os': {'popen', 'system'},
    'subprocess': {'getoutput', 'getstatusoutput'},
    'yaml': {'FullLoader', 'Loader', 'UnsafeLoader', 'full_load', 'full_load_all', 'load_all',
             'unsafe_load', 'unsafe_load_all'},
}
KEYWORDS = ('allow_pickle', 'shell')


def forbidden(tree: ast.Module) -> Iterator[str]:
    """Yield what turns data into code, or may."""
    safe_loaders = {
        each.name
        for each in tree.body
        if isinstance(each, ast.ClassDef)
        and [ast.unparse(base) for base in each.bases] == ['yaml.SafeLoader']
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split('.')[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            root = str(node.module).split('.')[0]
            names = {each.name for each in node.names} & ATTRIBUTES.get(root, set())
            yield from ([root] if root in MODULES else names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in ATTRIBUTES.get(node.value.id, set()):
                yield ast.unparse(node)
        elif isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                yield str(node.arg)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == 'yaml.load':
            loaders = {ast.unparse(each) for each in node.args[1:]}
            if not loaders or not loaders <= safe_loaders:
                yield 'yaml.load'


def test_nothing_turns_data_into_code() -> None:
    found = {path: [*forbidden(ast.parse(path.read_text()))] for path in SOURCES}
    assert {str(path): names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ('code', 'found'),
    [
        ('x = [eval][0]("1")', 'eval'),
        ('def f():\n    import pickle', 'pickle'),
        ('from marshal import loads', 'marshal'),
        ('from os import path, system', 'system'),
        ('import os\nos.system("ls")', 'os.system'),
        ('subprocess.run("ls", shell=True)', 'shell'),
        ('np.load(path, allow_pickle=flag)', 'allow_pickle'),
        ('yaml.load(text, Loader=yaml.CSafeLoader)', 'yaml.load'),
        ('yaml.load(text, yaml.Loader)', 'yaml.load'),
        ('class L(yaml.Loader): pass\nyaml.load(text, L)', 'yaml.load'),
    ],
)
def test_the_walk_sees_it(code: str, found: str) -> None:
    assert found in set(forbidden(ast.parse(code)))


@pytest.mark.parametrize(
    'code',
    [
        're.compile("a")',
        'subprocess.run(["ls"], shell=False)',
        'yaml.safe_load(text)',
        'class L(yaml.SafeLoader): pass\nyaml.load(text, L)',
        'model.eval()',
    ],
)
def test_the_walk_lets_the_harmless_pass(code: str) -> None:
    assert not list(forbidden(ast.parse(code)))
