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

"""What the tests share: real pictures, the real model in both runtimes, and made-up people."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from fractions import Fraction
from importlib.util import find_spec
import logging
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import cv2
from hypothesis import settings
from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.tensorflow import import_tensorflow
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.skeleton import COCO
from movenet_ros.model import thunder
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import pytest

HERE = Path(__file__).parent
# For modules of both; no packages, of which launch_testing allows no two of equal names.
sys.path[:0] = [str(HERE), str(HERE.parent / 'scripts')]

pytest_plugins = ['ros_graph']

COSTS = ('tool', 'process', 'runtime', 'fuzz', 'lint', 'graph', 'pure')  # see pyproject.toml
COST_OF_FIXTURES = {  # the dearest first
    'process': {'start_program'},
    'runtime': {
        'onnxruntime_cpu', 'real_model', 'tensorflow', 'tensorflow_cpu', 'thunder_cpu',
        'thunder_model',
    },
    'graph': {'context', 'module_world', 'world'},
}
NEEDS = {  # what not every distribution has, and what cannot be collected or run without it
    'backends': ('onnx', 'onnxruntime'),
    'consumers/test_two_processes_3d.py': ('onnxruntime',),
    'core/test_kinematics_comparison.py': ('dtaidistance',),
    'core/test_media.py': ('av',),
    'core/test_recording.py': ('av',),
    'core/test_video.py': ('av',),
    'node/test_two_processes.py': ('onnxruntime',),
    'node/test_video_source.py': ('av',),
    'tools/analyse': ('av', 'dtaidistance', 'mcap', 'plotly', 'pyarrow'),
    'tools/demo': ('av',),
    'examples/test_examples_of_pictures.py': ('av', 'lz4', 'mcap', 'rosbags', 'zstandard'),
    'fuzz': ('onnx', 'rosbags'),
    'messages/test_padding.py': ('rosbags',),
    'model/test_exported_decoding.py': ('onnxruntime',),
    'model/test_known_answer.py': ('onnx', 'onnxruntime'),
    'model/test_fetch.py': ('onnx', 'onnxruntime'),
    'model/test_fetch_model_command.py': ('onnx',),
    'model/test_maxima.py': ('onnx', 'onnxruntime'),
    'model/test_movenet_find.py': ('onnx',),
    'model/test_onnx_file.py': ('onnx', 'onnxruntime'),
    'model/test_saved_model.py': ('onnx', 'onnxruntime'),
    'replay': ('av', 'lz4', 'mcap', 'rosbags', 'zstandard'),
    'test_code_blocks.py': ('av', 'mcap', 'onnx', 'onnxruntime'),
    'test_papers.py': ('foxglove_msgs', 'hri_msgs'),
    'test_seams.py': ('onnx', 'onnxruntime'),
    'test_site.py': ('furo', 'myst_parser', 'sphinx'),
    'tools/benchmark/test_bare_model.py': ('onnxruntime',),
    'tools/benchmark/test_benchmark_command.py': ('onnx',),
    'tools/benchmark/test_tutorial.py': ('onnx',),
    'tools/doctor/test_doctor_command.py': ('onnxruntime',),
    'tools/evaluate': ('av', 'motmetrics', 'pycocotools'),
    'tools/soak/test_soak_command.py': ('onnxruntime',),
    'tools/soak/test_soak_run.py': ('onnxruntime',),
}
MISSING = {
    path: ', '.join(name for name in names if find_spec(name) is None)
    for path, names in NEEDS.items()
}
COST_OF_FOLDERS = {'backends': 'runtime', 'fuzz': 'fuzz'}

DATA = Path(__file__).resolve().parents[2] / 'shared' / 'data'

FIGURE = np.array(
    [(0.0, -0.43), (0.02, -0.45), (-0.02, -0.45), (0.04, -0.44), (-0.04, -0.44)]
    + [(0.11, -0.32), (-0.11, -0.32), (0.16, -0.17), (-0.16, -0.17), (0.17, -0.02), (-0.17, -0.02)]
    + [(0.08, 0.02), (-0.08, 0.02), (0.09, 0.24), (-0.09, 0.24), (0.1, 0.45), (-0.1, 0.45)]
)
BOX = np.array([-0.2, -0.5, 0.2, 0.5])  # of that person

signal.signal(signal.SIGINT, signal.default_int_handler)  # which background jobs ignore
logging.getLogger('movenet_ros').propagate = True  # to caplog; ROS's launch, a plugin, stops it

# The same examples each time, without a deadline: neither chance nor a busy machine is a failure.
# pytest --hypothesis-profile default tries others, and more; scripts/fuzz tries a million.
settings.register_profile('movenet_ros', deadline=None, derandomize=True, max_examples=30)
settings.load_profile('movenet_ros')

collect_ignore = [path for path, names in MISSING.items() if names]


def pytest_report_header() -> list[str]:
    """Return which tests are skipped."""
    return [f'skipped: test/{path}, for want of {MISSING[path]}' for path in collect_ignore]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it costs, and run the dearest files first: no worker ends late."""
    ranks: dict[Path, int] = {}
    for item in items:
        marks = [cost for cost in COSTS if item.get_closest_marker(cost)]
        if len(marks) > 1:
            raise pytest.UsageError(f'{item.nodeid} is marked {" and ".join(marks)}: keep one')
        if not marks:
            marks = [cost_of(item)]
            item.add_marker(marks[0])
        path = path_of(item)
        ranks[path] = min(COSTS.index(marks[0]), ranks.get(path, len(COSTS)))
    items.sort(key=lambda item: ranks[path_of(item)])


