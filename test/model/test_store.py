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

"""A model is handed out only if every byte of it is right."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import stat
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import store
from movenet_ros.model.store import cache_directory
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import find_model
from movenet_ros.model.store import model_at
from movenet_ros.model.store import ModelFiles
import pytest

Install = Callable[..., ModelFiles]

FILES = ('saved_model/saved_model.pb', 'saved_model/variables/variables.index', 'model.onnx')


def payload_of(found: ModelFiles) -> Path:
    assert found.saved_model is not None
    return found.saved_model.parent


def test_an_empty_cache_has_no_model(cache: Path) -> None:
    assert find_model() is None


def test_an_installed_model_is_found(install_fake: Install) -> None:
    found = install_fake()
    assert found.saved_model is not None
    assert found.onnx is not None
    assert (found.saved_model / 'saved_model.pb').read_bytes() == b'a graph'
    assert found.onnx.read_bytes() == b'another graph'


@pytest.mark.parametrize('name', FILES)
def test_a_changed_byte_is_refused(install_fake: Install, name: str) -> None:
    path = payload_of(install_fake()) / name
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf'{path.name} is damaged.*fetch_model"$'):
        find_model()


@pytest.mark.parametrize('name', FILES)
def test_a_truncated_file_is_refused(install_fake: Install, name: str) -> None:
    path = payload_of(install_fake()) / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match='damaged'):
        find_model()


@pytest.mark.parametrize('name', FILES)
def test_a_lost_file_is_refused(install_fake: Install, name: str) -> None:
    (payload_of(install_fake()) / name).unlink()
    with pytest.raises(ModelError, match='No such file'):
        find_model()


def test_asking_for_one_kind_does_not_read_the_other(install_fake: Install) -> None:
    (payload_of(install_fake()) / 'saved_model/saved_model.pb').write_bytes(b'damaged')
    found = find_model(only='onnx')
    assert found is not None
    assert found.onnx is not None
    assert found.saved_model is None


def test_a_model_without_onnx_is_a_model(install_fake: Install) -> None:
    found = install_fake(without='model.onnx')
    assert found.saved_model is not None
    assert found.onnx is None


def test_what_is_compiled_is_kept_apart_for_every_fetched_model(
    install_fake: Install, cache: Path
) -> None:
    found = install_fake()
    assert found.compiled == cache / 'compiled' / payload_of(found).name
    assert install_fake(mark=b'2').compiled != found.compiled


def test_what_was_compiled_goes_with_the_next_fetch(install_fake: Install, cache: Path) -> None:
    found = install_fake()
    assert found.compiled is not None
    blob = found.compiled / 'runtime-1.2-0a1b2c3d' / 'a.blob'
    blob.parent.mkdir(parents=True)
    blob.touch()
    install_fake()
    assert not (cache / 'compiled').exists()


def test_what_was_compiled_does_not_hinder_the_look_for_the_model(install_fake: Install) -> None:
    found = install_fake()
    assert found.compiled is not None
    found.compiled.mkdir(parents=True)
    assert find_model() == found


@pytest.mark.parametrize(
    'text',
    ['', 'null', '[]', '{}', '{"format": 1}', '{"format": 1, "files": []}', '{"format": 9}', '\0'],
)
def test_a_manifest_that_makes_no_sense_is_refused_in_one_line(cache: Path, text: str) -> None:
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text(text)
    with pytest.raises(ModelError, match=r'^the cached model is unusable: .*fetch_model"$'):
        find_model()


def test_an_unknown_variant_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="unknown model variant 'x', choose from.*multipose"):
        find_model('x')


@pytest.mark.parametrize('value', ['', 'relative/path'])
def test_the_cache_is_below_home_where_xdg_says_nothing_valid(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', value)
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_directory() == tmp_path / '.cache/movenet_ros/multipose_lightning'


def make_saved_model(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / 'saved_model.pb').touch()
    return path


def test_a_path_to_a_saved_model(tmp_path: Path) -> None:
    path = make_saved_model(tmp_path / 'mine')
    assert model_at(path) == ModelFiles(str(path), path, None)


EMPTY = 'e3b0c44298fc1c14'  # begins the SHA-256 of an empty file


def test_a_path_to_an_onnx_file(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / 'mine.onnx'
    path.touch()
    assert model_at(str(path)) == ModelFiles(str(path), None, path, cache.parent / 'own' / EMPTY)


@pytest.mark.parametrize('with_saved_model', [True, False])
@pytest.mark.parametrize('with_onnx', [True, False])
def test_a_path_to_a_folder_with_either_or_both(
    cache: Path, tmp_path: Path, with_saved_model: bool, with_onnx: bool
) -> None:
    saved_model = make_saved_model(tmp_path / 'saved_model') if with_saved_model else None
    onnx = tmp_path / 'model.onnx' if with_onnx else None
    if onnx:
        onnx.touch()
    compiled = cache.parent / 'own' / EMPTY if with_onnx else None
    if saved_model or onnx:
        assert model_at(tmp_path) == ModelFiles(str(tmp_path), saved_model, onnx, compiled)
    else:
        with pytest.raises(ModelError, match='is not a model: give a SavedModel directory'):
            model_at(tmp_path)


def test_what_is_compiled_of_an_own_model_is_kept_by_what_the_file_holds(
    cache: Path, tmp_path: Path
) -> None:
    for name, content in (('a', b'one'), ('b', b'other'), ('c', b'one')):
        (tmp_path / f'{name}.onnx').write_bytes(content)
    one, other, copy = (model_at(tmp_path / f'{name}.onnx').compiled for name in 'abc')
    assert one == copy != other


def test_a_look_at_an_own_model_writes_nothing(cache: Path, tmp_path: Path) -> None:
    (tmp_path / 'mine.onnx').touch()
    model_at(tmp_path / 'mine.onnx')
    assert not cache.parent.exists()


@pytest.mark.parametrize('name', ['nowhere', 'nowhere.onnx', 'x' * 5000])
def test_a_path_to_nothing_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"^model path '[^\n]*(does not exist|cannot be read)"):
        model_at(tmp_path / name)


def test_a_tilde_means_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('HOME', str(tmp_path))
    path = make_saved_model(tmp_path / 'mine')
    assert model_at('~/mine').saved_model == path


def fake_python(path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the fetching process be a shell script."""
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, 'executable', str(path))


