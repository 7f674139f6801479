"""What a piece of the report depends on beside code and libraries: the data at hand, and the time asked for.

A process elsewhere may lack them, or have others: what the report's own process has goes with the job.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from ..optimizers.machine.files import cache_folder, write_atomically
from .dataset import DataError, find


@dataclass(frozen=True)
class Surroundings:
    """Of one process.

    Attributes:
        epoch: ``SOURCE_DATE_EPOCH``, or None.
        data: the data file's content, or None where there is none.
    """

    epoch: str | None
    data: bytes | None

    def settle(self) -> bool:
        """Make them this process's own; whether anything had to be changed.

        Raises:
            DataError: there is data here, and none where the report is made.
            OutputError: the data cannot be written here.
        """
        here = surroundings()
        if here == self:
            return False
        if self.epoch is None:
            os.environ.pop("SOURCE_DATE_EPOCH", None)
        else:
            os.environ["SOURCE_DATE_EPOCH"] = self.epoch
        if self.data is not None and here.data != self.data:
            digest = hashlib.sha256(self.data).hexdigest()
            path = cache_folder() / "given" / f"{digest[:40]}.dat"
            if not path.is_file() or path.read_bytes() != self.data:
                write_atomically(path, self.data)
            os.environ["EIGENSTEP_DATA"] = str(path)
        elif self.data is None and here.data is not None:
            raise DataError(
                "a worker has the airfoil data and this machine has not: get it with: eigenstep data"
            )
        return True


def surroundings() -> Surroundings:
    """This process's.

    >>> surroundings().settle()
    False
    """
    try:
        path = find()
    except DataError:  # EIGENSTEP_DATA names no file
        path = None
    return Surroundings(
        os.environ.get("SOURCE_DATE_EPOCH"), path.read_bytes() if path is not None else None
    )


__all__ = ["Surroundings", "surroundings"]
