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
one matrix of similarities, one optimal assignment. Beyond that there are a few rules, each for a
mistake that was seen on crossing people and moving cameras: a track is tentative, without an id,
until its person has been seen repeatedly; detections with a low score, too low to be published,
keep a track alive; an occluded track is kept for longer; a duplicate detection gets no id; and
a track that sits on somebody who looks otherwise is given up.

The thresholds are those of MoveNet's reference implementation (tfjs-models, pose-detection) where
they are not marked as ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from movenet_ros.core.appearance import alikeness
from movenet_ros.core.appearance import unknown
from movenet_ros.core.assignment import match
from movenet_ros.core.assignment import solver
from movenet_ros.core.memory import recognise
from movenet_ros.core.poses import Poses
from movenet_ros.core.tracks import aged
from movenet_ros.core.tracks import carried_along
from movenet_ros.core.tracks import learn
from movenet_ros.core.tracks import lost
from movenet_ros.core.tracks import Metric
from movenet_ros.core.tracks import move
from movenet_ros.core.tracks import similarity
from movenet_ros.core.tracks import STOP_S
from movenet_ros.core.tracks import SURE
from movenet_ros.core.tracks import Tracks
import numpy as np
from numpy.typing import NDArray

MIN_SIMILARITY = {'keypoints': 0.2, 'boxes': 0.15}
# Ours:
CONFIRM_HITS = 3  # images with its person, after which a track is confirmed and gets an id
TENTATIVE_GAP_S = 0.3  # after which a tentative track without a match is deleted
LOW_SCORE = 0.1  # minimum score of a detection that may match a track, but begins none
LOW_SCORE_SIMILARITY = 0.4  # minimum similarity for that
DUPLICATE_SIMILARITY = 0.6  # of two detections in one image that are of the same person
LATE = 0.9  # of the similarity of a track without a match in the last image
RIVAL = 0.1  # similarity from which on tracks compete for a person; looks decide among them
SOMEBODY = 0.9  # looks as much alike are one of theirs, rather than a mixture of two people
MOST_DOUBTS = 5  # images in a row in which a track sits on somebody who looks otherwise
RETRY = 30  # images with looks in which a new id may yet prove to be an old one
MOST_AWAY = 50  # people; the oldest are forgotten

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Tracker:
    """Gives ids to people; they count up from 1, and each is one person's for ever."""

    is_settled: bool
    """Whether everybody with a high score in the latest image is known well, and apart."""

    def __init__(self) -> None:
        self.restart()
        self._last_key = 0
        self._last_id = 0
        solver()  # loaded now rather than in the middle of a stream

    def restart(self) -> None:
        """Delete all tracks, of those who are away too; the ids go on counting."""
        self._tracks: Tracks | None = None  # None: none yet
        self.is_settled = False

    def interrupt(self) -> None:
        """Take it that everybody is away, and that nobody knows where."""
        if self._tracks is not None:
            self._tracks = lost(self._tracks[self._tracks.ids > 0])

    def update(
        self,
        poses: Poses,
        step_s: float,
        *,
        by: str,
        person_threshold: float,
        keypoint_threshold: float,
        max_age_s: float,
        memory_s: float = 0.0,
        is_camera_still: bool = False,
        looks: Floats | None = None,
        image_wh: tuple[int, int] | None = None,
    ) -> Tracks:
        """
        Match the people of the next image with the tracks.

        :param poses: of the image; with low scores from LOW_SCORE on, too.
        :param step_s: time since the image before, in seconds.
        :param by: what is compared, ``keypoints`` or ``boxes``.
        :param person_threshold: scores below it are low.
        :param keypoint_threshold: keypoints scored below it count as unseen.
        :param max_age_s: a track without a match for longer is of somebody who is away.
        :param memory_s: who is away for longer is forgotten.
        :param is_camera_still: whether that holds where the poses do not say how it moved.
        :param looks: ``(n, PARTS, BINS)`` appearance of the people; None: not known.
        :param image_wh: size of the image in pixels; None: people never leave it.
        :return: the same people in the same order, with the numbers of their tracks.
        """
        metric = Metric(by, poses.skeleton.sigmas)
        people = Tracks.of(poses, keypoint_threshold, looks)
        tracks = self._tracks
        if tracks is None:
            tracks = Tracks.of(Poses.nobody(poses.skeleton), 0.0)
        if poses.camera is not None:
            tracks = carried_along(tracks, poses.camera)
        tracks = aged(tracks, step_s, image_wh)
        is_here = tracks.age_s <= max_age_s
        away = tracks[~is_here & (tracks.ids > 0) & (tracks.unseen_s <= memory_s)][:MOST_AWAY]
        if poses.camera is None and not is_camera_still:
            away = lost(away)
        tracks = tracks if is_here.all() else tracks[is_here]
        strong = poses.scores >= person_threshold
        known, alike = tracks + away, None
        if looks is not None:
            alike = alikeness(known.looks, people.looks)
        rows, columns, others, is_apart = _assign(tracks, people, strong, metric, alike)
        move(tracks, rows, people, columns)
        for name in ('keys', 'ids', 'hits', 'since_s'):
            getattr(people, name)[columns] = getattr(tracks, name)[rows]
        people.hits[columns] += 1
        unseen = np.ones(len(tracks), bool)
        unseen[rows] = False
        unseen &= (tracks.ids > 0) | (tracks.unseen_s <= TENTATIVE_GAP_S)
        self._begin(people, [each for each in others if strong[each]])
        waiting: list[int] = []
        if alike is None:  # which forgets what was known of them, too
            away = tracks[unseen]
            away = away.but(looks=unknown(len(away)), looked=np.zeros_like(away.looked))
        else:
            now = learn(known, rows, people, columns, alike)
            away = self._given_up(people, people.doubts >= MOST_DOUBTS, now) + away
            if unseen.any():
                away = tracks[unseen] + away
            waiting = self._recognise(people, away, now, metric)
        self._number(people, waiting)
        is_known = (people.looked >= RETRY) & (people.doubts == 0)
        self.is_settled = is_apart and bool(is_known[strong].all())
        have_track = people.keys > 0
        here = people if have_track.all() else people[have_track]
        if len(away):
            away = away[~np.isin(away.ids, here.ids[here.ids > 0])]
        self._tracks = here + away
        return people

    def _begin(self, people: Tracks, rows: Iterable[int]) -> None:
        """Begin tracks, which are tentative."""
        for row in rows:
            self._last_key += 1
            people.keys[row], people.ids[row], people.hits[row] = self._last_key, 0, 1
            people.since_s[row], people.doubts[row] = 0.0, 0

    def _given_up(self, people: Tracks, which: Mask, looks: Floats) -> Tracks:
        """
        Take the id from who does not look like its person, for that one to come back.

        :param looks: ``(n, PARTS, BINS)`` how people look in this image.
        """
        which = which & (people.ids > 0)
        if not which.any():
            return people[:0]
        gone = lost(people[which])
        self._begin(people, np.flatnonzero(which).tolist())
        people.looks[which], people.looked[which] = looks[which], 1
        return gone

    def _recognise(
        self, people: Tracks, away: Tracks, looks: Floats, metric: Metric
    ) -> list[int]:
        """
        Give people their old ids back, those that sit on somebody else in doubt too.

        :param looks: ``(n, PARTS, BINS)`` how people look in this image.
        :return: who is to wait for a new one.
        """
        is_new = (people.ids > 0) & (people.looked < RETRY) & (people.looked <= people.hits)
        rows = np.flatnonzero(_is_due(people) | is_new).tolist()
        if not rows:
            return []
        is_doubtful = (people.doubts > 0) & (people.ids > 0) & ~is_new
        before = people.ids.copy()
        waiting = recognise(people, rows, away + lost(people[is_doubtful]), metric)
        is_back = people.ids != before
        is_wrong = np.isin(before, people.ids[is_back]) & ~is_back
        self._given_up(people, is_doubtful & is_wrong, looks)
        return waiting

    def _number(self, people: Tracks, waiting: list[int]) -> None:
        """Give an id to who has been seen often enough."""
        for row in np.flatnonzero(_is_due(people)).tolist():
            if row not in waiting:
                self._last_id += 1
                people.ids[row] = self._last_id


