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
import json
import os
from pathlib import Path
from typing import Any

from movenet_ros.backends import compiled
from movenet_ros.backends.compiled import machine_key
from movenet_ros.backends.compiled import open_folder
from movenet_ros.backends.compiled import seal
import pytest

Open = Callable[..., Path]


@pytest.fixture
def open_it(tmp_path: Path) -> Open:
    """Return a function that makes a folder ready, as each start does."""

    def open_again(runtime: str = 'runtime', version: str = '1.2') -> Path:
        folder = open_folder(tmp_path / 'compiled', runtime, version)
        assert folder is not None
        return folder

    return open_again


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_without_a_place_nothing_is_kept() -> None:
    assert open_folder(None, 'runtime', '1.2') is None


def test_without_a_folder_there_is_nothing_to_seal() -> None:
    seal(None)


def test_a_folder_is_made_with_all_above_it(open_it: Open) -> None:
    assert open_it().is_dir()


def test_a_folder_says_of_what_runtime_version_and_machine_it_is(open_it: Open) -> None:
    assert open_it('openvino', '2026.4').name == f'openvino-2026.4-{machine_key()}'


def test_what_was_sealed_stays(open_it: Open) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    seal(folder)
    assert (open_it() / 'a.blob').read_bytes() == b'compiled'


def test_what_was_not_sealed_goes(open_it: Open) -> None:
    (open_it() / 'a.blob').write_bytes(b'half writ')
    assert names(open_it()) == set()


@pytest.mark.parametrize('content', [b'', b'compile', b'compiled.', b'c0mpiled'])
def test_what_is_not_as_it_was_sealed_goes(open_it: Open, content: bytes) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    seal(folder)
    (folder / 'a.blob').write_bytes(content)
    assert names(open_it()) == {'records.json'}


def test_a_damaged_file_leaves_the_whole_ones(open_it: Open) -> None:
    folder = open_it()
    for name in ('a.blob', 'b.blob'):
        (folder / name).write_bytes(b'compiled')
    seal(folder)
    (folder / 'a.blob').write_bytes(b'c0mpiled')
    assert names(open_it()) == {'b.blob', 'records.json'}


def test_what_is_written_later_can_be_sealed_too(open_it: Open) -> None:
    folder = open_it()
    for name in ('a.blob', 'b.blob'):
        (folder / name).write_bytes(b'compiled')
        seal(folder)
    assert names(open_it()) == {'a.blob', 'b.blob', 'records.json'}


def test_the_records_say_size_and_sha256(open_it: Open) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'abc')
    seal(folder)
    assert json.loads((folder / 'records.json').read_text()) == {
        'a.blob': {
            'size': 3,
            'sha256': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        }
    }


def test_where_nothing_is_new_the_records_are_not_written_again(open_it: Open) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    seal(folder)
    before = (folder / 'records.json').stat().st_ino  # which a replaced file would change
    seal(folder)
    assert (folder / 'records.json').stat().st_ino == before


@pytest.mark.parametrize(
    'text',
    [
        '', 'null', '[]', '3', '"a.blob"', '{', '\0', '{"a.blob": null}', '{"a.blob": []}',
        '{"a.blob": {}}', '{"a.blob": {"size": "8", "sha256": 3}}',
        '{"a.blob": {"size": 8, "sha256": "", "more": 1}}',
    ],
)
def test_records_that_make_no_sense_vouch_for_nothing(open_it: Open, text: str) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    (folder / 'records.json').write_text(text)
    assert names(open_it()) == {'records.json'}


@pytest.mark.parametrize('text', ['[]', '{', '{"gone.blob": {"size": 8, "sha256": ""}}'])
def test_records_that_make_no_sense_are_replaced(open_it: Open, text: str) -> None:
    (open_it() / 'records.json').write_text(text)
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    seal(folder)
    assert names(open_it()) == {'a.blob', 'records.json'}


def test_other_versions_of_the_runtime_go(open_it: Open) -> None:
    old = [open_it('runtime', version) for version in ('0.9', '1.1')]
    new = open_it('runtime', '1.2')
    assert [folder.exists() for folder in (*old, new)] == [False, False, True]


def test_what_other_runtimes_compiled_stays(open_it: Open) -> None:
    others = [open_it('other', '0.9'), open_it('run', '1.1')]
    open_it('runtime', '1.2')
    assert all(folder.is_dir() for folder in others)


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


def test_another_number_of_cores_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for cores in (1, 2, 8):
        monkeypatch.setattr(compiled, 'usable_cores', lambda cores=cores: cores)
        keys.add(machine_key())
    assert len(keys) == 3


@pytest.mark.parametrize(
    ('one', 'other', 'same'),
    [
        ('model name : X', 'model name : Y', False),
        ('flags : avx2', 'flags : avx2 avx512f', False),
        ('CPU part : 0xd08', 'CPU part : 0xd0b', False),
        ('cpu MHz : 800', 'cpu MHz : 3200', True),
    ],
)
def test_another_processor_is_another_machine(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    keys = set()
    for text in (one, other):
        monkeypatch.setattr(Path, 'read_text', lambda path, text=text: text)
        keys.add(machine_key())
    assert len(keys) == (1 if same else 2)


def test_a_machine_that_says_nothing_of_its_processor_has_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, 'read_text', fail)
    assert len(machine_key()) == 8


def test_the_key_of_this_machine_is_always_the_same() -> None:
    assert machine_key() == machine_key()


def test_where_no_folder_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    assert open_folder(tmp_path / 'file', 'runtime', '1.2') is None


def test_where_nothing_can_be_written_nothing_is_kept(
    open_it: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_it()
    monkeypatch.setattr(os, 'access', lambda path, mode: False)  # root may write anywhere
    assert open_folder(tmp_path / 'compiled', 'runtime', '1.2') is None


def test_a_full_disk_does_not_stop_the_sealing(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, content: Any) -> None:
        raise OSError(28, 'No space left on device')

    folder = open_it()
    (folder / 'a.blob').write_bytes(b'compiled')
    monkeypatch.setattr(compiled, 'write_json', fail)
    seal(folder)
    assert names(folder) == {'a.blob'}


def test_a_file_that_disappears_while_it_is_sealed_does_no_harm(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(payload: Path) -> Any:
        raise FileNotFoundError(payload / 'a.blob')

    folder = open_it()
    monkeypatch.setattr(compiled, 'record_files', fail)
    seal(folder)
    assert names(folder) == set()


def test_a_folder_that_another_process_removes_does_no_harm(open_it: Open) -> None:
    folder = open_it('runtime', '1.1')
    open_it('runtime', '1.2')
    seal(folder)
    assert not folder.exists()


def test_a_file_of_another_process_that_starts_at_the_same_time_does_no_harm(
    open_it: Open,
) -> None:
    folder = open_it()
    (folder / 'a.blob').write_bytes(b'of the first')
    assert open_it() == folder  # the second one, before the first has sealed
    seal(folder)
    assert names(open_it()) <= {'records.json'}


def test_what_two_processes_write_in_turn_is_sealed_by_the_last_one(open_it: Open) -> None:
    folder = open_it()
    for content in (b'of the first', b'of the second'):
        (folder / 'a.blob').write_bytes(content)
    seal(folder)
    seal(folder)
    assert (open_it() / 'a.blob').read_bytes() == b'of the second'
