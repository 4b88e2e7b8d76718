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

from __future__ import annotations

from collections.abc import Callable
import gc
from http.server import BaseHTTPRequestHandler
from http.server import HTTPServer
import os
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.video import Video
import numpy as np
from numpy.typing import NDArray
import pytest

MakeVideo = Callable[..., Path]

RATE_HZ = 25
STEADY_S = [i / RATE_HZ for i in range(12)]
PAUSE_S = [0, 0.04, 0.08, 0.3, 0.4, 3.4, 3.44]


def opened(path: Path) -> Video:
    """Open a video."""
    return Video(path, path.name, MAX_IMAGE_PIXELS)


def read(path: Path) -> list[tuple[int, float]]:
    """Read a whole video: which image this is, by its grey, and its time in seconds."""
    found = []
    for image, time_ns in opened(path).images():
        assert isinstance(image, SourceImage), image
        found.append((round(float(image.pixels.mean()) / 20), round(time_ns / 1e9, 3)))
    return found


def numbered(times_s: list[float]) -> list[tuple[int, float]]:
    """Return what is read of a video with images at these times."""
    return [(i, time_s) for i, time_s in enumerate(times_s)]


@pytest.mark.parametrize('times_s', [STEADY_S, PAUSE_S])
@pytest.mark.parametrize(
    ('name', 'codec'),
    [('v.mp4', 'libx264'), ('v.mkv', 'libx264'), ('v.mov', 'mpeg4'), ('v.webm', 'libvpx')],
)
def test_each_image_has_its_own_time(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str, times_s: list[float]
) -> None:
    """B-frames are put in order, and a pause is a pause."""
    assert read(make_video(tmp_path / name, times_s, codec)) == numbered(times_s)


@pytest.mark.parametrize('name', ['v.mp4', 'v.mkv', 'v.ts'])
def test_times_count_from_the_first_image(
    make_video: MakeVideo, tmp_path: Path, name: str
) -> None:
    """And what begins late is no shorter for it."""
    later = [2 + each for each in STEADY_S]
    assert read(make_video(tmp_path / name, later)) == numbered(STEADY_S)


