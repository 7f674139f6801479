"""``python -m eigenstep.proofs`` says what to run: the commands live a floor above."""

import sys

if __name__ == "__main__":
    sys.exit(
        "run `eigenstep prove`, or `python -m eigenstep.proofs.mutants` for proofs of false variants"
    )
