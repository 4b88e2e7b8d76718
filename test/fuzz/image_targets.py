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

"""What the targets for images try: each makes inputs, and takes or refuses them."""

from __future__ import annotations

from array import array
from random import Random
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.picture_header import size_in_header
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Tensors
from movenet_ros.messages.images import COMPUTED
from movenet_ros.messages.images import DIRECT
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.prepared import poses_to_bytes
from movenet_ros.messages.serialized_image import ImageView
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.model.movenet import MultiPose
import numpy as np
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from spoiling import NUMBERS
from spoiling import spoiled
from spoiling import with_checksums
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

MAX_PIXELS = 1_000_000  # so that what breaks the limit shows as memory that was taken
TEXTS = (
    '', 'bgr9', 'BGR8', 'rgb8\0', 'bgr8\n', '\n' * 50, 'x' * 100_000, 'ü' * 999, '\ud800',
    '\x1b[2J', '8UC0', '8UC5', '8UC999999999', '16UC1', '32FC1', '64FC3', 'bayer_', 'jpeg',
    '\u202ecod', '{0}', '%s', '../../etc',
)


class _Answering:
    """A backend that sees somebody."""

    def __init__(self) -> None:
        self._answer = np.full((1, 6, 56), 0.5, np.float32)

    def run(self, inputs: Tensors) -> Tensors:
        (batch,) = inputs.values()
        assert batch.dtype == np.int32
        assert batch.shape[0] == 1
        assert batch.shape[3] == 3
        assert not batch.shape[1] % 32
        assert not batch.shape[2] % 32
        return {'output_0': self._answer}


MODEL, RUN = MultiPose(128, 0.3), _Answering().run


def process(image: SourceImage, random: Random) -> Poses:
    """Do all that the node does with a picture."""
    width, height = image.wh
    assert 0 < width * height <= MAX_PIXELS
    poses = MODEL.find(image, RUN)
    assert np.isfinite(poses.keypoints).all()
    assert len(poses) == 6
    if random.random() < 0.05:
        annotated = draw_poses(image.as_bgr(), poses, 0.3, True, True)
        assert annotated.shape == (height, width, 3)
    return poses


