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
The tracker: ids for people, from one image to the next.

Each detection is compared with each track, whose person is moved to where it should be by now:
one matrix of similarities, one optimal assignment. Beyond that there are four rules, each for a
mistake that was seen on crossing people and moving cameras: a track is tentative, without an id,
until its person has been seen repeatedly; detections with a low score, too low to be published,
keep a track alive; an occluded track is kept for longer; and a duplicate detection gets no id.

The thresholds are those of MoveNet's reference implementation (tfjs-models, pose-detection) where
they are not marked as ours.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from functools import lru_cache
import importlib.machinery
import importlib.util
from pathlib import Path
from typing import Any

from movenet_ros.core.camera_motion import carried
from movenet_ros.core.errors import StartError
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

MIN_SIMILARITY = {'keypoints': 0.2, 'boxes': 0.15}
MIN_KEYPOINTS = 4  # that both sides see; with fewer, only the boxes are compared
# Ours:
BOX_WEIGHT = 0.5  # of the boxes' overlap where keypoints are compared; at borders they fail
CONFIRM_HITS = 3  # images with its person, after which a track is confirmed and gets an id
TENTATIVE_GAP_S = 0.3  # after which a tentative track without a match is deleted
VELOCITY_TIME_S = 0.2  # what the velocity averages over
STOP_S = 0.3  # without a match; then the person may have stopped, rather than walked on
LOW_SCORE = 0.1  # minimum score of a detection that may match a track, but begins none
LOW_SCORE_SIMILARITY = 0.4  # minimum similarity for that
DUPLICATE_SIMILARITY = 0.6  # of two detections in one image that are of the same person
OCCLUDED_SHARE = 0.5  # of the box that another person covers
OCCLUDED_PACE = 1 / 3  # at which an occluded track ages
MERGED_SHARE = 0.3  # of the smaller box that two people share, who may be detected as one
MERGED_VELOCITY = 0.3  # weight of such a detection in the velocity
LATE = 0.99  # of the similarity of a track without a match in the last image: it settles a draw

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tracks:
    """
    People, as last seen.

    :param keys: ``(n,)`` numbers of the tracks, 0 for a person without one.
    :param ids: ``(n,)`` the numbers that users see, 0 until a person is confirmed.
    :param keypoints: ``(n, k, 2)`` in pixels.
    :param seen: ``(n, k)`` which of them count.
    :param boxes_xyxy: ``(n, 4)`` in pixels.
    :param velocities: ``(n, 2)`` in pixels per second.
    :param hits: ``(n,)`` in how many images each person was seen.
    :param unseen_s: ``(n,)`` how long ago each was last seen, in seconds.
    :param age_s: ``(n,)`` the same, but time spent occluded counts less.
    """

    keys: NDArray[np.int64]
    ids: NDArray[np.int64]
    keypoints: Floats
    seen: Mask
    boxes_xyxy: Floats
    velocities: Floats
    hits: NDArray[np.int64]
    unseen_s: Floats
    age_s: Floats

    @classmethod
    def of(cls, poses: Poses, keypoint_threshold: float) -> Tracks:
        """Return a tentative track for each person of an image."""
        n = len(poses)
        return cls(
            keys=np.zeros(n, np.int64),
            ids=np.zeros(n, np.int64),
            keypoints=poses.keypoints.astype(np.float64),
            seen=poses.keypoint_scores >= keypoint_threshold,
            boxes_xyxy=poses.boxes_xyxy.astype(np.float64),
            velocities=np.zeros((n, 2)),
            hits=np.ones(n, np.int64),
            unseen_s=np.zeros(n),
            age_s=np.zeros(n),
        )

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.keys)

    def __getitem__(self, which: Any) -> Tracks:
        """Return some of them, by indices or a mask."""
        return Tracks(*(getattr(self, name)[which] for name in NAMES))

    def __add__(self, others: Tracks) -> Tracks:
        """Return them followed by others."""
        return Tracks(
            *(np.concatenate([getattr(self, name), getattr(others, name)]) for name in NAMES)
        )


NAMES = tuple(each.name for each in fields(Tracks))


@dataclass(frozen=True)
class Metric:
    """
    The association metric.

    :param by: what is compared, ``keypoints`` (OKS) or ``boxes`` (IoU).
    :param sigmas: of the skeleton's keypoints.
    """

    by: str
    sigmas: tuple[float, ...]