def path_of(item: pytest.Item) -> Path:
    """Return the file of a test; the pytest of Ubuntu 22.04 has no item.path."""
    return Path(item.fspath)


def cost_of(item: pytest.Item) -> str:
    """Return what a test costs, by its fixtures and its folder."""
    fixtures = {*getattr(item, 'fixturenames', ())}
    by_fixture = [cost for cost, names in COST_OF_FIXTURES.items() if names & fixtures]
    folder = path_of(item).relative_to(Path(__file__).parent).parts[0]
    return [*by_fixture, COST_OF_FOLDERS.get(folder, 'pure')][0]


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name bytes by their argument: they differ from one worker to the next where ROS pads."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that starts a process and is not marked so."""

    def refuse(_: Any, command: Any, *__: Any, **___: Any) -> None:
        pytest.fail(f'mark this test "process": it starts {command}')

    if request.node.get_closest_marker('pure') or request.node.get_closest_marker('graph'):
        monkeypatch.setattr(subprocess.Popen, '__init__', refuse)


@pytest.fixture(scope='session')
def data() -> Path:
    """Give the folder of COCO pictures that lies beside some checkouts of this repository."""
    if not DATA.is_dir():
        pytest.skip(f'no pictures in {DATA}')
    return DATA


@pytest.fixture(scope='session')
def astronaut() -> SourceImage:
    """Give a real photograph of one person, 512x512, which every machine has."""
    pictures = pytest.importorskip('skimage.data', reason='scikit-image has the picture')
    photo_rgb = np.ascontiguousarray(pictures.astronaut())
    photo_rgb.flags.writeable = False
    return SourceImage(photo_rgb, 'rgb')


@pytest.fixture(scope='session')
def real_model() -> ModelFiles:
    """Give the real model, which scripts/setup fetches before any test runs."""
    return fetched('multipose_lightning')


@pytest.fixture(scope='session')
def thunder_model() -> ModelFiles:
    """Give the real Thunder."""
    return fetched('singlepose_thunder')


def fetched(variant: str) -> ModelFiles:
    """Return a model from the cache; only where nothing can fetch one, it may be missing."""
    found = find_model(variant)
    if found is None and find_spec('onnx') is None:
        pytest.skip('no model in the cache, and only pip has onnx, which fetch_model takes')
    assert found is not None, 'no model in the cache: run "python -m movenet_ros fetch_model"'
    return found


@pytest.fixture(scope='session')
def onnxruntime_cpu(real_model: ModelFiles) -> Runtime:
    """Give the real model in ONNX Runtime on the CPU."""
    pytest.importorskip('onnxruntime', reason='only pip has it')
    return load_backend(BackendRequest(SPEC, 'onnxruntime', 'cpu', onnx=real_model.onnx))


