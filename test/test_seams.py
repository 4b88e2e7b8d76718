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
A second network and a second output, made here alone, go all the way that MoveNet goes.

The network finds one bright spot by two sums of the image, of its columns and of its rows. Names,
types, number of outputs and skeleton are others than MoveNet's, and no module of the package knows
them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
from geometry_msgs.msg import Point
from geometry_msgs.msg import PointStamped
from movenet_ros import Perception
from movenet_ros import Settings
from movenet_ros.core.errors import ModelError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.pose_model import PoseModel
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.runtime import TensorSpec
from movenet_ros.core.skeleton import Skeleton
from movenet_ros.messages import poses_from_msg
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.outputs import LATCHED
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.messages.outputs import Result
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.store import ModelFiles
from movenet_ros.node.pose_node import PoseNode
import numpy as np
import onnx
import pytest
from rclpy.serialization import serialize_message
from ros_graph import overrides
from ros_graph import SpinNode
from ros_graph import World
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo

pytestmark = pytest.mark.runtime

SIDE = 32
SPOT = Skeleton(('left_spot', 'right_spot', 'spot'), ((0, 2), (1, 2)), (0.1, 0.1, 0.1))
SHAPE = {'picture': (1, 1, SIDE, SIDE)}


class SpotModel(PoseModel):
    """Finds a bright spot."""

    spec = ModelSpec(
        title='Spot',
        variant='',
        inputs={'picture': TensorSpec('float32', SHAPE['picture'])},
        outputs={
            'columns': TensorSpec('float32', (1, 1, SIDE)),
            'rows': TensorSpec('float32', (1, 1, SIDE)),
        },
        smallest=SHAPE,
        usual=SHAPE,
        largest=SHAPE,
    )
    skeleton = SPOT

    def __init__(self, input_size: int, person_threshold: float, max_people: int) -> None:
        self.person_threshold, self.max_people = person_threshold, max_people

    def prepare(self, image: SourceImage) -> Prepared:
        """Shrink the brightness of an image."""
        grey = cv2.resize(image.as_rgb().mean(axis=2), (SIDE, SIDE)) / 255
        scale = np.array(image.wh) / SIDE
        return Prepared({'picture': grey.astype(np.float32)[None, None]}, scale)

    def decode(self, outputs: Tensors, prepared: Prepared) -> Poses:
        """Return the spot as a person with three keypoints, or no person."""
        columns, rows = outputs['columns'][0, 0], outputs['rows'][0, 0]
        middle = (np.array([columns.argmax(), rows.argmax()]) + 0.5) * prepared.way_back
        found = Poses(
            keypoints=np.float32([[middle - (5, 0), middle + (5, 0), middle]]),
            keypoint_scores=np.ones((1, 3), np.float32),
            boxes_xyxy=np.float32([[*(middle - 10), *(middle + 10)]]),
            scores=np.float32([min(1.0, columns.max())]),
            ids=np.zeros(1, np.int64),
            skeleton=SPOT,
        )
        return found.scored(self.person_threshold)


@pytest.fixture(scope='module')
def spot_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the network."""
    make, floats = onnx.helper, onnx.TensorProto.FLOAT
    axes = [make.make_tensor(f'axis_{i}', onnx.TensorProto.INT64, [1], [i]) for i in (2, 3)]
    nodes = [
        make.make_node('ReduceSum', ['picture', f'axis_{i}'], [name], keepdims=0)
        for i, name in ((2, 'columns'), (3, 'rows'))
    ]
    ends = {'columns': (1, 1, SIDE), 'rows': (1, 1, SIDE)}
    graph = make.make_graph(
        nodes,
        'spot',
        [make.make_tensor_value_info('picture', floats, SHAPE['picture'])],
        [make.make_tensor_value_info(name, floats, shape) for name, shape in ends.items()],
        axes,
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid('', 17)], ir_version=8)
    path = tmp_path_factory.mktemp('spot') / 'spot.onnx'
    onnx.save(model, str(path))
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is compiled of it away from the user's cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


def spot_at(x: int, y: int) -> np.ndarray:
    """Draw an image of 320x240 with a spot, RGB."""
    image = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(image, (x, y), 12, (255, 255, 255), cv2.FILLED)
    return image


@pytest.mark.parametrize('backend', ['onnxruntime', 'openvino'])
def test_another_network_runs_in_every_runtime_that_reads_its_file(
    backend: str, spot_onnx: Path
) -> None:
    pytest.importorskip(backend)
    settings = Settings(backend=backend, device='cpu', model_path=str(spot_onnx))
    with Perception(settings, model=SpotModel) as perception:
        found = perception.people(spot_at(200, 60))
        assert found.skeleton is SPOT
        np.testing.assert_allclose(found.keypoints[0, 2], (200, 60), atol=8)
        assert len(perception.people(np.zeros((240, 320, 3), np.uint8))) == 0


def test_what_another_network_finds_is_followed(spot_onnx: Path) -> None:
    settings = Settings(backend='onnxruntime', device='cpu', model_path=str(spot_onnx))
    with Perception(settings, model=SpotModel) as perception:
        ids = [
            perception.people(spot_at(100 + i, 60), i * 33_000_000).ids.tolist() for i in range(6)
        ]
    assert ids[-1] == [1]


@pytest.mark.parametrize('backend', ['onnxruntime', 'openvino'])
def test_each_network_refuses_the_file_of_the_other(
    backend: str, spot_onnx: Path, real_model: ModelFiles
) -> None:
    pytest.importorskip(backend)
    for model, path, title in (
        (MultiPose, spot_onnx, 'MoveNet'), (SpotModel, real_model.onnx, 'Spot')
    ):
        settings = Settings(backend=backend, device='cpu', model_path=str(path))
        with pytest.raises(ModelError, match=f'is not {title}'):
            Perception(settings, model=model)


def middle_to_bytes(result: Result) -> bytes:
    """Make a message of where the best person stands."""
    x, y = result.poses.keypoints[0, 2].tolist()
    return bytes(serialize_message(PointStamped(header=result.header, point=Point(x=x, y=y))))


def test_the_node_publishes_another_output_of_another_network(
    spot_onnx: Path, world: World, spin_node: SpinNode
) -> None:
    spot = Output('spot', PointStamped, RELIABLE, middle_to_bytes)
    node = PoseNode(
        outputs=(*OUTPUTS, spot),
        make_perception=partial(Perception, model=SpotModel),
        context=world.context,
        namespace=world.namespace,
        parameter_overrides=overrides(
            {'backend': 'onnxruntime', 'device': 'cpu', 'model_path': str(spot_onnx)}
        ),
        use_global_arguments=False,
    )
    node.start()
    spin_node(node)
    points = world.sink(PointStamped, 'spot')
    poses = world.sink(Detection2DArray, 'poses')
    labels = world.sink(LabelInfo, 'label_info', LATCHED)
    camera = world.publisher(Image, 'image')
    world.until(camera.get_subscription_count, 'for the node to subscribe')
    camera.publish(image_to_msg(spot_at(200, 60)[..., ::-1], Header(frame_id='spots')))
    world.until(lambda: points and poses and labels, 'for the outputs')
    assert points[0].header.frame_id == 'spots'
    np.testing.assert_allclose((points[0].point.x, points[0].point.y), (200, 60), atol=8)
    people = poses_from_msg(poses[0], SPOT)
    np.testing.assert_allclose(people.keypoints[0, 2], (200, 60), atol=8)
    assert [each.class_name for each in labels[0].class_map] == [*SPOT.names, 'person']