class Tracker:
    """Gives ids to people; they count up from 1 and are never used again."""

    def __init__(self) -> None:
        self.restart()
        self._last_key = 0
        self._last_id = 0
        solver()  # loaded now rather than in the middle of a stream

    def restart(self) -> None:
        """Delete all tracks; the ids go on counting."""
        self._tracks: Tracks | None = None  # None: none yet

    def update(
        self,
        poses: Poses,
        step_s: float,
        *,
        by: str,
        person_threshold: float,
        keypoint_threshold: float,
        max_age_s: float,
        image_wh: tuple[int, int] | None = None,
    ) -> Tracks:
        """
        Match the people of the next image with the tracks.

        :param poses: of the image; with low scores from LOW_SCORE on, too.
        :param step_s: time since the image before, in seconds.
        :param by: what is compared, ``keypoints`` or ``boxes``.
        :param person_threshold: scores below it are low.
        :param keypoint_threshold: keypoints scored below it count as unseen.
        :param max_age_s: a track without a match for longer is deleted.
        :param image_wh: size of the image in pixels; None: people never leave it.
        :return: the same people in the same order, with the numbers of their tracks.
        """
        metric = Metric(by, poses.skeleton.sigmas)
        people = Tracks.of(poses, keypoint_threshold)
        tracks = self._tracks
        if tracks is None:
            tracks = Tracks.of(Poses.nobody(poses.skeleton), 0.0)
        if poses.camera is not None:
            tracks = _carried(tracks, poses.camera)
        tracks = _aged(tracks, step_s, image_wh)
        young = tracks.age_s <= max_age_s
        if not young.all():
            tracks = tracks[young]
        strong = poses.scores >= person_threshold
        rows, columns, others = _assign(tracks, people, strong, metric)
        _move(tracks, rows, people, columns)
        for name in ('keys', 'ids', 'hits'):
            getattr(people, name)[columns] = getattr(tracks, name)[rows]
        people.hits[columns] += 1
        self._number(people, [each for each in others if strong[each]])
        unseen = np.ones(len(tracks), bool)
        unseen[rows] = False
        unseen &= (tracks.ids > 0) | (tracks.unseen_s <= TENTATIVE_GAP_S)
        have_track = people.keys > 0
        self._tracks = people if have_track.all() else people[have_track]
        if unseen.any():
            self._tracks = self._tracks + tracks[unseen]
        return people

    def _number(self, people: Tracks, new: list[int]) -> None:
        """Give new people a tentative track, and confirmed ones an id."""
        for i in new:
            self._last_key += 1
            people.keys[i] = self._last_key
        for i in np.flatnonzero((people.ids == 0) & (people.hits >= CONFIRM_HITS)).tolist():
            self._last_id += 1
            people.ids[i] = self._last_id


def _carried(tracks: Tracks, camera: Floats) -> Tracks:
    """Move tracks with the background; their velocities are then what is left."""
    moved = {
        'keypoints': carried(tracks.keypoints, camera),
        'boxes_xyxy': carried(tracks.boxes_xyxy.reshape(-1, 2, 2), camera).reshape(-1, 4),
        'velocities': tracks.velocities @ camera[:, :2].T,
    }
    return Tracks(**{**vars(tracks), **moved})


def _aged(tracks: Tracks, step_s: float, image_wh: tuple[int, int] | None) -> Tracks:
    """Let tracks age; slower where a more recent one occludes them or the camera looks away."""
    unseen_s, pace = tracks.unseen_s, np.ones(len(tracks))
    if unseen_s.any():
        boxes = _shifted(tracks.boxes_xyxy, tracks.velocities * unseen_s[:, None])
        covered = _shared_areas(boxes, boxes) >= OCCLUDED_SHARE * _areas(boxes)[:, None]
        hidden = (covered & (unseen_s < unseen_s[:, None])).any(axis=1)
        if image_wh is not None:
            image = np.array([[0.0, 0.0, *image_wh]])
            inside = _shared_areas(tracks.boxes_xyxy, image)[:, 0]
            hidden |= inside < (1 - OCCLUDED_SHARE) * _areas(tracks.boxes_xyxy)
        pace[hidden] = OCCLUDED_PACE
    later = {'unseen_s': unseen_s + step_s, 'age_s': tracks.age_s + step_s * pace}
    return Tracks(**{**vars(tracks), **later})  # dataclasses.replace takes three times as long


