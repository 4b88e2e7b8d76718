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

from builtin_interfaces.msg import Time
import cv2
from movenet_ros.backends.recorded import heads_of
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.image import decode_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.picture_header import size_in_header
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Tensors
from movenet_ros.messages.images import COMPUTED
from movenet_ros.messages.images import DIRECT
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.images import PLANAR
from movenet_ros.messages.prepared import poses_to_bytes
from movenet_ros.messages.serialized_image import ImageView
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.model.movenet import MultiPose
import numpy as np
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from spoiling import spoiled
from spoiling import with_checksums
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

MAX_PIXELS = 1_000_000  # so that what breaks the limit shows as memory that was taken


class _Answering:
    """A backend that sees a person."""

    def __init__(self) -> None:
        self._people = np.full((1, 56), 0.5, np.float32)

    def run(self, inputs: Tensors) -> Tensors:
        (batch,) = inputs.values()
        assert batch.dtype == np.uint8
        assert batch.shape[0] == 1
        assert batch.shape[3] == 3
        assert not batch.shape[1] % 32
        assert not batch.shape[2] % 32
        return heads_of(self._people, batch.shape)


MODEL, RUN = MultiPose(128, 0.3), _Answering().run


def process(image: SourceImage, random: Random) -> Poses:
    """Do all that the node does with a picture."""
    width, height = image.wh
    assert 0 < width * height <= MAX_PIXELS
    poses = MODEL.find(image, RUN)
    assert np.isfinite(poses.keypoints).all()
    assert len(poses) == 1
    if random.random() < 0.05:
        annotated = draw_poses(image.as_bgr(), poses, 0.3, True, True)
        assert annotated.shape == (height, width, 3)
    return poses


class SerializedImages:
    """Image messages as bytes of which some are spoiled."""

    name = 'serialized_images'
    share = 0.45

    def __init__(self) -> None:
        header = Header(stamp=Time(sec=12, nanosec=5), frame_id='camera')
        self._whole = []
        planar = dict.fromkeys(PLANAR, (1, 1))
        for encoding, (size, channels, *_) in {**DIRECT, **COMPUTED, **planar}.items():
            msg = Image(header=header, width=8, height=6, encoding=encoding)
            msg.step = 8 * size * channels
            msg.data = array('B', bytes(range(48)) * 12)[:msg.step * 18]
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
    share = 0.45
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
