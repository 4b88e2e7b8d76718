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

"""
People from one image to the next: time, ids and smoothing.

Time is the stamp in an image's header and nothing else, so that a bag gives the same people at any
speed of replay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from movenet_ros.core.appearance import looks_of
from movenet_ros.core.appearance import unknown
from movenet_ros.core.image import SourceImage
from movenet_ros.core.param import group
from movenet_ros.core.param import param
from movenet_ros.core.poses import Poses
from movenet_ros.core.scene import Scene
from movenet_ros.core.smoothing import Smoother
from movenet_ros.core.tracking import LOW_SCORE
from movenet_ros.core.tracking import Tracker
from movenet_ros.core.units import NANOSECONDS

TRACKING = ('off', 'keypoints', 'boxes')
CAMERA_MOTION = ('auto', 'off')
STILL = 4  # worth a line: each image with the stamp before counts 2, each other one takes 1 away
GOOD_STEPS = 10  # in a row, after which the same trouble is worth a line again
APART_S = 0.15  # from one image to the next, from which on people are looked for anew in each
LOOK_EVERY = 5  # images: how often looks are described where everybody is known, and apart
STILL_STEP_S = 1 / 30  # that people age by with each image while the stamps stand still


@dataclass(frozen=True)
class TrackingSettings:
    """How people are matched from one image to the next."""

    association: str = param(
        'keypoints',
        'Association metric of the tracker: OKS of keypoints or IoU of boxes; off: no ids.',
        choices=TRACKING,
        run_time=True,
        was=('tracking',),
    )
    max_age_s: float = param(
        1.0,
        'A person is away after this many seconds (of the image stamps) without a match; one who'
        ' is occluded, or out of view, after three times as long.',
        between=(0.1, 60.0),
        run_time=True,
        was=('track_max_age_s',),
    )
    memory_s: float = param(
        30.0,
        'Who comes back within this many seconds (of the image stamps) gets the old id, where'
        ' looks, or looks and place, say so clearly; 0: looks are not described, and whoever comes'
        ' back is new.',
        between=(0.0, 3600.0),
        run_time=True,
    )
    camera_motion: str = param(
        'auto',
        'auto: the motion of the camera is measured by the background, and tracks, those of people'
        ' who are away and smoothed points move along; off: the camera stands still.',
        choices=CAMERA_MOTION,
        run_time=True,
    )


@dataclass(frozen=True)
class SmoothingSettings:
    """The One Euro filter on keypoints and boxes."""

    enabled: bool = param(
        True,
        'One Euro smoothing of keypoints and boxes (needs tracking).',
        run_time=True,
        was=('smoothing',),
    )
    min_cutoff_hz: float = param(
        0.4,
        'One Euro min_cutoff, in Hz: the cutoff frequency at rest; a lower one gives less jitter'
        ' at low speed.',
        between=(0.01, 100.0),
        run_time=True,
        was=('smoothing_min_cutoff_hz',),
    )
    beta: float = param(
        5.0,
        'One Euro beta, in Hz at a speed of one person size per second: how much the cutoff rises'
        ' with speed; a higher one gives less lag at high speed.',
        between=(0.0, 1000.0),
        run_time=True,
        was=('smoothing_beta',),
    )


@dataclass(frozen=True)
class FollowSettings:
    """Which people are kept, and how they are followed."""

    person_threshold: float = param(
        0.25, 'Minimum score of a person.', between=(0.0, 1.0), run_time=True
    )
    keypoint_threshold: float = param(
        0.3,
        'Minimum score of a keypoint to count as seen and to be drawn; poses always has all of'
        ' them.',
        between=(0.0, 1.0),
        run_time=True,
    )
    tracking: TrackingSettings = group(TrackingSettings)
    smoothing: SmoothingSettings = group(SmoothingSettings)

    @property
    def least_score(self) -> float:
        """Return the minimum score of a detection that the tracker can use."""
        if self.tracking.association == 'off':
            return self.person_threshold
        return min(self.person_threshold, LOW_SCORE)


class PeopleTracker:
    """
    Gives people ids that stay, and smooths their keypoints and boxes.

    :param settings: may be set at any time, and hold from the next image on.
    :param warn: called with one line when the stamps make it delete all tracks.
    :param info: called with one line when the stamps are good again; None takes ``warn``.
    """

    problem = ''
    """What is wrong while the stamps are not advancing, in one sentence."""

    def __init__(
        self,
        settings: FollowSettings,
        warn: Callable[[str], None],
        info: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self._warn = warn
        self._info = info or warn
        self._is_gap_expected = False
        self.scene = Scene()
        self._tracker = Tracker()
        self._unlooked = 0
        self._smoother = Smoother()
        self._stamp_ns: int | None = None
        self._image_wh: tuple[int, int] | None = None
        self._warned: set[str] = set()
        self._good_steps = 0
        self._stillness = 0

    def scene_at(self, image_wh: tuple[int, int], stamp_ns: int) -> Scene | None:
        """
        Return what is known of the people in the image before the next one.

        :param image_wh: size of the next image in pixels.
        :param stamp_ns: its stamp in nanoseconds.
        :return: empty after a jump in time and for another size; None where images are so far
            apart that each is on its own, and the people before are forgotten.
        """
        before_ns, same_size = self._stamp_ns, self._image_wh in (None, image_wh)
        step_s = 0.0 if before_ns is None else (stamp_ns - before_ns) / NANOSECONDS
        if not 0 <= step_s < APART_S or not same_size:
            self.scene.restart()
        return self.scene if step_s < APART_S else None

    def follow(self, poses: Poses, image: SourceImage, stamp_ns: int) -> Poses:
        """
        Follow people into the next image.

        :param poses: of that image, without ids; all that score ``least_score`` or more.
        :param image: as it came in.
        :param stamp_ns: its stamp in nanoseconds.
        :return: those that reach the person threshold, in the same order; a person whose track is
            tentative has id 0.
        """
        settings, tracking, image_wh = self.settings, self.settings.tracking, image.wh
        step_s = self._step_s(stamp_ns)
        is_other_size = self._image_wh not in (None, image_wh)
        self._image_wh = image_wh
        if tracking.association == 'off':
            self._restart()
            return poses.scored(settings.person_threshold)
        if is_other_size:
            size = '{}x{}'.format(*image_wh)
            self._log('size', f'the images are {size} pixels now: all tracks are deleted')
            self._restart()
        looks = None
        if tracking.memory_s:
            self._unlooked = (self._unlooked + 1) % LOOK_EVERY if self._tracker.is_settled else 0
            looks = (
                unknown(len(poses)) if self._unlooked
                else looks_of(image, poses, settings.keypoint_threshold)
            )
        people = self._tracker.update(
            poses,
            step_s or STILL_STEP_S,
            by=tracking.association,
            person_threshold=settings.person_threshold,
            keypoint_threshold=settings.keypoint_threshold,
            max_age_s=tracking.max_age_s,
            memory_s=tracking.memory_s,
            is_camera_still=tracking.camera_motion == 'off',
            looks=looks,
            image_wh=image_wh,
        )
        keypoints, boxes = poses.keypoints, poses.boxes_xyxy
        if not settings.smoothing.enabled:
            self._smoother.restart()
        elif step_s:  # without a step in time there is no speed; the filter waits
            keypoints, boxes = self._smoother.smooth(
                poses,
                people.keys,
                step_s,
                image_wh=image_wh,
                keypoint_threshold=settings.keypoint_threshold,
                min_cutoff_hz=settings.smoothing.min_cutoff_hz,
                beta=settings.smoothing.beta,
            )
        followed = Poses(
            keypoints, poses.keypoint_scores, boxes, poses.scores, people.ids, poses.skeleton,
            poses.refined,
        )
        return followed.scored(settings.person_threshold)

    def expect_gap(self) -> None:
        """Accept it if the next image is much later: none were asked for in between."""
        self._is_gap_expected = True

    def _restart(self) -> None:
        self._tracker.restart()
        self._smoother.restart()

    def _step_s(self, stamp_ns: int) -> float:
        """
        Return how much later an image is than the one before.

        If people cannot be followed over that step, delete all tracks, and log it once.

        :return: seconds; 0 where the stamp is that of the image before.
        """
        before_ns, self._stamp_ns = self._stamp_ns, stamp_ns
        if before_ns is None:
            return STILL_STEP_S
        step_s = (stamp_ns - before_ns) / NANOSECONDS
        kind, sentence = self._judged(step_s, stamp_ns)
        if kind != 'gap' or not self._is_gap_expected:
            self._log(kind, sentence)
        self._is_gap_expected = False
        if step_s < 0:
            self._restart()
            return STILL_STEP_S
        if step_s > self.settings.tracking.max_age_s:
            self._tracker.interrupt()
            self._smoother.restart()
        return step_s

    def _log(self, kind: str, sentence: str) -> None:
        """Log what is wrong, once until time has been good for a while."""
        self._good_steps = 0 if kind else self._good_steps + 1
        if self._good_steps >= GOOD_STEPS:
            self._warned.clear()
            if self.problem:
                self.problem = ''
                self._info('timestamps advance again')
        if kind == 'still':
            self.problem = sentence
        if kind and kind not in self._warned:
            self._warned.add(kind)
            self._warn(sentence)

    def _judged(self, step_s: float, stamp_ns: int) -> tuple[str, str]:
        """Return what is wrong with a step in time, in a word and in a sentence, or nothing."""
        self._stillness = min(STILL, max(0, self._stillness + (-1 if step_s else 2)))
        if step_s == 0 and self._stillness == STILL:
            unset = ', as if they were not set' if stamp_ns == 0 else ''
            cost = '' if self.settings.tracking.association == 'off' else (
                ': people are followed, but not smoothed, until they advance'
            )
            at_s = stamp_ns / NANOSECONDS
            return 'still', f'timestamps not advancing: all are {at_s:.9f}{unset}{cost}'
        if self.settings.tracking.association == 'off':
            return '', ''
        if step_s < 0:
            return 'back', (
                f'time moved backwards by {-step_s:.3f} s (a bag that loops, a simulation that'
                ' restarts): all tracks are deleted'
            )
        if step_s > self.settings.tracking.max_age_s:
            return 'gap', (
                f'{step_s:.3f} s between the stamps of two images: all tracks are deleted, and ids'
                ' come back once images are closer together than tracking.max_age_s'
            )
        return '', ''
