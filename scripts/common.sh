# Sourced by setup, demo and test.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Python from the ROS wheels restarts itself once with its libraries in LD_LIBRARY_PATH and notes
# that it did. Inherited from a process of another venv, both would send ours to that one's
# libraries.
if [ -n "${_ROS_WHEELS_BOOTSTRAP_COMPLETE:-}" ]; then
    unset _ROS_WHEELS_BOOTSTRAP_COMPLETE LD_LIBRARY_PATH
fi

# Where ROS looks up packages. Wheels and this package are installed with .venv as the prefix; on a
# ROS distribution that one's folders stay behind it.
use_venv_prefix() {
    export AMENT_PREFIX_PATH="$ROOT/.venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}"
}
