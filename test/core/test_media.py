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

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path

import cv2
from movenet_ros.core import media
from movenet_ros.core import source_kind
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import CAMERA_PREFIX
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.media import TimedImage
import numpy as np
import pytest

SHADES = [20, 60, 100, 140, 180, 220]
WH = (64, 48)


def shade_of(timed: TimedImage) -> int | str:
    """Return an image's shade, to the next ten, or the name of what came in its place."""
    if isinstance(timed.image, ImageError):
        return 'error'
    return int(round(float(timed.image.pixels.mean()), -1))


def shades(source: Media) -> list[int | str]:
    """Return what a source delivers."""
    return [shade_of(image) for image in source.images()]


@pytest.fixture
def video(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a video of six shades at 12 Hz."""

    def make(name: str, codec: str) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 12, WH)
        for shade in SHADES:
            writer.write(np.full((WH[1], WH[0], 3), shade, np.uint8))
        writer.release()
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of three pictures, the second broken, and things that are none."""
    path = tmp_path / 'holiday pictures (copy)'
    path.mkdir()
    for name, shade in (('c.JPG', 180), ('a.png', 60)):
        cv2.imwrite(str(path / name), np.full((WH[1], WH[0], 3), shade, np.uint8))
    whole = (path / 'c.JPG').read_bytes()
    (path / 'b.jpeg').write_bytes(whole[: len(whole) // 2])
    (path / 'notes.txt').write_text('not a picture')
    (path / 'more').mkdir()
    return path


def test_a_folder_is_read_in_the_order_of_names_and_goes_on_behind_a_broken_picture(
    folder: Path,
) -> None:
    assert shades(open_media(str(folder))) == [60, 'error', 180]


def test_a_broken_picture_is_named_with_the_reason(folder: Path) -> None:
    broken = list(open_media(str(folder)).images())[1]
    assert str(broken.image).startswith('b.jpeg: a truncated JPEG')


def test_a_picture_that_vanishes_is_an_error_in_its_place(folder: Path) -> None:
    source = open_media(str(folder))
    (folder / 'a.png').unlink()
    assert shades(source) == ['error', 'error', 180]


def test_a_folder_counts_its_pictures(folder: Path) -> None:
    assert open_media(str(folder)).count == 3


def test_a_folder_that_is_named_like_a_picture_is_an_error_in_its_place(folder: Path) -> None:
    (folder / 'd.png').mkdir()
    assert shades(open_media(str(folder)))[3:] == ['error']


def test_a_folder_can_be_read_again(folder: Path) -> None:
    source = open_media(str(folder))
    assert shades(source) == shades(source)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('not a picture')
    with pytest.raises(StartError, match='no pictures'):
        open_media(str(tmp_path))


def test_numbers_in_names_are_counted_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    names = ['Frame9.png', 'frame10.png', 'frame_2_1.png', 'frame_2_10.png', 'frame_10_1.png']
    for name in (*names, '.hidden.png'):
        cv2.imwrite(str(tmp_path / name), np.zeros((2, 2, 3), np.uint8))
    timed = list(open_media(str(tmp_path)).images())
    assert [each.file for each in timed] == names
    assert [each.time_ns for each in timed] == [i * 500_000_000 for i in range(5)]


def test_what_lies_beside_pictures_and_is_not_read_is_named(folder: Path) -> None:
    assert not open_media(str(folder)).notes
    (folder / 'phone.heic').write_bytes(bytes(4) + b'ftypheic')
    cv2.imwrite(str(folder / 'more' / 'a.png'), np.zeros((3, 5, 3), np.uint8))
    (note,) = open_media(str(folder)).notes
    assert 'phone.heic' in note and 'more' in note and 'notes.txt' not in note


def test_a_picture_without_a_suffix_is_one(folder: Path) -> None:
    (folder / 'a.png').rename(folder / 'a')
    assert shades(open_media(str(folder))) == [60, 'error', 180]


def test_what_is_named_as_a_picture_and_is_none_is_an_error_in_its_place(folder: Path) -> None:
    (folder / 'a.png').write_text('version https://git-lfs.github.com/spec/v1')
    assert shades(open_media(str(folder))) == ['error', 'error', 180]


def test_a_single_picture_is_a_source(folder: Path) -> None:
    source = open_media(str(folder / 'a.png'))
    assert (shades(source), shades(source), source.count) == ([60], [60], 1)


@pytest.mark.parametrize('name', ['camera.dat', 'camera.jpg', 'camera'])
def test_jpegs_behind_each_other_are_a_video_whatever_their_name(
    tmp_path: Path, name: str
) -> None:
    coded = [cv2.imencode('.jpg', np.full((48, 64), shade, np.uint8))[1] for shade in SHADES]
    (tmp_path / name).write_bytes(b''.join(map(bytes, coded)))
    source = open_media(str(tmp_path / name))
    assert shades(source) == SHADES and not source.are_pictures


def test_a_single_broken_picture_is_refused(folder: Path) -> None:
    with pytest.raises(StartError, match=r'b\.jpeg: a truncated JPEG'):
        open_media(str(folder / 'b.jpeg'))


@pytest.mark.parametrize(('name', 'codec'), [('a b.mp4', 'mp4v'), ('v.avi', 'MJPG')])
def test_a_video_is_read_to_its_end(
    video: Callable[[str, str], Path], name: str, codec: str
) -> None:
    np.testing.assert_allclose(
        [float(shade) for shade in shades(open_media(str(video(name, codec))))], SHADES, atol=10
    )


def test_a_video_says_its_rate_and_length(video: Callable[[str, str], Path]) -> None:
    source = open_media(str(video('v.mp4', 'mp4v')))
    assert (source.rate_hz, source.count, source.is_live) == (12, 6, False)


def test_a_video_starts_from_the_beginning_each_time(video: Callable[[str, str], Path]) -> None:
    source = open_media(str(video('v.mp4', 'mp4v')))
    next(source.images())
    assert shades(source) == shades(source)


def test_the_images_of_a_video_are_bgr(tmp_path: Path) -> None:
    path = tmp_path / 'red.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 12, WH)
    writer.write(np.full((WH[1], WH[0], 3), (0, 0, 250), np.uint8))
    writer.release()
    image = next(open_media(str(path)).images()).image
    assert isinstance(image, SourceImage)
    np.testing.assert_allclose(image.as_rgb().mean(axis=(0, 1)), (250, 0, 0), atol=15)


def test_a_video_that_breaks_off_says_so_at_its_end(tmp_path: Path) -> None:
    path, random = tmp_path / 'v.avi', np.random.default_rng(5)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 12, (320, 240))
    for _ in range(20):
        writer.write(random.integers(0, 256, (240, 320, 3), np.uint8))
    writer.release()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    *images, last = open_media(str(path)).images()
    assert 5 < len(images) < 15
    assert f'v.avi: breaks off after {len(images)} images' in str(last.image)


@pytest.mark.parametrize('content', [b'', b'rubbish' * 100, bytes(range(256)) * 4])
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / 'rubbish.mp4'
    path.write_bytes(content)
    with pytest.raises(StartError, match=r'rubbish\.mp4 is (empty|a text file|no video)'):
        open_media(str(path))


@pytest.mark.parametrize('source', ['gone.mp4', '~no-user-of-this-name/x.mp4', '-1', 'x' * 5000])
def test_a_source_that_is_not_there_is_refused_by_name(source: str) -> None:
    with pytest.raises(StartError, match=source[:20]):
        open_media(source)


def test_no_source_is_refused_with_what_would_be_one() -> None:
    with pytest.raises(StartError, match='video file.*camera.*rtsp'):
        open_media('')


def test_a_camera_that_is_not_there_is_nothing_that_opencv_speaks_of(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(StartError):
        open_media('97')
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('source', ['97', f'{CAMERA_PREFIX}97'])
def test_a_camera_that_is_not_there_is_refused_with_what_to_check(source: str) -> None:
    with pytest.raises(StartError, match=f'camera {source} cannot be opened: is it plugged in'):
        open_media(source)


class Camera:
    """Stands in for OpenCV's capture of a camera that gives two images."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz, self.left, self.released = rate_hz, 2, False

    def isOpened(self) -> bool:  # noqa: N802 (OpenCV's name)
        return True

    def get(self, what: int) -> float:
        return self.rate_hz if what == cv2.CAP_PROP_FPS else 64.0

    def read(self) -> tuple[bool, object]:
        self.left -= 1
        return self.left >= 0, np.zeros((48, 64, 3), np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def plug_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[float], tuple[str, Camera]]:
    """Return a function that plugs in a camera, which is then number 0."""

    def make(rate_hz: float) -> tuple[str, Camera]:
        camera, device = Camera(rate_hz), tmp_path / 'video0'
        device.symlink_to('/dev/null')  # as udev's links do
        monkeypatch.setattr(source_kind, 'VIDEO4LINUX', os.major(device.stat().st_rdev))
        monkeypatch.setattr(media, 'CAMERA_PREFIX', str(tmp_path / 'video'))
        monkeypatch.setattr(cv2, 'VideoCapture', lambda *_: camera)
        return str(device), camera

    return make


PlugIn = Callable[[float], tuple[str, Camera]]


@pytest.mark.parametrize(('says', 'expected'), [(25.0, 25.0), (0.0, 30.0), (float('nan'), 30.0)])
def test_a_camera_that_does_not_say_its_rate_has_30_hz(
    plug_in: PlugIn, says: float, expected: float
) -> None:
    plug_in(says)
    assert open_media('0').rate_hz == expected


def test_a_camera_is_live_and_endless(plug_in: PlugIn) -> None:
    device, _ = plug_in(30.0)
    camera = open_media(device)
    assert (camera.is_live, camera.count) == (True, None)


def test_a_camera_that_is_unplugged_ends_and_is_released(plug_in: PlugIn) -> None:
    _, camera = plug_in(30.0)
    assert len(list(open_media('0').images())) == 2
    assert camera.released
