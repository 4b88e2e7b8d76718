"""From an image's pixels to people in pixels: NumPy and OpenCV only, no ROS, no runtime."""
