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

"""Which phases a soak has, how long they take, and in which order; phases.py does them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Phase:
    """
    Something that happens to a node.

    :param name: of its function in phases.py.
    :param seconds: how long, in a soak of some minutes; switching over comes on top.
    :param reloads: the model is loaded anew in it, so that the memory of the process at its end
        does not depend on the phases before.
    """

    name: str
    seconds: float
    meaning: str
    reloads: bool = False


PHASES = (
    Phase('steady', 4.0, 'one camera of 640x480'),
    Phase('sizes', 4.0, 'sizes and encodings change, rows are padded'),
    Phase('publishers', 3.0, 'cameras come and go, one or two at a time, reliable or best effort'),
    Phase('subscribers', 3.0, 'subscribers of each output come and go; at times there is none'),
    Phase('parameters', 3.0, 'parameters change, and are refused where they should be'),
    Phase('modes', 4.0, 'mode and budget change, and how closely people are looked at'),
    Phase('switches', 3.0, '~/enable off and on, ~/detect_once'),
    Phase('lifecycle', 3.0, 'deactivate and activate; transitions that do not exist'),
    Phase('reconfigure', 3.0, 'clean up and configure, also with a file that is no model', True),
    Phase('broken', 4.0, 'messages that are no images, impossible timestamps'),
    Phase('compressed', 3.0, 'JPEG and PNG; broken ones, and one of 100 megapixels', True),
    Phase('overload', 6.0, "another process sends at 10 times the node's rate"),
    Phase('silence', 3.0, 'no publisher, or one of another type'),
)
RELOADING = [each.name for each in PHASES if each.reloads]
CALM_S = 0.7  # good images after each phase
ROUND_S = sum(each.seconds + CALM_S for each in PHASES)


def plan(seed: int) -> Iterator[tuple[int, Phase]]:
    """
    Yield round after round of all phases, without an end.

    :return: the round, from 1 on, and the phase; the first round is in the order of PHASES.
    """
    rng, order, number = Random(seed), list(PHASES), 1
    while True:
        yield from ((number, phase) for phase in order)
        rng.shuffle(order)
        number += 1


def shortened(minutes: float) -> float:
    """Return the factor for seconds with which a short soak has every phase, too."""
    return min(1.0, 60 * minutes / ROUND_S)
