"""The false statements are a package beside the tests that ask for them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
