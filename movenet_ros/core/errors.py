"""
The errors that users meet, in one tree with two fates.

A :class:`StartError` ends the program with its one line, which names the cure. A
:class:`FrameError` costs one image: it is skipped with a warning, and the next one is tried.
Anything else is a bug and is not caught.
"""


class MoveNetError(Exception):
    """Whatever this package refuses, said in one line that a user can act on."""


class StartError(MoveNetError):
    """The program cannot start as it was asked to."""


class ModelError(StartError):
    """The model's files are missing, damaged or of another kind."""


class BackendError(StartError):
    """The inference runtime or the device that was asked for is not to be had."""


class FrameError(MoveNetError):
    """One image is lost; the next may work."""


class ImageError(FrameError):
    """An image's bytes cannot be turned into a picture."""


class InferenceError(FrameError):
    """The runtime failed on one image."""
