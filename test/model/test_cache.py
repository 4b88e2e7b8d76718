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


"""The cache: one process at a time writes to it, all or nothing, and no damage is accepted."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path

from movenet_ros.core.errors import ModelError
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import writing
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
import pytest

Install = Callable[..., ModelFiles]


def payload_of(found: ModelFiles) -> Path:
    assert found.saved_model is not None
    return found.saved_model.parent


def test_a_second_model_replaces_the_first_which_stays_readable(install_fake: Install) -> None:
    first, second = install_fake(mark=b'1'), install_fake(mark=b'2')
    texts = [(payload_of(found) / 'model.onnx').read_text() for found in (first, second)]
    assert texts == ['another graph1', 'another graph2']


def test_the_next_fetch_removes_all_that_is_not_in_use(install_fake: Install, cache: Path) -> None:
    replaced, found = install_fake(), install_fake()
    (cache / 'work-dead').mkdir()
    (cache / 'work-dead' / 'half').touch()
    (cache / 'manifest.json.new').touch()
    for each in (replaced, found):
        (cache / 'compiled' / payload_of(each).name).mkdir(parents=True)
    with writing(DEFAULT_VARIANT, print) as directory:
        names = {path.name for path in directory.iterdir()}
    payload = payload_of(found).name
    assert names == {'lock', 'manifest.json', 'compiled', payload}
    assert [path.name for path in (cache / 'compiled').iterdir()] == [payload]


def test_a_manifest_records_the_source_and_every_file(install_fake: Install, cache: Path) -> None:
    install_fake(source='npm something@1.0')
    manifest = json.loads((cache / 'manifest.json').read_text())
    assert manifest['source'] == 'npm something@1.0'
    assert set(manifest['files']) == {
        'model.onnx',
        'saved_model/saved_model.pb',
        'saved_model/variables/variables.index',
    }


def test_work_that_fails_leaves_the_model_as_it_was(install_fake: Install) -> None:
    found = install_fake()
    with pytest.raises(KeyboardInterrupt):
        with writing(DEFAULT_VARIANT, print) as directory:
            (directory / 'work').mkdir()
            raise KeyboardInterrupt
    assert find_model() == found


@pytest.mark.parametrize(
    'text',
    [
        '', 'null', '[]', '{}', '{"format": 2}', '{"format": 2, "files": []}', '{"format": 9}',
        '\0', '[' * 100_000,
    ],
)
def test_a_damaged_manifest_is_refused_in_one_line(cache: Path, text: str) -> None:
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text(text)
    with pytest.raises(ModelError, match=r'^[^\n]*unusable[^\n]*fetch_model"$'):
        find_model()


def test_a_cache_of_an_earlier_version_is_told(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text('{"format": 1, "files": {}}')
    with pytest.raises(ModelError, match=r'^[^\n]*earlier version[^\n]*fetch_model"$'):
        find_model()


@pytest.mark.parametrize(
    'name', ['../secret', '/etc/passwd', 'a\0b', '\ud800', 'a/../../b', 'x' * 201], ids=ascii
)
@pytest.mark.parametrize('place', ['payload', 'file'])
def test_a_manifest_names_no_file_outside_of_its_folder(
    cache: Path, name: str, place: str
) -> None:
    content = {
        'format': 2,
        'variant': 'multipose_lightning',
        'source': 'x',
        'payload': name if place == 'payload' else 'files',
        'files': {
            name if place == 'file' else 'model.onnx': {'size': 1, 'sha256': '0' * 64}
        },
    }
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text(json.dumps(content))
    with pytest.raises(ModelError, match='outside'):
        find_model()


def test_an_unknown_variant_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match='unknown model variant .*multipose_lightning'):
        cache_directory('x')


@pytest.mark.parametrize('value', ['', 'relative/path'])
def test_the_cache_is_below_home_where_xdg_gives_no_absolute_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', value)
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_directory() == tmp_path / '.cache/movenet_ros/multipose_lightning'
