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

"""What is compiled is used again only if it is whole, and only where it was made."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
from typing import Any

from movenet_ros.backends import compiled
from movenet_ros.backends.compiled import machine_key
from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
import pytest

pytestmark = pytest.mark.pure

Open = Callable[..., Path]


@pytest.fixture
def open_it(tmp_path: Path) -> Open:
    """Return a function that makes a folder ready, as each start does."""

    def open_again(runtime: str = 'runtime', version: str = '1.2') -> Path:
        folder = open_folder(tmp_path / 'compiled', runtime, version)
        assert folder is not None
        return folder

    return open_again


def put(folder: Path, *names: str) -> None:
    """Write files as a runtime does, and seal them."""
    for name in names:
        (folder / name).write_bytes(b'compiled')
    seal(folder)


def names(folder: Path) -> set[str]:
    """Return the names of what is in a folder."""
    return {path.name for path in folder.iterdir()}


def test_the_name_of_a_folder_has_runtime_version_and_machine(open_it: Open) -> None:
    assert open_it('openvino', '2026.4').name == f'openvino-2026.4-{machine_key()}'


def test_what_was_sealed_stays(open_it: Open) -> None:
    put(open_it(), 'a.blob')
    put(open_it(), 'b.blob')
    assert names(open_it()) == {'a.blob', 'b.blob', 'records.json'}


@pytest.mark.parametrize('content', [b'', b'compile', b'compiled.', b'c0mpiled'])
def test_what_is_not_as_it_was_sealed_goes_alone(open_it: Open, content: bytes) -> None:
    put(open_it(), 'a.blob', 'b.blob')
    (open_it() / 'a.blob').write_bytes(content)
    assert names(open_it()) == {'b.blob', 'records.json'}


def test_what_was_not_sealed_goes(open_it: Open) -> None:
    (open_it() / 'a.blob').write_bytes(b'half writ')
    assert names(open_it()) == set()


def test_the_oldest_make_room(open_it: Open) -> None:
    for i in range(compiled.MAX_FILES + 2):
        put(open_it(), f'{i}.blob')
        os.utime(open_it() / f'{i}.blob', ns=(i, i))
    put(open_it(), 'new.blob')
    expected = {f'{i}.blob' for i in range(3, compiled.MAX_FILES + 2)}
    assert names(open_it()) == {*expected, 'new.blob', 'records.json'}


def test_only_what_is_new_is_hashed(open_it: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    put(open_it(), 'a.blob')
    os.utime(open_it() / 'a.blob', ns=(1, 1))
    hashed: list[str] = []
    real = compiled.sha256_of
    monkeypatch.setattr(
        compiled, 'sha256_of', lambda path: hashed.append(path.name) or real(path)
    )
    put(open_it(), 'b.blob')
    assert hashed == ['b.blob']
    assert names(open_it()) == {'a.blob', 'b.blob', 'records.json'}


def test_where_nothing_is_new_the_records_are_not_written_again(open_it: Open) -> None:
    put(open_it(), 'a.blob')
    before = (open_it() / 'records.json').stat().st_ino  # which a replaced file would change
    seal(open_it())
    assert (open_it() / 'records.json').stat().st_ino == before


@pytest.mark.parametrize(
    'text',
    [
        '', 'null', '[]', '3', '"a.blob"', '{', '\0', '{"a.blob": null}', '{"a.blob": []}',
        '{"a.blob": {}}', '{"a.blob": {"size": "8", "sha256": 3}}',
        '{"a.blob": {"size": 8, "sha256": "", "more": 1}}',
    ],
)
def test_records_that_make_no_sense_vouch_for_nothing_and_are_replaced(
    open_it: Open, text: str
) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    (folder / 'records.json').write_text(text)
    assert names(open_it()) == {'records.json'}
    put(folder, 'a.blob')
    assert names(open_it()) == {'a.blob', 'records.json'}


def test_other_versions_of_the_runtime_go_and_other_runtimes_stay(open_it: Open) -> None:
    others = [open_it('other', '0.9'), open_it('run', '1.1')]
    old = open_it('runtime', '1.1')
    open_it('runtime', '1.2')
    assert [folder.exists() for folder in (*others, old)] == [True, True, False]


def test_what_was_compiled_for_another_machine_stays(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(compiled, 'machine_key', lambda: '0a1b2c3d')
        other = open_it('runtime', '0.9')
    assert open_it('runtime', '1.2') != other
    assert other.is_dir()


def test_figures_beside_the_folders_stay(open_it: Open) -> None:
    figures = open_it().parent / 'speed.json'
    figures.touch()
    open_it('runtime', '1.3')
    assert figures.exists()


@pytest.mark.parametrize(
    ('name', 'values'),
    [('usable_cores', (1, 2, 8)), ('gpus', ([], ['Model: NVIDIA H100'], ['Model: NVIDIA T4']))],
)
def test_other_cores_or_gpus_are_another_machine(
    monkeypatch: pytest.MonkeyPatch, name: str, values: tuple[Any, ...]
) -> None:
    keys = set()
    for value in values:
        monkeypatch.setattr(compiled, name, lambda value=value: value)
        keys.add(machine_key())
    assert len(keys) == 3


@pytest.mark.parametrize(
    ('one', 'other', 'is_same'),
    [
        ('model name : X', 'model name : Y', False),
        ('flags : avx2', 'flags : avx2 avx512f', False),
        ('CPU part : 0xd08', 'CPU part : 0xd0b', False),
        ('cpu MHz : 800', 'cpu MHz : 3200', True),
        ('', 'Processor : 0', True),
    ],
)
def test_another_processor_is_another_machine(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, is_same: bool
) -> None:
    monkeypatch.setattr(compiled, 'gpus', lambda: [])
    keys = set()
    for text in (one, other):
        monkeypatch.setattr(Path, 'read_text', lambda path, text=text: text)
        keys.add(machine_key())
    assert len(keys) == (1 if is_same else 2)


def test_where_no_folder_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    assert open_folder(tmp_path / 'file', 'runtime', '1.2') is None
    assert open_folder(None, 'runtime', '1.2') is None
    seal(None)


def test_where_nothing_can_be_written_nothing_is_kept(
    open_it: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_it()
    monkeypatch.setattr(os, 'access', lambda path, mode: False)  # root may write anywhere
    assert open_folder(tmp_path / 'compiled', 'runtime', '1.2') is None


@pytest.mark.parametrize('name', ['write_json', 'sha256_of'])
def test_a_full_disk_or_a_file_that_disappears_does_not_stop_the_sealing(
    open_it: Open, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(compiled, name, fail)
    put(open_it(), 'a.blob')
    assert names(open_it()) == set()


def test_a_folder_that_another_process_removes_does_no_harm(open_it: Open) -> None:
    folder = open_it('runtime', '1.1')
    open_it('runtime', '1.2')
    seal(folder)
    assert not folder.exists()