def test_b_frames_in_avi_which_has_no_times_are_as_far_apart_as_others(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    assert read(make_video(tmp_path / 'v.avi', STEADY_S)) == numbered(STEADY_S)


def test_a_stream_without_times_has_those_of_its_rate(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.h264', STEADY_S, format='h264')
    assert read(path) == numbered(STEADY_S)


def test_a_clock_that_jumps_back_goes_on(make_video: MakeVideo, tmp_path: Path) -> None:
    """As in two parts of a transport stream behind each other."""
    part = make_video(tmp_path / 'part.ts', STEADY_S).read_bytes()
    (tmp_path / 'v.ts').write_bytes(part + part)
    times_s = [time_s for _, time_s in read(tmp_path / 'v.ts')]
    assert len(times_s) == 2 * len(STEADY_S)
    assert all(0 < step <= 1 / RATE_HZ + 0.001 for step in np.diff(times_s))


@pytest.mark.parametrize(
    ('name', 'codec', 'pix_fmt'),
    [
        ('10 bits.mp4', 'libx264', 'yuv420p10le'),
        ('alpha.mov', 'qtrle', 'argb'),
        ('grey.mkv', 'ffv1', 'gray'),
        ('16 bits.mkv', 'ffv1', 'gray16le'),
        ('full range.avi', 'mjpeg', 'yuvj420p'),
        ('animation.gif', 'gif', 'rgb8'),
    ],
)
def test_what_is_stored_comes_as_8_bits(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    images = [image for image, _ in opened(
        make_video(tmp_path / name, STEADY_S, codec, pix_fmt)
    ).images()]
    greys = [each.pixels.mean() for each in images if isinstance(each, SourceImage)]
    atol = 20 if pix_fmt == 'rgb8' else 4  # which has 8 levels
    np.testing.assert_allclose(greys, [20 * i for i in range(len(STEADY_S))], atol=atol)


@pytest.mark.parametrize('wh', [(65, 47), (1, 1), (2, 300)])
def test_any_size_is_read(make_video: MakeVideo, tmp_path: Path, wh: tuple[int, int]) -> None:
    def image(i: int) -> NDArray[np.uint8]:
        return np.full((wh[1], wh[0], 3), 100, np.uint8)

    video = opened(make_video(tmp_path / 'v.mkv', [0], 'ffv1', 'bgr0', image=image))
    ((read_image, _),) = video.images()
    assert isinstance(read_image, SourceImage)
    assert read_image.wh == wh and (read_image.pixels == 100).all()


def corner(_: int) -> NDArray[np.uint8]:
    """Make an image whose corner on the upper left is bright."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:16, :32] = 255
    return image


@pytest.mark.parametrize('degrees', [0, 90, 180, 270])
@pytest.mark.parametrize('mirrored', [False, True])
def test_images_are_upright_as_in_a_player(
    make_video: MakeVideo, tmp_path: Path, degrees: int, mirrored: bool
) -> None:
    """A container says by how much to turn them, against the clock."""

    def turn(stream: Any) -> None:
        if not hasattr(stream, 'set_display_rotation'):
            pytest.skip('PyAV before 18 writes no rotation')
        stream.set_display_rotation(degrees, hflip=mirrored)

    path = make_video(tmp_path / 'v.mp4', [0, 0.04], image=corner, prepare=turn)
    image, _ = next(opened(path).images())
    assert isinstance(image, SourceImage)
    turned = np.rot90(corner(0), degrees // 90)
    expected = turned[:, ::-1] if mirrored else turned
    np.testing.assert_allclose(image.pixels, expected, atol=40)


def test_the_memory_of_an_image_is_free_as_soon_as_nobody_needs_it(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    """Without waiting for the garbage collection: images are large."""
    path = make_video(tmp_path / 'v.mp4', STEADY_S)
    gc.collect()
    gc.disable()
    try:
        list(opened(path).images())
        assert gc.collect() < len(STEADY_S)
    finally:
        gc.enable()


def test_a_sound_before_the_video_changes_nothing(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.mp4', STEADY_S, audio=True)
    assert read(path) == numbered(STEADY_S)


def test_a_whole_file_does_not_break_off_whatever_its_header_says(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    """Seven images over 3.5 s: a count that is estimated from the rate is much larger."""
    video = opened(make_video(tmp_path / 'v.mkv', PAUSE_S))
    assert video.count is not None and video.count > len(PAUSE_S)
    assert not any(isinstance(image, ImageError) for image, _ in video.images())


@pytest.mark.parametrize(
    ('name', 'codec'), [('v.mkv', 'ffv1'), ('v.avi', 'ffv1'), ('v.mp4', 'libx264')]
)
def test_a_file_that_is_cut_says_so_once(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str
) -> None:
    random = np.random.default_rng(5).integers(0, 256, (40, 48, 64, 3), np.uint8)
    path = make_video(
        tmp_path / name, [i / RATE_HZ for i in range(40)], codec, image=lambda i: random[i],
        container_options={'movflags': 'faststart'} if name == 'v.mp4' else {},
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *images, (last, _) = opened(path).images()
    assert 5 < len(images) < 35
    assert not any(isinstance(image, ImageError) for image, _ in images)
    assert f'breaks off after {len(images)} images' in str(last)


def test_a_file_without_its_index_says_that_it_is_cut(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.mp4', STEADY_S)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StartError, match=r'v\.mp4.* breaks off'):
        opened(path)


@pytest.mark.parametrize(
    ('name', 'codec', 'pix_fmt'), [('v.avi', 'mjpeg', 'yuvj420p'), ('v.mp4', 'libx264', 'yuv420p')]
)
def test_half_an_image_is_none_and_the_others_come(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    """Data is missing in the middle of a file: decoders show something all the same."""
    random = np.random.default_rng(5).integers(0, 256, (12, 48, 64, 3), np.uint8)

    def prepare(stream: Any) -> None:
        stream.options = {'coder': 'vlc'}  # the other code of H.264 means something in any bytes

    path = make_video(
        tmp_path / name, STEADY_S, codec, pix_fmt, prepare=prepare, image=lambda i: random[i]
    )
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle:middle + 200] = bytes(200)
    path.write_bytes(data)
    *images, (last, _) = opened(path).images()
    assert 0 < len(images) < len(STEADY_S) and 'cannot be decoded' in str(last)


@pytest.mark.parametrize(('name', 'codec'), [('v.webm', 'libvpx'), ('v.mkv', 'ffv1')])
def test_what_the_reader_finds_damaged_is_told(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str
) -> None:
    random = np.random.default_rng(5).integers(0, 256, (40, 48, 64, 3), np.uint8)
    path = make_video(
        tmp_path / name, [i / RATE_HZ for i in range(40)], codec, image=lambda i: random[i]
    )
    data = bytearray(path.read_bytes())
    path.write_bytes(data[:len(data) // 2] + bytes(8000) + data[len(data) // 2 + 8000:])
    *images, (last, _) = opened(path).images()
    assert 0 < len(images) < 40 and 'may be missing' in str(last)


@pytest.mark.parametrize(
    ('name', 'codec', 'more'),
    [
        ('v.ts', 'libx264', {}),
        ('v.mkv', 'libx264', {'container_options': {'live': '1'}}),
        ('v.y4m', 'wrapped_avframe', {}),
    ],
)
def test_a_cut_within_the_last_image_is_told(
    make_video: MakeVideo, tmp_path: Path, name: str, codec: str, more: dict[str, Any]
) -> None:
    """Though nothing says how long the file was."""
    path = make_video(tmp_path / name, STEADY_S, codec, **more)
    path.write_bytes(path.read_bytes()[:-1])
    *images, (last, _) = opened(path).images()
    assert f'breaks off after {len(images)} images' in str(last)


@pytest.mark.parametrize('suffix', ['.mjpeg', '.mkv'])
def test_half_a_jpeg_is_none(make_video: MakeVideo, tmp_path: Path, suffix: str) -> None:
    path = make_video(tmp_path / f'v{suffix}', STEADY_S, 'mjpeg', 'yuvj420p')
    data = path.read_bytes()
    scan = data.index(b'\xff\xda', len(data) // 2) + 14  # which goes on with other data
    path.write_bytes(data[:scan] + b'\xff\xd9' + bytes(28) + data[scan + 30:])
    *images, (last, _) = opened(path).images()
    assert len(images) == len(STEADY_S) - 1 and 'JPEG' in str(last)


def test_a_gap_in_a_transport_stream_is_not_its_end(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    random = np.random.default_rng(5).integers(0, 256, (12, 48, 64, 3), np.uint8)
    path = make_video(tmp_path / 'v.ts', STEADY_S, 'mpeg2video', image=lambda i: random[i])
    packets = path.read_bytes()
    middle = len(packets) // 188 // 2 * 188
    path.write_bytes(packets[:middle] + packets[middle + 188:])
    *images, (last, time_ns) = opened(path).images()
    assert time_ns == round(1e9 * STEADY_S[-1]) and 'cannot be decoded' in str(last)


def test_a_codec_that_nothing_decodes_is_named_with_the_command_that_converts(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.mp4', STEADY_S)
    path.write_bytes(path.read_bytes().replace(b'avc1', b'xyz1'))
    with pytest.raises(StartError, match=r'codec.*ffmpeg -i v\.mp4'):
        opened(path)


def test_a_song_with_a_cover_is_no_video(make_video: MakeVideo, tmp_path: Path) -> None:
    def as_cover(stream: Any) -> None:
        stream.disposition = 1 << 10
        if not stream.disposition:
            pytest.skip('PyAV before 14 knows no covers')

    path = make_video(
        tmp_path / 'song.mp4', [0], 'mjpeg', 'yuvj420p', audio=True, prepare=as_cover
    )
    with pytest.raises(StartError, match='no video in it'):
        opened(path)


def test_an_image_that_is_too_large_is_rejected_before_it_is_decoded(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.mp4', STEADY_S)
    with pytest.raises(StartError, match='64x48'):
        Video(path, 'v.mp4', 64 * 48 - 1)
    assert len(list(Video(path, 'v.mp4', 64 * 48).images())) == len(STEADY_S)


@pytest.mark.parametrize(
    'name', ['12:30:00.mp4', 'file:v.mp4', '-v.mp4', '%d.gif', '*.gif', '[a].gif', b'Vid\xe9o.mp4']
)
def test_a_name_is_nothing_but_a_name(
    make_video: MakeVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | bytes
) -> None:
    """Given relative, too, where FFmpeg would look for a protocol or a pattern."""
    suffix = os.fsdecode(name)[-4:]
    gif = ('gif', 'rgb8') if suffix == '.gif' else ()
    path = make_video(tmp_path / f'v{suffix}', STEADY_S, *gif)
    path.rename(tmp_path / os.fsdecode(name))
    monkeypatch.chdir(tmp_path)
    assert len(read(Path(os.fsdecode(name)))) == len(STEADY_S)


def test_a_playlist_opens_no_other_file(make_video: MakeVideo, tmp_path: Path) -> None:
    make_video(tmp_path / 'v.ts', STEADY_S)
    path = tmp_path / 'v.m3u8'
    path.write_text('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nv.ts\n#EXT-X-ENDLIST\n')
    with pytest.raises(StartError, match='no video'):
        opened(path)


def test_it_starts_from_the_beginning_each_time(make_video: MakeVideo, tmp_path: Path) -> None:
    video = opened(make_video(tmp_path / 'v.mp4', STEADY_S))
    next(video.images())
    assert len(list(video.images())) == len(list(video.images())) == len(STEADY_S)


def test_a_file_that_vanishes_ends_the_program_in_one_line(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    path = make_video(tmp_path / 'v.mp4', STEADY_S)
    video = opened(path)
    list(video.images())
    path.unlink()
    with pytest.raises(StartError, match='cannot open'):
        next(video.images())


def test_a_network_camera_is_live() -> None:
    """Motion JPEG over HTTP, as most of them offer it."""
    jpegs = [cv2.imencode('.jpg', np.full((48, 64, 3), 20 * i, np.uint8))[1] for i in range(8)]

    class Camera(BaseHTTPRequestHandler):

        def do_GET(self) -> None:  # noqa: N802 (its name in the base class)
            self.send_response(200)
            self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
            self.end_headers()
            for jpeg in jpegs:
                part = f'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.size}\r\n'
                self.wfile.write(f'{part}\r\n'.encode() + jpeg.tobytes() + b'\r\n')

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(('127.0.0.1', 0), Camera) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        video = Video(f'http://127.0.0.1:{server.server_port}/', 'camera', MAX_IMAGE_PIXELS)
        images = [image for image, _ in video.images()]
        server.shutdown()
    assert video.is_live and video.count is None
    greys = [each.pixels.mean() for each in images if isinstance(each, SourceImage)]
    np.testing.assert_allclose(greys, [20 * i for i in range(8)], atol=3)


def test_a_network_camera_that_does_not_answer_is_refused() -> None:
    with pytest.raises(StartError, match='the camera sends no video'):
        Video('http://127.0.0.1:9/', 'the camera', MAX_IMAGE_PIXELS)
