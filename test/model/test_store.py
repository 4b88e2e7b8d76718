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

"""A model is used only if every byte of it is right; otherwise it is fetched first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import stat
import sys

from movenet_ros.core.errors import ModelError
from movenet_ros.model import store
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


def changed(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def truncated(content: bytes) -> bytes:
    return content[:-1]


@pytest.mark.parametrize('damage', [changed, truncated])
@pytest.mark.parametrize('name', FILES)
def test_a_damaged_file_is_refused_with_the_fix(
    install_fake: Install, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = payload_of(install_fake()) / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=rf'{path.name} is damaged.*fetch_model"$'):
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


def test_a_model_without_a_saved_model_is_a_model(install_fake: Install) -> None:
    found = install_fake(without='saved_model')
    assert found.saved_model is None
    assert found.onnx is not None


def test_each_fetched_model_has_its_own_folder_of_compiled_files(
    install_fake: Install, cache: Path
) -> None:
    found = install_fake()
    assert found.compiled == cache / 'compiled' / payload_of(found).name
    assert install_fake(mark=b'2').compiled != found.compiled


def test_a_model_is_found_beside_compiled_files(install_fake: Install) -> None:
    found = install_fake()
    assert found.compiled is not None
    found.compiled.mkdir(parents=True)
    assert find_model() == found


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


@pytest.mark.parametrize('given', ['', 'model.onnx'])
def test_a_pointer_of_git_lfs_in_place_of_a_model_is_told(
    cache: Path, tmp_path: Path, given: str
) -> None:
    (tmp_path / 'model.onnx').write_text('version https://git-lfs.github.com/spec/v1\n')
    with pytest.raises(ModelError, match='git lfs pull'):
        model_at(tmp_path / given)


def test_compiled_files_of_an_own_model_are_kept_by_its_content(
    cache: Path, tmp_path: Path
) -> None:
    for name, content in (('a', b'one'), ('b', b'other'), ('c', b'one')):
        (tmp_path / f'{name}.onnx').write_bytes(content)
    one, other, copy = (model_at(tmp_path / f'{name}.onnx').compiled for name in 'abc')
    assert one == copy != other


def test_finding_an_own_model_writes_nothing(cache: Path, tmp_path: Path) -> None:
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
    """Make the fetching process a shell script."""
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, 'executable', str(path))


def test_a_model_in_the_cache_is_not_fetched(
    install_fake: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = install_fake()
    fake_python(tmp_path / 'python', monkeypatch, 'exit 1')
    assert ensure_model() == found


@pytest.mark.process
def test_a_failed_fetch_is_an_error_with_the_reason_of_its_process(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "[1/4] trying"; echo "movenet_ros: no network: do this" >&2; exit 1'
    fake_python(tmp_path / 'python', monkeypatch, script)
    lines: list[str] = []
    with pytest.raises(ModelError, match=r'^no network: do this$'):
        ensure_model(log=lines.append)
    assert '[1/4] trying' in lines


@pytest.mark.process
def test_a_fetching_process_that_dies_is_an_error(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_python(tmp_path / 'python', monkeypatch, 'kill -9 $$')
    with pytest.raises(ModelError, match='ended with code -9'):
        ensure_model(log=lambda _: None)


def test_a_damaged_model_is_fetched_again(
    install_fake: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    (payload_of(install_fake()) / 'model.onnx').write_bytes(b'damaged')
    monkeypatch.setattr(
        store, '_fetch_in_another_process', lambda log: install_fake(mark=b'2') and ''
    )
    found = ensure_model(log=print)
    assert found.onnx is not None
    assert found.onnx.read_bytes() == b'another graph2'


def test_the_form_that_is_missing_is_made(
    install_fake: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_fake(without='saved_model')
    monkeypatch.setattr(store, '_fetch_in_another_process', lambda log: install_fake() and '')
    assert ensure_model(only='saved_model', log=print).saved_model is not None


def test_a_model_is_used_although_another_one_could_not_be_fetched(
    cache: Path, install_fake: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        store, '_fetch_in_another_process', lambda log: install_fake() and 'no Thunder'
    )
    lines: list[str] = []
    assert ensure_model(log=lines.append).onnx is not None
    assert 'no Thunder' in lines
