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

"""Image messages to pictures: every encoding, every way to be wrong."""

from __future__ import annotations

from array import array
from collections.abc import Callable
import sys
from types import ModuleType
from typing import Any

import cv2
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.drawing import draw_poses
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.messages import cv_bridge_probe
from movenet_ros.messages.images import COMPUTED
from movenet_ros.messages.images import DIRECT
from movenet_ros.messages.images import ENCODINGS
from movenet_ros.messages.images import image_from_compressed_msg
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.images import PLANAR
import numpy as np
from numpy.typing import NDArray
import pytest
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

Pixels = NDArray[np.uint8]
Encoder = Callable[[Pixels], NDArray[Any]]

EVEN_WH = (160, 120)
ODD_WH = (121, 93)
PAD = 13  # bytes behind each row
SUBSAMPLED = (  # even sizes only
    'yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv', 'yvyu', *(name for name in PLANAR if name != 'nv24')
)
LOSSY = 4.0  # mean difference to the photo of what comes back from YUV or Bayer; swapped: above 10
SIXTEEN_BITS = tuple(name for name in ENCODINGS if '16' in name)


def planes(photo_bgr: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Return Y in full size, U and V in half of it."""
    height, width = photo_bgr.shape[:2]
    flat = cv2.cvtColor(photo_bgr, cv2.COLOR_BGR2YUV_I420).ravel()
    y, u, v = np.split(flat, [height * width, height * width * 5 // 4])
    half = (height // 2, width // 2)
    return y.reshape(height, width), u.reshape(half), v.reshape(half)


def packed(photo_bgr: Pixels, luma: int, first: int = 0) -> Pixels:
    """Pack YUV 4:2:2 with Y in the given one of each two bytes, U or V first."""
    y, *colours = planes(photo_bgr)
    image = np.empty((*y.shape, 2), np.uint8)
    image[..., luma] = y
    image[:, 0::2, 1 - luma] = np.repeat(colours[first], 2, axis=0)
    image[:, 1::2, 1 - luma] = np.repeat(colours[1 - first], 2, axis=0)
    return image


def semi_planar(photo_bgr: Pixels, first: int) -> Pixels:
    """Put Y above the colours, U or V first."""
    y, *colours = planes(photo_bgr)
    pairs = np.stack([colours[first], colours[1 - first]], axis=-1)
    return np.vstack([y, pairs.reshape(-1, y.shape[1])])


def planar(photo_bgr: Pixels, first: int) -> Pixels:
    """Put Y above the colours, one plane below the other, U or V first."""
    y, *colours = planes(photo_bgr)
    return np.vstack([y, np.append(colours[first], colours[1 - first]).reshape(-1, y.shape[1])])


def full_planes(photo_bgr: Pixels) -> Pixels:
    """Put Y above U and V of each pixel, in the range and by the weights of BT.601."""
    red, green, blue = (photo_bgr[..., i] / 255 for i in (2, 1, 0))
    y = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
    u = 128 - 37.797 * red - 74.203 * green + 112.0 * blue
    v = 128 + 112.0 * red - 93.786 * green - 18.214 * blue
    pairs = np.stack([u, v], axis=-1).reshape(-1, photo_bgr.shape[1])
    return np.vstack([y, pairs]).round().astype(np.uint8)


def mosaic(photo_bgr: Pixels, pattern: str) -> Pixels:
    """Keep one colour of each pixel, as behind a Bayer filter."""
    image = np.empty(photo_bgr.shape[:2], np.uint8)
    for i, colour in enumerate(pattern):
        at = np.s_[i // 2::2, i % 2::2]
        image[at] = photo_bgr[at][..., 'bgr'.index(colour)]
    return image


def as_16_bit(encoder: Encoder) -> Encoder:
    """Spread what an encoder makes over 16 bits, so that the two bytes of a value differ."""

    def encode(photo_bgr: Pixels) -> NDArray[Any]:
        values = encoder(photo_bgr).astype(np.uint16)
        return values * 257 - 37 * (values > 0).astype(np.uint16)

    return encode


def with_alpha(photo_bgr: Pixels) -> Pixels:
    """Add a fourth channel, of half the strength."""
    return np.dstack([photo_bgr, np.full(photo_bgr.shape[:2], 128, np.uint8)])


ENCODERS: dict[str, Encoder] = {
    'rgb8': lambda photo_bgr: photo_bgr[..., ::-1],
    'bgr8': lambda photo_bgr: photo_bgr,
    'rgba8': lambda photo_bgr: with_alpha(photo_bgr)[..., [2, 1, 0, 3]],
    'bgra8': with_alpha,
    'mono8': lambda photo_bgr: cv2.cvtColor(photo_bgr, cv2.COLOR_BGR2GRAY),
    'yuv422': lambda photo_bgr: packed(photo_bgr, 1),
    'uyvy': lambda photo_bgr: packed(photo_bgr, 1),
    'yuv422_yuy2': lambda photo_bgr: packed(photo_bgr, 0),
    'yuyv': lambda photo_bgr: packed(photo_bgr, 0),
    'yvyu': lambda photo_bgr: packed(photo_bgr, 0, first=1),
    'nv12': lambda photo_bgr: semi_planar(photo_bgr, 0),
    'nv21': lambda photo_bgr: semi_planar(photo_bgr, 1),
    'i420': lambda photo_bgr: planar(photo_bgr, 0),
    'yv12': lambda photo_bgr: planar(photo_bgr, 1),
    'nv24': full_planes,
    'bayer_rggb8': lambda photo_bgr: mosaic(photo_bgr, 'rggb'),
    'bayer_bggr8': lambda photo_bgr: mosaic(photo_bgr, 'bggr'),
    'bayer_gbrg8': lambda photo_bgr: mosaic(photo_bgr, 'gbrg'),
    'bayer_grbg8': lambda photo_bgr: mosaic(photo_bgr, 'grbg'),
}
ENCODERS |= {'8UC1': ENCODERS['mono8'], '8UC3': ENCODERS['bgr8'], '8UC4': ENCODERS['bgra8']}
ENCODERS |= {
    f'{name[:-1]}16': as_16_bit(encode) for name, encode in ENCODERS.items() if name[-1] == '8'
}
ENCODERS |= {'16UC3': ENCODERS['bgr16'], '16UC4': ENCODERS['bgra16']}


@pytest.fixture(scope='module')
def photo_of(astronaut: SourceImage) -> Callable[[tuple[int, int]], Pixels]:
    """Return a function that gives a photo in a size; soft, for half-size colours to suffice."""

    def resized(wh: tuple[int, int]) -> Pixels:
        small = cv2.resize(astronaut.as_bgr(), wh, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(small, (5, 5), 0), np.uint8)

    return resized


def message(
    encoding: str, photo_bgr: Pixels, pad: int = 0, is_bigendian: bool = False
) -> Image:
    """Encode a photo, with ``pad`` bytes of rubbish behind each row."""
    pixels = np.ascontiguousarray(ENCODERS[encoding](photo_bgr))
    if is_bigendian and pixels.itemsize == 2:
        pixels = pixels.byteswap()
    height, width = photo_bgr.shape[:2]
    rows = pixels.reshape(len(pixels), -1).view(np.uint8)
    parts = [rows]
    if encoding in ('i420', 'yv12', 'nv24'):  # half as long below the brightness, or twice
        parts = [rows[:height], rows[height:].reshape(height, -1)]
    pads = [pad * part.shape[1] // rows.shape[1] for part in parts]
    data = b''.join(
        np.pad(part, ((0, 0), (0, more)), constant_values=255).tobytes()
        for part, more in zip(parts, pads, strict=True)
    )
    return Image(
        encoding=encoding, width=width, height=height, step=rows.shape[1] + pad,
        is_bigendian=is_bigendian, data=array('B', data),
    )


def grey_or_not(encoding: str, photo_bgr: Pixels) -> Pixels:
    """Return what a photo looks like after a lossless trip."""
    if encoding.startswith('mono') or encoding.endswith('C1'):
        return np.asarray(cv2.cvtColor(ENCODERS['mono8'](photo_bgr), cv2.COLOR_GRAY2BGR), np.uint8)
    return photo_bgr


def difference(a: Pixels, b: Pixels) -> float:
    """Return the mean difference of two pictures' values."""
    return float(np.abs(a.astype(int) - b).mean())


def refusal(msg: Image) -> str:
    """Return the one line that an image is refused with."""
    with pytest.raises(ImageError) as refused:
        image_from_msg(msg)
    assert '\n' not in str(refused.value)
    return str(refused.value)


def test_every_encoding_is_tried() -> None:
    """An encoding that is added to the tables needs an encoder here."""
    assert ENCODERS.keys() == set(ENCODINGS)


@pytest.mark.parametrize('wh', [EVEN_WH, ODD_WH])
@pytest.mark.parametrize('encoding', DIRECT)
def test_lossless_encodings_bring_the_photo_back(
    encoding: str, wh: tuple[int, int], photo_of: Callable[..., Pixels]
) -> None:
    """To the bit."""
    photo_bgr = photo_of(wh)
    image = image_from_msg(message(encoding, photo_bgr))
    np.testing.assert_array_equal(image.as_bgr(), grey_or_not(encoding, photo_bgr))


@pytest.mark.parametrize('encoding', [*COMPUTED, *PLANAR])
def test_lossy_encodings_bring_the_photo_back(
    encoding: str, photo_of: Callable[..., Pixels]
) -> None:
    """In the right colours and the right place."""
    photo_bgr = photo_of(EVEN_WH)
    image = image_from_msg(message(encoding, photo_bgr))
    assert difference(image.as_bgr(), photo_bgr) < LOSSY


def test_wrong_colours_would_be_noticed(photo_of: Callable[..., Pixels]) -> None:
    """The tolerance of the test above is narrower than a mix-up."""
    photo_bgr = photo_of(EVEN_WH)
    assert difference(photo_bgr[..., ::-1], photo_bgr) > 2 * LOSSY


@pytest.mark.parametrize('encoding', [name for name in COMPUTED if name.startswith('bayer')])
def test_bayer_of_odd_size(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """The pattern may break off at the edge."""
    photo_bgr = photo_of(ODD_WH)
    assert difference(image_from_msg(message(encoding, photo_bgr)).as_bgr(), photo_bgr) < LOSSY


@pytest.mark.parametrize('encoding', ENCODERS)
def test_padding_is_skipped(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """What lies between the end of a row and ``step`` is no part of the picture."""
    photo_bgr = photo_of(EVEN_WH)
    plain = image_from_msg(message(encoding, photo_bgr))
    padded = image_from_msg(message(encoding, photo_bgr, pad=PAD))
    np.testing.assert_array_equal(padded.as_bgr(), plain.as_bgr())


@pytest.mark.parametrize('encoding', SIXTEEN_BITS)
@pytest.mark.parametrize('pad', [0, PAD])
def test_both_byte_orders(encoding: str, pad: int, photo_of: Callable[..., Pixels]) -> None:
    """The flag is_bigendian is honoured; an odd ``step`` puts every other row out of line."""
    photo_bgr = photo_of(EVEN_WH)
    little = image_from_msg(message(encoding, photo_bgr, pad))
    big = image_from_msg(message(encoding, photo_bgr, pad, is_bigendian=True))
    np.testing.assert_array_equal(big.as_bgr(), little.as_bgr())


@pytest.mark.parametrize('encoding', [name for name in ENCODERS if name not in SIXTEEN_BITS])
def test_bytes_have_no_order(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """Drivers set is_bigendian on 8-bit images too."""
    photo_bgr = photo_of(EVEN_WH)
    little = image_from_msg(message(encoding, photo_bgr))
    big = image_from_msg(message(encoding, photo_bgr, is_bigendian=True))
    np.testing.assert_array_equal(big.as_bgr(), little.as_bgr())


@pytest.mark.parametrize(
    'encoding',  # of the others, rosbags-image does not find the colours or knows no way to BGR
    [name for name in ENCODERS if name not in (*PLANAR, 'yvyu', '8UC1', '8UC4', '16UC4')],
)
def test_rosbags_image_agrees(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """An independent reader sees the same."""
    rosbags_image = pytest.importorskip('rosbags.image', reason='rosbags-image is not installed')
    msg = message(encoding, photo_of(EVEN_WH))
    theirs = rosbags_image.message_to_cvimage(msg, 'bgr8')
    ours = image_from_msg(msg).as_bgr()
    assert np.abs(theirs.astype(int) - ours).max() <= 1  # it rounds 16 bits down


@pytest.mark.parametrize(
    'name', ['BGR8', ' bgr8 ', 'bgr8\n', 'CV_8UC3', '8uc3', 'Bayer_RGGB8', 'YUV420', 'YUY2']
)
def test_a_name_in_other_letters_is_understood(
    name: str, photo_of: Callable[..., Pixels]
) -> None:
    """Drivers write it by hand."""
    others = {'cv_8uc3': '8UC3', '8uc3': '8UC3', 'yuv420': 'i420', 'yuy2': 'yuyv'}
    encoding = others.get(name.strip().lower(), name.strip().lower())
    msg = message(encoding, photo_of(EVEN_WH))
    expected = image_from_msg(msg).as_bgr()
    msg.encoding = name
    np.testing.assert_array_equal(image_from_msg(msg).as_bgr(), expected)


@pytest.mark.parametrize('encoding', PLANAR)
def test_colour_plane_counted_into_the_height(
    encoding: str, photo_of: Callable[..., Pixels]
) -> None:
    """Some publishers give the height of the data instead of the picture's."""
    photo_bgr = photo_of(EVEN_WH)
    msg = message(encoding, photo_bgr)
    expected = image_from_msg(msg).as_bgr()
    msg.height = EVEN_WH[1] * PLANAR[encoding][0] // 2
    np.testing.assert_array_equal(image_from_msg(msg).as_bgr(), expected)


@pytest.mark.parametrize('encoding', PLANAR)
def test_length_by_height_as_step(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """Some publishers give it where there are colours below."""
    msg = message(encoding, photo_of(EVEN_WH))
    expected = image_from_msg(msg).as_bgr()
    msg.step = len(msg.data) // msg.height
    np.testing.assert_array_equal(image_from_msg(msg).as_bgr(), expected)


@pytest.mark.parametrize('encoding', PLANAR)
@pytest.mark.parametrize('wh', [(640, 480), (1280, 720), (640, 360), (1280, 1024)])
def test_colours_are_missing(encoding: str, wh: tuple[int, int]) -> None:
    """Brightness alone is no smaller picture with colours."""
    width, height = wh
    data = array('B', bytes(width * height))
    msg = Image(encoding=encoding, width=width, height=height, step=width, data=data)
    assert f'{len(msg.data)} bytes' in refusal(msg)


@pytest.mark.parametrize('encoding', ENCODERS)
def test_last_row_without_padding(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """Some publishers end with the last pixel."""
    msg = message(encoding, photo_of(EVEN_WH), pad=PAD)
    expected = image_from_msg(msg).as_bgr()
    padding = {'nv24': 2 * PAD, 'i420': PAD // 2, 'yv12': PAD // 2}.get(encoding, PAD)
    msg.data = msg.data[:-padding]
    np.testing.assert_array_equal(image_from_msg(msg).as_bgr(), expected)
    msg.data = msg.data[:-1]
    assert f'{len(msg.data)} bytes' in refusal(msg)


@pytest.mark.parametrize('encoding', PLANAR)
def test_colour_plane_breaks_off(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """Short data is refused, not taken for a smaller picture."""
    msg = message(encoding, photo_of(EVEN_WH))
    msg.data = msg.data[:-1]
    assert f'{len(msg.data)} bytes' in refusal(msg)


@pytest.mark.parametrize('encoding', SUBSAMPLED)
@pytest.mark.parametrize('wh', [(161, 120), (160, 121)])
def test_odd_sizes_of_shared_colours(encoding: str, wh: tuple[int, int]) -> None:
    """They are either read in their size or refused in a sentence that names it."""
    width, height = wh
    rows = height * 3 // 2 if encoding in PLANAR else height
    step = width * (1 if encoding in PLANAR else 2)
    msg = Image(encoding=encoding, width=width, height=height, step=step, data=bytes(step * rows))
    try:
        assert image_from_msg(msg).wh == wh
    except ImageError:
        assert f'{width}x{height} {encoding}' in refusal(msg) and 'even' in refusal(msg)


huge = st.integers(0, 2**32 - 1)
sizes = st.integers(0, 40) | huge
encodings = st.sampled_from([*ENCODERS, '16UC1', '32FC1', '8UC2', '', 'BGR8', 'rgb8 ']) | st.text(
    st.characters(max_codepoint=0xD7FF), max_size=20
)


@given(sizes, sizes, st.none() | sizes, st.none() | st.integers(0, 4000), encodings, st.booleans())
@example(1, 1, None, None, 'bayer_rggb8', False)
@example(2, 1, None, None, 'nv12', False)
def test_any_message_is_read_or_refused(
    width: int, height: int, step: int | None, length: int | None, encoding: str, big: bool
) -> None:
    """Whatever a driver sends, nothing but an ImageError comes out."""
    row = min(width, 100) * 8 if step is None else step
    size = min(row * min(height, 100) * 2, 20000) if length is None else length
    msg = Image(encoding=encoding, width=width, height=height, step=row, is_bigendian=big)
    msg.data = array('B', bytes(size))
    try:
        image = image_from_msg(msg)
    except ImageError as error:
        assert '\n' not in str(error)
    else:
        assert image.wh[0] == width and image.as_bgr().shape == (*image.wh[::-1], 3)


@pytest.mark.parametrize(
    'encoding', [name for name in DIRECT if name not in SIXTEEN_BITS]
)
def test_8_bit_colour_is_not_copied(encoding: str, photo_of: Callable[..., Pixels]) -> None:
    """A camera's images are large; they are looked at where they lie."""
    msg = message(encoding, photo_of(EVEN_WH), pad=PAD)
    assert np.shares_memory(image_from_msg(msg).pixels, np.frombuffer(msg.data, np.uint8))


def test_drawing_leaves_the_message_alone(
    photo_of: Callable[..., Pixels], make_people: Callable[[tuple[int, int], int], Poses]
) -> None:
    """What is drawn on is a copy, also where the encoding fits already."""
    msg = message('bgr8', photo_of(EVEN_WH))
    before = bytes(msg.data)
    draw_poses(image_from_msg(msg).as_bgr(), make_people(EVEN_WH, 2), 0.0)[:] = 0
    assert bytes(msg.data) == before


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'width': 0}, ('0x120 pixels',)),
        ({'height': 0}, ('160x0 pixels',)),
        ({'step': 479}, ('step is 479', '160x120 bgr8', '480')),
        ({'step': 0}, ('step is 0',)),
        ({'data': b''}, ('0 bytes', '57600', '160x120 bgr8')),
        ({'data': bytes(57599)}, ('57599 bytes', '120 rows of 480')),
        ({'encoding': 'bgr9'}, ("'bgr9'", 'known are', 'bgr8', 'nv12')),
        ({'encoding': ''}, ("''", 'known are')),
        ({'encoding': '16UC1'}, ('depth image', '16UC1', '-r image:=')),
        ({'encoding': '32FC1'}, ('depth image', '32FC1', '-r image:=')),
        ({'encoding': 'CV_16UC1 '}, ('depth image', '16UC1')),
        ({'encoding': '8UC2'}, ("'8UC2'", 'not colours', 'known are')),
        ({'encoding': '8SC3'}, ("'8SC3'", 'not colours')),
    ],
)
def test_a_refusal_says_what_is_wrong(
    change: dict[str, Any], words: tuple[str, ...], photo_of: Callable[..., Pixels]
) -> None:
    """One line that names the numbers."""
    msg = message('bgr8', photo_of(EVEN_WH))
    for name, value in change.items():
        setattr(msg, name, value)
    text = refusal(msg)
    assert all(each in text for each in words), text


class CvBridgeError(TypeError):
    """The error of the real one, which is a TypeError too."""


@pytest.fixture
def cv_bridge(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Return a function that installs a cv_bridge which reads images by a given function."""
    monkeypatch.setattr(cv_bridge_probe, 'problem', lambda: '')

    def install(read: Callable[..., Any]) -> None:
        class CvBridge:
            """Reads by that function."""

            def imgmsg_to_cv2(self, msg: Image, desired_encoding: str) -> Any:
                assert desired_encoding == 'bgr8'
                return read(msg)

        module = ModuleType('cv_bridge')
        vars(module).update(CvBridge=CvBridge, CvBridgeError=CvBridgeError)
        monkeypatch.setitem(sys.modules, 'cv_bridge', module)

    return install


def raising(error: Exception) -> Callable[..., Any]:
    """Return a function that raises."""

    def read(msg: Image) -> Any:
        raise error

    return read


def test_cv_bridge_reads_what_the_table_does_not_know(
    cv_bridge: Callable[..., None], photo_of: Callable[..., Pixels]
) -> None:
    """An encoding of tomorrow."""
    photo_bgr = photo_of(EVEN_WH)
    cv_bridge(lambda msg: photo_bgr if msg.encoding == 'bgr10' else None)
    image = image_from_msg(Image(encoding='bgr10', width=160, height=120))
    np.testing.assert_array_equal(image.as_bgr(), photo_bgr)


def test_the_table_comes_before_cv_bridge(
    cv_bridge: Callable[..., None], photo_of: Callable[..., Pixels]
) -> None:
    """It is not asked about what is known."""
    cv_bridge(raising(AssertionError()))
    photo_bgr = photo_of(EVEN_WH)
    np.testing.assert_array_equal(
        image_from_msg(message('bgr8', photo_bgr)).as_bgr(), photo_bgr
    )


@pytest.mark.parametrize(
    'error',
    [
        CvBridgeError('Unrecognized image\nencoding [bgr10]'),
        TypeError('buffer is too small for requested array'),
        ValueError('negative dimensions'),
        ImportError('numpy.core.multiarray failed to import'),  # its compiled part, NumPy 2
        AttributeError('_ARRAY_API not found'),
    ],
)
def test_what_cv_bridge_refuses_is_refused(
    error: Exception, cv_bridge: Callable[..., None]
) -> None:
    """In one line that names the encoding."""
    cv_bridge(raising(error))
    assert "'bgr10'" in refusal(Image(encoding='bgr10', width=160, height=120))


def test_cv_bridge_is_not_used_where_it_does_not_work(
    cv_bridge: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has the reason."""
    cv_bridge(raising(AssertionError()))
    monkeypatch.setattr(cv_bridge_probe, 'problem', lambda: 'cv_bridge crashes (SIGSEGV)')
    text = refusal(Image(encoding='bgr10', width=160, height=120))
    assert 'known are' in text and 'crashes' in text


def compressed(photo_bgr: Pixels, suffix: str) -> CompressedImage:
    """Compress a photo."""
    _, data = cv2.imencode(suffix, photo_bgr)
    return CompressedImage(format=suffix[1:], data=array('B', data.tobytes()))


def test_png_brings_the_photo_back(photo_of: Callable[..., Pixels]) -> None:
    """To the bit."""
    photo_bgr = photo_of(ODD_WH)
    image = image_from_compressed_msg(compressed(photo_bgr, '.png'))
    np.testing.assert_array_equal(image.as_bgr(), photo_bgr)


def test_jpeg_brings_the_photo_back(photo_of: Callable[..., Pixels]) -> None:
    """Nearly."""
    photo_bgr = photo_of(ODD_WH)
    image = image_from_compressed_msg(compressed(photo_bgr, '.jpg'))
    assert difference(image.as_bgr(), photo_bgr) < LOSSY


def test_the_format_field_is_not_believed(photo_of: Callable[..., Pixels]) -> None:
    """Publishers write all sorts of things into it; the data says what it is."""
    photo_bgr = photo_of(ODD_WH)
    msg = compressed(photo_bgr, '.png')
    msg.format = 'bgr8; jpeg compressed bgr8'
    np.testing.assert_array_equal(image_from_compressed_msg(msg).as_bgr(), photo_bgr)


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('kept', [0.0, 0.02, 0.5, 0.99])
def test_truncated_pictures_are_refused(
    suffix: str, kept: float, photo_of: Callable[..., Pixels]
) -> None:
    """A half-grey picture is worse than none."""
    msg = compressed(photo_of(EVEN_WH), suffix)
    msg.data = msg.data[: int(len(msg.data) * kept)]
    with pytest.raises(ImageError) as refused:
        image_from_compressed_msg(msg)
    assert '\n' not in str(refused.value)


@given(st.binary(max_size=200))
def test_rubbish_is_refused(data: bytes) -> None:
    """And nothing else happens."""
    with pytest.raises(ImageError):
        image_from_compressed_msg(CompressedImage(format='jpeg', data=array('B', data)))


def test_image_to_msg_is_read_back(photo_of: Callable[..., Pixels]) -> None:
    """What this package publishes, it reads."""
    photo_bgr = photo_of(ODD_WH)
    msg = image_to_msg(photo_bgr, Header(frame_id='camera'))
    assert (msg.header.frame_id, msg.encoding) == ('camera', 'bgr8')
    np.testing.assert_array_equal(image_from_msg(msg).pixels, photo_bgr)


def test_image_to_msg_takes_a_view(photo_of: Callable[..., Pixels]) -> None:
    """A mirrored picture has no buffer of its own."""
    photo_bgr = photo_of(ODD_WH)
    msg = image_to_msg(photo_bgr[:, ::-1], Header())
    np.testing.assert_array_equal(image_from_msg(msg).pixels, photo_bgr[:, ::-1])


def test_image_to_msg_takes_rclpys_fast_path(photo_of: Callable[..., Pixels]) -> None:
    """Bytes, for one, are checked one by one, which takes longer than the model."""
    data = image_to_msg(photo_of(EVEN_WH), Header()).data
    assert isinstance(data, array) and data.typecode == 'B'


@given(huge, huge, huge, encodings, st.binary(max_size=64))
def test_huge_numbers_are_refused_in_one_line(
    width: int, height: int, step: int, encoding: str, data: bytes
) -> None:
    """And nothing of that size is made."""
    msg = Image(width=width, height=height, step=step, encoding=encoding, data=array('B', data))
    assert outcome_is_fine(msg, 10**6)


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0xD7FF), max_size=500))
@example('\n' * 99)
@example('x' * 10**6)
@example('16UC1' + '\x1b[2J' * 100)
def test_any_encoding_is_refused_in_one_short_line(encoding: str) -> None:
    """People read it in a log."""
    assert outcome_is_fine(Image(width=2, height=1, step=6, encoding=encoding, data=[0] * 6))


def outcome_is_fine(msg: Image, max_pixels: int = 10**6) -> bool:
    """Return whether a message is read or rejected in a short line."""
    try:
        width, height = image_from_msg(msg, max_pixels).wh
    except ImageError as error:
        return str(error).isprintable() and 0 < len(str(error)) <= 400
    return width * height <= max_pixels


@pytest.mark.parametrize('encoding', ['bgr8', 'rgb16', 'nv12', 'bgr10'])
def test_an_image_above_the_limit_is_refused_first(
    encoding: str, cv_bridge: Callable[..., None]
) -> None:
    """Before anything is computed of it."""
    cv_bridge(raising(AssertionError()))
    msg = Image(width=4, height=3, step=24, encoding=encoding, data=[0] * 200)
    with pytest.raises(ImageError, match='4x3 pixels, more than image.max_pixels = 11'):
        image_from_msg(msg, 11)


def test_a_compressed_image_above_the_limit_is_refused(photo_of: Callable[..., Pixels]) -> None:
    """Of which only the header is read."""
    with pytest.raises(ImageError, match='160x120 pixels, more than image.max_pixels = 19199'):
        image_from_compressed_msg(compressed(photo_of(EVEN_WH), '.png'), 19199)


@pytest.mark.parametrize('read', [image_from_msg, image_from_compressed_msg])
def test_a_frame_id_of_megabytes_is_refused(read: Callable[[Any], Any]) -> None:
    """It would be repeated in each message about each person."""
    kind = Image if read is image_from_msg else CompressedImage
    with pytest.raises(ImageError, match='a frame_id of 5000000 characters, at most 1024'):
        read(kind(header=Header(frame_id='x' * 5_000_000)))


@pytest.mark.parametrize('error', [KeyError('bgr10'), RuntimeError('no'), MemoryError()])
def test_whatever_cv_bridge_raises_is_a_refusal(
    error: Exception, cv_bridge: Callable[..., None]
) -> None:
    """Its compiled part has errors of its own."""
    cv_bridge(raising(error))
    assert "'bgr10'" in refusal(Image(encoding='bgr10', width=160, height=120))


@pytest.mark.parametrize('answer', [None, 'text', np.zeros((3, 4)), np.zeros((3, 4, 2), np.uint8)])
def test_what_cv_bridge_answers_must_be_a_picture(
    answer: Any, cv_bridge: Callable[..., None]
) -> None:
    """It has been seen to answer with other things."""
    cv_bridge(lambda _: answer)
    assert "'bgr10'" in refusal(Image(encoding='bgr10', width=4, height=3))
