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
Refinement: everybody in an image is looked at closely, by a network that takes a crop.

Who is in the image, a detection says, or the image before: where a person was there, a crop finds
the person again as well as a detection of this image would. So a stream is detected in every second
image only, and the time that is left goes to crops, in turns where it is not enough for everybody.
Time is counted by a table of costs, never by the clock: the same images give the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.crops import Crop
from movenet_ros.core.refining.crops import crop_wh
from movenet_ros.core.refining.crops import room_around
from movenet_ros.core.refining.people import likeness
from movenet_ros.core.refining.people import moved_between
from movenet_ros.core.refining.people import Person
from movenet_ros.core.refining.people import Pose
from movenet_ros.core.refining.people import poses_of
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.core.tracking import match
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

@dataclass(frozen=True)
class Rules:
    same: float = .2
    same_near: float = .5
    same_new: float = .1
    taken: float = .6
    twin: float = .5
    least_candidate: float = .05
    beside: float = .3
    least_beside: float = .15
    memory: float = .9
    patience: int = 10
    shrink: float = .04
    velocity: float = .5
    most: int = 20
    meets: float = .2
    dup: float = .6
    foreign: float = .7
    power: float = 1.
    use_whole: bool = True
    decay: float = .8
    covered: float = .5
    same_covered: float = .5
    relent: int = 99

STREAM = Rules()
STILL = Rules(taken=.7, twin=1.1, same=.1, same_near=.1)