def _is_due(people: Tracks) -> Mask:
    """Return who is due for an id."""
    return np.asarray((people.ids == 0) & (people.keys > 0) & (people.hits >= CONFIRM_HITS))


def _assign(
    tracks: Tracks, people: Tracks, strong: Mask, metric: Metric, alike: Floats | None
) -> tuple[list[int], list[int], list[int], bool]:
    """
    Match people with tracks, first those with high scores, then those with low ones.

    :param alike: ``(tracks, people)`` how alike they look, and more rows; None: not known.
    :return: indices of tracks, of their people, and of other people that are no duplicates; and
        whether only one track competes for each person.
    """
    table = similarity(tracks, people, metric)
    is_apart = bool(((table >= RIVAL).sum(axis=0) <= 1).all())
    late = tracks.unseen_s > tracks.unseen_s.min(initial=np.inf) + 1e-6
    table = np.where(late[:, None], LATE * table, table)
    if alike is not None:
        table = table * _relative_looks(tracks, alike[:len(tracks)], table)
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
    return rows, columns, others, is_apart


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


def _relative_looks(tracks: Tracks, alike: Floats, table: Floats) -> Floats:
    """
    Return how much each track looks like a person, beside the most alike one that fits there.

    :param alike: ``(tracks, people)`` how alike they look.
    :param table: ``(tracks, people)`` similarities.
    :return: ``(tracks, people)``, 1 where looks are not known.
    """
    counts = (tracks.looked >= SURE)[:, None] & (table >= RIVAL) & ~np.isnan(alike)
    best = np.where(counts, alike, 0.0).max(axis=0, initial=0.0)
    return np.where(counts & (best >= SOMEBODY), alike / np.maximum(best, 1e-6), 1.0)
