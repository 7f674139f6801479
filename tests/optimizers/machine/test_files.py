"""Files are written whole or not at all."""

import os

import pytest
from eigenstep.optimizers.machine.files import OutputError, check_folder, write_atomically


def test_interrupted_writing_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "index.html"
    target.write_text("old")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]


def test_folders_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        check_folder(file / "inside")
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(file / "inside", b"")
