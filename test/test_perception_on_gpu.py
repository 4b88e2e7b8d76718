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

"""Both networks on a GPU, which recorded ones stand in for: what runs, and who leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from log_lines import Lines
from movenet_ros import networks as networks_module
from movenet_ros.backends.recorded import heads_of
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.thunder import BATCHES
from movenet_ros.networks import Network
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
import numpy as np
from numpy.typing import NDArray
import pytest

PeopleAt = Callable[..., Poses]
Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Shape = tuple[int, ...]

WH = (640, 480)
IMAGE = SourceImage(np.zeros((WH[1], WH[0], 3), np.uint8), 'rgb')
GPU, CPU = 'GPU 0 (any)', 'CPU'
STEP_NS = 33_333_333


class Seeing(RecordedBackend):
    """
    A network that sees the same people in every input.

    :param log: which network ran, and the shape of its input.
    """

    def __init__(
        self, name: str, device: str, people: NDArray[np.float32], log: list[tuple[str, Shape]]
    ) -> None:
        super().__init__([people])
        self.info = RuntimeInfo('recorded', '1', device)
        self.people = people
        self.broken = False
        self._name, self._log = name, log

    def run(self, inputs: Tensors) -> Tensors:
        """Answer, or fail."""
        (batch,) = inputs.values()
        self._log.append((self._name, batch.shape))
        if self.broken:
            raise InferenceError('the GPU is gone')
        heads = heads_of(self.people[0], batch.shape)
        maps = CROP_HEADS if self._name == 'closer' else IMAGE_HEADS
        return {name: heads[name] for name in maps}


class Room:
    """
    A perception on a GPU, and a CPU beside it.

    :param crop_ms: what a crop costs on the CPU, by the table.
    """

    def __init__(
        self,
        answer: Answer,
        people_at: PeopleAt,
        monkeypatch: pytest.MonkeyPatch,
        crop_ms: float = 1.0,
        **parameters: Any,
    ) -> None:
        self.ran: list[tuple[str, Shape]] = []
        self.log = Lines()
        self._answer, self._people_at = answer, people_at
        somebody = people_at((112, 112, 150))
        in_crop = answer(Letterbox((224, 224), (224, 224), (224, 224)), somebody)
        nobody = np.zeros((1, 0, 56), np.float32)
        self.first = Seeing('first', GPU, nobody, self.ran)
        self.closer = Seeing('closer', GPU, in_crop, self.ran)
        self.on_cpu = [
            Seeing('first', CPU, nobody, self.ran), Seeing('closer', CPU, in_crop, self.ran)
        ]
        waiting = iter(self.on_cpu)
        self.asked: list[str] = []

        def open_network(settings: Settings, *_: Any) -> Network:
            self.asked.append(settings.device)
            return Network(next(waiting), 'made up', None)

        monkeypatch.setattr(networks_module, 'open_network', open_network)
        costs = Costs(Line(5.0, 0.0), Line(crop_ms, 0.0), 32)
        monkeypatch.setattr(networks_module.Networks, '_measured', lambda *_: costs)
        self.perception = Perception(
            Settings(**parameters), self.log, self.first, closer=self.closer
        )

    def show(self, count: int, stamp_ns: int = 0) -> Poses:
        """Let the first network see some people, and forget what ran before."""
        places = [(60 + 30 * i, 240, 100) for i in range(count)]
        people = self._answer(Letterbox.fit(WH, 256, 32), self._people_at(*places))
        for each in (self.first, self.on_cpu[0]):
            each.people = people
        self.ran.clear()
        return self.perception.people(IMAGE, stamp_ns)


@pytest.fixture
def room(
    answer: Answer, people_at: PeopleAt, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Room]:
    """Return a function that makes one."""
    return lambda **parameters: Room(answer, people_at, monkeypatch, **parameters)


MakeRoom = Callable[..., Room]


def test_auto_is_accurate_there(room: MakeRoom) -> None:
    assert room().perception.choice.mode == 'accurate'


def test_all_batches_are_warmed_up_and_no_number_of_people_has_another(room: MakeRoom) -> None:
    here = room()
    warm = {shape for name, shape in here.ran if name == 'closer'}
    assert warm == {(n, 224, 224, 3) for n in BATCHES}
    for count in range(1, 18):
        here.show(count, count * STEP_NS)
        assert {shape for name, shape in here.ran if name == 'closer'} <= warm


def test_both_detections_come_first_then_all_crops(room: MakeRoom) -> None:
    here = room()
    here.show(3)
    names = [name for name, _ in here.ran]
    assert names[:2] == ['first', 'first'] and {*names[2:]} == {'closer'}
    assert here.ran[0][1] != here.ran[1][1]


@pytest.mark.parametrize(('crop_ms', 'mode'), [(1.0, 'balanced'), (100.0, 'fast')])
def test_a_gpu_that_fails_in_a_crop_is_left_by_both_networks(
    room: MakeRoom, crop_ms: float, mode: str
) -> None:
    """And the mode is chosen anew, by what the networks cost on the CPU."""
    here = room(crop_ms=crop_ms)
    here.closer.broken = True
    found = here.show(1)
    assert len(found) == 1
    assert (here.first.closed, here.closer.closed) == (True, True)
    assert here.asked == ['cpu', 'cpu']
    assert here.perception.choice.mode == mode
    assert here.perception.runtime.info.device == CPU
    assert 'the GPU is gone' in here.perception.fallback
    assert [each.closed for each in here.on_cpu] == [False, mode == 'fast']


def test_a_gpu_that_was_insisted_on_is_not_left(room: MakeRoom) -> None:
    here = room(device='gpu')
    here.closer.broken = True
    with pytest.raises(BackendError, match='no longer runs the model: the GPU is gone'):
        here.show(1)
    assert here.asked == []
