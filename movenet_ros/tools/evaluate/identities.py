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

"""Whose id each person has: the own one, a new one, or somebody else's."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Iterable

RETURN_S = 1.0  # without being found, after which a person comes back
OWNER_S = 1.0  # from when an id is given: whoever has it for most of that time is its owner


class Identities:
    """Counts, image by image, who has whose id."""

    def __init__(self) -> None:
        self._held: dict[int, list[tuple[float, Hashable]]] = defaultdict(list)
        self._found_s: dict[Hashable, float] = {}
        self._ids: dict[Hashable, int] = {}
        self._is_back: set[Hashable] = set()
        self._returns: list[tuple[Hashable, int, int]] = []

    def add(self, now_s: float, found: Iterable[tuple[Hashable, int]]) -> None:
        """
        Take in an image.

        :param found: the people found in it, and the id of each; 0 for none.
        """
        for person, number in found:
            if now_s - self._found_s.get(person, now_s) > RETURN_S and person in self._ids:
                self._is_back.add(person)
            self._found_s[person] = now_s
            if not number:
                continue
            self._held[number].append((now_s, person))
            if person in self._is_back:
                self._is_back.remove(person)
                self._returns.append((person, self._ids[person], number))
            self._ids[person] = number

    def figures(self, person_images: int) -> dict[str, float]:
        """
        Return who had somebody else's id, and how people came back.

        :param person_images: people in all images, found or not.
        """
        owners = {
            number: _most(person for then_s, person in held if then_s <= held[0][0] + OWNER_S)
            for number, held in self._held.items()
        }
        wrong = sum(
            person != owners[number] for number, held in self._held.items() for _, person in held
        )
        back = Counter(
            'right' if number == before else 'new' if owners[number] == person else 'wrong'
            for person, before, number in self._returns
        )
        return {
            'wrong_id': wrong / max(1, person_images),
            **{f'returns_{kind}': back[kind] for kind in ('right', 'wrong', 'new')},
        }


def _most(people: Iterable[Hashable]) -> Hashable:
    """Return who comes most often, of several the first."""
    return Counter(people).most_common(1)[0][0]
