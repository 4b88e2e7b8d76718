"""See people on a ROS 2 image topic with MoveNet MultiPose."""