@pytest.fixture(scope='session')
def thunder_cpu(thunder_model: ModelFiles) -> Runtime:
    """Give the real Thunder in ONNX Runtime on the CPU."""
    pytest.importorskip('onnxruntime', reason='only pip has it')
    return load_backend(
        BackendRequest(thunder.SPEC, 'onnxruntime', 'cpu', onnx=thunder_model.onnx)
    )


@pytest.fixture(scope='session')
def tensorflow() -> Any:
    """Give TensorFlow, which takes seconds to import."""
    if find_spec('tensorflow') is None:
        pytest.skip('only pip has TensorFlow')
    return import_tensorflow()


@pytest.fixture(scope='session')
def tensorflow_cpu(tensorflow: Any, real_model: ModelFiles) -> Runtime:
    """Give the real model in TensorFlow on the CPU."""
    files = {'saved_model': real_model.saved_model}
    return load_backend(BackendRequest(SPEC, 'tensorflow', 'cpu', **files))


@pytest.fixture(scope='session')
def make_people() -> Callable[[tuple[int, int], int], Poses]:
    """Return a function that makes people side by side in an image, the best first."""

    def make(image_wh: tuple[int, int], count: int) -> Poses:
        random = np.random.default_rng(count)
        column = image_wh[0] / max(count, 1)
        heights = min(2 * column, image_wh[1]) * random.uniform(0.7, 1.0, count)
        middles = np.column_stack([
            column * (np.arange(count) + 0.5),
            random.uniform(heights / 2, image_wh[1] - heights / 2),
        ])
        figures = FIGURE + random.uniform(-0.02, 0.02, (count, len(COCO), 2))
        return Poses(
            keypoints=middles[:, None] + heights[:, None, None] * figures,
            keypoint_scores=random.uniform(0.2, 1, (count, len(COCO))),
            boxes_xyxy=np.tile(middles, 2) + heights[:, None] * BOX,
            scores=np.linspace(0.9, 0.4, count),
            ids=np.zeros(count),
        )

    return make


@pytest.fixture(scope='session')
def people_at() -> Callable[..., Poses]:
    """Return a function that makes upright people, each ``(x, y, height)``: middle and pixels."""

    def make(
        *people: tuple[float, float, float], score: float = 0.8, keypoint_score: float = 0.9
    ) -> Poses:
        places = np.array(people, np.float64).reshape(-1, 3)
        middles, heights = places[:, None, :2], places[:, 2]
        n = len(places)
        return Poses(
            keypoints=middles + heights[:, None, None] * FIGURE,
            keypoint_scores=np.full((n, 17), keypoint_score),
            boxes_xyxy=np.tile(places[:, :2], 2) + heights[:, None] * BOX,
            scores=np.full(n, score),
            ids=np.zeros(n),
        )

    return make


@pytest.fixture(scope='session')
def answer() -> Callable[[Letterbox, Poses], NDArray[np.float32]]:
    """Return a function that makes people as RecordedBackend takes them."""

    def make(letterbox: Letterbox, poses: Poses) -> NDArray[np.float32]:
        output = np.zeros((1, len(poses), 56), np.float32)
        for i in range(len(poses)):
            x_y = letterbox.to_input(poses.keypoints[i]) / letterbox.input_wh
            output[0, i, :51] = np.column_stack([x_y[:, ::-1], poses.keypoint_scores[i]]).ravel()
            corners_xy = letterbox.to_input(poses.boxes_xyxy[i].reshape(2, 2)) / letterbox.input_wh
            output[0, i, 51:55] = corners_xy[:, ::-1].ravel()
            output[0, i, 55] = poses.scores[i]
        return output

    return make


MakeVideo = Callable[..., Path]


