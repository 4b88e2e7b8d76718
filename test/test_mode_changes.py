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

"""A mode that is asked for: what is loaded for it, and what happens where that cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from log_lines import Lines
from movenet_ros import networks as networks_module
from movenet_ros.backends.recorded import heads_of
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.costs import Costs
from movenet_ros.core.costs import Line
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.heads import IMAGE_HEADS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.modes import MEAN
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.movenet import SPEC
from movenet_ros.networks import Network
from movenet_ros.networks import open_network
from movenet_ros.perception import Perception
from movenet_ros.settings import changed
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
import numpy as np
from numpy.typing import NDArray
import pytest

Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
PeopleAt = Callable[..., Poses]

WH = (640, 480)
IMAGE = SourceImage(np.zeros((WH[1], WH[0], 3), np.uint8), 'rgb')
STEP_NS = 33_333_333
CROWD = [(100.0 * i, 240.0, 100.0) for i in range(1, 6)]  # x, y, height


class Fake(RecordedBackend):
    """
    A network that sees the same people wherever it looks.

    :param heads: the names of its outputs.
    """

    def __init__(self, people: NDArray[np.float32], heads: Any) -> None:
        super().__init__([people])
        self.info = RuntimeInfo('recorded', '1', 'CPU', 2)
        self.people, self.broken, self._heads = people, False, heads

    def run(self, inputs: Tensors) -> Tensors:
        """Answer, or fail."""
        assert not self.closed, 'it was freed'
        (batch,) = inputs.values()
        self.batches.append(batch)
        if self.broken:
            raise InferenceError('no memory')
        heads = heads_of(self.people[0], batch.shape)
        return {name: heads[name] for name in self._heads}


class Room:
    """A perception of a crowd, whose networks are opened as it asks for them."""

    def __init__(
        self, answer: Answer, people_at: PeopleAt, monkeypatch: pytest.MonkeyPatch,
        missing: str = '', **parameters: Any,
    ) -> None:
        self.log, self.missing = Lines(), missing
        self.opened: list[tuple[str, bool]] = []  # variant, and whether it may be fetched
        self.closers: list[Fake] = []
        self._crowd = answer(Letterbox.fit(WH, 256, 32), people_at(*CROWD))
        square = Letterbox((224, 224), (224, 224), (224, 224))
        self._in_crop = answer(square, people_at((112, 112, 180)))
        monkeypatch.setattr(networks_module, 'open_network', self._open)
        self.costs = Costs(Line(5.0, 0.0), Line(5.0, 0.0), 32)
        monkeypatch.setattr(networks_module.Networks, '_measured', lambda *_: self.costs)
        self.settings = table_of(Settings, parameters)
        self.perception = Perception(self.settings, self.log)
        self.stamp_ns = 0

    def _open(
        self, settings: Settings, spec: ModelSpec, log: Any, may_fetch: bool = True
    ) -> Network:
        self.opened.append((spec.variant, may_fetch))
        if spec.variant == SPEC.variant:
            return Network(Fake(self._crowd, IMAGE_HEADS), 'made up')
        if self.missing:
            raise ModelError(self.missing)
        self.closers.append(Fake(self._in_crop, CROP_HEADS))
        return Network(self.closers[-1], 'made up')

    @property
    def mode(self) -> str:
        """Return the mode that runs."""
        return self.perception.choice.mode

    def change(self, **parameters: Any) -> None:
        """Change parameters, as the node does."""
        settings = changed(self.settings, parameters)
        self.perception.apply(settings)
        self.settings = settings

    def show(self, count: int = 1) -> list[list[int]]:
        """Show the next images, and return the ids of the people in each."""
        ids = []
        for _ in range(count):
            self.stamp_ns += STEP_NS
            ids.append(sorted(self.perception.people(IMAGE, self.stamp_ns).ids.tolist()))
        return ids


@pytest.fixture
def room(
    answer: Answer, people_at: PeopleAt, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Room]:
    """Return a function that makes one."""
    return lambda **parameters: Room(answer, people_at, monkeypatch, **parameters)


MakeRoom = Callable[..., Room]


# at the start


def test_fast_takes_one_network(room: MakeRoom) -> None:
    assert room(mode='fast').opened == [(SPEC.variant, True)]


@pytest.mark.parametrize('mode', ['auto', 'balanced', 'accurate'])
def test_without_the_other_network_a_node_starts_as_fast_and_tells_why(
    room: MakeRoom, mode: str
) -> None:
    here = room(mode=mode, missing='no model here: run "fetch"')
    assert here.mode == 'fast' and len(here.show()[0]) == len(CROWD)
    (line,) = here.log.warnings
    assert line == here.perception.choice.problem
    assert all(words in line for words in (mode, 'Thunder', 'run "fetch"'))


def test_a_line_names_the_parameter_of_a_file_that_is_wrong(room: MakeRoom) -> None:
    here = room(missing='no such file', **{'refine.model_path': '/x'})
    (line,) = here.log.warnings
    assert 'refine.model_path' in line


@pytest.mark.parametrize(('mode', 'may_fetch'), [('auto', False), ('balanced', True)])
def test_the_other_network_alone_is_fetched_where_its_mode_is_asked_for(
    room: MakeRoom, mode: str, may_fetch: bool
) -> None:
    """An offline robot starts at once."""
    assert room(mode=mode).opened[1:] == [('singlepose_thunder', may_fetch)]


# while images come


@pytest.mark.parametrize('modes', [
    ('fast', 'balanced'), ('balanced', 'fast'), ('balanced', 'accurate'), ('accurate', 'auto'),
])
def test_a_mode_that_changes_loses_nobody_in_a_crowd(
    room: MakeRoom, modes: tuple[str, str]
) -> None:
    before, after = modes
    here = room(mode=before)
    *_, ids = here.show(10)
    assert len(ids) == len(CROWD) and all(ids)
    here.change(mode=after)
    assert here.show(10) == [ids] * 10


def test_what_a_mode_does_not_take_is_freed(room: MakeRoom) -> None:
    here = room(mode='balanced')
    here.change(mode='fast')
    (closer,) = here.closers
    assert closer.closed and here.perception.networks.closer is None


def test_a_mode_that_cannot_be_had_is_rejected_and_nothing_changes(room: MakeRoom) -> None:
    here = room(mode='fast', missing='no model here: run "fetch"')
    with pytest.raises(StartError, match='Thunder.*run "fetch"'):
        here.change(mode='accurate', person_threshold=0.9)
    assert here.mode == 'fast' and here.log.warnings == []
    assert len(here.show()[0]) == len(CROWD)


def test_while_images_wait_nothing_is_fetched(room: MakeRoom) -> None:
    here = room(mode='fast')
    here.change(mode='balanced')
    assert here.opened[1:] == [('singlepose_thunder', False)]


def test_the_other_network_is_taken_as_soon_as_it_is_there(room: MakeRoom) -> None:
    """As after a fetch_model."""
    here = room(missing='none')
    here.change(input_size=384)
    assert here.mode == 'fast' and len(here.log.warnings) == 1
    here.missing = ''
    here.change(person_threshold=0.3)
    assert here.mode == 'balanced'


@pytest.mark.parametrize(
    ('budget_ms', 'mode'), [(0.0, 'balanced'), (1.0, 'fast'), (1e6, 'balanced')]
)
def test_any_budget_is_accepted_with_one_line(
    room: MakeRoom, budget_ms: float, mode: str
) -> None:
    here = room(mode='balanced')
    *_, ids = here.show(5)
    before = len(here.log.infos) + len(here.log.warnings)
    here.change(**{'refine.budget_ms': budget_ms})
    assert here.mode == mode
    assert len(here.log.infos) + len(here.log.warnings) == before + 1
    assert len(here.log.warnings) == (mode == 'fast')
    assert here.show(5) == [ids] * 5


def test_a_change_that_does_not_run_leaves_what_runs(room: MakeRoom) -> None:
    """The network that looks closer, too, though the new mode would not have taken it."""
    here = room(mode='balanced')
    first: Any = here.perception.runtime
    first.broken = True
    with pytest.raises(InferenceError):
        here.change(mode='fast', input_size=512)
    first.broken = False
    assert here.mode == 'balanced' and here.show()


def test_a_change_that_does_not_run_frees_what_it_has_loaded(room: MakeRoom) -> None:
    here = room(mode='fast')
    first: Any = here.perception.runtime
    first.broken = True
    with pytest.raises(InferenceError):
        here.change(mode='balanced')
    (closer,) = here.closers
    assert closer.closed


def test_other_parameters_log_no_mode(room: MakeRoom) -> None:
    here = room(mode='accurate')
    before = list(here.log.infos)
    here.change(person_threshold=0.4, **{'refine.max_people': 2})
    assert here.log.infos == before


# what is told of an image


def test_times_are_of_the_latest_image_alone(room: MakeRoom) -> None:
    here = room(mode='accurate')
    here.show(3)
    networks = here.perception.networks
    assert networks.seconds == networks.first.seconds + networks.closer.seconds > 0
    here.change(mode='fast')
    here.show()
    assert networks.seconds == networks.first.seconds


def test_a_budget_that_is_used_is_a_share_of_the_average(room: MakeRoom) -> None:
    """A detection and a crop of 5 ms each."""
    here = room(mode='balanced')
    here.show()
    assert here.perception.finder.budget_used == pytest.approx(10.0 / (MEAN * 25.0))
    here.change(mode='accurate')
    here.show()
    assert here.perception.finder.budget_used is None


def test_who_was_looked_at_closely_is_told(room: MakeRoom) -> None:
    here = room(mode='accurate')
    assert here.perception.people(IMAGE).refined.all()
    here.change(mode='fast')
    assert not here.perception.people(IMAGE).refined.any()


def test_a_model_that_is_not_in_the_cache_is_not_fetched_where_that_is_ruled_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(ModelError, match='fetch_model'):
        open_network(Settings(), SPEC, Lines(), may_fetch=False)
