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

"""What the tests of model/ share: a cache of their own, and small models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import install
from movenet_ros.model.cache import writing
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
import pytest

FAKE_FILES = {
    'saved_model/saved_model.pb': b'a graph',
    'saved_model/variables/variables.index': b'an index',
    'model.onnx': b'another graph',
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return cache_directory()


@pytest.fixture
def install_fake(cache: Path) -> Callable[..., ModelFiles]:
    """Return a function that installs a model of a few bytes."""

    def install_it(source: str = 'hub x', without: str = '', mark: bytes = b'') -> ModelFiles:
        with writing(DEFAULT_VARIANT, print) as directory:
            for name, content in FAKE_FILES.items():
                if not without or not name.startswith(without):
                    path = directory / 'built' / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content + mark)
            install(DEFAULT_VARIANT, directory / 'built', source)
        found = find_model()
        assert found is not None
        return found

    return install_it