def test_a_model_that_is_there_is_not_fetched(
    install_fake: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = install_fake()
    fake_python(tmp_path / 'python', monkeypatch, 'exit 1')
    assert ensure_model() == found


def test_a_model_that_cannot_be_had_ends_in_the_reason_of_the_fetching_process(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "[1/4] trying"; echo "movenet_ros: no network: do this" >&2; exit 1'
    fake_python(tmp_path / 'python', monkeypatch, script)
    lines: list[str] = []
    with pytest.raises(ModelError, match=r'^no network: do this$'):
        ensure_model(say=lines.append)
    assert '[1/4] trying' in lines


def test_a_fetching_process_that_dies_is_an_error(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_python(tmp_path / 'python', monkeypatch, 'kill -9 $$')
    with pytest.raises(ModelError, match='ended with code -9'):
        ensure_model(say=lambda _: None)


def test_a_damaged_model_is_fetched_again(
    install_fake: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    (payload_of(install_fake()) / 'model.onnx').write_bytes(b'damaged')
    monkeypatch.setattr(
        store, '_fetch_in_another_process', lambda variant, say: install_fake(mark=b'2')
    )
    lines: list[str] = []
    found = ensure_model(say=lines.append)
    assert found.onnx is not None
    assert found.onnx.read_bytes() == b'another graph2'
    assert 'damaged' in lines[0]


def test_the_real_model_is_whole(real_model: ModelFiles) -> None:
    assert real_model.variant == 'multipose_lightning'


@pytest.mark.parametrize(
    'name', ['../secret', '/etc/passwd', 'a\0b', '\ud800', 'a/../../b', 'x' * 201]
)
@pytest.mark.parametrize('place', ['payload', 'file'])
def test_a_manifest_that_leads_elsewhere_is_refused(cache: Path, name: str, place: str) -> None:
    record = {'size': 1, 'sha256': '0' * 64}
    content = {
        'format': 1,
        'variant': 'multipose_lightning',
        'source': 'x',
        'payload': name if place == 'payload' else 'files',
        'files': {name if place == 'file' else 'model.onnx': record},
    }
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text(json.dumps(content))
    with pytest.raises(ModelError, match='a path that leads elsewhere'):
        find_model()


def test_a_manifest_that_nests_deeply_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / 'manifest.json').write_text('[' * 100_000)
    with pytest.raises(ModelError, match='is damaged'):
        find_model()
