"""Which memory a step may touch: what is checked of every tensor before a pointer to it is used.

A *row* is one parameter with its gradient and its state. Before anything is written,
:func:`examine` checks that the tensors of every row have one shape, dtype and device, that they have
memory at all, and that nothing which is written lies over anything else. :func:`staged` then gives
one-dimensional contiguous memory: the tensors' own where they are dense, copies where they are not.
So what an engine is given can be walked from its first address to its last, whatever views, strides and
offsets a user's parameters have.

>>> base = torch.arange(6.0)
>>> (row,) = examine([(base[::2], torch.ones(3))])
>>> flat, back = staged(row)
>>> flat[0].is_contiguous(), flat[0].data_ptr() == base.data_ptr()
(True, False)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..errors import EigenstepError

GRADIENT = 1
"""Place of the gradient in a row: the only tensor that is read and never written."""
_PLAIN = {Tensor, torch.nn.Parameter, torch.nn.Buffer}


class TensorMismatch(EigenstepError, RuntimeError):
    """Tensors that cannot be stepped together: of other shapes, dtypes, devices, or on shared memory.

    Attributes:
        row: place of the parameter among those that were given.
        column: place in the row: 0 the parameter, 1 the gradient, then the state.
        reason: what is wrong with that tensor.
    """

    def __init__(self, row: int, column: int, reason: str, names: Sequence[str] = ()) -> None:
        where = names[column] if names else f"tensor {column}"
        super().__init__(f"parameter {row}: its {where} {reason}")
        self.row, self.column, self.reason, self._where = row, column, reason, where

    def of(self, which: str) -> TensorMismatch:
        """The same error under another name of the parameter."""
        self.args = (f"{which}: its {self._where} {self.reason}",)
        return self


@lru_cache(maxsize=256)
def _has_memory(kind: type) -> bool:
    """Whether tensors of a type are their memory: a subclass that dispatches for itself may not be."""
    return kind in _PLAIN or kind.__torch_dispatch__ is Tensor.__torch_dispatch__  # type: ignore[attr-defined]


@dataclass
class Row:
    """A parameter with its gradient and its state, checked.

    Attributes:
        tensors: the parameter, its gradient, its state.
        count: elements of each; of a complex tensor, real numbers.
        addresses: where each begins; empty where one is foreign.
        plain: whether all of them are contiguous memory that may be walked as it is.
        foreign: whether one is of a tensor type that only its own operations understand.
        apart: whether the row shares memory with another one, and so is stepped on its own, in order.
        own_gradient: whether the gradient lies over what is written, and so is copied first.
    """

    tensors: Sequence[Tensor]
    count: int
    addresses: list[int]
    plain: bool = True
    foreign: bool = False
    apart: bool = False
    own_gradient: bool = False


@lru_cache(maxsize=4096)
def _layout(shape: tuple[int, ...], stride: tuple[int, ...]) -> tuple[int, bool, bool]:
    """How far the elements reach, whether two share a place, and whether they fill one stretch."""
    if 0 in shape:
        return 0, False, True
    axes = sorted((st, n) for st, n in zip(stride, shape, strict=True) if n > 1)
    reach = 1 + sum(st * (n - 1) for st, n in axes)
    count = int(np.prod(shape, dtype=object))
    nested, covered = True, 1
    for st, n in axes:  # each axis steps over all that the axes before it reach
        nested = nested and st >= covered
        covered = covered + st * (n - 1)
    if nested:
        return reach, False, reach == count
    if any(st == 0 for st, _ in axes) or count > reach:
        return reach, True, False
    places = np.zeros(1, dtype=np.int64)
    for st, n in axes:
        places = (places[:, None] + st * np.arange(n)).ravel()
    return reach, len(np.unique(places)) < count, False


def _difference(first: Tensor, other: Tensor) -> str:
    """In what the tensor is unlike its parameter."""
    if other.shape != first.shape:
        return f"has the shape {tuple(other.shape)}, the parameter {tuple(first.shape)}"
    if other.dtype != first.dtype:
        return f"is {_name(other.dtype)}, the parameter {_name(first.dtype)}"
    return f"is on {other.device}, the parameter on {first.device}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@dataclass
class Plain:
    """Many rows of one dtype on one device, all contiguous, none sharing memory: the usual case.

    Attributes:
        rows: for each parameter the parameter, its gradient, its state.
        counts: elements of each row's tensors.
        addresses: where each tensor begins, row after row.
    """

    rows: Sequence[Sequence[Tensor]]
    counts: list[int]
    addresses: list[int]

    def __len__(self) -> int:
        return len(self.rows)

    def apart(self) -> list[Row]:
        """Each row for itself."""
        width = len(self.rows[0])
        return [Row(t, n, self.addresses[i * width : (i + 1) * width])
                for i, (t, n) in enumerate(zip(self.rows, self.counts, strict=True))]  # fmt: skip


_DTYPE, _DEVICE, _LAYOUT = (operator.attrgetter(n) for n in ("dtype", "device", "layout"))


def _plain(rows: Sequence[Sequence[Tensor]]) -> Plain | None:
    """The rows, if every one of them is as usual; looked at column by column, which is what costs least."""
    width = len(rows[0])
    tensors = [t for row in rows for t in row]
    if not set(map(type, tensors)) <= _PLAIN or len(tensors) != width * len(rows):
        return None
    if set(map(_LAYOUT, tensors)) != {torch.strided} or len(set(map(_DEVICE, tensors))) > 1:
        return None
    kinds = set(map(_DTYPE, tensors))
    if (
        len(kinds) > 1
        or not all(map(Tensor.is_contiguous, tensors))
        or any(map(Tensor.is_neg, tensors))
    ):
        return None
    (dtype,) = kinds
    shapes = list(map(Tensor.size, tensors))
    if not dtype.is_floating_point or any(
        shapes[::width] != shapes[i::width] for i in range(1, width)
    ):
        return None
    storages = map(Tensor.untyped_storage, tensors)
    room = np.array(list(map(torch.UntypedStorage.nbytes, storages)))
    offset = np.array(list(map(Tensor.storage_offset, tensors)))
    counts = list(map(Tensor.numel, tensors[::width]))
    reach = np.repeat(counts, width) * dtype.itemsize
    addresses = list(map(Tensor.data_ptr, tensors))
    starts = np.array(addresses, np.uint64)
    if np.any(room - offset * dtype.itemsize < reach) or np.any((starts == 0) & (reach > 0)):
        return None
    if _crossing(starts, starts + reach.astype(np.uint64)) is not None:
        return None
    return Plain(rows, counts, addresses)


def examine(rows: Sequence[Sequence[Tensor]], names: Sequence[str] = ()) -> Plain | list[Row]:
    """Check every row; nothing is written.

    Args:
        rows: for each parameter the parameter, its gradient, its state.
        names: what the places of a row are called, for messages.

    Raises:
        TensorMismatch: shapes, dtypes, devices or layouts differ within a row; a tensor that is
            written has several elements in one place (an expanded one), or lies over another that
            is written in the same row; a tensor's memory was freed or is too small.
    """
    if not rows:
        return []
    with torch._C.DisableTorchFunctionSubclass():  # what a tensor is, not what its class says of it
        return _plain(rows) or _one_by_one(rows, names)


def _one_by_one(rows: Sequence[Sequence[Tensor]], names: Sequence[str]) -> list[Row]:
    """:func:`examine`, with the reason for what is refused."""
    found = []
    starts: list[int] = []
    reaches: list[int] = []
    for number, tensors in enumerate(rows):
        first = tensors[0]
        shape, dtype, device, count = first.shape, first.dtype, first.device, first.numel()
        row = Row(tensors, 2 * count if dtype.is_complex else count, [])
        if not (dtype.is_floating_point or dtype.is_complex):
            raise TensorMismatch(number, 0, f"is {_name(dtype)}, which has no gradient", names)
        itemsize = dtype.itemsize
        for place, t in enumerate(tensors):
            if t.shape != shape or t.dtype is not dtype or t.device != device:
                raise TensorMismatch(number, place, _difference(first, t), names)
            if not _has_memory(type(t)):
                row.foreign = True
                continue
            reach = count
            try:
                if not t.is_contiguous() or t.is_neg() or (dtype.is_complex and t.is_conj()):
                    row.plain = False
                    if t.layout is not torch.strided:
                        raise NotImplementedError
                    reach, shared, _ = _layout(tuple(shape), t.stride())
                    if shared and place != GRADIENT:
                        raise TensorMismatch(
                            number, place, "has several elements in one place of memory (an "
                            "expanded tensor); clone it before it is optimized", names,
                        )  # fmt: skip
                begin = t.data_ptr()
                room = t.untyped_storage().nbytes() - t.storage_offset() * itemsize
            except (RuntimeError, NotImplementedError) as error:
                if isinstance(error, TensorMismatch):
                    raise
                layout = str(t.layout).removeprefix("torch.")
                raise TensorMismatch(
                    number, place, f"has no plain memory (layout {layout})", names
                ) from error
            if count and (begin == 0 or room < reach * itemsize):
                raise TensorMismatch(
                    number, place, f"takes {reach * itemsize} bytes, its storage has {max(room, 0)}", names
                )  # fmt: skip
            row.addresses.append(begin)
            reaches.append(reach * itemsize)
        if row.foreign:
            row.addresses, reaches[number * len(tensors) :] = [], [0] * len(tensors)
        starts += row.addresses or [0] * len(tensors)
        found.append(row)
    begins = np.array(starts, np.uint64)
    _separate(found, begins, begins + np.array(reaches, np.uint64), names)
    return found


def _crossing(starts: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """The stretches of memory in order of their addresses, if two of them cross; else None."""
    used = np.flatnonzero(ends > starts)
    order = used[np.argsort(starts[used], kind="stable")]
    furthest = np.maximum.accumulate(ends[order])
    return order if np.any(starts[order][1:] < furthest[:-1]) else None


def _separate(rows: list[Row], starts: np.ndarray, ends: np.ndarray, names: Sequence[str]) -> None:
    """Find the rows whose memory is shared, with themselves or with others."""
    order = _crossing(starts, ends)
    if order is None:
        return
    width = len(rows[0].tensors)
    open_: list[int] = []
    for this in order.tolist():
        open_ = [o for o in open_ if ends[o] > starts[this]]
        row, place = divmod(this, width)
        for other in open_:
            other_row, other_place = divmod(other, width)
            if place == other_place == GRADIENT:
                continue  # both are read only
            if row != other_row:
                rows[row].apart = rows[other_row].apart = True
            elif GRADIENT in (place, other_place):
                rows[row].own_gradient = True
            else:
                column, with_ = max(place, other_place), min(place, other_place)
                said = names[with_] if names else f"tensor {with_}"
                raise TensorMismatch(row, column, f"shares memory with its {said}", names)
        open_.append(this)


def staged(row: Row) -> tuple[list[Tensor], Callable[[], None]]:
    """One-dimensional contiguous real tensors of a row's elements, and what writes copies back.

    Where all are dense with one order of elements, the tensors are views; a tensor with gaps or of
    another order is copied, and the function returned puts what was computed where it belongs.
    """
    tensors = list(row.tensors)
    if row.own_gradient:
        tensors[GRADIENT] = tensors[GRADIENT].clone()
    if row.plain:
        return [_real(t).view(-1) for t in tensors], _nothing
    shape, stride = tuple(tensors[0].shape), tensors[0].stride()
    dense = _layout(shape, stride)[2]
    flat, copies = [], []
    for place, t in enumerate(tensors):
        as_it_is = not (t.is_neg() or t.is_conj())
        if dense and as_it_is and t.stride() == stride:
            flat.append(_real(t.as_strided((t.numel(),), (1,))).view(-1))
            continue
        if not dense and as_it_is and t.is_contiguous():
            flat.append(_real(t).view(-1))
            continue
        copy = torch.empty_strided(shape, stride, dtype=t.dtype, device=t.device) if dense else (
            torch.empty(shape, dtype=t.dtype, device=t.device))  # fmt: skip
        copy.copy_(t)
        flat.append(_real(copy.as_strided((copy.numel(),), (1,))).view(-1))
        if place != GRADIENT:
            copies.append((t, copy))

    def back() -> None:
        for target, copy in copies:
            target.copy_(copy)

    return flat, back if copies else _nothing


def _nothing() -> None:
    pass


def _real(t: Tensor) -> Tensor:
    return torch.view_as_real(t) if t.is_complex() else t


__all__ = ["Plain", "Row", "TensorMismatch", "examine", "staged"]