class Refiner:
    def __init__(self, detect, look, skeleton, cost_detect, cost_crop, crop_size=224, rules=None):
        self.detect, self.look, self.skeleton = detect, look, skeleton
        self.cost_detect, self.cost_crop, self.crop_size = cost_detect, cost_crop, crop_size
        self.rules = rules

    def __call__(self, image, known, sizes, budget_ms, is_still=False, shift=None, cycle=4):
        r = self.rules or (STILL if is_still else STREAM)
        self.r = r
        self.left = np.inf if budget_ms is None else budget_ms
        self.spent = 0.
        self.crops = 0
        people = [self._predicted(p, shift) for p in known]
        news = self._meet(people, self._detected(image, sizes)) if sizes else []
        candidates = people + [p for p in news if p.detection >= r.least_candidate]
        turns = self._turns(candidates)
        order = sorted(people, key=lambda p: -p.score) + sorted(news, key=lambda p: -p.detection)
        turn_people = [p for p in order if id(p) in turns]
        pool = self._look(image, turn_people)
        best, beside = self._assign(turn_people, pool, people)
        again = [p for p in turn_people if id(p) not in best and p.found is not None and not p.is_new and p.prior is p.pose]
        again = [p for p in again if self.cost(p.found) <= self.left][:1]
        if again:
            for p in again: p.room_xyxy = None
            pool2 = self._look(image, again, at=True)
            have = list(best.values())
            pool2 = [e for e in pool2 if not have or likeness([e[0]], have, self.skeleton).max() < self.r.dup]
            b2, o2 = self._assign(again, pool2, people, least=r.same_new)
            best.update(b2); beside += o2
        done: list[Person] = []
        for p in order:
            ok = False
            if id(p) in turns:
                new = best.get(id(p))
                if new is not None and not self._taken(new, done, r.taken):
                    self._accept(p, new); ok = True
            elif p.closely is not None and not self._taken(p.pose, done, r.taken):
                ok = True
                if p.found is not None:
                    m = moved_between(p.pose, p.found)
                    if m is not None:
                        p.pose = replace(p.pose, keypoints=p.pose.keypoints + m)
            if not ok and p.found is not None and not self._taken(p.found, done, r.taken):
                p.pose, p.score, ok = p.found, .5 * p.detection, True
            if not ok and p.closely is None and (p.is_new or id(p) not in turns) and not self._taken(p.pose, done, r.taken):
                ok = True
            if ok:
                p.hidden = 0
                done.append(p)
            else:
                p.hidden += 1
                p.velocity = r.decay * p.velocity
        for pose in sorted(beside, key=lambda e: -e.score):
            if pose.score >= r.least_beside and not self._taken(pose, done, r.beside):
                done.append(Person(pose, pose.score, pose.score, .8 * pose.score, stale=0))
        settled = {id(p) for p in done}
        w, h = image.wh
        keep = [p for p in done if (p.score >= .05 and p.missed <= r.patience * cycle if p.closely is not None else p.detection >= r.least_candidate and p.missed <= cycle)
            and -.1 * w < p.pose.keypoints[:, 0].mean() < 1.1 * w] + [p for p in people if id(p) not in settled and p.closely is not None and p.hidden <= r.patience]
        return sorted(done, key=lambda p: -p.score), keep

    def _predicted(self, p, shift):
        move = p.velocity if shift is None else shift(p.pose.keypoints) + p.velocity
        return replace(p, pose=replace(p.pose, keypoints=p.pose.keypoints + move), whole=None if p.whole is None else p.whole + np.tile(move, 2), found=None, stale=p.stale + 1, missed=p.missed + 1, is_new=False)

    def _detected(self, image, sizes):
        out = []
        for size in sizes:
            poses, px = self.detect(image, size)
            self.left -= self.cost_detect(px); self.spent += self.cost_detect(px)
            out += poses_of(poses, True)
        out.sort(key=lambda p: -p.score)
        if len(sizes) > 1:
            like = likeness(out, out, self.skeleton); keep = []; gone = np.zeros(len(out), bool)
            for j in range(len(out)):
                if not gone[j]: keep.append(j); gone |= like[j] >= self.r.dup
            out = [out[j] for j in keep]
        return out

    def _meet(self, known, found):
        if not found: return []
        like = likeness([p.pose for p in known], found, self.skeleton); got = set()
        if known:
            for i, j in zip(*match(like, self.r.meets)):
                p = known[i]; p.found = found[j]; p.whole = found[j].box; p.detection = max(found[j].score, p.detection * self.r.memory); p.missed = 0; got.add(j)
        return [Person(f, f.score, score=.5 * f.score, whole=f.box) for j, f in enumerate(found) if j not in got and not (known and like[:, j].max() >= self.r.twin)]

    def cost(self, pose, room=None):
        w, h = crop_wh(room_around(pose.keypoints, pose.scores) if room is None else room, self.crop_size)
        return self.cost_crop(w * h)

    def _turns(self, people):
        def urgency(p): return 3 * p.detection if p.closely is None else min(p.stale, 8) * max(p.score, .1) ** .5
        left, chosen = self.left, set()
        for p in sorted(people, key=lambda p: -urgency(p))[:self.r.most]:
            c = self.cost(p.pose, p.room_xyxy)
            if c > left and chosen: break
            left -= c; chosen.add(id(p))
        return chosen

    def _room(self, p, pose):
        room = room_around(pose.keypoints, pose.scores, p.whole if self.r.use_whole else None)
        if p.room_xyxy is not None:
            sides, middle = room[2:] - room[:2], (room[:2] + room[2:]) / 2
            least = (p.room_xyxy[2:] - p.room_xyxy[:2]) * (1 - self.r.shrink)
            half = np.minimum(np.maximum(sides, least), sides.max()) / 2
            room = np.concatenate([middle - half, middle + half])
        return room

    def _look(self, image, people, at=False):
        pool = []
        for p in people:
            p.prior = p.found if at or p.found is not None and p.stale > 2 and not p.is_new else p.pose
            p.room_xyxy = self._room(p, p.prior)
            crop = Crop.of(p.room_xyxy, self.crop_size)
            px = crop.wh[0] * crop.wh[1]; self.left -= self.cost_crop(px); self.spent += self.cost_crop(px); self.crops += 1
            pool += [(f, p) for f in poses_of(crop.to_image(self.look([crop.cut(image)])[0]), False)]
        return pool

    def _assign(self, owners, pool, people, least=None):
        """-> {id(person): Pose}, others"""
        r = self.r
        if not pool: return {}, []
        poses = [e[0] for e in pool]
        like = likeness([p.prior for p in owners], poses, self.skeleton)
        own = np.array([[e[1] is p for e in pool] for p in owners])
        rank = np.array([e.score for e in poses]) * np.where((own & (like >= r.same_new)).any(0), 1., r.foreign)
        order = np.argsort(-rank, kind='stable')
        among = likeness(poses, poses, self.skeleton)
        keep = []; gone = np.zeros(len(poses), bool)
        for j in order:
            if not gone[j]: keep.append(j); gone |= among[j] >= r.dup
        floor = np.array([least if least is not None else min(r.same_new, r.same) if p.is_new else self._floor(p, people) for p in owners])
        worth = np.where(like >= floor[:, None], like, 0)[:, keep] * rank[keep] ** r.power
        best = {}
        rows, cols = match(worth, 1e-6)
        for i, j in zip(rows, cols): best[id(owners[i])] = poses[keep[j]]
        used = set(cols)
        return best, [poses[j] for n, j in enumerate(keep) if n not in used]

    def _accept(self, p, new):
        if p.closely is not None:
            m = moved_between(p.pose, new)
            if m is not None:
                p.velocity = p.velocity + self.r.velocity * m / max(p.stale, 1)
                if p.whole is not None and p.found is None: p.whole = p.whole + np.tile(m, 2)
        p.pose, p.closely, p.stale = new, new.score, 0
        p.score = (p.detection + new.scores.mean() + new.score) / 3

    def _floor(self, p, people):
        r = self.r
        if p.hidden >= r.relent: return r.same_near
        a = p.pose.box; area = max((a[2:]-a[:2]).prod(), 1e-6); floor = r.same
        for q in people:
            if q is not p:
                b = q.pose.box
                w = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
                if w.min() > 0: floor = max(floor, r.same_covered if w.prod() > r.covered * area else r.same_near)
        return floor

    def _near(self, p, people):
        a = p.pose.box
        for q in people:
            if q is not p:
                b = q.pose.box
                w = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
                if w.min() > 0: return True
        return False

    def _taken(self, pose, done, least):
        return bool(done) and likeness([pose], [d.pose for d in done], self.skeleton).max() >= least
