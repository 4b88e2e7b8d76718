"""package.xml, setup.py and what an installation brings agree with each other."""

from __future__ import annotations

from importlib import metadata
import importlib.util
from pathlib import Path
import re
import subprocess
import sys
import tomllib
import zipfile