class RawImages:
    """Image messages with fields that do not belong together."""

    name = 'raw_images'
    share = 0.32
    _encodings = (*DIRECT, *COMPUTED, *TEXTS)

    def make(self, random: Random) -> dict[str, Any]:
        """Choose the fields: most of them right, some not."""
        encoding = random.choice(self._encodings)
        size, channels, *_ = {**DIRECT, **COMPUTED}.get(encoding, (1, 3))
        sides = (0, 1, 2, 3, 5, 8, 33, 64, 1000, 20_000) if random.random() < 0.9 else NUMBERS
        width, height = (random.choice(sides) % 2**32 for _ in 'wh')
        step = width * channels * size + random.choice((0, 0, 0, 1, 7))
        length = step * height + height * step // 2 * encoding.startswith('nv')
        if random.random() < 0.2:
            step = random.choice((0, 1, step - 1, *NUMBERS)) % 2**32
        if random.random() < 0.2:
            length = random.choice((0, 1, length - 1, length + 1, length // 2))
        return {
            'width': width, 'height': height, 'encoding': encoding, 'step': step % 2**32,
            'is_bigendian': random.choice((0, 0, 1, 2, 255)),
            'length': max(0, min(length, 4_000_000)),
            'frame_id': random.choice(('camera', *TEXTS)),
        }

    def run(self, fields: dict[str, Any], random: Random) -> None:
        """Read it and process it."""
        values = {**fields, 'data': bytes(fields['length'])}
        values['header'] = SimpleNamespace(frame_id=values.pop('frame_id'))
        process(image_from_msg(SimpleNamespace(**values), MAX_PIXELS), random)


class SerializedImages:
    """Image messages as bytes of which some are spoiled."""

    name = 'serialized_images'
    share = 0.3

    def __init__(self) -> None:
        header = Header(stamp=Time(sec=12, nanosec=5), frame_id='camera')
        self._whole = []
        for encoding, (size, channels, *_) in {**DIRECT, **COMPUTED}.items():
            msg = Image(header=header, width=8, height=6, encoding=encoding)
            msg.step = 8 * size * channels
            msg.data = array('B', bytes(range(48)) * 12)[:msg.step * 9]
            self._whole.append(bytes(serialize_message(msg)))

    def make(self, random: Random) -> bytes:
        """Spoil one."""
        return spoiled(random, random.choice(self._whole), self._whole)

    def run(self, data: bytes, random: Random) -> None:
        """Read it, process it and make an answer with its header."""
        view = ImageView.of(data)
        image = image_from_msg(view, MAX_PIXELS)
        at_ns = stamp_ns(view.header.stamp)
        poses = process(image, random)
        if random.random() < 0.8:  # what comes takes longer than all the rest
            return
        answer = deserialize_message(poses_to_bytes(poses, view.header), Detection2DArray)
        assert stamp_ns(answer.header.stamp) == at_ns


class CompressedImages:
    """JPEG, PNG, WebP, BMP, GIF and TIFF pictures of which some bytes are spoiled, and rubbish."""

    name = 'compressed_images'
    share = 0.29
    _options: dict[str, tuple[tuple[int, ...], ...]] = {
        '.jpg': (
            (),
            (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
            (cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
        ),
        '.png': ((), (cv2.IMWRITE_PNG_COMPRESSION, 0)),
        '.webp': ((cv2.IMWRITE_WEBP_QUALITY, 50), (cv2.IMWRITE_WEBP_QUALITY, 101)),
        '.bmp': ((),),
        '.gif': ((),),
        '.tiff': ((), (cv2.IMWRITE_TIFF_COMPRESSION, 5), (cv2.IMWRITE_TIFF_COMPRESSION, 32946)),
    }

    def __init__(self) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
        pixels[5:15, 5:25] = 90
        kinds = [pixels, pixels[..., 0], pixels.astype(np.uint16) * 256]
        self._whole: list[bytes] = []
        for suffix, options in self._options.items():
            for kind in kinds:
                for option in options:
                    try:
                        done, data = cv2.imencode(suffix, kind, option)
                    except cv2.error:  # not every format has 16 bits
                        continue
                    if done:
                        self._whole.append(data.tobytes())

    def make(self, random: Random) -> bytes:
        """Spoil one; every twentieth is rubbish behind the first bytes of one."""
        whole = random.choice(self._whole)
        if random.random() < 0.05:
            return whole[:random.randint(0, 30)] + random.randbytes(random.randint(0, 300))
        data = spoiled(random, whole, self._whole)
        return with_checksums(data) if data[1:4] == b'PNG' and random.random() < 0.7 else data

    def run(self, data: bytes, random: Random) -> None:
        """Decode it; its header must have told the size."""
        image = decode_picture(data, MAX_PIXELS)
        said = size_in_header(data)
        is_tiff = data[:2] in (b'II', b'MM')  # of which tiles may be larger
        assert is_tiff or image.wh in (said, said[::-1]), f'{said} in the header, but {image.wh}'
        process(image, random)


class PosesMessages:
    """Messages of the topic poses that were spoiled on the way."""

    name = 'poses_messages'
    share = 0.03

    def __init__(self) -> None:
        answer = MODEL.find(SourceImage(np.zeros((48, 64, 3), np.uint8), 'rgb'), RUN)
        self._whole = [
            bytes(serialize_message(poses_to_msg(poses, Header(frame_id='camera'))))
            for poses in (answer, answer.scored(2.0))
        ]

    def make(self, random: Random) -> bytes:
        """Spoil one."""
        return spoiled(random, random.choice(self._whole), self._whole)

    def run(self, data: bytes, random: Random) -> None:
        """Read it as a consumer does, who gets a ValueError."""
        try:
            msg = deserialize_message(data, Detection2DArray)
        except Exception as error:  # noqa: B902 (the middleware's; it would not deliver it)
            raise ImageError('no message') from error
        for detection in msg.detections:
            if random.random() < 0.2:
                ids = ('', '1', '-1', '9' * 30, '9' * 9999, '٣', *TEXTS[:5])
                detection.id = random.choice(ids)
        try:
            poses_from_msg(msg)
        except ValueError as error:
            raise MoveNetError(str(error)) from error
