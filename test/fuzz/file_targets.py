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

"""What the targets for files try: each makes inputs, and takes or refuses them."""

from __future__ import annotations

from array import array
from contextlib import closing
import json
import os
from pathlib import Path
from random import Random
import shutil
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.files import record_files
from movenet_ros.messages.stamped import Stamped
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import write_manifest
from movenet_ros.model.store import find_model
from movenet_ros.model.tfjs import read_weights
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.params_file import read_params_file
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import STORAGES
from movenet_ros.replay.source import open_source
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
from movenet_ros.settings import unknown_names
import numpy as np
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import CompressionFormat
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from spoiling import spoiled
from spoiling import spoiled_text
from std_msgs.msg import Header
from std_msgs.msg import String

Files = dict[str, bytes]  # name: content

ROOT = Path(__file__).parents[2]
MOST_MESSAGES = 1000  # read of one bag
BAG_WORDS = (
    '', '0', '-1', '1e999', '.nan', 'null', '[]', '{}', '*a', '&a [*a]', '!!python/object:os.x {}',
    '../..', '/dev/zero', 'bag.mcap', '9' * 400, 'zstd', 'MESSAGE', 'FILE', 'file', 'mcap',
    'sqlite3', '2020-13-45', '!!int x', '!!timestamp x', '[' * 3000, '"\\0"', '"\\n\\e[2J"',
)
YAML_WORDS = (
    *BAG_WORDS, 'true', '0.5', '256', '!!python/object/apply:os.system ["touch fuzz_was_here"]',
    '!!python/name:os.system', '!!binary ====', '!!set {a}', '!!omap [a]', '!!float ""',
    '? [a]\n: b', '<<: {a: b}', '%YAML 9.9\n---\n', '--- \n...\n---', '/**',
    'ros__parameters', 'movenet',
    '&a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b]',
)


class Bags:
    """Bags of which a file is spoiled, cut or missing, as replay reads them."""

    name = 'bags'
    share = 0.01

    def __init__(self) -> None:
        self._bags: list[Files] = []
        for storage in ('mcap', 'sqlite3'):
            for compression in ('NONE', 'MESSAGE', 'FILE', 'STORAGE'):
                if (storage, compression) != ('sqlite3', 'STORAGE'):
                    self._bags.append(_bag(storage, compression))

    def make(self, random: Random) -> Files:
        """Spoil one or two files of one."""
        files = dict(random.choice(self._bags))
        for name in random.sample(sorted(files), random.choice((1, 1, 2))):
            if name == 'metadata.yaml' and random.random() < 0.1:
                del files[name]
            elif name == 'metadata.yaml':
                text = spoiled_text(random, files[name].decode(), BAG_WORDS)
                files[name] = text.encode('utf-8', 'surrogatepass')
            else:
                files[name] = spoiled(random, files[name], list(files.values()))
        if random.random() < 0.3:
            files.pop('metadata.yaml', None)
        return files

    def run(self, files: Files, random: Random) -> None:
        """Read it, and every now and then write what was read."""
        folder = Path('bag')
        _write(folder, files)
        storages = sorted(path for path in folder.iterdir() if path.suffix != '.yaml')
        path = random.choice([folder, folder, *storages])
        with closing(open_source(path, random.choice(('/image', '/image2')))) as source:
            items = [item for item, _ in zip(source.items(), range(MOST_MESSAGES), strict=False)]
            damage = source.damage
            if random.random() < 0.1:
                _rewrite(source.topics, items, random.choice(sorted(STORAGES)))
        if damage:
            raise StartError(damage)
        if not any(isinstance(item.image, Stamped) for item in items):
            raise StartError('no images')


def _rewrite(topics: list[Topic], items: list[Any], storage: str) -> None:
    """Write what replay would write into a bag."""
    shutil.rmtree('copy', ignore_errors=True)
    with BagFile(Path('copy'), storage, topics) as file:
        for message in (item.message for item in items):
            file.write(message.topic, message.received_ns, message.data)


def _bag(storage: str, compression: str) -> Files:
    """Write a small bag with images of both kinds and words."""
    header = Header(stamp=Time(sec=12), frame_id='camera')
    pixels = np.random.default_rng(1).integers(0, 256, (4, 6, 3), np.uint8)
    image = Image(header=header, width=6, height=4, step=18, encoding='bgr8')
    image.data = array('B', pixels.tobytes())
    jpeg = CompressedImage(header=header, format='jpeg')
    jpeg.data = array('B', cv2.imencode('.png', pixels)[1].tobytes())
    rows = [
        ('/image', 'sensor_msgs/msg/Image', image),
        ('/words', 'std_msgs/msg/String', String(data='words')),
        ('/image2', 'sensor_msgs/msg/CompressedImage', jpeg),
    ]
    shutil.rmtree('bag', ignore_errors=True)
    writer = Writer(Path('bag'), version=9, storage_plugin=StoragePlugin[storage.upper()])
    writer.set_compression(CompressionMode[compression], CompressionFormat.ZSTD)
    typestore = get_typestore(Stores.ROS2_JAZZY)
    with writer:
        topics = [writer.add_connection(name, kind, typestore=typestore) for name, kind, _ in rows]
        for i in range(6):
            for topic, (name, _, msg) in zip(topics, rows, strict=True):
                if name != '/image2' or not i:  # so that the other is the only one, mostly
                    writer.write(topic, 10**18 + i, bytes(serialize_message(msg)))
    return _read(Path('bag'))


