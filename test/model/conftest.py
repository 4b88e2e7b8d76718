"""What the tests of the model store share: a cache of their own, and models small and real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from movenet_ros.model.install import install
from movenet_ros.model.install import writing
from movenet_ros.model.store import cache_directory
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
                if name != without:
                    path = directory / 'built' / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content + mark)
            install(DEFAULT_VARIANT, directory / 'built', source)
        found = find_model()
        assert found is not None
        return found

    return install_it


@pytest.fixture(scope='session')
def real_model() -> ModelFiles:
    """Give the real model, which is fetched before any test runs."""
    found = find_model()
    assert found is not None, 'no model in the cache: run "python -m movenet_ros fetch_model"'
    assert found.saved_model is not None
    assert found.onnx is not None
    return found
