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

"""What the tests of analyse share: made-up people who squat, watched and analysed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from movenet_ros.consumers.kinematics import observed
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.reference import Goal
from movenet_ros.core.observing import Observer
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.source import Item
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.tools.analyse.analysis import analysed
from movenet_ros.tools.analyse.analysis import Analysis
from movenet_ros.tools.analyse.record import Record
from movenet_ros.tools.analyse.references import Reference
from movenet_ros.tools.analyse.snapshots import Snapshots
from movenet_ros.tools.analyse.watching import Watching
import numpy as np
import pytest
from std_msgs.msg import Header

RATE_HZ = 10.0
COUNT = 3  # squats, of 3 s each
HEIGHT = 200.0
HOSTILE = '</script><img src=x onerror=alert(1)>/* code */.png'
SQUAT = {'left_knee': Goal(np.radians(150)), 'left_elbow': Goal(0.0)}
Squatting = Callable[..., Iterator[Item]]
Analyse = Callable[..., Analysis]


def lowered(standing: Poses, share: float) -> Poses:
    """Return people who bend hips and knees, from 0 to as far as they go at 1."""
    keypoints = standing.keypoints.copy()
    for i, name in enumerate(COCO.names):
        part = name.split('_')[-1]
        keypoints[:, i, 1] += HEIGHT * share * {'ankle': 0.0, 'knee': 0.03}.get(part, 0.2)
        if part == 'knee':
            keypoints[:, i, 0] += HEIGHT * share * (0.12 if name.startswith('left') else -0.12)
    return replace(standing, keypoints=keypoints)


@pytest.fixture(scope='session')
def squatting(people_at: Callable[..., Poses]) -> Squatting:
    """Return a function that makes the items of a recording of people who squat."""

    def items(ids: tuple[int, ...], count: int, file: str) -> Iterator[Item]:
        observer, settings = Observer(), KinematicsParameters()
        image = SourceImage(np.full((300, 400, 3), 90, np.uint8), 'bgr')
        places = [(100.0 + 180 * i, 150.0, HEIGHT) for i in range(len(ids))]
        standing = replace(people_at(*places), ids=np.array(ids, np.int64))
        for i in range(round(3 * count * RATE_HZ)):
            poses = lowered(standing, np.sin(np.pi * i / RATE_HZ / 3) ** 2)
            header = Header(frame_id='camera')
            stamp = divmod(round((50 + i / RATE_HZ) * NANOSECONDS), NANOSECONDS)
            header.stamp.sec, header.stamp.nanosec = stamp
            result = Result(header, image, poses, PoseParameters())
            kinematics = observed(observer, header, poses, settings)
            yield Item(None, result, file, kinematics=kinematics)

    return items


@pytest.fixture(scope='session')
def analyse(squatting: Squatting) -> Analyse:
    """Return a function that analyses such a recording."""

    @cache
    def watched(
        ids: tuple[int, ...], person: int | None, file: str, count: int
    ) -> tuple[Record, Snapshots]:
        watching = Watching(bool(file), person, 0.3, SQUAT)
        watching.consume(squatting(ids, count, file))
        return watching.record(), watching.snapshots

    def make(
        ids: tuple[int, ...] = (1, 2), reference: Reference | None = None,
        person: int | None = None, file: str = '', count: int = COUNT,
    ) -> Analysis:
        return analysed(*watched(ids, person, file, count), person, reference)

    return make


@pytest.fixture(scope='session')
def squat() -> dict[str, Goal]:
    """Give a pose that nobody here reaches."""
    return SQUAT


@pytest.fixture
def hostile(analyse: Analyse) -> Analysis:
    """Give an analysis of pictures whose name tries to be a part of the page."""
    return analyse((0,), file=HOSTILE, count=1)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for the files of a module."""
    return tmp_path_factory.mktemp('analysis')