def _read(folder: Path) -> Files:
    """Read all the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _write(folder: Path, files: Files) -> None:
    """Write a folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


class ParamsFiles:
    """Parameter files of which some lines are spoiled."""

    name = 'params_files'
    share = 0.03

    def __init__(self) -> None:
        self._whole = [
            '/**:\n  ros__parameters:\n    input_size: 256\n    person_threshold: 0.25\n'
            "    device: 'auto'\n    tracking: true\n",
            'movenet: {ros__parameters: {max_people: 3, a: [1, 2.5, x], b: {c: d}}}\nother: {}\n',
            '\n'.join((ROOT / 'config' / 'pose.yaml').read_text().splitlines()[:60]),
        ]

    def make(self, random: Random) -> bytes:
        """Spoil one."""
        whole = random.choice(self._whole)
        if random.random() < 0.1:
            return spoiled(random, whole.encode())
        return spoiled_text(random, whole, YAML_WORDS).encode('utf-8', 'surrogatepass')

    def run(self, data: bytes, _: Random) -> None:
        """Read it as replay does."""
        path = Path('params.yaml')
        path.write_bytes(data)
        try:
            values = read_params_file(path, '/movenet')
            for sentence in unknown_names(values, PoseParameters):
                str(sentence)
            table_of(PoseParameters, values)
        finally:
            assert not os.path.exists('fuzz_was_here'), 'something was run'


class ModelFiles:
    """A cached model of which a file or the list of files is damaged or another."""

    name = 'model_files'
    share = 0.01

    def __init__(self) -> None:
        os.environ['XDG_CACHE_HOME'] = os.path.abspath('cache')
        folder = cache_directory()
        self._files: Files = {
            'files-1/model.onnx': bytes(range(200)),
            'files-1/saved_model/saved_model.pb': b'a graph' * 20,
            'files-1/saved_model/variables/variables.index': b'an index',
        }
        for name, content in self._files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        records = record_files(folder / 'files-1')
        write_manifest(
            folder / 'manifest.json', Manifest(DEFAULT_VARIANT, 'nowhere', 'files-1', records)
        )
        self._files['manifest.json'] = (folder / 'manifest.json').read_bytes()

    def make(self, random: Random) -> Files:
        """Spoil one file, or give it the content of another."""
        name = random.choice(sorted(self._files))
        whole = self._files[name]
        if random.random() < 0.1:
            return {name: self._files[random.choice(sorted(self._files))]}
        if name != 'manifest.json':
            return {name: spoiled(random, whole)}
        words = ('null', '[]', '-1', '"../x"', '"\\u0000"', '"\\ud800"', '1e9', '[' * 5000, 'NaN')
        return {name: spoiled_text(random, whole.decode(), words).encode('utf-8', 'replace')}

    def run(self, files: Files, _: Random) -> None:
        """Find the model, which must not hand out what was changed."""
        folder = cache_directory()
        try:
            for name, content in files.items():
                (folder / name).write_bytes(content)
            found = find_model()
        finally:
            for name in files:
                (folder / name).write_bytes(self._files[name])
        if found is None:
            raise ModelError('there is none')
        changed = [name for name in files if files[name] != self._files[name]]
        assert changed in ([], ['manifest.json']), 'a changed file was handed out'


class TfjsWeights:
    """TFJS weight files and what is said of them."""

    name = 'tfjs_weights'
    share = 0.01

    def __init__(self) -> None:
        numbers = np.arange(24, dtype='<f4').tobytes()
        groups = [
            {
                'paths': ['weights.bin'],
                'weights': [
                    {'name': 'a', 'shape': [2, 3], 'dtype': 'float32'},
                    {'name': 'b', 'shape': [3, 4], 'dtype': 'float32',
                     'quantization': {'dtype': 'float16'}},
                    {'name': 'c', 'shape': [12], 'dtype': 'int32'},
                ],
            }
        ]
        self._whole = json.dumps(groups, indent=0), numbers

    def make(self, random: Random) -> Files:
        """Spoil one of the two files, or both."""
        text, numbers = self._whole
        words = ('null', '-1', '[]', '{}', '"O"', '"V9"', '"S"', '1e999', '9' * 30, '[' * 5000,
                 '"../../etc/passwd"', '"/dev/zero"', '"f4,O"', '"datetime64"', '[99999, 99999]')
        if random.random() < 0.7:
            text = spoiled_text(random, text, words)
        if random.random() < 0.5:
            numbers = spoiled(random, numbers)
        return {'weights.json': text.encode('utf-8', 'replace'), 'weights.bin': numbers}

    def run(self, files: Files, _: Random) -> None:
        """Read the weights; what it raises, convert() turns into one line."""
        folder = Path('weights')
        _write(folder, files)
        try:
            read_weights(json.loads((folder / 'weights.json').read_text()), folder)
        except Exception as error:  # noqa: B902 (as convert() has it)
            raise ModelError('no weights') from error