@pytest.fixture(scope='session')
def make_video() -> MakeVideo:
    """Return a function that writes a video of 64x48 in greys, the next 20 lighter each time."""
    av = pytest.importorskip('av', reason='PyAV writes videos')

    def make(
        path: Path, times_s: Iterable[float], codec: str = 'libx264', pix_fmt: str = 'yuv420p',
        audio: bool = False, prepare: Callable[[Any], None] = lambda stream: None,
        image: Callable[[int], NDArray[np.uint8]] = lambda i: np.full((48, 64, 3), 20 * i, 'u1'),
        **more: Any,
    ) -> Path:
        with av.open(str(path), 'w', **more) as container:
            sound = container.add_stream('aac', rate=8000) if audio else None
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = image(0).shape[:2]
            stream.pix_fmt = pix_fmt
            prepare(stream)
            stream.codec_context.time_base = Fraction(1, 100)
            for i, time_s in enumerate(times_s):
                frame = av.VideoFrame.from_ndarray(image(i), format='bgr24')
                frame.pts, frame.time_base = round(100 * time_s), Fraction(1, 100)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            if sound is not None:
                silence = np.zeros((1, 8000), np.float32)
                frame = av.AudioFrame.from_ndarray(silence, format='fltp', layout='mono')
                frame.sample_rate, frame.pts = 8000, 0
                container.mux([*sound.encode(frame), *sound.encode(None)])
        return path

    return make


@pytest.fixture(scope='session')
def typestore() -> Any:
    """Give the message types that rosbags knows."""
    typesys = pytest.importorskip('rosbags.typesys', reason='rosbags knows the types')
    return typesys.get_typestore(typesys.Stores.ROS2_JAZZY)


ImageBytes = Callable[..., bytes]


@pytest.fixture(scope='session')
def image_bytes(typestore: Any) -> ImageBytes:
    """Return a function that makes a serialized sensor_msgs/Image, of bgr8 unless told."""
    types = typestore.types

    def make(image: NDArray[np.uint8], stamp_ns: int = 0, **fields: Any) -> bytes:
        time = types['builtin_interfaces/msg/Time'](*divmod(stamp_ns, 10**9))
        header = types['std_msgs/msg/Header'](time, fields.pop('frame_id', 'camera'))
        height, width = image.shape[:2]
        row = image[0].nbytes
        values = {'encoding': 'bgr8', 'is_bigendian': 0, 'step': row, 'data': image.ravel()}
        msg = types['sensor_msgs/msg/Image'](
            header=header, height=height, width=width, **{**values, **fields}
        )
        return bytes(typestore.serialize_cdr(msg, 'sensor_msgs/msg/Image'))

    return make


BagRow = tuple[str, str, int, bytes]  # topic, type, time in nanoseconds, message
WriteBag = Callable[..., Path]


@pytest.fixture(scope='session')
def write_bag(typestore: Any) -> WriteBag:
    """Return a function that writes rows into a new bag; topics begin with the first of theirs."""
    rosbag2 = pytest.importorskip('rosbags.rosbag2', reason='rosbags writes bags')

    def write(
        path: Path,
        rows: Iterable[BagRow],
        storage: str = 'mcap',
        compression: str = 'NONE',
        version: Any = 9,
        **connection: Any,
    ) -> Path:
        plugin = rosbag2.StoragePlugin[storage.upper()]
        writer = rosbag2.Writer(path, version=version, storage_plugin=plugin)
        zstd = rosbag2.CompressionFormat.ZSTD
        writer.set_compression(rosbag2.CompressionMode[compression], zstd)
        known: dict[str, Any] = {}
        with writer:
            for topic, msg_type, received_ns, data in rows:
                if topic not in known:
                    types = {'typestore': typestore, **connection}
                    known[topic] = writer.add_connection(topic, msg_type, **types)
                writer.write(known[topic], received_ns, data)
        return path

    return write


@pytest.fixture(scope='session')
def write_photos(
    write_bag: WriteBag, image_bytes: ImageBytes, astronaut: SourceImage
) -> Callable[[Path, int, int], Path]:
    """Return a function that writes a bag of so many photos, of so many pixels, at 10 Hz."""

    def write(path: Path, count: int, side: int) -> Path:
        photo_bgr = cv2.resize(astronaut.as_bgr(), (side, side))
        stamps = (10**18 + i * 10**8 for i in range(count))
        image = 'sensor_msgs/msg/Image'
        rows = (('/image', image, each, image_bytes(photo_bgr, each)) for each in stamps)
        return write_bag(path, rows)

    return write
