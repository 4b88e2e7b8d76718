from __future__ import annotations

from movenet_ros.backends.recorded import RecordedBackend
import numpy as np


def test_outputs_are_played_in_turn_and_the_last_one_stays() -> None:
    outputs = [np.full((1, 6, 56), i, np.float32) for i in range(2)]
    backend = RecordedBackend(outputs)
    batch = np.zeros((1, 32, 32, 3), np.int32)
    assert [backend.infer(batch)[0, 0, 0] for _ in range(4)] == [0, 1, 1, 1]


def test_batches_are_kept() -> None:
    backend = RecordedBackend([np.zeros((1, 6, 56), np.float32)])
    batches = [np.full((1, 32, 32, 3), i, np.int32) for i in range(3)]
    for batch in batches:
        backend.infer(batch)
    assert [batch[0, 0, 0, 0] for batch in backend.batches] == [0, 1, 2]
