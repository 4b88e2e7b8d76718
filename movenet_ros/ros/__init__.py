"""Everything that knows ROS: nodes, parameters, messages."""
