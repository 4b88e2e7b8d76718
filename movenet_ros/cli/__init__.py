"""One module per command of ``python -m movenet_ros``."""