def _assign(
    tracks: Tracks, people: Tracks, strong: Mask, metric: Metric
) -> tuple[list[int], list[int], list[int]]:
    """
    Match people with tracks, first those with high scores, then those with low ones.

    :return: indices of tracks, of their people, and of other people that are no duplicates.
    """
    table = similarity(tracks, people, metric)
    late = tracks.unseen_s > tracks.unseen_s.min(initial=np.inf) + 1e-6
    table = np.where(late[:, None], LATE * table, table)
    rows, columns = match(np.where(strong, table, 0.0), MIN_SIMILARITY[metric.by])
    known = [each for each in np.flatnonzero(tracks.ids).tolist() if each not in rows]
    others = [each for each in range(len(people)) if each not in columns]
    if not known:  # then a low score cannot match
        others = [each for each in others if strong[each]]
    others = _no_duplicates(people, columns, others, metric)
    low = [each for each in others if not strong[each]]
    if low:
        recent = table[(tracks.ids > 0) & (tracks.unseen_s <= STOP_S)] >= LOW_SCORE_SIMILARITY
        blends = recent.sum(axis=0) > 1  # of two people who cross
        low = [each for each in low if not blends[each]]
        of_known, of_low = match(table[np.ix_(known, low)], LOW_SCORE_SIMILARITY)
        rows += [known[each] for each in of_known]
        columns += [low[each] for each in of_low]
    return rows, columns, others


def _no_duplicates(
    people: Tracks, found: list[int], others: list[int], metric: Metric
) -> list[int]:
    """Leave out duplicates of those found and of the others before."""
    if len(people) < 2 or not others:
        return others
    alike = similarity(people, people, metric) >= DUPLICATE_SIMILARITY
    single: list[int] = []
    for each in others:
        if not alike[found + single, each].any():
            single.append(each)
    return single


def _move(tracks: Tracks, rows: list[int], people: Tracks, columns: list[int]) -> None:
    """
    Set the velocities of people who have a track.

    Where the model sees one person instead of two who cross, it mixes up their limbs, or takes
    turns. A track matched there keeps its shape, and most of its velocity.
    """
    moved = _moved(tracks, rows, people, columns)
    took_s, before = tracks.unseen_s[rows, None], tracks.velocities[rows]
    weight = np.where(tracks.hits[rows, None] == 1, 1.0, 1 - np.exp(-took_s / VELOCITY_TIME_S))
    merged = _merged(tracks, rows)
    if merged.any():
        at, of = np.array(columns)[merged], np.array(rows)[merged]
        people.keypoints[at] = tracks.keypoints[of] + moved[merged, None]
        people.boxes_xyxy[at] = _shifted(tracks.boxes_xyxy[of], moved[merged])
        people.seen[at] = tracks.seen[of]
        weight[merged] *= MERGED_VELOCITY
    people.velocities[columns] = before + weight * (moved / np.maximum(took_s, 1e-9) - before)


def _moved(tracks: Tracks, rows: list[int], people: Tracks, columns: list[int]) -> Floats:
    """Return ``(n, 2)``: how far people have moved as a whole since they were last seen."""
    both = tracks.seen[rows] & people.seen[columns]
    count = both.sum(axis=1)[:, None]
    moved = people.keypoints[columns] - tracks.keypoints[rows]
    moved = (moved * both[..., None]).sum(axis=1) / np.maximum(count, 1)
    box = people.boxes_xyxy[columns] - tracks.boxes_xyxy[rows]
    return np.where(count >= MIN_KEYPOINTS, moved, (box[:, :2] + box[:, 2:]) / 2)


def _merged(tracks: Tracks, rows: list[int]) -> Mask:
    """Return which of the matched tracks overlap with one that was not matched."""
    known = tracks.ids > 0
    lost = known.copy()
    lost[rows] = False
    if not lost.any():
        return np.zeros(len(rows), bool)
    boxes = _shifted(tracks.boxes_xyxy, tracks.velocities * tracks.unseen_s[:, None])
    areas = _areas(boxes)
    share = MERGED_SHARE * np.minimum(areas[rows, None], areas[lost])
    near = _shared_areas(boxes[rows], boxes[lost]) >= np.maximum(share, 1.0)
    return np.asarray(near.any(axis=1) & known[rows])


def similarity(tracks: Tracks, people: Tracks, metric: Metric) -> Floats:
    """
    Compare each track with each person.

    A person walks on at its velocity. One unseen for a while may have stopped instead, and one
    that left across the image's border comes back there: the better of both counts.

    :return: ``(tracks, people)`` from 0 to 1.
    """
    alike = _alike(tracks, people, metric, tracks.velocities * tracks.unseen_s[:, None])
    lost = tracks.unseen_s > STOP_S
    if lost.any():
        there = _alike(tracks, people, metric, np.zeros((len(tracks), 2)))
        alike = np.where(lost[:, None], np.maximum(alike, there), alike)
    return alike


