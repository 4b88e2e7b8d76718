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

"""``replay --ray``: a node of a cluster is killed in the middle."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from collections.abc import Iterator
import csv
import os
from pathlib import Path
import signal
import socket
import sys
from tempfile import TemporaryDirectory
from threading import Thread
import time
from types import ModuleType
from typing import Any
from typing import cast

from many_workers import FakeWorker
from many_workers import WaitingWorker
from many_workers import works_of
from movenet_ros.core.errors import StartError
from movenet_ros.replay.command import main
from movenet_ros.replay.many import run
from movenet_ros.replay.many.lane import Progress
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.ray_pool import RayPool
from movenet_ros.replay.many.ray_pool import SETTINGS
from movenet_ros.replay.many.ray_pool import SETTINGS_LOCAL
from movenet_ros.replay.many.summary import CSV
import pytest

ray = pytest.importorskip('ray', reason='not installed')

WritePhotos = Callable[[Path, int, int], Path]

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

NODE = {'num_cpus': 1, 'node_ip_address': '127.0.0.1', 'object_store_memory': 80 * 2**20}
IMAGES = {'a': 40, 'b': 40, 'c': 40, 'd': 5}
OPTIONS = ['--backend', 'onnxruntime', '--mode', 'fast', '--input-size', '128']
WAIT_S = 60.0


@pytest.fixture(scope='module')
def recordings(
    write_photos: WritePhotos, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give a folder with bags."""
    folder = tmp_path_factory.mktemp('recordings')
    for name, count in IMAGES.items():
        write_photos(folder / name, count, 128)
    return folder


@pytest.fixture(scope='module')
def cluster() -> Iterator[Any]:
    """Give a cluster of one node, the head, which ends with the tests."""
    from ray._private import ray_constants
    from ray.cluster_utils import Cluster

    with TemporaryDirectory(prefix='ray') as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in {**SETTINGS, **SETTINGS_LOCAL, 'RAY_TMPDIR': folder}.items():
            patch.setenv(name, value)
        patch.setenv('PYTHONPATH', os.pathsep.join(each for each in sys.path if each))
        patch.setattr(ray_constants, 'ENABLE_RAY_CLUSTER', False)  # where ray was loaded before
        head = {**NODE, 'num_gpus': 1, 'include_dashboard': False}
        nodes = Cluster(initialize_head=True, head_node_args=head)
        try:
            yield nodes
        finally:
            ray.shutdown()
            nodes.shutdown()


def test_a_process_is_kept_from_recording_to_recording(cluster: Any, tmp_path: Path) -> None:
    """With a part of a GPU, too, for which Ray would start a new one each time."""
    names = [f'bag{i}' for i in range(6)]
    order = Order(Namespace(params_file=None), cast(Any, None), tmp_path)
    with RayPool(order, cluster.address, 1, 0.25, 0, FakeWorker, print) as pool:
        assert pool.jobs == 1
        states = [each.row.state for each in pool.outcomes(works_of(*names), list, [])]
    assert states == ['done'] * 6
    assert len({(tmp_path / each).read_text() for each in names}) == 1


def test_a_signal_ends_all_and_leaves_nothing_on_a_cluster(cluster: Any, tmp_path: Path) -> None:
    order = Order(Namespace(params_file=None), cast(Any, None), tmp_path)
    signals: list[int] = []

    def watch(progress: list[Progress]) -> None:
        if [*tmp_path.iterdir()] and not signals:
            signals.append(signal.SIGINT)

    with RayPool(order, cluster.address, 2, 0.0, 0, WaitingWorker, print) as pool:
        outcomes = [*pool.outcomes(works_of('a', 'b', 'c'), watch, signals)]
    assert [each.row.state for each in outcomes] == ['stopped'] * 3
    assert not [*tmp_path.iterdir()]


def test_a_node_without_the_package_is_one_line(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType('only_here')
    monkeypatch.setitem(sys.modules, module.__name__, module)
    make = type('Worker', (FakeWorker,), {'__module__': module.__name__})
    monkeypatch.setattr(module, 'Worker', make, raising=False)
    order = Order(Namespace(params_file=None), cast(Any, None), tmp_path)
    with pytest.raises(StartError, match="No module named 'only_here'.*on each node") as refused:
        RayPool(order, cluster.address, 1, 0.0, 0, make, print)
    assert '\n' not in str(refused.value)


def test_a_node_that_is_lost_loses_nothing(
    cluster: Any, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every output is whole, has the bytes that one job would write, and is where it belongs."""
    node = cluster.add_node(**NODE)
    monkeypatch.chdir(tmp_path)  # where the nodes are not
    out = Path('out')
    killer = Thread(target=lambda: kill_in_the_middle(cluster, node, out), daemon=True)
    killer.start()
    named = os.path.relpath(recordings)
    code = main([named, '--out', str(out), '--ray', cluster.address, *OPTIONS])
    killer.join()
    assert code == 0 and not cluster.worker_nodes
    main([str(recordings), '--out', str(tmp_path / 'alone'), *OPTIONS])
    assert bags(out) == bags(tmp_path / 'alone')
    with (out / CSV).open() as file:
        rows = {row['bag']: (row['state'], int(row['images'])) for row in csv.DictReader(file)}
    assert rows == {name: ('done', count) for name, count in IMAGES.items()}
    assert [each.name for each in out.rglob('.*')] == [run.LOCK]


def kill_in_the_middle(cluster: Any, node: Any, out: Path) -> None:
    """Kill a node, as soon as two recordings are being replayed."""
    end = time.monotonic() + WAIT_S
    while len([*out.glob('.?.*')]) < 2 and time.monotonic() < end:
        time.sleep(0.005)
    cluster.remove_node(node, allow_graceful=False)


def bags(folder: Path) -> dict[str, bytes]:
    """Return the content of all storages."""
    return {each.name: each.read_bytes() for each in folder.rglob('*.mcap')}


def test_an_address_of_no_cluster_is_one_line(recordings: Path, tmp_path: Path) -> None:
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        address = f'127.0.0.1:{nobody.getsockname()[1]}'
    with pytest.raises(StartError, match='no Ray cluster at'):
        main([str(recordings), '--out', str(tmp_path), '--ray', address])
