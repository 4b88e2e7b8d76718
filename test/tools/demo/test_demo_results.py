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

"""What a demo writes, without a graph."""

from __future__ import annotations

from collections.abc import Iterator
import errno
import json
from pathlib import Path
from typing import Any

import av
import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.media import Media
from movenet_ros.tools.demo.results import claimed
from movenet_ros.tools.demo.results import Results
from movenet_ros.tools.demo.results import typical
from movenet_ros.tools.demo.results import unused_name
import numpy as np
from numpy.typing import NDArray
import pytest

FILM = Media('a video', 10.0, 3, False, lambda: iter(()))
PICTURES = Media('a folder', 2.0, 3, False, lambda: iter(()), are_pictures=True)


def image(grey: int, width: int = 64) -> NDArray[np.uint8]:
    """Make a grey image."""
    return np.full((48, width, 3), grey, np.uint8)


def record(people: int = 1, **more: Any) -> dict[str, Any]:
    """Make a line of poses.jsonl."""
    return {'people': [{}] * people, **more}


def write_pictures(out: Path, *files: str) -> list[Path]:
    """Write annotated pictures of files, each wider than the one before."""
    with Results(out, PICTURES) as results:
        for i, file in enumerate(files):
            results.add_poses(record(file=file))
            results.add_image(image(128, 64 + i), 1, 0, file)
        return results.finish()


def write_film(out: Path) -> list[Path]:
    """Write a film of three images."""
    with Results(out, FILM) as results:
        for i in range(3):
            results.add_poses(record())
            results.add_image(image(100 * i), 1, i * 10**8, '')
        return results.finish()


def test_pictures_keep_their_names_and_sizes(tmp_path: Path) -> None:
    write_pictures(tmp_path, 'b.jpg', 'a.png', 'c d.webp')
    widths = {
        each.name: cv2.imread(str(each)).shape[1] for each in (tmp_path / 'annotated').iterdir()
    }
    assert widths == {'b.jpg': 64, 'a.jpg': 65, 'c d.jpg': 66}


def test_each_picture_has_a_line_with_its_name(tmp_path: Path) -> None:
    write_pictures(tmp_path, 'b.jpg', 'a.png')
    lines = (tmp_path / 'poses.jsonl').read_text().splitlines()
    assert [json.loads(line)['file'] for line in lines] == ['b.jpg', 'a.png']


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    write_pictures(tmp_path, 'n\udcff.png')
    (picture,) = (tmp_path / 'annotated').iterdir()
    assert picture.name == 'n\udcff.jpg'


def test_a_picture_that_is_too_wide_for_a_jpeg(tmp_path: Path) -> None:
    with Results(tmp_path, PICTURES) as results:
        results.add_image(np.zeros((1, 66000, 3), np.uint8), 0, 0, 'a.tif')
    assert cv2.imread(str(tmp_path / 'annotated' / 'a.png')).shape[1] == 66000


def test_no_picture_replaces_another_one() -> None:
    used: list[str] = []
    for file in ('a.jpg', 'a.png', 'a.bmp', 'a.bmp.jpg', 'a.bmp', '.png'):
        used.append(unused_name(file, '.jpg', used))
    assert len({*used}) == len(used) and used[:2] == ['a.jpg', 'a.png.jpg']
    assert all(name.endswith('.jpg') for name in used)


def test_a_picture_keeps_its_own_name_whatever_came_before(tmp_path: Path) -> None:
    with Results(tmp_path, PICTURES) as results:
        for grey, file in ((50, 'a.bmp'), (150, 'a.jpg'), (250, 'a.png')):
            results.add_image(image(grey), 0, 0, file)
    greys = {
        path.name: round(cv2.imread(str(path)).mean(), -1)
        for path in (tmp_path / 'annotated').iterdir()
    }
    assert greys == {'a.bmp.jpg': 50, 'a.jpg': 150, 'a.png.jpg': 250}


def test_the_longest_name_is_taken_too(tmp_path: Path) -> None:
    with Results(tmp_path, PICTURES) as results:
        for end in 'ab':
            results.add_image(image(9), 0, 0, 'ö' * 127 + end)
    assert len([*(tmp_path / 'annotated').iterdir()]) == 2


def test_a_film_keeps_the_times_of_its_images(tmp_path: Path) -> None:
    write_film(tmp_path)
    with av.open(str(tmp_path / 'annotated.mp4')) as film:
        times_s = [each.time for each in film.decode(video=0)]
    assert times_s == pytest.approx([0.0, 0.1, 0.2])


@pytest.mark.parametrize('write', [write_film, lambda out: write_pictures(out, 'a.jpg')])
def test_all_that_is_announced_exists(write: Any, tmp_path: Path) -> None:
    files = write(tmp_path)
    assert len(files) >= 2 and all(each.exists() for each in files)


def test_nothing_of_an_earlier_demo_stays(tmp_path: Path) -> None:
    write_film(tmp_path)
    write_pictures(tmp_path, 'old.jpg')
    assert not (tmp_path / 'annotated.mp4').exists()
    write_pictures(tmp_path, 'new.jpg')
    assert [each.name for each in (tmp_path / 'annotated').iterdir()] == ['new.jpg']
    write_film(tmp_path)
    assert not (tmp_path / 'annotated').exists()


@pytest.mark.parametrize('name', ['mine.jpg', 'mine.txt'])
def test_a_folder_of_somebody_else_is_refused(name: str, tmp_path: Path) -> None:
    if not name.endswith('.jpg'):  # else no demo has written there
        write_film(tmp_path)
    (tmp_path / 'annotated').mkdir()
    (tmp_path / 'annotated' / name).touch()
    with pytest.raises(StartError, match='--out'), claimed(tmp_path, None):
        pass


def test_a_full_disk_leaves_no_half_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, 'the disk is full')

    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(StartError, match='the disk is full'):
        write_pictures(tmp_path, 'a.jpg')
    assert not [*(tmp_path / 'annotated').iterdir()]


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    with claimed(tmp_path / 'out', None):
        (tmp_path / 'out' / 'pose_node.log').write_text('the first one\n')
        with pytest.raises(StartError, match='another demo'), claimed(tmp_path / 'out', None):
            pass
        assert (tmp_path / 'out' / 'pose_node.log').read_text() == 'the first one\n'
    with claimed(tmp_path / 'out', None):
        pass


@pytest.fixture
def results_of_before(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with pictures and a film."""
    (tmp_path / 'annotated').mkdir()
    for name in ('annotated.mp4', 'annotated/a.jpg'):
        (tmp_path / name).touch()
    yield tmp_path


@pytest.mark.parametrize('name', ['annotated.mp4', 'annotated', 'annotated/a.jpg'])
def test_what_is_read_is_not_replaced(name: str, results_of_before: Path) -> None:
    source = str(results_of_before / name)
    with pytest.raises(StartError, match='--out'), claimed(results_of_before, source):
        pass


def test_results_may_lie_in_the_folder_of_the_pictures(results_of_before: Path) -> None:
    with claimed(results_of_before / 'demo_out', str(results_of_before)):
        pass


@pytest.mark.parametrize(
    ('people', 'shown'),
    [
        ([2, 2, 1], 2),  # the usual number
        ([0, 0, 1], 1),  # one person is better than none
        ([0, 0], 0),
        ([], None),
    ],
)
def test_the_typical_image(people: list[int], shown: int | None) -> None:
    counts = {each: people.count(each) for each in people}
    found = typical({each: image(each) for each in people}, counts)
    assert (None if found is None else found[0, 0, 0]) == shown
