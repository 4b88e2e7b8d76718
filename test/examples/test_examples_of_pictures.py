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

"""The examples that find people themselves, in a video and in a bag."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
import re
import sys
import time
from typing import Any

import movenet_ros
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.replay.source import open_source
import numpy as np
from numpy.typing import NDArray
import pytest

Run = Callable[[str], object]
IMAGE = 'sensor_msgs/msg/Image'
STEP_NS = 40_000_000
HEAD, SUIT = np.s_[60:180, 170:270], np.s_[330:500, 120:400]  # of the astronaut
NOISE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)

pytestmark = pytest.mark.runtime


@pytest.fixture
def blur(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch, image_bytes: Callable[..., bytes],
    write_bag: Callable[..., Path],
) -> Callable[[list[NDArray[np.uint8]]], list[NDArray[np.uint8]]]:
    """Return a function that runs the example over a bag of images, BGR, and reads its result."""

    def run(images_bgr: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
        stamps = [STEP_NS * i for i in range(1, len(images_bgr) + 1)]
        write_bag(Path('bag'), (
            ('/image', IMAGE, stamp, image_bytes(image, stamp))
            for image, stamp in zip(images_bgr, stamps, strict=True)
        ))
        monkeypatch.setattr(sys, 'argv', ['blur_faces.py', 'bag', 'new'])
        run_alone('blur_faces')
        with closing(open_source(Path('new'), '')) as source:
            blurred = [each.image for each in source.items() if isinstance(each.image, Stamped)]
        assert [stamp_ns(each.header.stamp) for each in blurred] == stamps
        return [each.image.as_bgr() for each in blurred]

    return run


def find(monkeypatch: pytest.MonkeyPatch, *of_images: Poses) -> None:
    """Have these people found, in one image after the other, in place of who is there."""
    later = iter(of_images)

    class Perception:
        """Looks at no image."""

        def __init__(self, settings: movenet_ros.Settings) -> None:
            pass

        def __enter__(self) -> Perception:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def people(self, image: SourceImage, stamp_ns: int) -> Poses:
            return next(later)

    monkeypatch.setattr(movenet_ros, 'Perception', Perception, raising=False)


def roughness(pixels: NDArray[np.uint8]) -> float:
    """Return how much a pixel differs from its neighbour, on average."""
    return float(np.abs(np.diff(pixels.astype(float), axis=1)).mean())


def test_the_webcam_example_follows_who_is_before_it(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut: SourceImage,
    make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str],
) -> None:
    times_s = [0.0, 0.04, 0.08, 0.12]
    video = make_video(tmp_path / 'webcam.mp4', times_s, image=lambda _: astronaut.as_bgr())
    stamps = count(0, STEP_NS)  # however slow this machine is
    monkeypatch.setattr(time, 'monotonic_ns', lambda: next(stamps))
    monkeypatch.setattr(sys, 'argv', ['webcam.py', str(video)])
    run_alone('webcam')
    said = capsys.readouterr().out.splitlines()
    xy = np.array(re.findall(r'person 1: nose at \[ *(\d+)\. +(\d+)\.\]', said[-1]), int)
    assert np.abs(xy - (223, 124)).max() <= 8


def test_no_camera_is_one_line(run_alone: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, 'argv', ['webcam.py', 'missing.mp4'])
    with pytest.raises(SystemExit, match='missing.mp4'):
        run_alone('webcam')


def test_a_bag_that_is_there_is_not_written_over(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path('new').mkdir()
    monkeypatch.setattr(sys, 'argv', ['blur_faces.py', 'bag', 'new'])
    with pytest.raises(SystemExit, match='new'):
        run_alone('blur_faces')


def test_images_that_cannot_be_read_are_told_of(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch, write_bag: Callable[..., Path],
    image_bytes: Callable[..., bytes],
) -> None:
    find(monkeypatch, Poses.nobody())
    good = image_bytes(NOISE, STEP_NS)
    write_bag(Path('bag'), [
        ('/image', IMAGE, STEP_NS, good), ('/image', IMAGE, 2 * STEP_NS, good[:-9]),
    ])
    monkeypatch.setattr(sys, 'argv', ['blur_faces.py', 'bag', 'new'])
    with pytest.raises(SystemExit, match='missing in new'):
        run_alone('blur_faces')
    with closing(open_source(Path('new'), '')) as source:
        assert len([*source.items()]) == 1


def test_a_face_in_a_bag_is_hidden(
    blur: Callable[..., Any], astronaut: SourceImage
) -> None:
    photo = astronaut.as_bgr()
    (blurred,) = blur([photo])
    assert roughness(blurred[HEAD]) < 0.3 * roughness(photo[HEAD])
    assert roughness(blurred[SUIT]) > 0.9 * roughness(photo[SUIT])


def test_who_has_no_plain_face_is_hidden_whole_and_before_being_found_too(
    blur: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, people_at: Callable[..., Poses]
) -> None:
    plain, weak = people_at((80, 120, 200)), people_at((240, 120, 200), keypoint_score=0.1)
    find(monkeypatch, Poses.nobody(), plain, weak)
    face, feet, whole, nothing = (
        np.s_[27:40, 75:85], np.s_[170:210, 50:110], np.s_[30:210, 205:275], np.s_[:, :40]
    )
    for image in blur([NOISE] * 3):
        hidden = [roughness(image[part]) < 20 for part in (face, feet, whole, nothing)]
        assert hidden == [True, False, True, False]
