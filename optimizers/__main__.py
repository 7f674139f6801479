"""``python -m eigenstep.optimizers`` says what to run: the commands live three floors above."""

import sys

if __name__ == "__main__":
    sys.exit(
        "run `eigenstep list` for the rules, `eigenstep check TARGET` for what an optimizer computes"
    )
