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

"""What the pipeline costs in this process, beside the bare model and TensorFlow's tutorial."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
import sys
from typing import Any

from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.skeleton import COCO
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import MultiPose
from movenet_ros.settings import Settings
from movenet_ros.tools.benchmark.turns import Contender
from movenet_ros.tools.benchmark.turns import Label
from movenet_ros.tools.benchmark.turns import take_turns
from movenet_ros.tools.benchmark.turns import timed
from movenet_ros.tools.benchmark.tutorial import TutorialLoop
from movenet_ros.tools.report import ScreenLog
from movenet_ros.tools.report import summary
import numpy as np

PERIOD_NS = 33_333_333  # of the images' stamps
TUTORIAL = 'tutorial'


@dataclass(frozen=True)
class Subject:
    """
    One runtime to be measured.

    :param settings: open the same one again, in another process.
    :param why: it was chosen.
    """

    runtime: Runtime
    settings: Settings
    why: str


def measure_pipeline(
    seconds: float,
    image: SourceImage,
    subjects: Mapping[str, Subject],
    loop: TutorialLoop | None,
) -> dict[str, Any]:
    """
    Measure the tutorial, the bare models and the pipelines in this process, in turns.

    :param subjects: by name.
    :param loop: None where the tutorial cannot be run.
    """
    input_size = next(iter(subjects.values())).settings.input_size
    input_wh = MultiPose(input_size, 0.0).letterbox(image.wh).input_wh
    contenders = [_tutorial_contender(loop, image, input_wh)] if loop else []
    for name, subject in subjects.items():
        contenders.append(_pipeline_contender(name, subject, image))
    figures: dict[str, dict[str, Any]] = {}
    for (whose, part), samples in take_turns(contenders, seconds).items():
        figures.setdefault(whose, {})[part] = summary(samples)
    return {
        'input_wh': input_wh,
        TUTORIAL: figures.pop(TUTORIAL, None),
        'backends': figures,
    }


def _tutorial_contender(
    loop: TutorialLoop, image: SourceImage, input_wh: tuple[int, int]
) -> Contender:
    def run() -> Iterator[Label]:
        loop.keypoints(image.pixels)
        yield TUTORIAL, 'as_written'
        loop.keypoints(image.pixels, input_wh)
        yield TUTORIAL, 'same_shape'

    return timed(run)


def _pipeline_contender(name: str, subject: Subject, image: SourceImage) -> Contender:
    """Run the bare model and the pipeline one after the other: the machine is equally busy."""
    runtime, settings = subject.runtime, subject.settings
    model = MultiPose(settings.input_size, settings.least_score)
    prepared = model.prepare(image)
    batch = prepared.inputs[INPUT]
    six, log = six_people(), ScreenLog(sys.stderr).info
    of_image, of_six = PeopleTracker(settings, log), PeopleTracker(settings, log)
    stamps_ns = count(PERIOD_NS, PERIOD_NS)

    def bare() -> Iterator[Label]:
        runtime.run(prepared.inputs)
        yield name, 'bare'

    def pipeline() -> Iterator[Label]:
        model.find(image, runtime.run)
        yield name, 'pipeline'

    def stages() -> Iterator[Label]:
        prepared.way_back.apply(image, batch)
        yield name, 'letterbox'
        outputs = runtime.run(prepared.inputs)
        yield name, 'infer'
        poses = model.decode(outputs, prepared)
        yield name, 'decode'
        poses = of_image.follow(poses, image, next(stamps_ns))
        yield name, 'track'
        of_six.follow(six, image, next(stamps_ns))
        yield name, 'track_six'
        draw_poses(image.pixels, poses, settings.keypoint_threshold)
        yield name, 'draw'

    parts = [bare, pipeline, stages]

    def run() -> Iterator[Label]:
        for part in parts:
            yield from part()
        parts.reverse()  # neither always finds the caches that the other one left

    return timed(run)


def six_people() -> Poses:
    """Make six people side by side: tracking and smoothing take longer with more."""
    left_top = np.zeros((6, 2), np.float32)
    left_top[:, 0] = 100 * np.arange(6)
    side = np.array((80, 200), np.float32)
    spread = np.random.default_rng(0).random((6, len(COCO), 2), np.float32) * side
    return Poses(
        keypoints=left_top[:, None] + spread,
        keypoint_scores=np.full((6, len(COCO)), 0.8, np.float32),
        boxes_xyxy=np.hstack([left_top, left_top + side]),
        scores=np.full(6, 0.8, np.float32),
        ids=np.zeros(6, np.int64),
    )
