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
The people of a replay in a file that the Rerun viewer shows.

Everything is on the timeline ``stamp``, which has the stamps of the images. Each person is an
entity of its own, named by the id, so that the viewer can hide or plot one alone:

- ``image``, a JPEG, and in it ``image/people/3`` (keypoints) and ``image/people/3/box``,
- ``space/people/3``, keypoints in metres, in the frame of the camera,
- ``scores/3`` and ``angles/3`` (degrees), numbers to plot,
- ``activities/3``, a line of text whenever they change.

rerun-sdk writes a file without opening a socket and without a file of its own anywhere (seen with
0.29, 0.39 and 0.41): its usage data are the viewer's alone, whose user decides about them.
"""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.jpeg_writing import to_jpeg
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.needs import needs
from movenet_ros.core.observing import Observed
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.core.wording import first_line
from movenet_ros.messages.joint_angles import UNTRACKED
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.rerun_look import class_of
from movenet_ros.replay.rerun_look import classes
from movenet_ros.replay.rerun_look import layout
from movenet_ros.replay.source import Item
import numpy as np

TIMELINE = 'stamp'
QUALITY = 90
DOT_PIXELS, DOT_M = 4.0, 0.02  # radii; pixels are those of the screen
OF_A_PERSON = {  # what ends when a person leaves
    'image': 'image/people/{}', 'space': 'space/people/{}', 'angles': 'angles/{}',
    'scores': 'scores/{}',
}
PROBE_BYTES = 1 << 16  # more than a file system has left where it is full
OLDEST = '0.29'  # before, a full disk went unnoticed


def rerun_sdk() -> Any:
    """
    Import rerun-sdk.

    :raises StartError: if it is not installed, or cannot be used: too old, or switched off.
    """
    sdk = needs('rerun')
    version = getattr(sdk, '__version__', '0')
    if _numbers(version) < _numbers(OLDEST):
        raise StartError(
            f'rerun-sdk {version} is too old: pip install --upgrade "rerun-sdk>={OLDEST}"'
        )
    if not sdk.RecordingStream('movenet_ros').is_enabled():
        raise StartError(
            'the environment variable RERUN switches rerun-sdk off, which --rrd needs: unset RERUN'
        )
    return sdk


class RerunFile:
    """
    A file of Rerun, whole once it is closed.

    :param path: ends in .rrd.
    :param name: of the recording, for people.
    :param views: what there will be to see, of the keys of ``VIEWS``.
    :raises StartError: if it cannot be written; by all methods.
    """

    def __init__(self, path: Path, name: str, views: Container[str]) -> None:
        self._path = path
        self._sdk = rerun_sdk()
        self._views = views
        self._shown: list[str] = []  # the people of the image before
        self._doing: dict[str, str] = {}  # what was written of whom
        self._plotted: set[str] = set()  # the people whose curves have names
        self._skeleton: Skeleton | None = None
        with self._naming():
            self._recording = self._sdk.RecordingStream('movenet_ros')
            self._recording.save(path)
            self._recording.send_recording_name(name)
            self._recording.send_blueprint(layout(views))

    def write(self, item: Item) -> None:
        """Append an image and its people, with all that is known of them; nothing else."""
        if not isinstance(item.image, Result):
            return
        found, people = item.image, _names(item.image.poses.ids.tolist())
        with self._naming():
            self._name_keypoints(found.poses.skeleton)
            self._recording.set_time(TIMELINE, timestamp=np.datetime64(found.stamp_ns, 'ns'))
            jpeg = to_jpeg(found.image, QUALITY)
            self._log('image', self._sdk.EncodedImage(contents=jpeg, media_type='image/jpeg'))
            for gone in set(self._shown) - set(people):
                self._forget(gone)
            self._shown = people
            for i, person in enumerate(people):
                self._write_person(person, i, found)
                if item.result_3d is not None:
                    self._write_places(person, i, item.result_3d.people)
                if item.kinematics is not None:
                    self._write_doing(person, i, item.kinematics.observed)

    def close(self) -> None:
        """Finish the file."""
        with self._naming():
            self._recording.flush()
            self._recording.disconnect()

    def _write_person(self, person: str, i: int, found: Result) -> None:
        """Append a person in pixels, and the score."""
        poses, sdk = found.poses, self._sdk
        seen = np.flatnonzero(poses.keypoint_scores[i] >= found.settings.keypoint_threshold)
        kind, score = class_of(int(poses.ids[i])), float(poses.scores[i])
        self._log(f'image/people/{person}', sdk.Points2D(
            poses.keypoints[i][seen], keypoint_ids=seen, class_ids=kind, show_labels=False,
            radii=sdk.Radius.ui_points(DOT_PIXELS),
        ))
        self._log(f'image/people/{person}/box', sdk.Boxes2D(
            array=poses.boxes_xyxy[i], array_format=sdk.Box2DFormat.XYXY, class_ids=kind,
            labels=f'#{person} {score:.2f}' if kind else f'{score:.2f}',
        ))
        self._log(f'scores/{person}', sdk.Scalars(score))

    def _write_places(self, person: str, i: int, people_3d: Poses3D) -> None:
        """Append what is known of a person in metres."""
        positions, kind = people_3d.positions[i], class_of(int(people_3d.poses.ids[i]))
        known = np.flatnonzero(np.isfinite(positions).all(axis=1))
        self._log(f'space/people/{person}', self._sdk.Points3D(
            positions[known], keypoint_ids=known, class_ids=kind, show_labels=False, radii=DOT_M
        ))

    def _write_doing(self, person: str, i: int, observed: Observed) -> None:
        """Append a person's angles, and the activities where they changed."""
        where = f'angles/{person}'
        if person not in self._plotted:
            self._plotted.add(person)
            names = [f'{person}/{each}' for each in ANGLES]  # as in joint_angles
            self._log(where, self._sdk.SeriesLines(names=names), static=True)
        self._log(where, self._sdk.Scalars(np.degrees(observed.angles.values[i])))
        doing = ', '.join(each.name for each in observed.activities.of_people[i])
        if self._doing.get(person) != doing:
            self._doing[person] = doing
            self._log(f'activities/{person}', self._sdk.TextLog(doing))

    def _forget(self, person: str) -> None:
        """End what is shown of a person who is not in the image any more."""
        self._doing.pop(person, None)
        for view, entity in OF_A_PERSON.items():
            if view in self._views:
                self._log(entity.format(person), self._sdk.Clear(recursive=True))

    def _name_keypoints(self, skeleton: Skeleton) -> None:
        """Append the names of keypoints and the lines between them, once."""
        if skeleton is self._skeleton:
            return
        self._skeleton = skeleton
        self._log('/', classes(skeleton), static=True)
        if 'space' in self._views:
            self._log('space', self._sdk.ViewCoordinates.RDF, static=True)  # the optical frame's

    def _log(self, entity: str, what: Any, static: bool = False) -> None:
        self._recording.log(entity, what, static=static, strict=True)

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """
        Name the file in what goes wrong.

        :raises StartError: in place of an error of rerun-sdk or of the image.
        """
        try:
            yield
        except ImageError as error:
            raise StartError(f'cannot write {self._path}: {error}') from error
        except RuntimeError as error:
            raise StartError(f'cannot write {self._path}: {self._reason(error)}') from error

    def _reason(self, error: RuntimeError) -> str:
        """Return why writing failed, which rerun-sdk logs but does not raise."""
        try:
            with self._path.open('ab') as file:
                file.write(bytes(PROBE_BYTES))
        except OSError as cause:
            return str(cause.strerror)
        return first_line(error)


def _names(ids: list[int]) -> list[str]:
    """Return what the people are called, those without an id by their count."""
    number = count(1)
    return [str(each) if each else UNTRACKED.format(next(number)) for each in ids]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split('.')[:2]))
