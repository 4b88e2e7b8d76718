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

"""Outputs get their names when they are whole, and leave nothing behind otherwise."""

from __future__ import annotations

from collections.abc import Iterator
import errno
import os
from pathlib import Path
import sqlite3

from movenet_ros.core.errors import StartError
from movenet_ros.replay import unfinished
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import Unfinished
import pytest


def make(path: Path, content: str) -> None:
    """Write a file, or a bag for a name without a suffix."""
    if path.suffix:
        path.write_text(content)
    else:
        path.mkdir()
        (path / 'metadata.yaml').write_text(content)


def content(path: Path) -> str:
    """Read what make has written."""
    return (path if path.suffix else path / 'metadata.yaml').read_text()


BOTH = pytest.mark.parametrize('name', ['file.txt', 'bag'])


@BOTH
def test_it_has_its_name_when_it_is_complete(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    with Unfinished(target, False, not target.suffix) as new:
        make(new.path, 'new')
        assert not target.exists()
        assert new.complete()
    assert content(target) == 'new'
    assert os.listdir(tmp_path) == [name]


@BOTH
def test_it_is_gone_when_it_is_not_completed(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    with pytest.raises(ValueError, match='mine'):
        with Unfinished(target, False, not target.suffix) as new:
            make(new.path, 'new')
            raise ValueError('mine')
    assert not os.listdir(tmp_path)


@BOTH
def test_what_is_there_is_refused(name: str, tmp_path: Path) -> None:
    make(tmp_path / name, 'old')
    with pytest.raises(StartError, match='exists already .--overwrite'):
        Unfinished(tmp_path / name, False, '.' not in name)
    assert content(tmp_path / name) == 'old'


@BOTH
def test_what_is_there_is_replaced_by_what_is_whole(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    make(target, 'old')
    with Unfinished(target, True, not target.suffix) as new:
        make(new.path, 'new')
        assert content(target) == 'old'
        new.complete()
    assert content(target) == 'new'
    assert os.listdir(tmp_path) == [name]


@BOTH
def test_what_is_there_stays_when_nothing_is_completed(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    make(target, 'old')
    with Unfinished(target, True, not target.suffix) as new:
        make(new.path, 'new')
    assert content(target) == 'old'


def test_what_is_there_stays_when_the_new_one_cannot_get_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / 'bag'
    make(target, 'old')

    def replace(*_: object) -> None:
        raise OSError(errno.EIO, 'Input/output error')

    with Unfinished(target, True, True) as new:
        make(new.path, 'new')
        monkeypatch.setattr(unfinished.os, 'replace', replace)
        with pytest.raises(StartError, match=f'cannot write {target}: Input/output error'):
            new.complete()
    assert content(target) == 'old'
    assert os.listdir(tmp_path) == ['bag']


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / 'file.txt'
    with Unfinished(target, False) as new:
        make(new.path, 'new')
        make(target, 'old')
        with pytest.raises(StartError, match='exists already'):
            new.complete()
    assert content(target) == 'old'


def test_nothing_written_is_nothing_completed(tmp_path: Path) -> None:
    with Unfinished(tmp_path / 'file.txt', False) as new:
        assert not new.complete()
    assert not os.listdir(tmp_path)


def test_a_folder_that_is_no_bag_is_not_replaced(tmp_path: Path) -> None:
    home = tmp_path / 'home'
    make(home, 'old')
    (home / 'diary.txt').write_text('dear diary')
    with pytest.raises(StartError, match='holds more than a bag'):
        Unfinished(home, True, True)


@pytest.mark.parametrize(('name', 'is_folder'), [('file.txt', True), ('bag', False)])
def test_a_file_and_a_folder_do_not_replace_each_other(
    name: str, is_folder: bool, tmp_path: Path
) -> None:
    make(tmp_path / name, 'old')
    with pytest.raises(StartError, match='cannot replace'):
        Unfinished(tmp_path / name, True, is_folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=f'cannot write .*: {tmp_path}/a is no folder'):
        Unfinished(tmp_path / 'a' / 'b', False)


def test_a_folder_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, 'Permission denied')

    monkeypatch.setattr(unfinished.tempfile, 'TemporaryDirectory', make)
    with pytest.raises(StartError, match=f'cannot write {tmp_path}/x: Permission denied'):
        Unfinished(tmp_path / 'x', False)


@pytest.mark.parametrize(
    'error',
    [
        OSError(errno.ENOSPC, 'No space left on device'),
        sqlite3.OperationalError('database or disk is full'),
    ],
)
def test_errors_of_writing_name_the_target(error: Exception, tmp_path: Path) -> None:
    with Unfinished(tmp_path / 'x', False) as new:
        with pytest.raises(StartError, match=f'cannot write {tmp_path}/x: .*(full|space)'):
            with new.naming():
                raise error


def test_a_refusal_of_a_writer_names_the_target(tmp_path: Path) -> None:
    with Unfinished(tmp_path / 'x', False) as new:
        with pytest.raises(StartError, match=f'^no room for {tmp_path}/x$'):
            with new.naming():
                raise StartError(f'no room for {new.path}')


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a bag in a folder, with a link to it."""
    make(tmp_path / 'bag', 'old')
    (tmp_path / 'link').symlink_to('bag')
    yield tmp_path


@pytest.mark.parametrize('name', ['bag', 'link', 'bag/../bag', '.', 'bag/metadata.yaml'])
def test_the_input_is_no_output(name: str, folder: Path) -> None:
    with pytest.raises(StartError, match='is the input, or holds it, or lies in it'):
        check_apart(folder / 'bag', [folder / 'new.mp4', folder / name])


@pytest.mark.parametrize(('one', 'other'), [('a', 'a'), ('a', 'a/b.mp4'), ('a/b.mp4', 'a')])
def test_two_outputs_are_two(one: str, other: str, folder: Path) -> None:
    with pytest.raises(StartError, match='for two outputs'):
        check_apart(folder / 'bag', [folder / one, folder / other])


def test_outputs_beside_the_input_are_fine(folder: Path) -> None:
    check_apart(folder / 'bag', [folder / 'bag2', folder / 'bag.mp4', folder / 'bag.jsonl'])
