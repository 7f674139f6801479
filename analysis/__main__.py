"""``python -m eigenstep.analysis`` says what to run: the commands live two floors above."""

import sys

if __name__ == "__main__":
    sys.exit(
        "run `eigenstep derive RULE`; `eigenstep --help` lists what else theory says of a rule"
    )
