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

"""Tracks: people as last seen, how they move, and how alike others in the next image are."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from typing import Any

from movenet_ros.core.appearance import is_known
from movenet_ros.core.appearance import unknown
from movenet_ros.core.boxes import areas
from movenet_ros.core.boxes import iou
from movenet_ros.core.boxes import shared_areas
from movenet_ros.core.boxes import shifted
from movenet_ros.core.camera_motion import carried
from movenet_ros.core.poses import Poses
from movenet_ros.core.similarity import oks
import numpy as np
from numpy.typing import NDArray

MIN_KEYPOINTS = 4  # that both sides see; with fewer, only the boxes are compared
BOX_WEIGHT = 0.5  # of the boxes' overlap where keypoints are compared; at borders they fail
VELOCITY_TIME_S = 0.2  # what the velocity averages over
STOP_S = 0.3  # without a match; then the person may have stopped, rather than walked on
OCCLUDED_SHARE = 0.5  # of the box that another person covers
OUTSIDE_SHARE = 0.4  # of the box that lies outside of the image, from which on nobody is found
OCCLUDED_PACE = 1 / 3  # at which an occluded track ages
MERGED_SHARE = 0.3  # of the smaller box that two people share, who may be detected as one
MERGED_VELOCITY = 0.3  # weight of such a detection in the velocity
SURE = 5  # images after which it is known how somebody looks
LEARNT = 0.03  # weight of an image in that, later: light drifts, and who is in front comes in
OTHER = 0.75  # looks less alike than that are somebody else's
OTHERS = 0.05  # and so are looks that are more like a certain other's by that much

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
    :param since_s: ``(n,)`` how long ago the track began, in seconds.
    :param out_of_view: ``(n,)`` whether the camera has looked elsewhere since.
    :param looks: ``(n, PARTS, BINS)`` appearance, NaN where it is not known.
    :param looked: ``(n,)`` in how many images it was seen.
    :param doubts: ``(n,)`` in how many of the latest ones it was another's.
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
    since_s: Floats
    out_of_view: Mask
    looks: Floats
    looked: NDArray[np.int64]
    doubts: NDArray[np.int64]

    @classmethod
    def of(
        cls, poses: Poses, keypoint_threshold: float, looks: Floats | None = None
    ) -> Tracks:
        """
        Return a tentative track for each person of an image.

        :param looks: ``(n, PARTS, BINS)`` of the people; None: not known.
        """
        n = len(poses)
        if looks is None:
            looks = unknown(n)
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
            since_s=np.zeros(n),
            out_of_view=np.zeros(n, bool),
            looks=looks.copy(),
            looked=is_known(looks).astype(np.int64),
            doubts=np.zeros(n, np.int64),
        )

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.keys)

    def __getitem__(self, which: Any) -> Tracks:
        """Return some of them, by indices or a mask."""
        return Tracks(*(getattr(self, name)[which] for name in NAMES))

    def __add__(self, others: Tracks) -> Tracks:
        """Return them followed by others."""
        if not len(others):
            return self
        if not len(self):
            return others
        return Tracks(
            *(np.concatenate([getattr(self, name), getattr(others, name)]) for name in NAMES)
        )

    def but(self, **changes: Any) -> Tracks:
        """Return them with some arrays replaced; dataclasses.replace takes three times as long."""
        return Tracks(**{**vars(self), **changes})


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


def similarity(tracks: Tracks, people: Tracks, metric: Metric) -> Floats:
    """
    Compare each track with each person.

    A person walks on at its velocity. One unseen for a while may have stopped instead, and one
    that left across the image's border comes back there: the better of both counts.

    :return: ``(tracks, people)`` from 0 to 1.
    """
    alike = _alike(tracks, people, metric, tracks.velocities * tracks.unseen_s[:, None])
    late = tracks.unseen_s > STOP_S
    if late.any():
        there = _alike(tracks, people, metric, np.zeros((len(tracks), 2)))
        alike = np.where(late[:, None], np.maximum(alike, there), alike)
    return alike


def _alike(tracks: Tracks, people: Tracks, metric: Metric, shifts: Floats) -> Floats:
    """Compare each track, moved by its shift ``(tracks, 2)``, with each person."""
    boxes = shifted(tracks.boxes_xyxy, shifts)
    overlaps = iou(boxes, people.boxes_xyxy)
    if metric.by == 'boxes':
        return overlaps
    both = tracks.seen[:, None] & people.seen
    moved = tracks.keypoints + shifts[:, None]
    alike = oks(moved, people.keypoints, both, areas(boxes), metric.sigmas)
    enough = both.sum(axis=-1) >= MIN_KEYPOINTS
    return np.where(enough, np.maximum(alike, BOX_WEIGHT * overlaps), overlaps)


def carried_along(tracks: Tracks, camera: Floats) -> Tracks:
    """Move tracks with the background; their velocities are then what is left."""
    return tracks.but(
        keypoints=carried(tracks.keypoints, camera),
        boxes_xyxy=carried(tracks.boxes_xyxy.reshape(-1, 2, 2), camera).reshape(-1, 4),
        velocities=tracks.velocities @ camera[:, :2].T,
    )


def aged(tracks: Tracks, step_s: float, image_wh: tuple[int, int] | None) -> Tracks:
    """Let tracks age; slower where a more recent one occludes them or the camera looks away."""
    unseen_s, pace, out_of_view = tracks.unseen_s, np.ones(len(tracks)), tracks.out_of_view
    if unseen_s.any():
        boxes = shifted(tracks.boxes_xyxy, tracks.velocities * unseen_s[:, None])
        covered = shared_areas(boxes, boxes) >= OCCLUDED_SHARE * areas(boxes)[:, None]
        hidden = (covered & (unseen_s < unseen_s[:, None])).any(axis=1)
        if image_wh is not None:
            out = is_outside(tracks.boxes_xyxy, image_wh)
            hidden |= out
            out_of_view = out_of_view | out
        pace[hidden] = OCCLUDED_PACE
    return tracks.but(
        unseen_s=unseen_s + step_s,
        age_s=tracks.age_s + step_s * pace,
        since_s=tracks.since_s + step_s,
        out_of_view=out_of_view,
    )


def lost(tracks: Tracks) -> Tracks:
    """Return tracks of people who are away, nobody knows where."""
    n = len(tracks)
    return tracks.but(
        boxes_xyxy=np.zeros((n, 4)),
        seen=np.zeros_like(tracks.seen),
        velocities=np.zeros((n, 2)),
        age_s=np.full(n, np.inf),
        out_of_view=np.zeros(n, bool),
    )


def is_outside(boxes_xyxy: Floats, image_wh: tuple[int, int]) -> Mask:
    """Return ``(n,)`` which boxes lie outside of the image to a large part."""
    inside = shared_areas(boxes_xyxy, np.array([[0.0, 0.0, *image_wh]]))[:, 0]
    return np.asarray(inside < (1 - OUTSIDE_SHARE) * areas(boxes_xyxy))


def learn(
    known: Tracks, rows: list[int], people: Tracks, columns: list[int], alike: Floats
) -> Floats:
    """
    Set the looks of people who have a track.

    Who looks otherwise, image after image, is somebody else: such looks are doubts, not learnt.

    :param known: everybody whom a person could be, their own tracks among them.
    :param alike: ``(known, people)`` how alike they look.
    :return: ``(n, PARTS, BINS)`` how all people look in this image.
    """
    now: Floats = people.looks.copy()
    looks, before, looked = now[columns], known.looks[rows], known.looked[rows]
    alike = alike[:, columns]
    own = alike[rows, np.arange(len(rows))]
    alike[rows, np.arange(len(rows))] = 0.0
    of_others = np.where((known.looked >= SURE)[:, None], np.nan_to_num(alike), 0.0)
    best = of_others.max(axis=0, initial=0.0)
    is_other = (looked >= SURE) & ((own < OTHER) | (own < best - OTHERS))
    weight = np.where(is_other, 0.0, np.maximum(LEARNT, 1 / (looked + 1)))[:, None, None]
    blended = np.where(np.isnan(looks), before, before + weight * (looks - before))
    people.looks[columns] = np.where(np.isnan(before), looks, blended)
    people.looked[columns] = looked + (is_known(looks) & ~is_other)
    doubts = np.where(is_other, known.doubts[rows] + 1, 0)
    people.doubts[columns] = np.where(np.isnan(own), known.doubts[rows], doubts)
    return now


def move(tracks: Tracks, rows: list[int], people: Tracks, columns: list[int]) -> None:
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
        people.boxes_xyxy[at] = shifted(tracks.boxes_xyxy[of], moved[merged])
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
    unmatched = known.copy()
    unmatched[rows] = False
    if not unmatched.any():
        return np.zeros(len(rows), bool)
    boxes = shifted(tracks.boxes_xyxy, tracks.velocities * tracks.unseen_s[:, None])
    sizes = areas(boxes)
    share = MERGED_SHARE * np.minimum(sizes[rows, None], sizes[unmatched])
    near = shared_areas(boxes[rows], boxes[unmatched]) >= np.maximum(share, 1.0)
    return np.asarray(near.any(axis=1) & known[rows])
