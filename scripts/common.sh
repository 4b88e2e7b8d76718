# Sourced by setup, demo and test.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# The Python of the ROS wheels restarts itself once with its libraries in LD_LIBRARY_PATH and notes
# that it did. Inherited from another venv, both would send our processes to that one's libraries.
if [ -n "${_ROS_WHEELS_BOOTSTRAP_COMPLETE:-}" ]; then
    unset _ROS_WHEELS_BOOTSTRAP_COMPLETE LD_LIBRARY_PATH
fi

# Python that starts would answer Ctrl-C with a traceback: the signal waits until it has started.
START=(env)
if [[ $(env --help 2>&1) == *--block-signal* ]]; then
    START+=(--block-signal=INT)
fi

# Makes .venv what it should be (arguments go to scripts/setup), then the prefix in which ROS looks
# first for packages: rclpy runs without that, but ament_index, which finds config/ and launch/,
# does not.
enter_venv() {
    "$ROOT/scripts/setup" --quiet "$@"
    export AMENT_PREFIX_PATH="$ROOT/.venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}"
}
