"""See people on a ROS 2 image topic with MoveNet MultiPose."""

import os

# ONNX Runtime reports its use to its makers unless told not to before it is imported. A robot's
# owner has not been asked; whoever wants it sets the variable to 0.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
