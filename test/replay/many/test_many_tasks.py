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

"""Which recordings a replay of many finds, and what their outputs are called."""

from __future__ import annotations

from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.core.source_kind import METADATA
from movenet_ros.replay.many.tasks import are_many
from movenet_ros.replay.many.tasks import tasks_of
import pytest

MP4 = b'\0\0\0\x18ftypmp42' + bytes(12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two bags at different depths, a video and what is none of these."""
    for bag in ('day/bag2', 'day/bag10', 'bag'):
        path = tmp_path / bag
        path.mkdir(parents=True)
        (path / METADATA).write_text('rosbag2_bagfile_information: {}\n')
        (path / 'x.mp4').write_bytes(MP4)  # which belongs to the bag
    (tmp_path / 'day' / 'clip.mp4').write_bytes(MP4)
    (tmp_path / 'notes.txt').write_text('notes')
    return tmp_path


def names(*paths: Path) -> list[str]:
    """Return the names of the outputs."""
    return [each.name for each in tasks_of(paths)]


def test_a_folder_gives_the_bags_and_videos_below_it(folder: Path) -> None:
    assert names(folder) == ['bag', 'day/bag2', 'day/bag10', 'day/clip']


def test_a_recording_that_is_named_has_its_own_name(folder: Path) -> None:
    assert names(folder / 'day' / 'bag2', folder / 'day' / 'clip.mp4') == ['bag2', 'clip']


def test_the_name_of_one_does_not_depend_on_the_others(folder: Path) -> None:
    before = names(folder)
    (folder / 'day' / 'bag2' / METADATA).unlink()
    (folder / 'day' / 'bag2' / 'x.mp4').unlink()
    assert names(folder) == [each for each in before if each != 'day/bag2']


def test_the_same_output_of_two_is_refused(folder: Path) -> None:
    (folder / 'night').mkdir()
    (folder / 'night' / 'clip.mp4').write_bytes(MP4)
    with pytest.raises(StartError, match='same output'):
        names(folder / 'day' / 'clip.mp4', folder / 'night' / 'clip.mp4')


def test_one_that_is_named_twice_is_one(folder: Path) -> None:
    assert names(folder / 'bag', folder / 'day' / '..' / 'bag', folder / 'bag') == ['bag']


@pytest.mark.parametrize('name', ['no', 'empty'])
def test_where_nothing_is_no_model_is_loaded(name: str, tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    with pytest.raises(StartError, match=name):
        tasks_of([tmp_path / name])


def test_one_recording_is_not_many(folder: Path) -> None:
    assert [are_many([folder / each]) for each in ('bag', 'day/clip.mp4', 'notes.txt', 'no')] == (
        [False] * 4
    )
    assert are_many([folder]) and are_many([folder / 'bag', folder / 'notes.txt'])