def _alike(tracks: Tracks, people: Tracks, metric: Metric, shifts: Floats) -> Floats:
    """Compare each track, moved by its shift ``(tracks, 2)``, with each person."""
    boxes = _shifted(tracks.boxes_xyxy, shifts)
    overlaps = iou(boxes, people.boxes_xyxy)
    if metric.by == 'boxes':
        return overlaps
    both = tracks.seen[:, None] & people.seen
    moved = tracks.keypoints + shifts[:, None]
    alike = oks(moved, people.keypoints, both, _areas(boxes), metric.sigmas)
    enough = both.sum(axis=-1) >= MIN_KEYPOINTS
    return np.where(enough, np.maximum(alike, BOX_WEIGHT * overlaps), overlaps)


def oks(a: Floats, b: Floats, both: Mask, areas: Floats, sigmas: Sequence[float]) -> Floats:
    """
    Return object keypoint similarity, as COCO's evaluation defines it.

    :param a: ``(m, k, 2)`` keypoints in pixels.
    :param b: ``(n, k, 2)`` keypoints in pixels.
    :param both: ``(m, n, k)`` which of them count.
    :param areas: ``(m,)`` of the people in a, in square pixels.
    :param sigmas: of the k keypoints.
    :return: ``(m, n)`` from 0 to 1; 0 where no keypoint counts.
    """
    apart = a[:, None] - b
    apart *= apart
    scale = np.maximum(areas, 1.0)[:, None, None] * (8 * np.square(sigmas))  # 2 (2 sigma)^2
    alike = np.exp((apart[..., 0] + apart[..., 1]) / -scale)
    alike *= both
    return np.asarray(alike.sum(axis=-1) / np.maximum(both.sum(axis=-1), 1))


def iou(a: Floats, b: Floats) -> Floats:
    """
    Return intersection over union.

    :param a: ``(m, 4)`` boxes, (left, top, right, bottom) in pixels.
    :param b: ``(n, 4)`` boxes.
    :return: ``(m, n)`` from 0 to 1; 0 for boxes without an area.
    """
    shared = _shared_areas(a, b)
    union = _areas(a)[:, None] + _areas(b) - shared
    return np.asarray(shared / np.maximum(union, 1e-9))


def match(similarities: Floats, floor: float) -> tuple[list[int], list[int]]:
    """
    Pair rows and columns so that the sum of their similarities is the greatest.

    :param similarities: ``(m, n)``; what lies below the floor is never paired.
    :param floor: above 0.
    :return: the rows, and the column of each.
    """
    worth = np.where(similarities >= floor, similarities, 0.0)
    rows, columns = solver()(worth, maximize=True)
    paired = worth[rows, columns] > 0
    return rows[paired].tolist(), columns[paired].tolist()


def _shifted(boxes: Floats, shifts: Floats) -> Floats:
    """Move boxes, each by its shift ``(n, 2)``."""
    return (boxes.reshape(-1, 2, 2) + shifts[:, None]).reshape(-1, 4)


def _areas(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _shared_areas(a: Floats, b: Floats) -> Floats:
    """Return ``(m, n)`` the area that each box of a has in common with each of b."""
    sides = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    np.maximum(sides, 0.0, out=sides)
    return np.asarray(sides[..., 0] * sides[..., 1])


@lru_cache(maxsize=None)
def solver() -> Callable[..., Any]:
    """
    Return SciPy's linear_sum_assignment.

    To import scipy.optimize takes almost 2 s and 50 MB, as much as the rest of a node's start. The
    function's own compiled module needs nothing of that; where SciPy keeps it elsewhere, the
    whole package is imported.

    :raises StartError: if there is no SciPy.
    """
    try:
        scipy = importlib.import_module('scipy')
    except ImportError as error:
        raise StartError(f'SciPy is not installed ({error}): pip install scipy') from error
    folders = [str(Path(each) / 'optimize') for each in scipy.__path__]
    found = importlib.machinery.PathFinder.find_spec('_lsap', folders)
    if found is not None and isinstance(found.loader, importlib.machinery.ExtensionFileLoader):
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
    else:
        module = importlib.import_module('scipy.optimize')
    solve: Callable[..., Any] = module.linear_sum_assignment
    return solve
